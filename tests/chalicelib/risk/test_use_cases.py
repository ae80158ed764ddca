"""What payments are told, and what admins do, on real DynamoDB semantics."""

from dataclasses import replace
from datetime import timedelta

import pytest

from chalicelib import wiring
from chalicelib.audit import use_cases as audit
from chalicelib.audit.ports import Why
from chalicelib.kit.errors import NotFound
from chalicelib.risk import use_cases
from chalicelib.risk.history import RefundLimit
from chalicelib.risk.ports import AlertKind, Frozen, PaymentVelocity, Subject, Wanted
from chalicelib.risk.problems import AlertClosed
from chalicelib.risk.rules import Kind
from tests.chalicelib.risk.world import ADMIN, DAY, HOUR, NOW, SMALL, arrived, asked, gone, once, ports

WHY = Why("银行卡被盗用", "203.0.113.9")


@pytest.fixture
def risk(tables):
    return ports()


def attempt(risk, minutes=0, **other):
    use_cases.attempt(risk, asked(**other), NOW + timedelta(minutes=minutes))


def refused(risk, minutes=0, **other):
    with pytest.raises(PaymentVelocity) as told:
        attempt(risk, minutes, **other)
    return told.value.retry_after


def alerts(risk):
    return use_cases.alerts(risk, Wanted(), None, 50).items


def noted(name):
    return [one.entry for one in audit.read(wiring.audit(), name, None, None, 20).items]


def test_accounts_and_devices_are_held_to_their_limits(risk):
    for minute in (0, 30, 59):
        attempt(risk, minute)
    assert refused(risk, 59) == 60
    attempt(risk, 59, account_id="acc_2")  # the device's fourth
    assert refused(risk, 59, account_id="acc_3") == 60
    attempt(risk, 59, account_id="acc_3", device="device-2")
    attempt(risk, 59, account_id="acc_3", device=None)
    attempt(risk, 60)
    assert refused(risk, 61) == 29 * 60
    attempt(risk, 24 * 60 - 1)
    assert refused(risk, 24 * 60 - 1) == 60  # the day's sixth
    _what_is_refused_counts_nowhere(risk)


def _what_is_refused_counts_nowhere(risk):
    for _ in range(3):
        attempt(risk, account_id="acc_8", device="device-8")
    refused(risk, account_id="acc_8", device="device-8")
    attempt(risk, account_id="acc_9", device="device-8")  # the fourth: what the account had refused was none
    refused(risk, account_id="acc_9", device="device-8")
    for _ in range(2):
        attempt(risk, account_id="acc_9", device="device-9")  # nor was what the device had refused the account's
    refused(risk, account_id="acc_9", device="device-9")


def test_money_is_limited_and_a_shop_or_an_address_only_looked_at(risk):
    attempt(risk, amount=6_000)
    assert refused(risk, 1, amount=4_001) == 24 * 3600 - 60
    attempt(risk, 1, amount=4_000)
    assert refused(risk, 1, account_id="acc_2", amount=10_001) == 24 * 3600
    for number in range(5):
        attempt(risk, 2, account_id=f"acc_1{number}", device=None, order_id=f"ord_{number}")
    shop, address = sorted(alerts(risk), key=lambda one: one.subject, reverse=True)
    assert (shop.kind, shop.subject, shop.times) == (AlertKind.VELOCITY, "shop:shp_1", 2)
    assert shop.about == ("ord_4", "acc_14")
    assert (address.subject, address.times) == (risk.store.subject(Subject(Kind.IP, "203.0.113.7")), 1)
    attempt(risk, 3, account_id="acc_2", ip="", device="not a device", shop_id="shp_2")
    assert len(alerts(risk)) == 2


def test_a_payer_who_pays_twice_too_often_or_for_many_is_told_of_once_per_payment(risk):
    use_cases.paid(risk, arrived(1, amount=500), NOW)
    use_cases.paid(risk, arrived(2, amount=500), NOW + timedelta(minutes=9))
    use_cases.paid(risk, arrived(2, amount=500), NOW + timedelta(minutes=10))  # told again
    payer = risk.store.subject(Subject(Kind.PAYER, arrived(1).payer))
    [twice] = alerts(risk)
    assert (twice.kind, twice.subject, twice.times) == (AlertKind.DUPLICATE, payer, 1)
    assert twice.about == ("ord_1", "pay_1", "ord_2", "pay_2")
    use_cases.paid(risk, arrived(3, account_id="acc_2"), NOW + timedelta(minutes=20))
    assert len(alerts(risk)) == 1
    use_cases.paid(risk, arrived(4, account_id="acc_3"), NOW + timedelta(minutes=21))
    _, shared, hasty = sorted(alerts(risk), key=lambda one: one.kind)
    assert (shared.kind, shared.about) == (AlertKind.SHARED_PAYER, ("ord_4", "pay_4", "acc_1", "acc_2", "acc_3"))
    assert (hasty.kind, hasty.about) == (AlertKind.VELOCITY, ("ord_4", "pay_4", "acc_3"))
    use_cases.paid(risk, arrived(5, payer=None, amount=500), NOW + timedelta(minutes=21))
    use_cases.paid(risk, arrived(6, payer="another"), NOW + timedelta(minutes=21))
    assert len(alerts(risk)) == 3
    assert risk.store.history("acc_1").counts() == (4, 0)


def test_who_has_too_many_refunds_is_told_of_and_frozen_once(risk):
    for number in range(6):
        use_cases.paid(risk, arrived(number, payer=None), NOW)
    for number in (0, 1, 1):
        use_cases.refunded(risk, gone(number), NOW + DAY)
    attempt(risk)
    assert alerts(risk) == ()
    use_cases.refunded(risk, gone(2), NOW + 2 * DAY)
    [alert] = alerts(risk)
    assert (alert.kind, alert.subject, alert.about) == (
        AlertKind.REFUND_ABUSE, "account:acc_1", ("ord_2", "pay_2", "ref_2")
    )  # fmt: skip
    with pytest.raises(Frozen):
        attempt(risk)
    attempt(risk, account_id="acc_2")
    use_cases.refunded(risk, gone(3), NOW + 2 * DAY)
    [entry] = noted("account:acc_1")
    assert (entry.actor_id, entry.action, entry.source_ip) == ("system:risk", "risk.freeze", None)
    assert entry.details == {"payments": 6, "refunds": 3, "refund_id": "ref_2"}
    assert alerts(risk)[0].times == 2
    mild = replace(risk, policy=replace(SMALL, refunds=RefundLimit(number=1, share_bps=1)))
    use_cases.refunded(mild, gone(9, account_id="acc_3"), NOW)
    attempt(risk, account_id="acc_3", device=None)
    assert len(alerts(risk)) == 2


def test_freezing_works_at_once_and_everything_is_noted(risk):
    made = use_cases.freeze(wiring.freezing(), ADMIN, "account:acc_1", WHY, once())
    with pytest.raises(Frozen):
        attempt(risk)
    again = use_cases.freeze(wiring.freezing(), ADMIN, "account:acc_1", Why("again"), once())
    assert again == made
    assert use_cases.freezes(risk, None, 10).items == (made,)
    lifted = use_cases.unfreeze(risk, ADMIN, "account:acc_1", Why("持卡人已确认", "203.0.113.9"), once())
    assert (lifted.is_frozen, lifted.by) == (False, ADMIN.account_id)
    attempt(risk)
    use_cases.unfreeze(risk, ADMIN, "account:acc_1", Why("again"), once())
    last, first = noted("account:acc_1")
    assert (first.action, first.reason, first.source_ip) == ("risk.freeze", "银行卡被盗用", "203.0.113.9")
    assert (last.action, last.details["frozen_by"]) == ("risk.unfreeze", ADMIN.account_id)
    assert not use_cases.frozen_payouts(risk, "acc_1")
    use_cases.freeze(wiring.freezing(), ADMIN, "payouts:acc_1", WHY, once())
    assert use_cases.frozen_payouts(risk, "acc_1")
    attempt(risk)  # one does not mean the other


def test_an_alert_is_closed_once_with_what_was_found(risk):
    use_cases.paid(risk, arrived(1, amount=10_001), NOW)
    [alert] = alerts(risk)
    closed = use_cases.close(risk, ADMIN, alert.id, WHY, once())
    assert (closed.closed_by, closed.note, alerts(risk)) == (ADMIN.account_id, "银行卡被盗用", ())
    with pytest.raises(AlertClosed) as told:
        use_cases.close(risk, ADMIN, alert.id, WHY, once())
    assert told.value.parameters == {"by": ADMIN.account_id}
    with pytest.raises(NotFound):
        use_cases.close(risk, ADMIN, "alr_none", WHY, once())
    [entry] = noted(f"alert:{alert.id}")
    assert entry.details == {"kind": "velocity", "subject": alert.subject, "times": 1}
    use_cases.paid(risk, arrived(2, amount=10_001), NOW + HOUR)
    about = ("ord_2", "pay_2", "acc_1")
    assert alerts(risk) == (replace(alert, last_at=NOW + HOUR, times=2, about=about, revision=1),)
