"""What shops say over the wire."""

from chalicelib.shops.schemas.serving import (
    Offering,
    OfferingChange,
    OfferingIn,
    Resource,
    ResourceChange,
    ResourceIn,
    Staff,
    StaffChange,
    StaffIn,
)
from chalicelib.shops.schemas.shops import Listing, Shop, ShopChange, ShopIn, Shops
from chalicelib.shops.schemas.told import told

__all__ = [
    "Listing",
    "Offering",
    "OfferingChange",
    "OfferingIn",
    "Resource",
    "ResourceChange",
    "ResourceIn",
    "Shop",
    "ShopChange",
    "ShopIn",
    "Shops",
    "Staff",
    "StaffChange",
    "StaffIn",
    "told",
]
