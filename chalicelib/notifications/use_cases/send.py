"""A notice that is in hand, on its way: through the first channel that takes it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum, auto

from chalicelib.accounts.ports import Contact
from chalicelib.kit.observability import log, metric
from chalicelib.notifications import costs, templates
from chalicelib.notifications.plan import QUICK, Plan, is_late, off, plan, wait
from chalicelib.notifications.ports import Letter, NotificationPorts
from chalicelib.notifications.rules import (
    BUSY,
    UNREAD,
    AddressBusy,
    AddressGone,
    Due,
    Notice,
    SenderDown,
    Settled,
    State,
    Undeliverable,
)
from chalicelib.notifications.use_cases.addresses import suspend, ways
from chalicelib.profiles.ports import Channel, Choices, Weight, weight

_SHORTEST_PAUSE, _LONGEST_PAUSE = timedelta(seconds=30), timedelta(minutes=5)


@dataclass(frozen=True)
class Reader:
    """Somebody, as far as a notice needs to know them.

    Attributes:
        ways: their addresses, by channel.
        plan: how the notice goes.
        chose: they have switched it off wherever it would reach them.
        unread: how many notices they have not read.
    """

    ways: Mapping[Channel, tuple[str, ...]] = field(repr=False)
    plan: Plan
    chose: bool = False
    unread: int = 0


def reader(ports: NotificationPorts, contact: Contact, kind: str, choices: Choices, unread: int) -> Reader:
    """Look up how somebody is reached."""
    found: dict[Channel, tuple[str, ...]] = {}
    for way in ways(ports, contact):
        if way.suspension is None:
            found[way.channel] = (*found.get(way.channel, ()), way.address)
    weighs = weight(kind)
    planned = plan(kind, weighs, found, off(choices, kind, weighs))
    return Reader(found, planned, chose=bool(found) and not planned.first, unread=unread)


def letter(ports: NotificationPorts, notice: Notice, channel: Channel, unread: int) -> Letter:
    """Return a notice as a channel shows it."""
    kind, language, words = notice.kind, notice.language, notice.words
    link = f"{ports.app_link}{notice.link}" if ports.app_link and notice.link else None
    stop = html = None
    if channel == Channel.EMAIL:
        stop = None if weight(kind) == Weight.MUST else ports.links.address(notice.account_id, kind)
        html = templates.mail(kind, language, words, link=link, unsubscribe=stop)
    return Letter(
        id=notice.id,
        kind=kind,
        account_id=notice.account_id,
        language=language,
        title=notice.title,
        body=templates.text_message(kind, language, words) if channel == Channel.SMS else notice.body,
        html=html,
        link=link,
        unsubscribe=stop,
        template=templates.plain(words),
        unread=unread,
    )


class _Outcome(Enum):
    TOOK = auto()
    REFUSED = auto()
    CAPPED = auto()
    DOWN = auto()


@dataclass(frozen=True)
class _Attempt:
    outcome: _Outcome
    provider_id: str | None = None
    retry_after: timedelta | None = None
    is_busy: bool = False


def hand_over(ports: NotificationPorts, notice: Notice, to: Reader, taken_at: datetime) -> Settled:
    """Send a notice that was taken in hand at a moment, and say how it ended. Nothing is raised where a channel is
    down: the notice waits for it, and others go on.
    """
    settled = _sent(ports, notice, to)
    ports.store.settle(notice.id, settled, taken_at)
    return settled


def _sent(ports: NotificationPorts, notice: Notice, to: Reader) -> Settled:
    weighs, down, is_capped = weight(notice.kind), None, False
    for channel in to.plan.then if notice.is_fallback else to.plan.first:
        attempt = _through(ports, notice, channel, to)
        if attempt.outcome == _Outcome.TOOK:
            return Settled(State.SENT, channel, attempt.provider_id, _unread_due(ports, notice, channel, to.plan))
        if attempt.outcome == _Outcome.DOWN:
            down = down or (channel, attempt)
            if weighs == Weight.CAN_WAIT:
                break
        is_capped = is_capped or attempt.outcome == _Outcome.CAPPED
    if down is not None:
        return _held(ports, notice, *down)
    if notice.is_fallback:
        return Settled(State.SENT)  # as it was, by a channel that took it
    if is_capped:
        return Settled(State.CAPPED)
    return Settled(State.SILENT if to.chose else State.UNDELIVERABLE)


def _unread_due(ports: NotificationPorts, notice: Notice, channel: Channel, planned: Plan) -> Due | None:
    if notice.is_fallback or planned.after is None or channel not in QUICK:
        return None
    return Due(UNREAD, ports.clock.now() + planned.after)


def _held(ports: NotificationPorts, notice: Notice, channel: Channel, attempt: _Attempt) -> Settled:
    now = ports.clock.now()
    if is_late(notice, weight(notice.kind), now):
        return Settled(State.SENT if notice.is_fallback else State.LATE)
    due = Due(BUSY if attempt.is_busy else channel.value, now + wait(notice.tries, attempt.retry_after))
    return Settled(State.HELD, None if notice.is_fallback else channel, due=due, tries=notice.tries + 1)


def _through(ports: NotificationPorts, notice: Notice, channel: Channel, to: Reader) -> _Attempt:
    now = ports.clock.now()
    left = ports.pauses.left(channel, now)
    if left is not None:
        return _Attempt(_Outcome.DOWN, retry_after=left)
    addresses, one = to.ways[channel], letter(ports, notice, channel, to.unread)
    price = costs.price(channel, addresses[0], one.body)
    if not _afford(ports, notice.kind, now, price):
        return _Attempt(_Outcome.CAPPED)
    attempt = _tried(ports, channel, one, addresses)
    if attempt.outcome == _Outcome.TOOK:
        metric("NoticesSent", channel=channel)
    elif price:
        ports.spent.count(notice.kind, now, -price)
    return attempt


def _tried(ports: NotificationPorts, channel: Channel, one: Letter, addresses: Sequence[str]) -> _Attempt:
    """Send a letter to the first address that takes it, a push to each."""
    took = busy = None
    for address in addresses:
        try:
            taken = _Attempt(_Outcome.TOOK, ports.senders[channel].send(one, address))
        except AddressBusy as error:
            busy = _Attempt(_Outcome.DOWN, retry_after=error.retry_after, is_busy=True)
            continue
        except SenderDown as error:
            log.warning("channel down", channel=channel.value, notice_id=one.id, reason=str(error))
            if not isinstance(error, AddressBusy):  # which says nothing of other addresses
                asked = error.retry_after or _SHORTEST_PAUSE
                ports.pauses.until[channel] = ports.clock.now() + min(asked, _LONGEST_PAUSE)
            return took or _Attempt(_Outcome.DOWN, retry_after=error.retry_after)
        except Undeliverable as error:
            log.warning("undeliverable", channel=channel.value, notice_id=one.id, kind=one.kind, reason=str(error))
            metric("NoticesUndeliverable", channel=channel)
            if isinstance(error, AddressGone) and channel != Channel.PUSH:  # whose sender forgets the phone itself
                suspend(ports, channel, address, str(error))
            continue
        took = took or taken
        if channel != Channel.PUSH:
            break
    return took or busy or _Attempt(_Outcome.REFUSED)


def _afford(ports: NotificationPorts, kind: str, now: datetime, price: int) -> bool:
    """Say whether a letter may be sent, and count its price. A run that dies before it has sent it counts it again at
    the repeat: the cap errs towards less money.
    """
    if not price or ports.spent.spend(kind, now, price, costs.cap(ports.caps, kind)):
        metric("NoticeSpend", price)
        return True
    metric("NoticesOverCap")
    log.warning("over the cap of its kind", kind=kind)
    if weight(kind) != Weight.MUST:
        return False
    ports.spent.count(kind, now, price)
    metric("NoticeSpend", price)
    return True
