"""What is sent to endpoints: a contract of its own, see `rules.events`. The API document has it under `webhooks`."""

from typing import Annotated, Literal

from pydantic import Field

from chalicelib.kit.endpoints import PUBLISHED, Published, Wire
from chalicelib.kit.wire import Currency, Moment

Amount = Annotated[int, Field(description="Whole minor units.", examples=[12800])]
_ORDER, _SHOP = "ord_01jd8x2n7v4k9x3c6z0b8d1f2g", "shp_01jd8x2n7v4k9x3c6z0b8d1f2g"
_ACCOUNT, _LINE = "acc_01jd3x9k5r8m2q7w4t6y0z1abc", "lin_01jd3x9k5r8m2q7w4t6y0z1abc"


class EventData(Wire):
    """What every event says."""

    merchant_id: str = Field(description="Whom it concerns.", examples=[_ACCOUNT])
    version: int = Field(
        description="Of what it speaks of. Events come in no order: of two about one thing the higher one is newer. "
        "0 where nothing is counted.",
        examples=[3],
    )
    schema_: Literal[1] = Field(alias="schema", description="Of `data`: fields are added under the same number.")


class OrderData(EventData):
    """An order: read it with `GET /v1/orders/{order_id}`."""

    order_id: str = Field(examples=[_ORDER])
    shop_id: str = Field(examples=[_SHOP])


class ClaimData(EventData):
    """A customer wants money of a line back."""

    claim_id: str = Field(examples=["clm_01jd8x2n7v4k9x3c6z0b8d1f2g_01jd3x9k5r8m2q7w4t6y0z1abc_1"])
    order_id: str = Field(examples=[_ORDER])
    line_id: str = Field(examples=[_LINE])
    shop_id: str = Field(examples=[_SHOP])
    currency: Currency
    amount: Amount
    given: int = Field(description="What of it goes back, in whole minor units.", examples=[5000])


class DisputeData(EventData):
    """A customer's bank asks for a payment back."""

    dispute_id: str = Field(examples=["dsp_01jd8x2n7v4k9x3c6z0b8d1f2g"])
    order_id: str = Field(examples=[_ORDER])
    currency: Currency
    amount: Amount
    evidence_until: Moment | None = Field(description="Until then evidence can be given.")


class PayoutData(EventData):
    """A payout."""

    payout_id: str = Field(examples=["pyo_01jd8x2n7v4k9x3c6z0b8d1f2g"])
    currency: Currency
    amount: Amount
    returned: int = Field(description="What did not arrive, in whole minor units.", examples=[0])


class SettlementData(EventData):
    """A settlement stands in the books."""

    settlement_id: str = Field(examples=["set_20261101_cny"])
    currency: Currency
    payable: int = Field(description="Whole minor units; negative where the merchant owes.", examples=[128000])
    lines: int = Field(examples=[42])


class ReviewData(EventData):
    """A review can be seen."""

    review_id: str = Field(examples=["rev_01jd8x2n7v4k9x3c6z0b8d1f2g"])
    shop_id: str = Field(examples=[_SHOP])
    stars: int = Field(ge=1, le=5, examples=[5])


class TestData(EventData):
    """Nothing: it shows that events arrive."""


class ChallengeData(EventData):
    """Answer with a 2xx and `{"signature": "v1,..."}`: the signature of `<webhook-id>.<webhook-timestamp>.<nonce>`."""

    endpoint_id: str = Field(examples=["whe_01jd8x2n7v4k9x3c6z0b8d1f2g"])
    nonce: str = Field(examples=["q8Jx0cRr2m9C7tVb1d5Kf3Zs6nYpWhAe"])


class Event(Wire):
    """An event, as the Standard Webhooks specification has it."""

    type: str = Field(examples=["order.confirmed"])
    timestamp: Moment = Field(description="When it happened; when it was sent says the header webhook-timestamp.")


class OrderEvent(Event):
    """Something happened to an order."""

    data: OrderData


class ClaimEvent(Event):
    """Something happened to a claim."""

    data: ClaimData


class DisputeEvent(Event):
    """Something happened to a dispute."""

    data: DisputeData


class PayoutEvent(Event):
    """Something happened to a payout."""

    data: PayoutData


class SettlementEvent(Event):
    """A settlement was posted."""

    data: SettlementData


class ReviewEvent(Event):
    """Somebody's review can be seen."""

    data: ReviewData


class TestEvent(Event):
    """You asked for it."""

    data: TestData


class ChallengeEvent(Event):
    """You asked for it; its answer makes the endpoint active."""

    data: ChallengeData


SCHEMAS: dict[str, tuple[str, type[Event]]] = {
    "order.confirmed": ("An order is paid, or needs no payment.", OrderEvent),
    "order.changed": ("An order's times were changed.", OrderEvent),
    "order.cancelled": ("An order was cancelled, by either side.", OrderEvent),
    "order.expired": ("A hold ran out unpaid.", OrderEvent),
    "order.refunded": ("Money of an order went back.", OrderEvent),
    "order.completed": ("All of an order is done.", OrderEvent),
    "claim.asked": ("A customer asks for money of a line back.", ClaimEvent),
    "claim.agreed": ("The merchant gives it back, or a part of it.", ClaimEvent),
    "claim.declined": ("The merchant declined.", ClaimEvent),
    "claim.escalated": ("The customer asks the platform to decide.", ClaimEvent),
    "claim.decided": ("The platform decided.", ClaimEvent),
    "dispute.warning": ("A bank asks about a payment, before a dispute.", DisputeEvent),
    "dispute.open": ("A dispute began.", DisputeEvent),
    "dispute.won": ("A dispute ended for the merchant.", DisputeEvent),
    "dispute.lost": ("A dispute ended for the customer.", DisputeEvent),
    "payout.paid": ("A payout arrived.", PayoutEvent),
    "payout.failed": ("A payout did not arrive, or not all of it.", PayoutEvent),
    "settlement.posted": ("A period was settled.", SettlementEvent),
    "review.posted": ("A review of a shop can be seen.", ReviewEvent),
    "webhook.test": ("You asked for a test.", TestEvent),
    "webhook.challenge": ("You asked for a challenge.", ChallengeEvent),
}
"""What is published, by type; the last two are sent to an endpoint alone that asks for them."""

PUBLISHED.extend(
    Published(kind, summary, model)
    for kind, (summary, model) in SCHEMAS.items()
    if kind not in {one.kind for one in PUBLISHED}
)
