"""What waits is sent on its way when its time has come: once a minute, lane by lane.

A notice that is due gets a message to the queue of notices, in the transaction that lets it wait for that message for
`LOST_AFTER`: should the message be lost, the notice is due again. Of a channel that was down, a few that are due are
tried first, by the sweep itself; when one goes through, all that wait for the channel go on their way, and until then
none does. Nothing is asked of other channels meanwhile.
"""

import contextlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice

from chalicelib.kit.clock import iso
from chalicelib.kit.failures import Failures
from chalicelib.kit.observability import metric
from chalicelib.kit.outbox import NOTIFICATIONS, Message
from chalicelib.kit.transaction import Contention
from chalicelib.notifications.ports import NotificationPorts
from chalicelib.notifications.rules import DIGEST, DUE, LANES, QUEUED, Due, InHand, State
from chalicelib.notifications.use_cases.again import look_again
from chalicelib.profiles.ports import Channel

LOST_AFTER = timedelta(minutes=30)
PROBES = 3  # one may be refused for itself
_TURN = 50
_PUT_OFF = timedelta(hours=1)
MOST = 2_000  # of a lane and shard in a run; the next one goes on
_TOLD_AFTER = 4  # tries, that is a quarter of an hour, after which somebody is told that a channel is down
_GRACE = timedelta(minutes=2)  # clocks differ: a digest's last notice may still be on its way into it


@dataclass(frozen=True)
class Swept:
    """What a run did.

    Attributes:
        sent_on: notices that were sent on their way, by lane.
        down: channels that still are.
        digests: digests that were sent on their way.
        failed: notices and digests that failed for themselves, and are looked at again later.
        is_done: nothing that was due is left.
    """

    sent_on: dict[str, int]
    down: tuple[str, ...]
    digests: int
    is_done: bool = True
    failed: int = 0


def sweep(ports: NotificationPorts, as_of: datetime, within: timedelta = timedelta(seconds=40)) -> Swept:
    """Send on its way what is due. Two runs at once send nothing twice. Lanes take turns: a day's notices of one do not
    hold up those of another.

    Args:
        ports: of notices.
        as_of: until when it is due.
        within: how long the run may take; it goes on at the next one.
    """
    ends = ports.clock.now() + within
    sent_on: Counter[str] = Counter()
    down: list[str] = []
    failures = Failures()
    turns = {lane: _lane(ports, lane, as_of, ends, down, failures) for lane in LANES}
    turns[DIGEST] = _digests(ports, as_of, failures)
    while turns:
        for lane, works in list(turns.items()):
            for _ in range(_TURN):
                if (worked := next(works, None)) is None:
                    del turns[lane]
                    break
                sent_on[lane] += worked
                if ports.clock.now() >= ends:
                    digests = sent_on.pop(DIGEST, 0)
                    return Swept(dict(+sent_on), tuple(down), digests, is_done=False, failed=failures.count)
    digests = sent_on.pop(DIGEST, 0)
    return Swept(dict(+sent_on), tuple(down), digests, failed=failures.count)


def _lane(
    ports: NotificationPorts, lane: str, as_of: datetime, ends: datetime, down: list[str], failures: Failures
) -> Iterator[bool]:
    """Send what is due of a lane on its way, one each time that it is asked; of a channel all that wait, once it is
    up.
    """
    until: datetime | None = as_of
    if lane in {one.value for one in ports.senders}:
        is_up = _is_up(ports, Channel(lane), as_of, ends, failures)
        if is_up is None:  # nothing waits for it
            return
        if not is_up:
            down.append(lane)
            return
        until = None
    for one, due in ports.store.due(lane, until, MOST):
        yield _sent_on(ports, one, due, as_of)


def _is_up(
    ports: NotificationPorts, channel: Channel, as_of: datetime, ends: datetime, failures: Failures
) -> bool | None:
    """Try some of what waits for a channel, as long as there is time: one that hangs takes seconds each time. None
    where nothing that is due does. One that fails for itself waits an hour: it would be the first to be tried for ever,
    and others are as well.
    """
    is_up: bool | None = None
    for one, since in islice(ports.store.due(channel.value, as_of, PROBES), PROBES):
        if is_up is not None and ports.clock.now() >= ends:
            break
        ports.pauses.until.pop(channel, None)
        settled, is_whole = None, False
        with failures.spared("a notice that waits cannot be sent", notice_id=one):
            with contextlib.suppress(InHand):
                settled = look_again(ports, one, since.at)
            is_whole = True
        if not is_whole:
            _put_off(ports, one, since, as_of)
        if settled is None:
            continue
        if settled.state == State.HELD and settled.due is not None and settled.due.lane == channel:
            is_up = False
            if settled.tries > _TOLD_AFTER:
                metric("ChannelsDown")
        else:
            return True
    return is_up


def _put_off(ports: NotificationPorts, one: str, since: Due, as_of: datetime) -> None:
    with contextlib.suppress(Contention):  # somebody else has it
        ports.committer.commit([ports.store.postponing(one, since, Due(since.lane, as_of + _PUT_OFF))])


def _sent_on(ports: NotificationPorts, one: str, due: Due, as_of: datetime) -> bool:
    message_due = as_of + LOST_AFTER
    message = Message(DUE, (NOTIFICATIONS,), {"notice_id": one, "due_at": iso(message_due)}, as_of)
    try:
        ports.committer.commit([ports.store.postponing(one, due, Due(QUEUED, message_due)), ports.outbox.put(message)])
    except Contention:  # another run has it, its reader read it, or the index had not heard
        return False
    return True


def _digests(ports: NotificationPorts, as_of: datetime, failures: Failures) -> Iterator[bool]:
    """Send on its way what merchants gathered, one each time that it is asked."""
    for account_id, at in ports.inbox.digests_due(as_of - _GRACE, MOST):
        is_told = False
        with failures.spared("a digest cannot be sent", account_id=account_id):
            is_told = _told(ports, account_id, at)
        yield is_told


def _told(ports: NotificationPorts, account_id: str, at: datetime) -> bool:
    gathered = ports.inbox.gathered(account_id, at)
    if not gathered:
        return False
    payload = {"merchant_id": account_id, "numbers": dict(gathered)}
    message = Message("digest.daily", (NOTIFICATIONS,), payload, at)
    try:
        ports.committer.commit([*ports.inbox.telling(account_id, at, gathered), ports.outbox.put(message)])
    except Contention:
        return False
    return True
