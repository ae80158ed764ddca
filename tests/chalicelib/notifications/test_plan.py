from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.notifications.costs import PRICES, cap, price
from chalicelib.notifications.plan import QUICK, UNREAD_AFTER, USEFUL, Plan, is_late, is_security, off, plan, wait
from chalicelib.profiles.ports import KINDS, Channel, Choices, Weight

PUSH, WECHAT, SMS, EMAIL = Channel.PUSH, Channel.WECHAT, Channel.SMS, Channel.EMAIL
KIND = {
    Weight.MUST: "order.refunded.customer",
    Weight.NOW: "queue.called.customer",
    Weight.CAN_WAIT: "order.completed.customer",
}
SOME = st.frozensets(st.sampled_from(Channel))


@pytest.mark.parametrize(
    ("weight", "reached", "planned"),
    [
        (Weight.MUST, {SMS}, Plan((SMS,))),
        (Weight.MUST, {SMS, EMAIL}, Plan((SMS, EMAIL))),
        (Weight.MUST, set(Channel), Plan((PUSH, WECHAT, SMS, EMAIL), (SMS, EMAIL), timedelta(minutes=15))),
        (Weight.NOW, {PUSH, SMS}, Plan((PUSH, SMS), (SMS,), timedelta(minutes=3))),
        (Weight.NOW, {PUSH}, Plan((PUSH,))),
        (Weight.CAN_WAIT, set(Channel), Plan((PUSH, WECHAT, EMAIL, SMS))),
        (Weight.CAN_WAIT, {SMS}, Plan((SMS,))),
        (Weight.CAN_WAIT, set(), Plan(())),
    ],
)
def test_who_is_told_by_what(weight, reached, planned):
    assert plan(KIND[weight], weight, reached) == planned


@pytest.mark.parametrize("kind", [kind for kind in KINDS if is_security(kind)])
def test_what_tells_of_the_account_is_not_left_to_a_device_that_may_be_a_thiefs(kind):
    assert KINDS[kind] == Weight.MUST
    assert plan(kind, Weight.MUST, Channel) == Plan((SMS, EMAIL))
    assert plan(kind, Weight.MUST, {PUSH}) == Plan((PUSH,)), "but better there than nowhere"


def test_these_are_the_kinds_that_tell_of_the_account():
    assert {kind.rpartition(".")[0] for kind in KINDS if is_security(kind)} >= {
        "account.bank", "login.new", "factor.removed", "identity.linked", "privacy.erasure_asked",
    }  # fmt: skip
    assert not is_security("order.refunded.customer")


@given(st.sampled_from(sorted(KINDS)), SOME, SOME)
def test_a_plan_goes_where_somebody_is_and_wants_it_cheapest_first_and_never_back(kind, reached, switched_off):
    weight = KINDS[kind]
    gone = off(Choices(off=frozenset((kind, one) for one in switched_off)), kind, weight)
    planned = plan(kind, weight, reached, gone)
    assert gone == (frozenset() if weight == Weight.MUST else switched_off)
    wanted = reached - gone
    if is_security(kind) and wanted - set(QUICK):
        wanted -= set(QUICK)
    assert set(planned.first) == wanted, "nobody who can be reached is left out"
    assert len(set(planned.first)) == len(planned.first)
    assert set(planned.then) <= set(planned.first) - set(QUICK)
    assert (planned.after is None) == (planned.then == ())
    if not is_security(kind):
        quick = [one for one in planned.first if one in QUICK]
        assert list(planned.first[: len(quick)]) == quick, "what costs nothing comes first"
    if weight == Weight.CAN_WAIT:
        assert planned.then == (), "nobody pays for what can wait twice"
        assert SMS not in planned.first[:-1], "the dearest comes last"
    elif planned.then:
        assert planned.after == UNREAD_AFTER[weight] < USEFUL[weight]


@given(st.integers(0, 10_000), st.integers(0, 3_600) | st.none())
def test_a_channel_that_is_down_is_asked_less_and_less_often_but_for_ever(tries, asked):
    told = None if asked is None else timedelta(seconds=asked)
    waits = wait(tries, told)
    assert timedelta(minutes=1) <= waits <= timedelta(hours=1)
    assert told is None or waits >= told
    assert wait(tries + 1, told) >= waits


def test_prices_and_caps_are_those_of_one_table():
    assert price(SMS, "+8613800000001", "【邻里】" + "邻" * 66) == 40_000
    assert price(SMS, "+8613800000001", "【邻里】" + "邻" * 67) == 80_000
    assert price(SMS, "+12025550123", "x") == 12_000
    assert price(SMS, "+acc_1", "x") == 350_000, "what is no number costs the most"
    assert price(EMAIL, "a@example.com", "x" * 10_000) == 100
    assert set(PRICES) == set(Channel) - {SMS}
    caps = {"*": 50, "order": 5, "order.confirmed.customer": 7}
    assert [cap(caps, kind) for kind in ("order.confirmed.customer", "order.expired.customer", "x.y.customer")] == [
        7_000_000, 5_000_000, 50_000_000,
    ]  # fmt: skip
    assert cap({}, "x") == 50_000_000


@pytest.mark.parametrize(
    ("kind", "hours"),
    [
        ("order.completed.customer", 72),
        ("visit.day_before.customer", 12),
        ("visit.soon.customer", 1),
        ("outreach.offer.customer", 2),
    ],
)
def test_what_is_of_no_use_any_more_is_late(kind, hours):
    since = datetime(2030, 5, 1, 9, tzinfo=UTC)
    notice = SimpleNamespace(kind=kind, created_at=since, useful_until=None)
    assert not is_late(notice, KINDS[kind], since + timedelta(hours=hours))
    assert is_late(notice, KINDS[kind], since + timedelta(hours=hours, seconds=1))
