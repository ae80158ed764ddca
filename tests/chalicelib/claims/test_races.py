"""Both sides at the same moment, on both emulators: money goes back once, and as somebody decided."""

import pytest

from chalicelib.claims.ports import State
from chalicelib.claims.problems import AlreadyOpen, NotPossible
from chalicelib.orders.ports import LineState, NothingLeft
from chalicelib.orders.ports import NotPossible as OrderNotPossible
from tests import racing
from tests.api import MERCHANT, told
from tests.chalicelib.claims.world import Claims

REFUSALS = (AlreadyOpen, NotPossible, NothingLeft, OrderNotPossible)
pytestmark = pytest.mark.store


@pytest.fixture
def claims(tables):
    return Claims()


def race(*works):
    return racing.race(works, REFUSALS)


def won(results):
    return [one for one in results if not isinstance(one, Exception)]


def test_of_two_claims_at_once_on_one_line_there_is_one(claims):
    order = claims.delivered()
    results = race(*(lambda: claims.ask(order, 3_000) for _ in range(3)))
    [claim] = won(results)
    assert {type(one) for one in results if one is not claim} == {AlreadyOpen}
    assert list(claims.ports.store.of_order(order.id)) == [claim]
    assert len(told("claim.asked")) == 1


def test_who_agrees_twice_at_once_gives_once(claims):
    order = claims.delivered()
    claim = claims.ask(order, 3_000)
    results = race(*(lambda: claims.agree(claim) for _ in range(3)))
    assert [one.given for one in won(results)] == [3_000]
    assert claims.given_back(order) == 3_000
    assert [one.payload["amount"] for one in told("order.refund_due")] == [3_000]
    assert sum(due.gross for due in claims.orders.waiting()) == 7_000


def test_who_agrees_while_it_is_withdrawn_gives_or_does_not(claims):
    order = claims.delivered()
    claim = claims.ask(order, 3_000)
    [ended] = won(race(lambda: claims.agree(claim), lambda: claims.withdraw(claim)))
    assert claims.read(claim) == ended
    assert claims.given_back(order) == (3_000 if ended.state == State.AGREED else 0)
    assert len(told("order.refund_due")) == (1 if ended.state == State.AGREED else 0)


def test_who_agrees_while_the_order_is_cancelled_gives_no_more_than_was_paid(claims):
    order = claims.orders.bought()
    claim = claims.ask(order, 6_000)
    race(lambda: claims.agree(claim), lambda: claims.orders.cancel(order, MERCHANT))
    line = claims.orders.read(order).lines[0]
    assert (line.state, line.kept) == (LineState.REFUNDING, 0)
    standing = claims.read(claim)
    assert line.given_back == (standing.given or 0)
    assert sum(one.payload["amount"] for one in told("order.refund_due")) == 10_000
