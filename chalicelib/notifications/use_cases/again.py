"""A notice that waited is looked at again: what it waited for is over, or it was pushed and is not read."""

import contextlib
from dataclasses import replace
from datetime import datetime

from chalicelib.accounts import use_cases as accounts
from chalicelib.accounts.ports import Contact
from chalicelib.kit.clock import iso
from chalicelib.kit.errors import NotFound
from chalicelib.kit.transaction import Contention, retrying
from chalicelib.notifications.plan import Plan, is_late, is_security, quiet_until
from chalicelib.notifications.ports import NotificationPorts
from chalicelib.notifications.rules import (
    UNCOUNTED,
    AlreadyRead,
    Due,
    InHand,
    Notice,
    Settled,
    Standing,
    State,
    notice_id,
)
from chalicelib.notifications.use_cases.send import Reader, hand_over, reader
from chalicelib.profiles import use_cases as profiles
from chalicelib.profiles.ports import Channel, Choices, Weight, weight


def look_again(ports: NotificationPorts, one: str, due_at: datetime) -> Settled | None:
    """Send a notice that is due at a moment, if that still is so; each once, whoever comes how often. Where its reader
    reads it at the same moment, either they were first, and nothing is sent, or it was on its way already. What tells
    of the account itself is sent all the same: who read it may be who took it over.

    Returns:
        How it ended; None where nothing was to be done.

    Raises:
        InHand: another run has it; come again.
    """
    notice, now = ports.store.notice(one), ports.clock.now()
    if notice is None or notice.due is None or notice.due.at != due_at:
        return None
    contact = _still_told(ports, notice)
    if contact is None:
        ports.store.dismiss(notice, notice.due)
        return None
    must = weight(notice.kind) == Weight.MUST
    choices = Choices() if must else profiles.choices_of(ports.profiles, notice.account_id)
    later = None if notice.state != State.HELD else quiet_until(choices, weight(notice.kind), now)
    if later is not None:
        _postpone(ports, notice.id, notice.due, later)
        return None
    if not _take(ports, notice, now):
        return None
    taken = _as_taken(notice)
    if is_late(notice, weight(notice.kind), now):
        settled = Settled(State.SENT if taken.is_fallback else State.LATE)
        ports.store.settle(notice.id, settled, now)
        return settled
    return hand_over(ports, taken, _reader(ports, contact, taken, choices), now)


def _still_told(ports: NotificationPorts, notice: Notice) -> Contact | None:
    """Return its reader; None where they are gone, or its domain says of what waited that it is not to be told now."""
    asks = ports.still.get(notice.kind) if notice.state == State.HELD else None
    if asks is not None and notice.about is not None and not asks(notice.account_id, notice.about):
        return None
    try:
        return accounts.contact(ports.accounts, notice.account_id)
    except NotFound:
        return None


def _take(ports: NotificationPorts, notice: Notice, now: datetime) -> bool:
    is_fallback = notice.is_fallback or notice.state == State.SENT
    counts = notice.epoch != UNCOUNTED and not is_security(notice.kind) and notice.state != State.CLAIMED
    actions = [ports.store.taking(notice, now, unless_read=counts, is_fallback=is_fallback)]
    if counts:
        actions.append(ports.inbox.unread(notice))
    try:
        retrying(lambda: ports.committer.commit(actions))
    except AlreadyRead:
        _dismiss(ports, notice)
    except Standing as standing:
        found = standing.notice
        if found is not None and found.state == State.CLAIMED:
            raise InHand(notice.id) from standing
        if found is not None and found.read_at is not None:
            _dismiss(ports, found)
    else:
        return True
    return False


def _dismiss(ports: NotificationPorts, notice: Notice) -> None:
    if notice.due is not None:
        ports.store.dismiss(notice, notice.due)


def _as_taken(notice: Notice) -> Notice:
    return replace(notice, is_fallback=notice.is_fallback or notice.state == State.SENT, state=State.CLAIMED)


def _postpone(ports: NotificationPorts, one: str, due: Due, then: Due) -> None:
    with contextlib.suppress(Contention):  # somebody else has it
        ports.committer.commit([ports.store.postponing(one, due, then)])


def _reader(ports: NotificationPorts, contact: Contact, notice: Notice, choices: Choices) -> Reader:
    if notice.epoch != UNCOUNTED:
        unread = ports.inbox.tally(contact.account_id, ports.clock.now()).total
        return reader(ports, contact, notice.kind, choices, unread)
    phones = (
        phone.subject
        for phone in contact.former
        if notice_id(f"{notice.message_id}/former/{iso(phone.linked_at)}", contact.account_id) == notice.id
    )
    phone = next(phones, None)
    if phone is None:  # it was a former one for long enough
        return Reader({}, Plan(()))
    return Reader({Channel.SMS: (phone,)}, Plan((Channel.SMS,)))
