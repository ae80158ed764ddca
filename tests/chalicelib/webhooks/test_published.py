"""What each domain really tells is what the published schemas say: their own messages, made by their own code."""

from datetime import UTC, datetime
from types import SimpleNamespace as Some

import pytest

from chalicelib.claims import messages as claims
from chalicelib.kit.money import Money
from chalicelib.orders import messages as orders
from chalicelib.payments import messages as payments
from chalicelib.payouts import messages as payouts
from chalicelib.reviews import messages as reviews
from chalicelib.reviews.ports import Side
from chalicelib.settlement import messages as settlement
from chalicelib.webhooks import messages as webhooks
from chalicelib.webhooks.rules.events import TYPES, event_of, merchant_of
from chalicelib.webhooks.schemas.events import SCHEMAS

NOW = datetime(2030, 5, 1, 9, 30, tzinfo=UTC)
CNY = Money(500, "CNY")
ORDER = Some(id="ord_1", customer_id="acc_c", merchant_id="acc_m", shop_id="shp_1", version=3)
CLAIM = Some(
    id="clm_1", key=Some(order_id="ord_1", line_id="lin_1"), shop_id="shp_1", customer_id="acc_c", merchant_id="acc_m",
    amount=CNY, given=None, version=2,
)  # fmt: skip


def made(kind):
    """Return the message of a type, as its domain makes it."""
    domain, _, state = kind.partition(".")
    if domain == "order":
        return orders.told(kind, ORDER, NOW)
    if domain == "claim":
        return claims.told(kind, CLAIM, NOW)
    if domain == "dispute":
        told = Some(
            id="dsp_1", order_id="ord_1", merchant_id="acc_m", amount=CNY, evidence_until=NOW, state=state, version=1
        )
        return payments.dispute_told(told, NOW)
    if domain == "payout":
        return payouts.payout_ended(
            Some(id="pyo_1", merchant_id="acc_m", amount=CNY, returned=0, state=state, version=1), NOW
        )
    if domain == "settlement":
        sums = Some(lines=3, payable=-7)
        return settlement.settlement_posted(Some(id="set_1", merchant_id="acc_m", currency="CNY", sums=sums), NOW)
    told = Some(id="rev_1", order_id="ord_1", line_id="lin_1", side=Side.CUSTOMER, stars=4, merchant_id="acc_m")
    told.shop_id, told.version = "shp_1", 2
    return reviews.posted(told, "acc_c", NOW)


@pytest.mark.parametrize("kind", TYPES)
def test_what_is_told_fits_what_is_published(kind):
    message = made(kind)
    assert (message.type, merchant_of(message)) == (kind, "acc_m")
    SCHEMAS[kind][1].model_validate_json(event_of(message).body)


def test_a_test_is_for_its_owner_and_says_nothing():
    message = webhooks.test(Some(id="whe_1", owner_id="acc_m"), NOW)
    SCHEMAS["webhook.test"][1].model_validate_json(event_of(message).body)
    assert merchant_of(message) is None  # for one endpoint, not for all who listen
