"""Favourites and history over the wire."""

from typing import Self

from pydantic import Field

from chalicelib.kit.http import Wire
from chalicelib.kit.pagination import Page
from chalicelib.kit.wire import Moment, Position
from chalicelib.profiles.use_cases import shelf
from chalicelib.shops import ports as shops


class ShopCard(Wire):
    """A shop in short, as it is now."""

    id: str = Field(examples=["shp_01jd3x9k5r8m2q7w4t6y0z1abc"])
    name: str = Field(examples=["邻里理发"])
    name_en: str | None
    categories: list[str] = Field(examples=[["hair"]])
    address: str
    position: Position
    status: shops.Status

    @classmethod
    def of(cls, shop: shops.Shop) -> Self:
        return cls(
            id=shop.id,
            name=shop.name,
            name_en=shop.name_en,
            categories=list(shop.categories),
            address=shop.address,
            position=Position.of(shop.position),
            status=shop.status,
        )


class MarkedShop(Wire):
    """A shop that you keep or looked at."""

    shop_id: str = Field(examples=["shp_01jd3x9k5r8m2q7w4t6y0z1abc"])
    at: Moment = Field(description="When you added it, or looked at it last.")
    shop: ShopCard | None = Field(description="null where there is no such shop any more.")

    @classmethod
    def of(cls, kept: shelf.Kept) -> Self:
        marked = kept.marked
        return cls(shop_id=marked.shop_id, at=marked.at, shop=ShopCard.of(kept.shop) if kept.shop else None)


class Favourites(Wire):
    """Some of your favourites, newest first; a change may take a moment to show."""

    items: list[MarkedShop]
    next_cursor: str | None = Field(description="Where the list goes on; null at its end.")

    @classmethod
    def of(cls, page: Page[shelf.Kept], cursor: str | None) -> Self:
        return cls(items=[MarkedShop.of(one) for one in page.items], next_cursor=cursor)


class History(Favourites):
    """Some of what you looked at in the last 90 days, newest first; a change may take a moment to show."""

    kept: bool = Field(description="What you look at is kept; PATCH it to switch that off.")

    @classmethod
    def of_history(cls, history: shelf.History, cursor: str | None) -> Self:
        return cls(items=[MarkedShop.of(one) for one in history.page.items], next_cursor=cursor, kept=history.kept)


class HistoryChange(Wire):
    """Whether what you look at is kept from now on."""

    kept: bool
