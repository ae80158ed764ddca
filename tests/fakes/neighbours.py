"""The domains that notices and reviews call, as far as they call them: an order of one line in one shop, two accounts."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

from chalicelib.accounts.ports import Account, Identity, Kind
from chalicelib.kit.auth import Role
from chalicelib.kit.money import Money
from chalicelib.orders.ports import Line, LineState, Order, OrderState, Policy
from chalicelib.profiles.ports import Choices
from chalicelib.shops.ports import Position, Shop
from tests.api import CUSTOMER, MERCHANT

AT = datetime(2030, 5, 1, 6, 30, tzinfo=UTC)
SHOP = Shop(
    name="南翔馒头店",
    name_en="Nanxiang Buns",
    categories=("food",),
    address="豫园路 85 号",
    position=Position(31.2272, 121.4921),
    zone="Asia/Shanghai",
    currency="CNY",
    hours=(),
    id="shp_1",
    merchant_id=MERCHANT.account_id,
    created_at=AT,
)
LINE = Line(
    id="lin_1",
    kind="booking",
    ref="bkg_1",
    shop_id="shp_1",
    merchant_id=MERCHANT.account_id,
    title="包间",
    price=Money(128000, "CNY"),
    policy=Policy(60, 5000),
    starts_at=AT,
    ends_at=AT + timedelta(hours=1),
    state=LineState.COMPLETED,
)
ORDER = Order(
    id="ord_1",
    customer_id=CUSTOMER.account_id,
    merchant_id=MERCHANT.account_id,
    shop_id="shp_1",
    lines=(LINE,),
    currency="CNY",
    total=128000,
    discount=0,
    state=OrderState.COMPLETED,
    hold_until=AT,
    created_at=AT,
    refunded=64000,
)


def account(actor, name, phone, language):
    return Account(
        id=actor.account_id,
        identities=(Identity(Kind.PHONE, phone, AT),),
        name=name,
        language=language,
        roles=frozenset({Role.CUSTOMER}),
        version=1,
        created_at=AT,
    )


class Neighbours:
    """Accounts, shops and orders in memory; `accounts_ports` and so on are what the wiring would hand out."""

    def __init__(self):
        self.accounts = {
            CUSTOMER.account_id: account(CUSTOMER, "张伟", "+8613800000001", "zh-CN"),
            MERCHANT.account_id: account(MERCHANT, "Jane Roe", "+8613800000002", "en"),
        }
        self.shops = {SHOP.id: SHOP}
        self.orders = {ORDER.id: ORDER}
        self.accounts_ports = SimpleNamespace(store=SimpleNamespace(account=self.accounts.get))
        self.shops_ports = SimpleNamespace(store=SimpleNamespace(shop=self.shops.get))
        self.orders_ports = SimpleNamespace(store=SimpleNamespace(order=self.orders.get))
        self.choices = {}
        chosen = SimpleNamespace(choices=lambda account_id: self.choices.get(account_id, Choices()))
        self.profiles_ports = SimpleNamespace(choices=chosen)

    def add_order(self, number, **changes):
        """Put another order with one line; its ids end in `number`."""
        line = replace(LINE, id=f"lin_{number}", **changes)
        order = replace(ORDER, id=f"ord_{number}", lines=(line,))
        self.orders[order.id] = order
        return order


__all__ = ["AT", "LINE", "ORDER", "SHOP", "Neighbours", "account"]
