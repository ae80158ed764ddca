"""Blocks over the wire."""

from typing import Annotated, Self

from pydantic import Field

from chalicelib.audit.ports import LONGEST_REASON
from chalicelib.kit.http import Wire
from chalicelib.kit.pagination import Page
from chalicelib.kit.wire import Lines, Moment
from chalicelib.profiles import ports
from chalicelib.profiles.schemas.shelf import ShopCard
from chalicelib.profiles.use_cases.blocks import Blocked

Reason = Annotated[
    Lines,
    Field(
        min_length=1,
        max_length=LONGEST_REASON,
        description="For the people of the shop alone.",
        examples=["多次预约未到店"],
    ),
]


class BlockedShop(Wire):
    """A shop whose merchant you want nothing of, in any of their shops."""

    shop_id: str = Field(examples=["shp_01jd3x9k5r8m2q7w4t6y0z1abc"])
    at: Moment
    shop: ShopCard | None = Field(description="null where there is no such shop any more.")

    @classmethod
    def of(cls, blocked: Blocked) -> Self:
        block = blocked.block
        return cls(shop_id=block.shop_id, at=block.at, shop=ShopCard.of(blocked.shop) if blocked.shop else None)


class BlockedShops(Wire):
    """Some of the shops that you block."""

    items: list[BlockedShop]
    next_cursor: str | None = Field(description="Where the list goes on; null at its end.")

    @classmethod
    def of(cls, page: Page[Blocked], cursor: str | None) -> Self:
        return cls(items=[BlockedShop.of(one) for one in page.items], next_cursor=cursor)


class BlockCustomerIn(Wire):
    """Why a customer is blocked."""

    reason: Reason


class BlockedCustomer(Wire):
    """A customer with whom nothing begins in any of the merchant's shops."""

    customer_id: str = Field(examples=["acc_01jd3x9k5r8m2q7w4t6y0z1abc"])
    shop_id: str = Field(description="Where it was said.", examples=["shp_01jd3x9k5r8m2q7w4t6y0z1abc"])
    reason: Reason
    at: Moment

    @classmethod
    def of(cls, block: ports.Block) -> Self:
        return cls(customer_id=block.other, shop_id=block.shop_id, reason=block.reason or "-", at=block.at)


class BlockedCustomers(Wire):
    """Some of the customers that a merchant blocks."""

    items: list[BlockedCustomer]
    next_cursor: str | None = Field(description="Where the list goes on; null at its end.")

    @classmethod
    def of(cls, page: Page[ports.Block], cursor: str | None) -> Self:
        return cls(items=[BlockedCustomer.of(one) for one in page.items], next_cursor=cursor)
