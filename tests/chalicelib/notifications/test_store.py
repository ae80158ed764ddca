"""What the stores promise, over both emulators; what it costs, on the one that counts right."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from pynamodb.exceptions import PynamoDBException

from chalicelib import wiring
from chalicelib.kit.dynamo import DynamoCommitter, meter
from chalicelib.kit.transaction import Contention
from chalicelib.notifications.rules import (
    KEPT,
    LEASE,
    QUEUED,
    QUIET,
    UNREAD,
    AlreadyRead,
    Channel,
    Due,
    Notice,
    Outdated,
    Settled,
    Standing,
    State,
    Suspension,
    dies_at,
    notice_id,
)
from chalicelib.notifications.store import AddressTable, InboxTable, NoticeTable, SpentTable
from chalicelib.notifications.store.rows import NoticeRow, SpentRow

NOW = datetime(2030, 5, 1, 9, 30, tzinfo=UTC)
STORE, INBOX, SPENT = NoticeTable(), InboxTable(), SpentTable()
SOON = Due(UNREAD, NOW + timedelta(minutes=15))


def notice(number=1, account="acc_1", at=NOW, **changes):
    return replace(
        Notice(
            id=notice_id(f"msg_{number}", account),
            account_id=account,
            message_id=f"msg_{number}",
            kind="order.confirmed.customer",
            channel=Channel.SMS,
            body="预订已确认。",
            state=State.CLAIMED,
            created_at=at,
            title="预订已确认",
            words={"shop": "南翔"},
        ),
        **changes,
    )


def commit(*actions):
    DynamoCommitter().commit(list(actions))


def open_(one, now=NOW):
    commit(STORE.opening(one, now), INBOX.counting(one))


def keep(*notices, due=None):
    """Write notices down that were sent."""
    for one in notices:
        open_(one)
        STORE.settle(one.id, Settled(State.SENT, one.channel, due=due), NOW)


def take(one, now=NOW, *, unless_read=False, is_fallback=False):
    commit(STORE.taking(one, now, unless_read=unless_read, is_fallback=is_fallback))


def unread(account="acc_1"):
    return INBOX.tally(account, NOW).total


@pytest.mark.store
def test_a_notice_is_opened_once_and_taken_again_when_the_lease_ran_out(tables):
    open_(notice())
    with pytest.raises(Standing) as stands:
        open_(notice())
    assert stands.value.notice == notice()
    assert unread() == 1, "what is refused is not counted"
    with pytest.raises(Standing):
        take(notice(), NOW + LEASE - timedelta(seconds=1))
    take(notice(), NOW + LEASE)


@pytest.mark.store
@pytest.mark.parametrize("state", [State.SENT, State.UNDELIVERABLE, State.SILENT])
def test_what_is_done_stays_done_and_a_run_that_lost_its_lease_changes_nothing(tables, state):
    open_(notice())
    take(notice(), NOW + LEASE)
    STORE.settle(notice().id, Settled(State.LATE), NOW)
    assert STORE.notice(notice().id).state == State.CLAIMED
    STORE.settle(notice().id, Settled(state, Channel.PUSH, "p-1"), NOW + LEASE)
    with pytest.raises(Standing):
        take(notice(), NOW + timedelta(days=30))
    (kept,) = STORE.of_account("acc_1", None, 10).items
    assert kept == replace(notice(), state=state, channel=Channel.PUSH)


@pytest.mark.store
def test_what_waits_is_found_by_its_lane_and_time_and_is_taken_once(tables):
    keep(notice(), due=SOON)
    held = notice(2, state=State.HELD, due=Due(QUIET, NOW + timedelta(hours=8)))
    open_(held)
    assert list(STORE.due(UNREAD, SOON.at - timedelta(seconds=1), 9)) == []
    assert list(STORE.due(UNREAD, SOON.at, 9)) == [(notice().id, SOON)]
    assert list(STORE.due(QUIET, None, 9)) == [(held.id, held.due)]
    later = Due(QUEUED, SOON.at + timedelta(minutes=30))
    commit(STORE.postponing(notice().id, SOON, later))
    with pytest.raises(Contention):
        commit(STORE.postponing(notice().id, SOON, later))
    sent = STORE.notice(notice().id)
    assert sent.due == later
    take(sent, unless_read=True, is_fallback=True)
    with pytest.raises(Standing):
        take(sent, unless_read=True, is_fallback=True)
    assert list(STORE.due(QUEUED, later.at, 9)) == [(notice().id, later)], "should the run die, it is due again"
    STORE.settle(notice().id, Settled(State.SENT, Channel.SMS), NOW)
    assert list(STORE.due(QUEUED, None, 9)) == []
    STORE.dismiss(held, held.due)
    assert STORE.notice(held.id) == replace(held, state=State.SILENT, due=None)
    STORE.dismiss(held, held.due)


@pytest.mark.store
def test_of_many_at_once_one_opens_it_and_it_is_counted_once(tables):
    def attempt(_):
        try:
            open_(notice())
        except (Standing, Contention):
            return False
        return True

    with ThreadPoolExecutor(10) as pool:
        assert sum(pool.map(attempt, range(20))) == 1
    assert unread() == 1


@pytest.mark.store
def test_an_account_reads_its_own_newest_first_page_by_page(tables):
    for number in range(5):
        open_(notice(number, at=NOW + timedelta(minutes=number)))
    open_(notice(9, account="acc_2"))
    first = STORE.of_account("acc_1", None, 3)
    second = STORE.of_account("acc_1", first.next, 3)
    assert [one.message_id for one in (*first.items, *second.items)] == [f"msg_{n}" for n in (4, 3, 2, 1, 0)]
    assert second.next is None


@pytest.mark.store
def test_what_is_read_is_counted_by_month_and_all_are_read_in_one_write(tables):
    june = notice(3, at=NOW + timedelta(days=31))
    keep(notice(), notice(2), june, due=SOON)
    assert INBOX.tally("acc_1", NOW).unread == {"2030-05": 2, "2030-06": 1}
    commit(STORE.reading(STORE.notice(notice().id), NOW), INBOX.uncounting(notice()))
    assert (unread(), STORE.notice(notice().id).due) == (2, None), "what was read is not looked at again"
    with pytest.raises(Contention):
        commit(STORE.reading(STORE.notice(notice().id), NOW), INBOX.uncounting(notice()))
    commit(INBOX.clearing("acc_1", "2030-05", 0))
    with pytest.raises(Contention):
        commit(INBOX.clearing("acc_1", "2030-05", 0))
    tally = INBOX.tally("acc_1", NOW)
    assert (tally.total, tally.epoch(NOW), tally.is_read(STORE.notice(notice(2).id)), tally.is_read(june)) == (
        1, 1, True, False,
    )  # fmt: skip
    with pytest.raises(AlreadyRead):
        commit(STORE.reading(STORE.notice(notice(2).id), NOW), INBOX.uncounting(notice(2)))
    with pytest.raises(AlreadyRead):
        commit(INBOX.unread(notice(2)))
    with pytest.raises(Contention):
        open_(notice(4))
    open_(notice(4, epoch=1))
    assert unread() == 2
    assert INBOX.tally("acc_1", dies_at(NOW)).total == 1, "May's are gone, and so is their count"
    INBOX.forget("acc_1")
    assert unread() == 0


@pytest.mark.store
def test_a_digest_is_told_once_with_all_that_was_gathered(tables):
    at = NOW + timedelta(hours=8)
    gathered = [notice(n, state=State.GATHERED, kind="order.confirmed.merchant") for n in range(3)]
    for one in gathered:
        commit(STORE.opening(one, NOW), INBOX.counting(one), INBOX.gathering(one, at))
    other = notice(7, kind="review.posted.merchant", state=State.GATHERED)
    commit(STORE.opening(other, NOW), INBOX.counting(other), INBOX.gathering(other, at))
    assert list(INBOX.digests_due(at - timedelta(seconds=1), 9)) == []
    assert list(INBOX.digests_due(at, 9)) == [("acc_1", at)]
    numbers = INBOX.gathered("acc_1", at)
    assert numbers == {"order.confirmed.merchant": 3, "review.posted.merchant": 1}
    with pytest.raises(Contention):
        commit(*INBOX.telling("acc_1", at, {"review.posted.merchant": 2}))
    commit(*INBOX.telling("acc_1", at, numbers))
    assert list(INBOX.digests_due(at, 9)) == []
    assert INBOX.gathered("acc_1", at) == {}


@pytest.mark.store
def test_a_suspended_address_is_known_by_its_blind_index_alone(tables):
    gone, told = AddressTable(wiring.sealer), Suspension("bounce", NOW)
    one, other = (Channel.EMAIL, "ming@example.com"), (Channel.SMS, "ming@example.com")
    with meter.measure() as used:
        commit(*gone.suspending(*one, told))
    assert used.write_units in (4, 0)  # ministack tells none
    assert gone.suspensions([one, other]) == {one: told}
    assert gone.suspensions([]) == {}
    with meter.measure() as asked:
        gone.suspensions([one, other])
    assert asked.requests == 1
    assert b"ming" not in str(tables.dynamodb.scan(TableName=NoticeRow.Meta.table_name)).encode()
    older, newer = (Suspension("bounce", NOW + timedelta(minutes=minutes)) for minutes in (-1, 1))
    with pytest.raises(Outdated):
        commit(*gone.suspending(*one, older))
    with pytest.raises(Contention):
        commit(*gone.lifting(*one, newer, NOW))
    commit(*gone.lifting(*one, told, NOW))
    assert gone.suspensions([one]) == {}
    with pytest.raises(Outdated):
        commit(*gone.suspending(*one, told))
    commit(*gone.suspending(*one, newer))
    assert gone.suspensions([one]) == {one: newer}
    said, later = (Suspension(reason, NOW + timedelta(minutes=3)) for reason in ("left: reply", "bounce"))
    commit(*gone.suspending(*one, said))
    commit(*gone.suspending(*one, later))
    (stands,) = gone.suspensions([one]).values()
    assert (stands.reason, stands.is_their_word) == ("bounce", True)


@pytest.mark.store
def test_a_cap_is_never_overdrawn_and_is_spent_to_its_end(tables):
    price, cap = 10, 1_600

    def spend(_):
        return SPENT.spend("coupon.expired.customer", NOW, price, cap)

    with ThreadPoolExecutor(8) as pool:
        taken = sum(pool.map(spend, range(200)))
    assert taken == cap // price
    assert SPENT.spent("coupon.expired.customer", NOW) == cap
    SPENT.count("coupon.expired.customer", NOW, -price)
    assert spend(None)
    assert SPENT.spend("coupon.expired.customer", NOW + timedelta(days=1), price, cap), "another day, another cap"
    assert not SPENT.spend("x", NOW, 300, 800), "no shard has room for so much"


def test_rows_die_with_their_month(tables):
    open_(notice())
    begin = datetime(2030, 5, 1, tzinfo=UTC)
    assert int(NoticeRow.get(notice().id, "NOTICE").expires_at) == int((begin + KEPT).timestamp())


def test_what_it_costs(tables):
    waits = replace(notice(2), state=State.HELD, due=SOON)
    digest = notice(3, kind="order.confirmed.merchant", state=State.GATHERED)
    used = {}

    def measured(name, work):
        with meter.measure() as used[name]:
            return work()

    measured("tally", lambda: INBOX.tally("acc_1", NOW))
    measured("open", lambda: open_(notice()))
    measured("open held", lambda: open_(waits))
    gathering = [STORE.opening(digest, NOW), INBOX.counting(digest), INBOX.gathering(digest, NOW)]
    measured("gather", lambda: commit(*gathering))
    measured("settle", lambda: STORE.settle(notice().id, Settled(State.SENT, Channel.SMS), NOW))
    measured("take", lambda: take(waits))
    measured("settle waiting", lambda: STORE.settle(waits.id, Settled(State.SENT, Channel.PUSH, due=SOON), NOW))
    sent = measured("notice", lambda: STORE.notice(waits.id))
    queued = Due(QUEUED, NOW)
    measured("postpone", lambda: commit(STORE.postponing(waits.id, SOON, queued)))
    sent = replace(sent, due=queued)
    both = [STORE.taking(sent, NOW, unless_read=True, is_fallback=True), INBOX.unread(sent)]
    measured("take unread", lambda: commit(*both))
    measured("read", lambda: commit(STORE.reading(STORE.notice(notice().id), NOW), INBOX.uncounting(notice())))
    measured("read all", lambda: commit(INBOX.clearing("acc_1", "2030-05", 0)))
    measured("list", lambda: STORE.of_account("acc_1", None, 20))
    measured("due", lambda: list(STORE.due(QUEUED, NOW, 9)))
    measured("spend", lambda: SPENT.spend("x", NOW, 1, 1_000))
    told = {name: (one.requests, one.read_units, one.write_units) for name, one in used.items()}
    assert told == {
        "tally": (1, 1, 0),
        "open": (1, 0, 5),
        "open held": (1, 0, 6),
        "gather": (1, 0, 8),
        "settle": (1, 0, 2),
        "take": (1, 0, 4),
        "settle waiting": (1, 0, 3),
        "notice": (1, 1, 0),
        "postpone": (1, 0, 5),
        "take unread": (1, 0, 6),
        "read": (2, 1, 5),
        "read all": (1, 0, 2),
        "list": (1, 0.5, 0),
        "due": (4, 2, 0),
        "spend": (1, 0, 1),
    }


def test_other_failures_are_not_taken_for_an_answer(tables, monkeypatch):
    open_(notice())
    for model in (NoticeRow, SpentRow):
        monkeypatch.setattr(model.Meta, "table", "nowhere")
    with pytest.raises(PynamoDBException):
        STORE.settle(notice().id, Settled(State.SENT), NOW)
    with pytest.raises(PynamoDBException):
        SPENT.spend("x", NOW, 1, 1_000)
