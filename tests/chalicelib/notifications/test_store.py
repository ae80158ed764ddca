from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from pynamodb.exceptions import PutError

from chalicelib.kit.dynamo import meter
from chalicelib.notifications.rules import KEPT, LEASE, Channel, InHand, Notice, State, notice_id
from chalicelib.notifications.store import NoticeRow, NotificationStore

NOW = datetime(2030, 5, 1, 9, 30, tzinfo=UTC)
STORE = NotificationStore()


def notice(number=1, account="acc_1", at=NOW):
    return Notice(
        id=notice_id(f"msg_{number}", account),
        account_id=account,
        message_id=f"msg_{number}",
        kind="order.confirmed.customer",
        channel=Channel.SMS,
        body="【邻里】已确认",
        state=State.CLAIMED,
        created_at=at,
    )


@pytest.mark.store
def test_a_notice_is_claimed_once_and_again_when_the_lease_ran_out(tables):
    assert STORE.claim(notice(), NOW)
    with pytest.raises(InHand):
        STORE.claim(notice(), NOW + LEASE - timedelta(seconds=1))
    assert STORE.claim(notice(), NOW + LEASE)


@pytest.mark.store
@pytest.mark.parametrize("state", [State.SENT, State.UNDELIVERABLE])
def test_what_is_done_stays_done(tables, state):
    STORE.claim(notice(), NOW)
    STORE.mark(notice().id, state)
    assert not STORE.claim(notice(), NOW + timedelta(days=30))
    (kept,) = STORE.of_account("acc_1", None, 10).items
    assert kept == replace(notice(), state=state)


@pytest.mark.store
def test_a_released_notice_can_be_claimed_at_once(tables):
    STORE.claim(notice(), NOW)
    STORE.release(notice().id, NOW)
    assert STORE.claim(notice(), NOW)


@pytest.mark.store
def test_of_many_at_once_one_gets_it(tables):
    def claim(_):
        try:
            return STORE.claim(notice(), NOW)
        except InHand:
            return False

    with ThreadPoolExecutor(10) as pool:
        assert sum(pool.map(claim, range(20))) == 1


@pytest.mark.store
def test_an_account_reads_its_own_newest_first_page_by_page(tables):
    for number in range(5):
        STORE.claim(notice(number, at=NOW + timedelta(minutes=number)), NOW)
    STORE.claim(notice(9, account="acc_2"), NOW)
    first = STORE.of_account("acc_1", None, 3)
    second = STORE.of_account("acc_1", first.next, 3)
    assert [one.message_id for one in (*first.items, *second.items)] == [f"msg_{n}" for n in (4, 3, 2, 1, 0)]
    assert second.next is None


def test_rows_die(tables):
    STORE.claim(notice(), NOW)
    assert int(NoticeRow.get(notice().id, "NOTICE").expires_at) == int((NOW + KEPT).timestamp())


def test_what_it_costs(tables):
    with meter.measure() as claimed:
        STORE.claim(notice(), NOW)
    with meter.measure() as marked:
        STORE.mark(notice().id, State.SENT)
    with meter.measure() as repeated:
        STORE.claim(notice(), NOW)
    with meter.measure() as listed:
        STORE.of_account("acc_1", None, 20)
    assert [one.requests for one in (claimed, marked, repeated, listed)] == [1, 1, 2, 1]
    assert (claimed.write_units, marked.write_units, listed.read_units) == (2, 2, 0.5)


def test_other_failures_are_not_taken_for_a_claim(tables, monkeypatch):
    monkeypatch.setattr(NoticeRow.Meta, "table", "nowhere")
    with pytest.raises(PutError):
        STORE.claim(notice(), NOW)
