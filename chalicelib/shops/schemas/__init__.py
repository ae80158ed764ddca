"""What shops say over the wire."""

from chalicelib.shops.schemas.shops import (
    Listing,
    Offering,
    OfferingChange,
    OfferingIn,
    Shop,
    ShopChange,
    ShopIn,
    Shops,
    Staff,
    StaffChange,
    StaffIn,
    told,
)

__all__ = [
    "Listing",
    "Offering",
    "OfferingChange",
    "OfferingIn",
    "Shop",
    "ShopChange",
    "ShopIn",
    "Shops",
    "Staff",
    "StaffChange",
    "StaffIn",
    "told",
]
