"""What happened goes to the endpoints that want it, each by itself: one that is slow or down keeps no other waiting.

A worker of the queue, which all share, waits four seconds for an answer. Who takes three is slow for a quarter of an
hour: its events are written down here, and sent by the sweep, minute by minute, where it is waited for ten. So a slow
endpoint has each worker for one attempt at most before that is known, whatever it is sent.
"""

import zlib
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta

from chalicelib.kit.outbox import Message
from chalicelib.webhooks.ports import Delivery, Endpoint, Event, WebhookPorts
from chalicelib.webhooks.rules.delivery import FIRST, LEASE, DeliveryState
from chalicelib.webhooks.rules.endpoint import State
from chalicelib.webhooks.rules.events import TEST, event_of
from chalicelib.webhooks.use_cases.attempts import attempt

_THREADS = 8


class InHand(Exception):  # noqa: N818 - a state of affairs
    """Another run is sending this very event; its lease has not run out."""


def deliver(ports: WebhookPorts, message: Message) -> None:
    """Send an event to everybody who wants it. A repeat of the message finds what was done: five of them make one
    delivery. What an endpoint does not take waits there, and is no failure of the message.

    Raises:
        InHand: another run is at it; the message must come again, for that one may die.
        Exception: as a store raises; the message must come again.
    """
    event = event_of(message)
    targets = _targets(ports, message)
    if len(targets) == 1:
        _to(ports, targets[0], event)
        return
    with ThreadPoolExecutor(_THREADS, thread_name_prefix="webhooks") as threads:
        running = [threads.submit(_to, ports, one, event) for one in targets]
    for one in running:  # all have ended: what went wrong at one did not keep another
        one.result()


def _targets(ports: WebhookPorts, message: Message) -> Sequence[Endpoint]:
    merchant_id = str(message.payload["merchant_id"])
    if message.type == TEST:
        found = ports.endpoints.endpoint(merchant_id, str(message.payload["endpoint_id"]))
        return [found] if found is not None and found.state == State.ACTIVE else []
    owners = [merchant_id, *_partners(ports, merchant_id)]
    return [one for owner_id in owners for one in ports.endpoints.of_owner(owner_id) if one.wants(message.type)]


def _partners(ports: WebhookPorts, merchant_id: str) -> list[str]:
    audience = ports.audience()
    partners = audience.partners if audience else [one for one in ports.listeners.listeners() if one.is_partner]
    return [one.owner_id for one in partners if one.owner_id != merchant_id and one.hears_of(merchant_id)]


def _to(ports: WebhookPorts, endpoint: Endpoint, event: Event) -> None:
    now = ports.clock.now()
    # A test is what somebody waits for: it is tried although the endpoint is being left alone, or is slow.
    waits = endpoint.state != State.ACTIVE if event.type == TEST else not endpoint.takes_now(now)
    held = _held(ports, endpoint, event, now, waits=waits)
    if held is None:
        return
    if not waits:
        attempt(ports, endpoint, held, FIRST)
        return
    # The endpoint was read a moment ago. Where it can take events by now nobody will come by for this one.
    fresh = ports.endpoints.endpoint(endpoint.owner_id, endpoint.id)
    if fresh is not None and fresh.takes_now(now):
        claimed = held if held.lease_until else ports.deliveries.claim(fresh.id, event.id, now)
        if claimed is not None:
            attempt(ports, fresh, claimed, FIRST)
        return
    _put_to_wait(ports, fresh or endpoint, held, now)


def _put_to_wait(ports: WebhookPorts, endpoint: Endpoint, held: Delivery, now: datetime) -> None:
    """See to it that an event that waits is found: one that a run which died left in hand is in no index, and the sweep
    that works a slow endpoint may have looked before the event was there. So such an endpoint is woken anew each time,
    whatever stands there: the sweep lets nobody sleep who was woken since it read. Who is awake is woken a little
    earlier, by less than a second that the event's id says: later, and who is sent events all the time would at no
    moment be due; the same, and nobody would see it.
    """
    if held.lease_until is not None:
        ports.deliveries.finish(replace(held, next_at=_next(endpoint, now)))
    if endpoint.state == State.ACTIVE and not endpoint.is_open(now):
        part = timedelta(microseconds=1 + zlib.crc32(held.id.encode()) % 1_000_000)
        ports.endpoints.woken(endpoint, now if endpoint.wake_at is None else min(now, endpoint.wake_at - part))


def _next(endpoint: Endpoint, now: datetime) -> datetime:
    """Return when what waits for an endpoint is due: with the others, once it is left alone no more; else now."""
    return endpoint.wake_at if endpoint.is_open(now) and endpoint.wake_at is not None else now


def _held(ports: WebhookPorts, endpoint: Endpoint, event: Event, now: datetime, *, waits: bool) -> Delivery | None:
    """Return a delivery that is new, or that a run which died left behind: in hand, unless it waits. None where
    nothing is left to do.
    """
    new = Delivery(
        id=event.id,
        endpoint_id=endpoint.id,
        owner_id=endpoint.owner_id,
        type=event.type,
        body=event.body,
        state=DeliveryState.PENDING,
        created_at=now,
        next_at=_next(endpoint, now) if waits else None,
        lease_until=None if waits else now + LEASE,
    )
    if ports.deliveries.create(new):
        return new
    standing = ports.deliveries.delivery(endpoint.id, event.id)
    if standing is None or standing.state != DeliveryState.PENDING:
        return None
    if standing.next_at is not None:
        _must_be_woken(ports, endpoint, standing.next_at)
        return None
    claimed = ports.deliveries.claim(endpoint.id, event.id, now)
    if claimed is None:
        raise InHand(event.id)
    return claimed


def _must_be_woken(ports: WebhookPorts, endpoint: Endpoint, at: datetime) -> None:
    """Have an endpoint tried when one of its deliveries is due: whoever wrote that down may have died before."""
    if endpoint.state == State.ACTIVE and (endpoint.wake_at is None or endpoint.wake_at > at):
        ports.endpoints.woken(endpoint, at)
