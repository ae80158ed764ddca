"""What people do with their own profile, and what other domains ask of it."""

from chalicelib.profiles.use_cases.addresses import add_address, addresses, change_address, remove_address
from chalicelib.profiles.use_cases.blocks import (
    block_customer,
    block_shop,
    blocked_customers,
    blocked_shops,
    may_begin,
    may_go_on,
    unblock_customer,
    unblock_shop,
)
from chalicelib.profiles.use_cases.choices import all_off, change_choices, choices, choices_of, stop
from chalicelib.profiles.use_cases.lookup import locate, suggest
from chalicelib.profiles.use_cases.shelf import (
    clear_history,
    drop_favourite,
    favourites,
    history,
    keep_favourite,
    keep_history,
    saw,
)

__all__ = [
    "add_address",
    "addresses",
    "all_off",
    "block_customer",
    "block_shop",
    "blocked_customers",
    "blocked_shops",
    "change_address",
    "change_choices",
    "choices",
    "choices_of",
    "clear_history",
    "drop_favourite",
    "favourites",
    "history",
    "keep_favourite",
    "keep_history",
    "locate",
    "may_begin",
    "may_go_on",
    "remove_address",
    "saw",
    "stop",
    "suggest",
    "unblock_customer",
    "unblock_shop",
]
