"""What orders say of a person. They stay for the books; what somebody wrote in them goes."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from chalicelib.kit.i18n import Text
from chalicelib.kit.personal import Matter, Told, every, plain
from chalicelib.kit.transaction import retrying
from chalicelib.orders.ports import Order, OrdersPorts, OrderState

_OVER = {OrderState.COMPLETED, OrderState.CANCELLED, OrderState.EXPIRED, OrderState.REFUNDED}


def of_customer(ports: OrdersPorts, account_id: str) -> Iterator[Order]:
    """Yield all orders of a person, newest first: for what hangs on them."""
    return every(lambda after, limit: ports.store.of_customer(account_id, after, limit))


def personal_data(ports: OrdersPorts, account_id: str) -> Told:
    """Return their orders. What the merchant keeps of a price is not theirs."""
    hidden = ("commission_bps", "fixed_fee", "tax_bps", "tax_included", "version")
    return {"orders": [plain(one, *hidden) for one in of_customer(ports, account_id)]}


def open_matters(ports: OrdersPorts, account_id: str) -> Sequence[Matter]:
    """Return the orders that are not over. A hold that ran out is."""
    now = ports.clock.now()
    waiting = [one for one in of_customer(ports, account_id) if one.state not in _OVER or one.open]
    ids = tuple(one.id for one in waiting if one.state != OrderState.HELD or one.hold_until > now)
    text = Text("Orders are not over: have them done, or cancel them.", "尚有未完成的订单，请先完成或取消。")
    return [Matter("open-order", text, ids)] if ids else []


def erase(ports: OrdersPorts, account_id: str) -> None:
    """Remove why orders were cancelled, as somebody wrote it."""
    for found in of_customer(ports, account_id):
        if found.reason is not None:
            retrying(lambda found=found: _silence(ports, found.id))  # type: ignore[misc] # bound to this turn


def _silence(ports: OrdersPorts, order_id: str) -> None:
    order = ports.store.order(order_id)
    if order is not None and order.reason is not None:
        ports.committer.commit([ports.store.replace(replace(order, reason=None, version=order.version + 1))])
