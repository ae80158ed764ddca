"""What notices need from outside, in memory: stores that keep to the promises of `chalicelib.notifications.ports`, with
writes that are all done or none, and senders that remember.
"""

import threading
from collections import Counter, defaultdict
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

from chalicelib.kit.pagination import Page
from chalicelib.kit.transaction import Action, Contention
from chalicelib.notifications.ports import NotificationPorts
from chalicelib.notifications.rules import (
    LEASE,
    UNCOUNTED,
    AlreadyRead,
    Due,
    Notice,
    Outdated,
    Standing,
    State,
    Tally,
    dies_at,
    month,
)
from chalicelib.notifications.unsubscribing import UnsubscribeLinks
from chalicelib.profiles.ports import Channel

AT = datetime(2030, 5, 1, 9, 30, tzinfo=UTC)


@dataclass
class Clock:
    """Stands still until it is told."""

    at: datetime = AT

    def now(self):
        return self.at

    def on(self, **span):
        """Let time pass."""
        self.at += timedelta(**span)


class Committer:
    """Does all writes or none, one transaction at a time."""

    def __init__(self):
        self.lock = threading.Lock()

    def commit(self, actions):
        with self.lock:
            for action in actions:
                refused = action.body.check()
                if refused is not None:
                    raise refused
            for action in actions:
                action.body.apply()


def action(check, apply=lambda: None):
    return Action(SimpleNamespace(check=check, apply=apply))


class NoticeStore:
    """See `NoticeStore`; `writes` counts."""

    def __init__(self):
        self.rows = {}
        self.leases = {}

    def opening(self, notice, now):
        def check():
            return Standing(self.rows[notice.id]) if notice.id in self.rows else None

        def apply():
            self.rows[notice.id] = notice
            self.leases[notice.id] = now + LEASE

        return action(check, apply)

    def notice(self, notice_id):
        return self.rows.get(notice_id)

    def taking(self, notice, now, *, unless_read, is_fallback):
        def check():
            row = self.rows.get(notice.id)
            fits = row is not None and row.state == notice.state
            if fits and notice.state == State.CLAIMED:
                fits = self.leases[notice.id] <= now
            elif fits and notice.due is not None:
                fits = row.due is not None and row.due.at == notice.due.at
            if fits and unless_read:
                fits = row.read_at is None
            return None if fits else Standing(row)

        def apply():
            row = self.rows[notice.id]
            self.rows[notice.id] = replace(row, state=State.CLAIMED, is_fallback=row.is_fallback or is_fallback)
            self.leases[notice.id] = now + LEASE

        return action(check, apply)

    def settle(self, notice_id, settled, taken_at):
        row = self.rows[notice_id]
        if row.state == State.CLAIMED and self.leases[notice_id] == taken_at + LEASE:
            channel = settled.channel or row.channel
            self.rows[notice_id] = replace(
                row, state=settled.state, channel=channel, due=settled.due, tries=settled.tries
            )

    def _same_due(self, notice_id, due):
        row = self.rows.get(notice_id)
        return row is not None and row.due is not None and row.due.at == due.at

    def postponing(self, notice_id, due, then):
        def apply():
            self.rows[notice_id] = replace(self.rows[notice_id], due=then)

        return action(lambda: None if self._same_due(notice_id, due) else Contention(), apply)

    def dismiss(self, notice, due):
        row = self.rows[notice.id]
        if self._same_due(notice.id, due) and row.state == notice.state:
            was = State.SENT if row.is_fallback else State.SILENT
            self.rows[notice.id] = replace(row, due=None, state=was if row.state == State.HELD else row.state)

    def reading(self, notice, now):
        def check():
            row = self.rows.get(notice.id)
            return None if row is not None and row.state == notice.state and row.read_at is None else Contention()

        def apply():
            row = self.rows[notice.id]
            self.rows[notice.id] = replace(row, read_at=now, due=None if row.state == State.SENT else row.due)

        return action(check, apply)

    def due(self, lane, until, limit):
        found = [
            (row.due.at, row.id, row.due)
            for row in self.rows.values()
            if row.due is not None and row.due.lane == lane and (until is None or row.due.at <= until)
        ]
        yield from ((one, due) for _, one, due in sorted(found)[:limit])

    def forget(self, notice_id):
        self.rows.pop(notice_id, None)

    def states(self, notice_ids):
        return {
            one: (self.rows[one].state, self.rows[one].read_at is not None) for one in notice_ids if one in self.rows
        }

    def of_account(self, account_id, after, limit):
        rows = [row for row in self.rows.values() if row.account_id == account_id]
        return Page(tuple(sorted(rows, key=lambda row: row.created_at, reverse=True)[:limit]), after)

    def by_kind(self):
        """Return the state of each kind's last notice."""
        return {row.kind: row.state for row in self.rows.values()}


class InboxStore:
    """See `InboxStore`."""

    def __init__(self):
        self.unread_, self.epochs = Counter(), Counter()
        self.digests = defaultdict(Counter)

    def tally(self, account_id, now):
        mine = [key for key in self.unread_ if key[0] == account_id and dies_at(_begin(key[1])) > now]
        return Tally({key[1]: self.unread_[key] for key in mine}, {key[1]: self.epochs[key] for key in mine})

    def _when(self, notice, refused, apply=lambda: None):
        key = (notice.account_id, month(notice.created_at))
        return action(lambda: None if self.epochs[key] == notice.epoch else refused, apply)

    def counting(self, notice):
        key = (notice.account_id, month(notice.created_at))
        return self._when(notice, Contention(), lambda: self.unread_.update([key]))

    def uncounting(self, notice):
        key = (notice.account_id, month(notice.created_at))
        return self._when(notice, AlreadyRead(), lambda: self.unread_.subtract([key]))

    def unread(self, notice):
        return self._when(notice, AlreadyRead())

    def clearing(self, account_id, months, epoch):
        key = (account_id, months)

        def apply():
            self.unread_[key] = 0
            self.epochs[key] += 1

        return action(lambda: None if self.epochs[key] == epoch else Contention(), apply)

    def gathering(self, notice, at):
        return action(lambda: None, lambda: self.digests[notice.account_id, at].update([notice.kind]))

    def digests_due(self, until, limit):
        yield from [key for key in self.digests if key[1] <= until][:limit]

    def gathered(self, account_id, at):
        return dict(self.digests.get((account_id, at), {}))

    def telling(self, account_id, at, gathered):
        def check():
            return None if self.gathered(account_id, at) == gathered else Contention()

        return [action(check, lambda: self.digests.pop((account_id, at)))]

    def forget(self, account_id):
        for key in [key for key in self.unread_ if key[0] == account_id]:
            del self.unread_[key]


def _begin(name):
    return datetime.fromisoformat(f"{name}-01T00:00:00+00:00")


class AddressStore:
    """See `AddressStore`."""

    def __init__(self):
        self.rows, self.lifted = {}, {}

    def suspensions(self, addresses):
        return {one: self.rows[one] for one in addresses if one in self.rows}

    def suspending(self, channel, address, suspension):
        key = (channel, address)

        def check():
            stands, lifted = self.rows.get(key), self.lifted.get(key)
            late = (stands is not None and stands.at > suspension.at) or (
                lifted is not None and lifted >= suspension.at
            )
            return Outdated() if late else None

        def apply():
            stands = self.rows.get(key)
            has_left = suspension.has_left or (stands is not None and stands.is_their_word)
            self.rows[key] = replace(suspension, has_left=has_left)

        return [action(check, apply)]

    def lifting(self, channel, address, suspension, now):
        key = (channel, address)

        def apply():
            del self.rows[key]
            self.lifted[key] = now

        return [action(lambda: None if self.rows.get(key) == suspension else Contention(), apply)]


class SpentStore:
    """See `SpentStore`."""

    def __init__(self):
        self.rows = Counter()

    def spend(self, kind, now, price, cap):
        if self.rows[kind, now.date()] + price > cap:
            return False
        self.rows[kind, now.date()] += price
        return True

    def count(self, kind, now, price):
        self.rows[kind, now.date()] += price

    def spent(self, kind, now):
        return self.rows[kind, now.date()]


class Outbox:
    """Keeps the messages that were put; `take` empties it."""

    def __init__(self):
        self.messages = []

    def put(self, message):
        return action(lambda: None, lambda: self.messages.append(message))

    def take(self):
        taken, self.messages = self.messages, []
        return taken


class FakeSender:
    """Drops ids that it has; `moods` are raised instead of sending, one a call, by address; `down` is raised always."""

    def __init__(self):
        self.inbox = {}
        self.calls = []
        self.letters = []
        self.moods = {}
        self.down = None

    def send(self, letter, to):
        self.calls.append(letter.id)
        if self.down is not None:
            raise self.down
        if self.moods.get(to):
            raise self.moods[to].pop(0)
        self.letters.append(letter)
        self.inbox.setdefault(letter.id, (to, letter.body))
        return letter.id

    def texts(self):
        return dict(self.inbox.values())


@dataclass
class Addresses:
    """Devices and openids, as `Addresses` promises."""

    known: dict = field(default_factory=dict)

    def of(self, account_id, channel):
        return self.known.get((account_id, channel), ())


def notice_ports(near, **changes):
    """Return the ports of a deployment that sends text messages, all in memory."""
    ports = NotificationPorts(
        store=NoticeStore(),
        inbox=InboxStore(),
        gone=AddressStore(),
        spent=SpentStore(),
        senders={Channel.SMS: FakeSender()},
        clock=Clock(),
        committer=Committer(),
        outbox=Outbox(),
        accounts=near.accounts_ports,
        shops=near.shops_ports,
        orders=near.orders_ports,
        profiles=near.profiles_ports,
        audit=None,
        links=UnsubscribeLinks(lambda: "a-secret-of-the-tests", lambda: "https://api.example.com"),
        addresses=Addresses(),
    )
    return replace(ports, **changes)


__all__ = ["AT", "UNCOUNTED", "Clock", "Due", "FakeSender", "Notice", "notice_ports"]
