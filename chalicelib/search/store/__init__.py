"""The search table, by what lies in it."""

from chalicelib.search.store.cards import SearchStore
from chalicelib.search.store.packs import PackStore

__all__ = ["PackStore", "SearchStore"]
