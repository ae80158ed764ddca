"""What the table promises: one movement a transaction, one next version."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from chalicelib import wiring
from chalicelib.kit.transaction import Contention
from chalicelib.reconciliation.ports import Checkpoint, Item, WaitsFor
from chalicelib.reconciliation.rules import Case, CaseKind, CaseState, Difference, Figures, Note, PartReport, Report
from chalicelib.reconciliation.store import ReconciliationTable

NOW = datetime(2030, 5, 1, 9, 30, tzinfo=UTC)
DAY = date(2030, 5, 1)


@pytest.mark.store
def test_a_transaction_waits_for_one_movement_and_takes_one(tables):
    store = ReconciliationTable()
    item = Item("stripe", "capture:pay_1", WaitsFor.PROVIDER, NOW, "CNY", 100, order_id="ord_1")
    assert not store.take("stripe", "capture:pay_1", DAY, "txn_1", must_wait=True)
    assert store.wait(item)
    assert (list(store.in_transit("stripe")), store.waiting("stripe", "capture:pay_1")) == ([item], True)
    assert store.take("stripe", "capture:pay_1", DAY, "txn_1", must_wait=True)
    assert store.take("stripe", "capture:pay_1", DAY, "txn_1", must_wait=True)
    assert not store.take("stripe", "capture:pay_1", DAY, "txn_2", must_wait=False)
    assert not store.wait(item)
    assert (list(store.in_transit("stripe")), store.waiting("stripe", "capture:pay_1")) == ([], False)
    assert store.take("stripe", "capture:pay_2", DAY, "txn_2", must_wait=False)
    assert store.taken("stripe", DAY) == {"capture:pay_1": "txn_1", "capture:pay_2": "txn_2"}
    assert store.taken("stripe", DAY + timedelta(days=1)) == {}
    store.drop("stripe", "capture:pay_2")
    assert not store.waiting("stripe", "capture:pay_2")


@pytest.mark.store
def test_reports_and_cases_have_one_next_version(tables):
    store, commit = ReconciliationTable(), wiring.committer().commit
    report = Report(DAY, NOW, {"stripe": PartReport({"CNY": Figures(checked=2)}, cursor="ord_1")}, version=1)
    for one in (report, replace(report, day=DAY + timedelta(days=1)), replace(report, version=2, closed=True)):
        store.put_report(one)
    with pytest.raises(Contention):
        store.put_report(replace(report, version=2))
    assert store.report(DAY) == replace(report, version=2, closed=True)
    page = store.reports(None, 1)
    assert [one.day.day for one in (*page.items, *store.reports(page.next, 1).items)] == [2, 1]
    found = Difference(CaseKind.UNKNOWN_MOVEMENT, "stripe", "txn_1", "CNY", -1, 0, about="x")
    case = Case(found, DAY, NOW, NOW, notes=(Note("acc_admin", NOW, "看过"),))
    commit([store.put_case(case)])
    with pytest.raises(Contention):
        commit([store.put_case(case)])
    taken = replace(case, state=CaseState.ASSIGNED, owner="acc_admin", version=2)
    commit([store.put_case(taken)])
    assert store.case(case.id) == taken
    assert store.cases(CaseState.OPEN, None, 9).items == ()
    assert list(store.unresolved()) == [taken]
    assert store.checkpoint("merchant:acc_1", "CNY") is None
    store.put_checkpoint("merchant:acc_1", "CNY", Checkpoint(DAY, -5, 0))
    assert store.checkpoint("merchant:acc_1", "CNY") == Checkpoint(DAY, -5, 0)
