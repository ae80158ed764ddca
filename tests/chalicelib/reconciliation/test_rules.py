"""Holding movements against the books does not depend on how they come; what people read."""

import random
from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace

from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.kit.money import Money
from chalicelib.ledger.rules import Entry, Transaction, refund_accounts
from chalicelib.payments.rules import Movement, MovementKind
from chalicelib.payments.use_cases.account import again_id
from chalicelib.reconciliation.rules import (
    Case,
    CaseKind,
    CaseState,
    Difference,
    Resolution,
    closed,
    orders,
    seen_again,
)
from chalicelib.reconciliation.rules.movements import booking, gross, kept, names, on_account
from chalicelib.reconciliation.rules.tally import Tally

NOW = datetime(2030, 5, 1, 12, tzinfo=UTC)
DAY = date(2030, 5, 1)
_KINDS = list(MovementKind)


@st.composite
def movements(draw):
    """Movements of a few payments, refunds and transfers; some twice, some of nobody's, with what they cost."""
    made = []
    for number in range(draw(st.integers(1, 12))):
        own = draw(st.sampled_from([None, "a", "b", "c"]))
        kind, amount = draw(st.sampled_from(_KINDS)), draw(st.integers(-300, 300))
        fee, currency = draw(st.integers(-5, 5)), draw(st.sampled_from(["CNY", "EUR"]))
        made.append(Movement(f"txn_{number}", "stripe", kind, f"r{number}", own, Money(amount, currency), fee, NOW))
    return made


def books_of(draw, made):
    """Some of what the books could have of them, right or wrong."""
    books = {}
    for name in sorted({name for one in made for name in names(one)}):
        if draw.draw(st.booleans()):
            amount = draw.draw(st.sampled_from([0, 100, 200, -100, *(one.amount.amount for one in made)]))
            entries = (Entry("provider:stripe", amount), Entry("suspense", -amount))
            books[name] = Transaction(name, name.partition(":")[0], NOW, "CNY", entries)
    return books


def outcome(made, books):
    tally = Tally("stripe", DAY, {})
    for one in made:
        tally.add(one, books)
    differs = {name: tally.differs(name, taken, used=False) for name, taken in tally.taken.items()}
    failed = {name: sorted(one.id for one in some) for name, some in tally.failed.items()}
    figures = {code: vars(one) for code, one in tally.figures.items()}
    return figures, differs, set(tally.missing), set(tally.transit), failed, set(tally.own), tally.ticked, tally.wrong


@settings(max_examples=60, deadline=None)
@given(movements(), st.data(), st.integers(0, 9))
def test_shuffled_and_repeated_lines_say_the_same(made, data, seed):
    books = books_of(data, made)
    mixed = made + made[::2]
    random.Random(seed).shuffle(mixed)
    assert outcome(mixed, books) == outcome(made, books)


@settings(max_examples=60, deadline=None)
@given(movements(), st.data())
def test_every_line_is_exactly_one_thing(made, data):
    books = books_of(data, made)
    tally = Tally("stripe", DAY, {})
    for one in made:
        tally.add(one, books)
    times = sum(taken.times for taken in tally.taken.values())
    own = sum(one.kind in {MovementKind.FEE, MovementKind.PAYOUT} for one in made)
    failed = sum(map(len, tally.failed.values())) + len(tally.wrong.keys() & {one.id for one in made})
    assert len(tally.missing) + len(tally.transit) + failed + times + own == len(made)
    assert sum(one.checked for one in tally.figures.values()) == len(made)


@settings(max_examples=60, deadline=None)
@given(movements())
def test_what_is_booked_of_a_line_is_what_the_account_changed_by(made):
    for one in made:
        parts = [part for part in (gross(one), kept(one)) if part]
        assert sum(part.amount for part in parts) == one.amount.amount - one.fee
        for part in parts:
            if part.names and part.names[0].startswith(("provider-fee", "to-bank")):
                assert on_account(booking(one, part, NOW), "stripe") == part.amount


def case(kind=CaseKind.UNKNOWN_MOVEMENT):
    return Case(Difference(kind, "stripe", "txn_1", "CNY", -4_000, 0), DAY, NOW, NOW)


def test_a_case_that_ended_by_itself_opens_again_and_one_that_a_person_closed_does_not():
    later = NOW + timedelta(days=3)
    ended = closed(case(), Resolution.EXPLAINED, later)
    assert (ended.age_days(later + timedelta(days=9)), case().age_days(later)) == (3, 3)
    again = seen_again(ended, ended.found, later)
    assert (again.state, again.resolution, again.last_seen_at) == (CaseState.OPEN, None, later)
    by_hand = closed(case(), Resolution.RECOVERED, later, "acc_admin")
    assert seen_again(by_hand, by_hand.found, later) is by_hand


def test_every_kind_has_its_words_in_both_languages():
    for kind in CaseKind:
        words = case(kind).reason()
        assert words.en != words.zh
        assert "{" not in words.en + words.zh
    assert case().reason().zh == "支付渠道有 -4000 CNY 的资金变动，并非由平台发起。"


def test_a_refund_that_came_back_counts_once_however_often_it_is_tried_again():
    ids = ["ref_1", again_id("ref_1"), again_id(again_id("ref_1"))]
    happened = [("done", 0), ("returned", 0), ("failed", 1), ("done", 2)]
    own = [_step("pending", id_) for id_ in ids] + [_step(step, ids[number]) for step, number in happened]
    assert orders._refunded(own) == 500


def _step(step, refund_id):
    debit, credit = (
        ("customers:held", "refunds:pending") if step == "pending" else refund_accounts(step, "provider:stripe")
    )
    entries = (Entry(debit, 500), Entry(credit, -500))
    return SimpleNamespace(id=f"refund-{step}:{refund_id}", kind=f"refund-{step}", entries=entries)
