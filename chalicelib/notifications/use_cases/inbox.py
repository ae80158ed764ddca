"""What somebody was told, and what of it they have read: exactly counted, whoever reads what at the same time.

Each month's count has an epoch. A notice is counted in the transaction that writes it down, and remembers the epoch; to
read all of them raises it and sets the count to nothing, in one write a month, whatever their number. A notice of an
earlier epoch is read, and is not counted a second time.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from chalicelib.kit.auth import Actor
from chalicelib.kit.errors import NotFound
from chalicelib.kit.pagination import Page
from chalicelib.kit.transaction import retrying
from chalicelib.notifications.ports import NotificationPorts, Reached
from chalicelib.notifications.rules import UNCOUNTED, AlreadyRead, Notice, State, Tally, notice_id
from chalicelib.notifications.store_ports import NoticeStore


def reached(store: NoticeStore, told: Sequence[tuple[str, str]]) -> Reached:
    """Return what became of notices, told as (message, account). One that was read together with all others is not
    among those that were read: nobody looked at it.
    """
    states = store.states({notice_id(message_id, account_id) for message_id, account_id in told}).values()
    return Reached(sum(state == State.SENT for state, _ in states), sum(read for _, read in states))


@dataclass(frozen=True)
class Inbox:
    """A page of what somebody was told, and what tells which of it is read."""

    page: Page[Notice]
    tally: Tally


def of_account(ports: NotificationPorts, actor: Actor, after: Mapping[str, Any] | None, limit: int) -> Inbox:
    """Return some of what the actor was told, newest first."""
    page = ports.store.of_account(actor.account_id, after, limit)
    return Inbox(page, ports.inbox.tally(actor.account_id, ports.clock.now()))


def unread(ports: NotificationPorts, actor: Actor) -> int:
    """Return how many notices the actor has not read."""
    return ports.inbox.tally(actor.account_id, ports.clock.now()).total


def read(ports: NotificationPorts, actor: Actor, one: str) -> int:
    """Mark a notice as read; a repeat changes nothing. Return how many are left unread.

    Raises:
        NotFound: the actor has no such notice.
    """

    def attempt() -> None:
        notice = ports.store.notice(one)
        if notice is None or notice.account_id != actor.account_id:
            raise NotFound
        if notice.read_at is not None or notice.epoch == UNCOUNTED:
            return
        try:
            ports.committer.commit([ports.store.reading(notice, ports.clock.now()), ports.inbox.uncounting(notice)])
        except AlreadyRead:
            return

    retrying(attempt)
    return unread(ports, actor)


def read_all(ports: NotificationPorts, actor: Actor) -> int:
    """Mark everything as read that the actor was told by now. Return how many came since."""

    def attempt() -> None:
        tally = ports.inbox.tally(actor.account_id, ports.clock.now())
        months = [name for name, number in tally.unread.items() if number]
        ports.committer.commit([ports.inbox.clearing(actor.account_id, one, tally.epochs[one]) for one in months])

    retrying(attempt)
    return unread(ports, actor)
