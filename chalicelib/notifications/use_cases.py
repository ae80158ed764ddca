"""What can be done with notices: tell those who should hear of a message, once each, and list what somebody was told.

A notice is claimed, sent, marked, in this order. A run that dies between sending and marking leaves a claim that runs
out, and the repeat sends the same id again: a sender that knows ids drops it, one that does not may send it twice;
nothing is ever lost. What its reader switched off, or what comes in their quiet hours and can wait, is written down
and not sent.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from chalicelib.accounts import use_cases as accounts
from chalicelib.accounts.ports import Contact
from chalicelib.kit.auth import Actor
from chalicelib.kit.clock import iso
from chalicelib.kit.errors import NotFound
from chalicelib.kit.i18n import Language
from chalicelib.kit.observability import log, metric
from chalicelib.kit.outbox import Message
from chalicelib.kit.pagination import Page
from chalicelib.notifications import templates
from chalicelib.notifications.ports import Letter, NotificationPorts, NotificationStore, Reached
from chalicelib.notifications.rules import (
    AUDIENCE,
    TO_FORMER,
    InHand,
    Notice,
    SenderDown,
    Side,
    State,
    Undeliverable,
    notice_id,
)
from chalicelib.notifications.words import words
from chalicelib.profiles import use_cases as profiles
from chalicelib.profiles.ports import Channel

Words = Callable[[Language], Mapping[str, str]]


def deliver(ports: NotificationPorts, message: Message) -> None:
    """Tell everybody who should hear of a message, each in their language. One who cannot be told now does not keep
    the others from being told.

    Raises:
        SenderDown, InHand: somebody is still to be told; the message must come again.
    """
    sides = AUDIENCE.get(message.type)
    if sides is None:
        log.warning("nobody is told of this type of message", type=message.type, message_id=message.id)
        return
    said = words(ports, message)
    waiting: list[Exception] = []
    for side in sides:
        try:
            _tell(ports, message, side, said)
        except (SenderDown, InHand) as error:
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
    now, to = ports.clock.now(), contact.phone or contact.email
    channel = Channel.EMAIL if contact.phone is None and contact.email is not None else Channel.SMS
    told = said(contact.language)
    wanted = profiles.wants(ports.profiles, account_id, kind, channel, now)
    notice = Notice(
        id=notice_id(message.id, account_id),
        account_id=account_id,
        message_id=message.id,
        kind=kind,
        channel=channel,
        body=templates.body(kind, contact.language, told),
        state=State.CLAIMED if wanted else State.SILENT,
        created_at=now,
    )
    if ports.store.claim(notice, now) and wanted:
        _send(ports, _letter(notice, contact.language, told), notice.channel, to)
    if message.type in TO_FORMER:
        _tell_former(ports, message, notice, contact, told)


def _tell_former(
    ports: NotificationPorts, message: Message, notice: Notice, contact: Contact, told: Mapping[str, str]
) -> None:
    """Tell the phones that were former ones when it happened: at a replay there may be more, or others in their place.
    Each is known by when it was lost: an id made of the number could be tried out.
    """
    for phone in contact.former:
        if phone.linked_at > message.occurred_at:
            continue
        again_id = notice_id(f"{message.id}/former/{iso(phone.linked_at)}", notice.account_id)
        again = replace(notice, id=again_id, channel=Channel.SMS, state=State.CLAIMED)
        if ports.store.claim(again, notice.created_at):
            _send(ports, _letter(again, contact.language, told), again.channel, phone.subject)


def _send(ports: NotificationPorts, letter: Letter, channel: Channel, to: str | None) -> None:
    if to is None or channel not in ports.senders:  # they find it in their list
        ports.store.mark(letter.id, State.UNDELIVERABLE)
        return
    try:
        ports.senders[channel].send(letter, to)
    except SenderDown:
        ports.store.release(letter.id, ports.clock.now())
        raise
    except Undeliverable as error:
        log.warning("undeliverable", notice_id=letter.id, kind=letter.kind, reason=str(error))
        ports.store.mark(letter.id, State.UNDELIVERABLE)
        metric("NoticesUndeliverable", channel=channel)
        return
    ports.store.mark(letter.id, State.SENT)
    metric("NoticesSent", channel=channel)


def _letter(notice: Notice, language: Language, told: Mapping[str, str]) -> Letter:
    by_text, by_mail = notice.channel == Channel.SMS, notice.channel == Channel.EMAIL
    return Letter(
        id=notice.id,
        kind=notice.kind,
        account_id=notice.account_id,
        language=language,
        title=templates.title(notice.kind, language, told),
        body=templates.text_message(notice.kind, language, told) if by_text else notice.body,
        html=templates.mail(notice.kind, language, told) if by_mail else None,
        template=told,
    )


def of_account(ports: NotificationPorts, actor: Actor, after: Mapping[str, Any] | None, limit: int) -> Page[Notice]:
    """Return some of what the actor was told, newest first."""
    return ports.store.of_account(actor.account_id, after, limit)


def reached(store: NotificationStore, told: Sequence[tuple[str, str]]) -> Reached:
    """Return what became of notices, told as (message, account)."""
    states = store.states({notice_id(message_id, account_id) for message_id, account_id in told}).values()
    return Reached(sum(state == State.SENT for state, _ in states), sum(read for _, read in states))
