"""What providers say became of what was sent. Their calls come twice, late and in any order.

Giving up twice is giving up once: an address that is gone is given up before the event is marked as heard, one that
fails too often at every event that finds it so, and a run that dies in between does it again. What arrived after
failures ends their count; what failed before something arrived says nothing.
"""

import base64
import hmac
import json
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any

from chalicelib.kit import limits
from chalicelib.kit.errors import Malformed, NotFound
from chalicelib.kit.observability import log, metric
from chalicelib.kit.transaction import retrying
from chalicelib.notifications.ports import LEFT, Channel
from chalicelib.reach.ports import FeedbackPorts
from chalicelib.reach.rules import receipts, topics
from chalicelib.reach.rules.feedback import Event, Failures, Fate, HeardBefore, arrived, failed
from chalicelib.reach.rules.topics import NotFromTopic

MOST_UNPACKED = 8 * 1024 * 1024
"""Bytes of a batch of lines; CloudWatch Logs sends a megabyte at most, packed or not."""


class Receipt(StrEnum):
    """Who tells of texts by a list that is posted to us."""

    ALIBABA = "alibaba"
    TENCENT = "tencent"


_READ: Mapping[Receipt, Callable[[Sequence[Any]], Iterator[Event]]] = {
    Receipt.ALIBABA: receipts.of_alibaba,
    Receipt.TENCENT: receipts.of_tencent,
}
_GONE = {Fate.HARD: "bounced", Fate.LEFT: LEFT}


def take_receipts(ports: FeedbackPorts, provider: Receipt, key: str, raw: bytes) -> None:
    """Take what a provider posts. Neither signs it: whoever knows the address's last part is believed.

    Raises:
        NotFound: the key is another.
        Malformed: it is no list.
    """
    if not ports.key or not hmac.compare_digest(key.encode(), ports.key.encode()):
        raise NotFound
    told = limits.read(raw)
    items = [told] if isinstance(told, dict) else told  # Tencent posts one reply alone
    if not isinstance(items, list):
        raise Malformed(reason="The body is no list.")
    heard(ports, _READ[provider](items))


def take_topic(ports: FeedbackPorts, raw: bytes) -> None:
    """Take a message of our topic: an event of SES, of a push application, or the question whether we want any.

    Raises:
        NotFromTopic: SNS did not sign it, or not for this topic.
        Unavailable: what it was signed with cannot be had now.
    """
    if not ports.subscriptions.topic:
        raise NotFromTopic
    now = ports.clock.now()
    message = topics.read(raw, ports.subscriptions.topic, now)
    topics.believe(message, ports.subscriptions.certificates(message.certificate), now)
    if message.kind == "SubscriptionConfirmation":
        # By the API and our own rights: an address that a message brings is called by nobody.
        ports.subscriptions.confirm(message.token)
        return
    if message.kind != "Notification":
        log.error("the topic of receipts was unsubscribed", message_id=message.id)
        metric("FeedbackLost")
        return
    try:
        told = json.loads(message.body)
    except (ValueError, RecursionError):
        told = None
    if not isinstance(told, dict):
        log.warning("a topic's message that is no event", message_id=message.id)
        return
    if "EndpointArn" in told:  # SNS has switched the endpoint off by itself; the next push to it is refused
        metric("NoticesFailed", channel="push", fate=Fate.HARD)
        return
    heard(ports, receipts.of_ses(told))


def take_lines(ports: FeedbackPorts, packed: str) -> int:
    """Take a batch of lines of SNS's log of texts, as CloudWatch Logs packs them; return how many there were.

    Raises:
        ValueError: it is none, or larger than Logs makes them.
    """
    unpacking = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)  # gzip
    raw = unpacking.decompress(base64.b64decode(packed, validate=True), MOST_UNPACKED)
    if unpacking.unconsumed_tail:
        raise ValueError("too large for a batch of lines")
    batch = json.loads(raw)
    if batch.get("messageType") != "DATA_MESSAGE":  # the question whether we are there
        return 0
    for line in batch["logEvents"]:
        try:
            told = json.loads(line["message"])
        except ValueError:
            told = None
        if isinstance(told, dict):
            heard(ports, receipts.of_sns(told))
    return len(batch["logEvents"])


def heard(ports: FeedbackPorts, events: Iterable[Event]) -> None:
    """Do what each event asks for; once, however often it comes."""
    for event in events:
        if event.fate is Fate.DELIVERED:
            _arrived(ports, event)
        elif event.fate is Fate.OTHER:
            _count(event)
        elif event.fate is Fate.SOFT:
            _failed(ports, event)
        else:
            _gone(ports, event)


def arrives(ports: FeedbackPorts, channel: Channel, address: str) -> None:
    """Learn that something has arrived at an address that was given up: what failed before counts no more. Said again
    it changes nothing.
    """
    _ended(ports, channel, address, ports.clock.now())


def _gone(ports: FeedbackPorts, event: Event) -> None:
    reason = f"{_GONE[event.fate]}: {event.reason}"
    ports.suspend(event.channel, event.address, reason, event.at)
    try:
        ports.committer.commit([ports.store.heard(event)])
    except HeardBefore:
        return
    _count(event)


def _failed(ports: FeedbackPorts, event: Event) -> None:
    def attempt() -> Failures:
        before = ports.store.failures(event.channel, event.address)
        after = failed(before, event.at)
        put = [] if after == before else [ports.store.put_failures(event.channel, event.address, after)]
        ports.committer.commit([ports.store.heard(event), *put])
        return after

    try:
        standing = retrying(attempt)
        _count(event)
    except HeardBefore:  # the run that counted it may have died before it gave the address up
        standing = ports.store.failures(event.channel, event.address)
    if standing.is_too_much:
        ports.suspend(event.channel, event.address, f"failing: {event.reason}", event.at)


def _arrived(ports: FeedbackPorts, event: Event) -> None:
    _ended(ports, event.channel, event.address, event.at)


def _ended(ports: FeedbackPorts, channel: Channel, address: str, at: datetime) -> None:
    def attempt() -> None:
        before = ports.store.failures(channel, address)
        after = arrived(before, at)
        if after != before:
            ports.committer.commit([ports.store.put_failures(channel, address, after)])

    retrying(attempt)


def _count(event: Event) -> None:
    log.info("not delivered", channel=event.channel, fate=event.fate, reason=event.reason)
    metric("NoticesFailed", channel=event.channel, fate=event.fate)
