"""What risk is told of payments."""

from dataclasses import dataclass

from chalicelib.risk.rules import Kind


@dataclass(frozen=True)
class Subject:
    """Whom something is counted by or an alert is about; `name` is what it is called outside, and is never written."""

    kind: Kind
    name: str


@dataclass(frozen=True)
class Attempt:
    """A payment that is about to begin.

    Attributes:
        device: the header X-Device-Id as it came.
        ip: where the request came from.
        amount: minor units.
        is_repeat: it began before, and was counted then.
    """

    account_id: str
    shop_id: str
    device: str | None
    ip: str
    amount: int
    currency: str
    order_id: str
    is_repeat: bool = False


@dataclass(frozen=True)
class Paid:
    """Money that arrived.

    Attributes:
        payer: an opaque text that is the same for the same card or wallet; None where the provider tells none.
        amount: minor units.
    """

    payment_id: str
    order_id: str
    account_id: str
    shop_id: str
    payer: str | None
    amount: int
    currency: str


@dataclass(frozen=True)
class Refunded:
    """Money that went back because the customer wanted it so."""

    refund_id: str
    payment_id: str
    order_id: str
    account_id: str


class Counted(Exception):  # noqa: N818 - an answer, not an error
    """The payment or refund is counted already."""
