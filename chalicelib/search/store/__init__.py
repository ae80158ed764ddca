"""The search table, by what lies in it."""

from chalicelib.search.store.cards import SearchStore

__all__ = ["SearchStore"]
