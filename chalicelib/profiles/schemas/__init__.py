"""What profiles say over the wire."""

from chalicelib.profiles.schemas.addresses import (
    Address,
    AddressChange,
    Addresses,
    AddressIn,
    AddressMade,
    FoundAddress,
    LocateIn,
    SuggestIn,
    Suggestions,
)
from chalicelib.profiles.schemas.blocks import BlockCustomerIn, BlockedCustomer, BlockedCustomers, BlockedShops
from chalicelib.profiles.schemas.choices import Choices, ChoicesChange
from chalicelib.profiles.schemas.shelf import Favourites, History, HistoryChange

__all__ = [
    "Address",
    "AddressChange",
    "AddressIn",
    "AddressMade",
    "Addresses",
    "BlockCustomerIn",
    "BlockedCustomer",
    "BlockedCustomers",
    "BlockedShops",
    "Choices",
    "ChoicesChange",
    "Favourites",
    "FoundAddress",
    "History",
    "HistoryChange",
    "LocateIn",
    "SuggestIn",
    "Suggestions",
]
