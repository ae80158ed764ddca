"""What a payment and a refund are, and how they may move: only forwards, whatever order events arrive in."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from chalicelib.kit.money import Money

STRIPE, WECHAT, ALIPAY, BALANCE = "stripe", "wechat", "alipay", "balance"
"""Who moves the money. `balance` is nobody outside: what a customer has with the platform, in the books alone."""


class Method(StrEnum):
    """What a customer pays with; who moves it is the operator's choice (`PaymentPorts.via`)."""

    CARD = "card"
    UNIONPAY = "unionpay"
    ALIPAY = "alipay"
    WECHAT_PAY = "wechat_pay"
    BALANCE = "balance"


class Scene(StrEnum):
    """Where a customer pays with a wallet."""

    PAGE = "page"  # in a browser, which goes to the wallet's page and comes back
    QR = "qr"  # on a screen that another phone scans
    APP = "app"  # in an app, which hands over to the wallet's
    IN_WALLET = "in_wallet"  # in a page or mini program inside the wallet itself


class PaymentState(StrEnum):
    """Where a payment stands; the last two are final, but money that arrives after `failed` still counts."""

    CREATED = "created"
    REQUIRES_ACTION = "requires_action"
    PROCESSING = "processing"
    FAILED = "failed"
    CANCELLED = "cancelled"
    SUCCEEDED = "succeeded"


# Higher never goes back to lower: an old event that arrives late, or an old answer, changes nothing. A failed attempt
# may be tried again by the customer on the same payment, so failed, action and processing follow each other freely.
_RANK = {
    PaymentState.CREATED: 0,
    PaymentState.REQUIRES_ACTION: 1,
    PaymentState.PROCESSING: 1,
    PaymentState.FAILED: 1,
    PaymentState.CANCELLED: 2,
    PaymentState.SUCCEEDED: 3,
}


class RefundState(StrEnum):
    """Where a refund stands. What succeeded can still fail, when the customer's bank sends it back; then it ends.

    `waiting` is a refund of a payment that is disputed: no provider pays it. It goes on when the dispute is won. When
    that is lost, the refund is `covered` by what the bank took, where that is the customer's money already, and else
    `credited` to the customer's balance: no provider pays it ever.
    """

    PENDING = "pending"
    WAITING = "waiting"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    COVERED = "covered"
    CREDITED = "credited"


def moves(now: PaymentState, then: PaymentState) -> bool:
    """Say whether a payment goes on from `now` to `then`."""
    return now != then and _RANK[then] >= _RANK[now] and now != PaymentState.SUCCEEDED


def states_before(state: PaymentState) -> list[PaymentState]:
    """Return the states that may go on to `state`: the condition of its write."""
    return [other for other in PaymentState if moves(other, state)]


@dataclass(frozen=True)
class Payment:
    """One attempt to pay an order.

    Attributes:
        provider: who moves the money.
        charge_ref: the provider's id of it, None until the provider has answered.
        client_secret: what the customer's app confirms it with; only in the answer that creates it.
        action_url: where the customer goes on (wallet page, content of a QR code), None where the app does it itself.
        action_params: what the wallet's own SDK is called with, likewise.
    """

    id: str
    order_id: str
    customer_id: str
    amount: Money
    method: Method
    state: PaymentState
    created_at: datetime
    provider: str = STRIPE
    charge_ref: str | None = None
    client_secret: str | None = None
    action_url: str | None = None
    action_params: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Way:
    """How the customer pays, as far as only the provider wants to know it; nothing of it is kept.

    Attributes:
        return_url: where the wallet sends the customer back.
        scene: where the customer pays with a wallet.
        payer: who pays, as the wallet calls them (WeChat's openid); needed inside the wallet.
        client_ip: the customer's address, which WeChat's H5 payments want to know.
        until: the provider takes no money after this moment: the hold's end.
    """

    return_url: str
    scene: Scene = Scene.PAGE
    payer: str | None = None
    client_ip: str = "127.0.0.1"
    until: datetime | None = None


@dataclass(frozen=True)
class Refund:
    """Money on its way back; `id` follows from what it is for, so that no refund is made twice. `by_customer`: they
    wanted it so, without the shop's doing.
    """

    id: str
    order_id: str
    payment_id: str
    amount: Money
    reason: str
    state: RefundState
    created_at: datetime
    provider: str = STRIPE
    refund_ref: str | None = None
    by_customer: bool = False
