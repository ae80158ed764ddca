"""What can be done with orders."""

from dataclasses import dataclass
from datetime import datetime

from chalicelib.kit.auth import Actor
from chalicelib.kit.money import Money
from chalicelib.kit.transaction import Action
from chalicelib.orders.ports import Line, Order, OrdersPorts


@dataclass(frozen=True)
class Paid:
    """What a payment does to an order.

    Attributes:
        order: as it will stand.
        fulfilled: the order is the customer's; False: this payment's money goes back, and a message says so.
        actions: writes for the transaction that also puts the payment and the books.
    """

    order: Order
    fulfilled: bool
    actions: list[Action]


def get(ports: OrdersPorts, actor: Actor, order_id: str) -> Order:
    """Return an order to its customer, its merchant or an admin; NotFound for everybody else."""
    raise NotImplementedError


def read(ports: OrdersPorts, order_id: str) -> Order:
    """Return an order; for consumers, which act for nobody. NotFound where there is none."""
    raise NotImplementedError


def payable(ports: OrdersPorts, actor: Actor, order_id: str) -> Order:
    """Return the actor's order, which waits for money.

    Raises:
        NotFound: the actor has no such order.
        NotPossible: it is not held. HoldRanOut: its hold is over.
    """
    raise NotImplementedError


def paid(ports: OrdersPorts, order_id: str, payment_id: str, amount: Money, now: datetime) -> Paid:
    """Return what the arrival of a payment does to an order. Idempotent by `payment_id`; call it inside `retrying`.

    Lines and coupon become the customer's, also after the hold ran out where they are still free. Otherwise the order
    refunds itself. A second payment, or one of another amount, goes back without touching the order.
    """
    raise NotImplementedError


def refunded(
    ports: OrdersPorts, order_id: str, refund_id: str, amount: Money, now: datetime, *, payment_id: str
) -> list[Action]:
    """Return what it does to an order that a refund of `payment_id` reached the customer: nothing, where the order
    lives on another payment.
    """
    raise NotImplementedError


def line_completed(ports: OrdersPorts, order_id: str, line_id: str, now: datetime) -> list[Action]:
    """Return the writes of a line that was delivered: order, money due to the merchant, message. None for one that is
    completed already. Whether the caller may say so is the caller's to check.

    Raises:
        NotFound: no such line. NotPossible: the line is not confirmed.
    """
    raise NotImplementedError


def line_no_show(ports: OrdersPorts, order_id: str, line_id: str, now: datetime) -> list[Action]:
    """Return the writes of a line whose customer did not come: like a completed one, the merchant gets its price."""
    raise NotImplementedError


def reviewable(ports: OrdersPorts, actor: Actor, order_id: str, line_id: str) -> tuple[Order, Line]:
    """Return the actor's own completed line and its order.

    Raises:
        NotFound: not the actor's own. NotPossible: the line is not completed.
    """
    raise NotImplementedError
