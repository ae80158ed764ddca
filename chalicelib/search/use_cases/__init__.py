"""What can be done with the index: search it, and keep it true."""

from chalicelib.search.use_cases.find import Found, Wish, find, serving, suggest
from chalicelib.search.use_cases.index import Counts, index_many, index_shop
from chalicelib.search.use_cases.pack import Packed, pack, pack_all

__all__ = [
    "Counts",
    "Found",
    "Packed",
    "Wish",
    "find",
    "index_many",
    "index_shop",
    "pack",
    "pack_all",
    "serving",
    "suggest",
]
