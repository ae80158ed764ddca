"""A run that dies after any of its writes, or before, and is repeated: the books are those of a run that did not."""

from dataclasses import replace

import pytest

from chalicelib import wiring
from chalicelib.ledger import use_cases as ledger
from chalicelib.settlement.use_cases import _post
from tests.chalicelib.settlement.world import FIRST, NOW, RUN, accrue, agree, balances, said, settle, sheet, statement


class Death(BaseException):
    """Nobody catches it: the container is gone."""


class Mortal:
    """A committer that dies with its nth commit: before it is sent, or once it is written."""

    def __init__(self, inner, dies_at, *, written):
        self.inner, self.left, self.written = inner, dies_at, written

    def commit(self, actions):
        self.left -= 1
        if self.left or self.written:
            self.inner.commit(actions)
        if not self.left:
            raise Death


COMMITS = 4  # 4 dues and a subscription, 2 at a time; the end


def prepare(merchant):
    agree(merchant, reserve_bps=1000, subscription={"CNY": 500})
    for number in range(4):
        accrue(f"{merchant}_{number}", merchant=merchant, gross=1_000 + number)


def outcome(merchant):
    """Return everything that the books, the statement and the merchant say."""
    settlement, dues = statement(FIRST, merchant)
    waiting = [one.id.replace(merchant, "*") for one in wiring.settlement().store.waiting_of(merchant)]
    lines = sorted((one.id.replace(merchant, "*"), one.payable, one.settlement_id) for one in dues)
    own = [ledger.balance(wiring.ledger(), f"{kind}:{merchant}") for kind in ("merchant", "reserve")]
    told = [settlement_id for who, settlement_id in said() if who == merchant]
    return settlement.sums, settlement.state, lines, waiting, own, balances(merchant), told


@pytest.mark.parametrize("written", [False, True])
def test_a_run_may_die_with_any_of_its_writes(clock, monkeypatch, written):
    monkeypatch.setattr(_post, "_DUES_PER_TRANSACTION", 2)
    prepare("acc_0")
    settle()
    expected, once = outcome("acc_0"), sheet()
    assert (expected[0].lines, expected[1]) == (6, "posted")
    for dies_at in range(1, COMMITS + 1):
        prepare(f"acc_{dies_at}")
        ports = wiring.settlement()
        with pytest.raises(Death):
            settle(ports=replace(ports, committer=Mortal(ports.committer, dies_at, written=written)))
        settle()
        assert outcome(f"acc_{dies_at}") == expected
    assert sheet() == {account: amount * (COMMITS + 1) for account, amount in once.items()}
    prepare("acc_5")
    ports = wiring.settlement()
    settle(ports=replace(ports, committer=Mortal(ports.committer, COMMITS + 1, written=written)))  # it has no more


def test_a_run_that_died_is_finished_by_that_of_another_day(clock, monkeypatch):
    monkeypatch.setattr(_post, "_DUES_PER_TRANSACTION", 2)
    prepare("acc_1")
    ports = wiring.settlement()
    with pytest.raises(Death):
        settle(ports=replace(ports, committer=Mortal(ports.committer, 1, written=True)))
    assert (statement(FIRST, "acc_1")[0].state, said()) == ("open", [])
    settle(RUN.replace(day=3))
    first, second = statement(FIRST, "acc_1")[0], statement("set_20300502_cny", "acc_1")[0]
    assert (first.state, first.sums.lines, second.state, second.sums.lines) == ("posted", 3, "posted", 4)
    assert sorted(said()) == [("acc_1", FIRST), ("acc_1", "set_20300502_cny")]
    assert "customers:held" not in sheet()


def test_dues_that_the_index_still_shows_are_left_out(clock, monkeypatch):
    for number in range(3):
        accrue(number)
    ports = wiring.settlement()
    stale = list(ports.store.waiting_of("acc_merchant"))
    settle()
    accrue(3, at=NOW)
    [new] = ports.store.waiting_of("acc_merchant")
    monkeypatch.setattr(type(ports.store), "waiting_until", lambda *_: [*stale, new])
    assert settle().lines == 1
    settlement, dues = statement()
    assert (settlement.sums.lines, [one.id for one in dues]) == (4, ["lin_0", "lin_1", "lin_2", "lin_3"])
