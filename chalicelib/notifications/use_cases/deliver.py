"""Tell those who should hear of a message, once each.

A notice is written down and counted as unread in one transaction, taken in hand by the same write, sent, and settled. A
run that dies between sending and settling leaves a lease that runs out, and the repeat sends the same id again: a
sender that knows ids drops it, one that does not may send it twice; nothing is ever lost. A channel that is down is not
waited for: the notice is HELD, and swept. So the queue's eight receives are for our own failures alone.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime

from chalicelib.accounts import use_cases as accounts
from chalicelib.accounts.ports import Contact
from chalicelib.kit.clock import iso, parse
from chalicelib.kit.errors import NotFound
from chalicelib.kit.i18n import Language
from chalicelib.kit.observability import log
from chalicelib.kit.outbox import Message
from chalicelib.kit.transaction import retrying
from chalicelib.notifications import templates
from chalicelib.notifications.plan import BY_DAY, Plan, by_day, quiet_until
from chalicelib.notifications.ports import NotificationPorts
from chalicelib.notifications.rules import (
    AUDIENCE,
    DUE,
    TO_FORMER,
    UNCOUNTED,
    InHand,
    Notice,
    Side,
    Standing,
    State,
    notice_id,
)
from chalicelib.notifications.use_cases.again import look_again
from chalicelib.notifications.use_cases.send import Reader, hand_over, reader
from chalicelib.notifications.words import words
from chalicelib.profiles import use_cases as profiles
from chalicelib.profiles.ports import Channel, Choices, Weight, weight

Words = Callable[[Language], Mapping[str, str]]


def deliver(ports: NotificationPorts, message: Message) -> None:
    """Tell everybody who should hear of a message, each in their language; or look again at a notice that waited. One
    who cannot be told now does not keep the others from being told.

    Raises:
        InHand: another run is telling somebody; the message must come again.
    """
    if message.type == DUE:
        look_again(ports, str(message.payload["notice_id"]), parse(str(message.payload["due_at"])))
        return
    sides = AUDIENCE.get(message.type)
    if sides is None:
        log.warning("nobody is told of this type of message", type=message.type, message_id=message.id)
        return
    said = words(ports, message)
    waiting: list[InHand] = []
    for side in sides:
        try:
            _tell(ports, message, side, said)
        except InHand as error:
            waiting.append(error)
    if waiting:
        raise waiting[0]


def _tell(ports: NotificationPorts, message: Message, side: Side, said: Words) -> None:
    account_id, kind = str(message.payload[f"{side}_id"]), f"{message.type}.{side}"
    try:
        contact = accounts.contact(ports.accounts, account_id)
    except NotFound:
        log.warning("the recipient is gone", account_id=account_id, message_id=message.id)
        return
    now = ports.clock.now()
    choices = Choices() if weight(kind) == Weight.MUST else profiles.choices_of(ports.profiles, account_id)
    written = _written(message, kind, contact, said(contact.language), now)
    mine, unread = _open(ports, _standing_first(written, message, choices, now), choices)
    if mine is not None:
        hand_over(ports, mine, reader(ports, contact, kind, choices, unread), now)
    if message.type in TO_FORMER:
        _tell_former(ports, message, contact, kind, said(contact.language), now)


def _written(message: Message, kind: str, contact: Contact, told: Mapping[str, str], now: datetime) -> Notice:
    return Notice(
        id=notice_id(message.id, contact.account_id),
        account_id=contact.account_id,
        message_id=message.id,
        kind=kind,
        channel=None,
        body=templates.body(kind, contact.language, told),
        state=State.CLAIMED,
        created_at=now,
        language=contact.language,
        title=templates.title(kind, contact.language, told),
        words=told,
        link=templates.link(kind, message.payload),
    )


def _standing_first(notice: Notice, message: Message, choices: Choices, now: datetime) -> Notice:
    """Return a new notice as it is written down: to be sent, gathered for a digest, or held till quiet hours end."""
    if notice.kind in BY_DAY:
        about, until = message.payload.get("about"), message.payload.get("until")
        ends = parse(str(until)) if until else None
        return by_day(choices, replace(notice, about=about), message.occurred_at, ends, now)
    if choices.digest is not None and notice.kind in choices.digest.kinds:
        return replace(notice, state=State.GATHERED)
    due = quiet_until(choices, weight(notice.kind), now)
    return notice if due is None else replace(notice, state=State.HELD, due=due)


def _open(ports: NotificationPorts, notice: Notice, choices: Choices) -> tuple[Notice | None, int]:
    """Write a notice down, and count it. Return it where it is now to be sent, and how many its reader has not read.

    Raises:
        InHand: another run has it.
    """
    now = notice.created_at

    def attempt() -> tuple[Notice | None, int]:
        tally = ports.inbox.tally(notice.account_id, now)
        counted = replace(notice, epoch=tally.epoch(now))
        actions = [ports.store.opening(counted, now), ports.inbox.counting(counted)]
        if counted.state == State.GATHERED and choices.digest is not None:
            actions.append(ports.inbox.gathering(counted, choices.digest.next(now)))
        try:
            ports.committer.commit(actions)
        except Standing as standing:
            return _taken_over(ports, counted, standing.notice, now), tally.total
        return (counted if counted.state == State.CLAIMED else None), tally.total + 1

    return retrying(attempt)


def _taken_over(ports: NotificationPorts, written: Notice, known: Notice | None, now: datetime) -> Notice | None:
    """Take a notice in hand that a run has left, in the words that were just written: a row of the release before has
    none. None where nothing is left to do.

    Raises:
        InHand: its lease has not run out.
    """
    if known is None or known.state != State.CLAIMED:
        return None
    try:
        ports.committer.commit([ports.store.taking(known, now, unless_read=False, is_fallback=known.is_fallback)])
    except Standing as standing:
        if standing.notice is not None and standing.notice.state == State.CLAIMED:
            raise InHand(known.id) from standing
        return None
    return replace(
        written,
        created_at=known.created_at,
        epoch=known.epoch,
        is_fallback=known.is_fallback,
        useful_until=known.useful_until,
    )


def _tell_former(
    ports: NotificationPorts, message: Message, contact: Contact, kind: str, told: Mapping[str, str], now: datetime
) -> None:
    """Tell the phones that were former ones when it happened: at a replay there may be more, or others in their place.
    Each is known by when it was lost: an id made of the number could be tried out.
    """
    for phone in contact.former:
        if phone.linked_at > message.occurred_at:
            continue
        again_id = notice_id(f"{message.id}/former/{iso(phone.linked_at)}", contact.account_id)
        again = replace(_written(message, kind, contact, told, now), id=again_id, epoch=UNCOUNTED)
        mine: Notice | None = again
        try:
            ports.committer.commit([ports.store.opening(again, now)])
        except Standing as standing:
            mine = _taken_over(ports, again, standing.notice, now)
        if mine is not None:
            hand_over(ports, mine, Reader({Channel.SMS: (phone.subject,)}, Plan((Channel.SMS,))), now)
