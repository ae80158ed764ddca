"""One attempt: an event is signed and sent to an endpoint, and what came of it is written down."""

from dataclasses import dataclass, replace
from datetime import datetime

from chalicelib.kit.observability import log, metric
from chalicelib.kit.transaction import retrying
from chalicelib.webhooks import messages
from chalicelib.webhooks.ports import Answer, Delivery, Endpoint, WebhookPorts
from chalicelib.webhooks.rules import delivery as rules
from chalicelib.webhooks.rules import endpoint as endpoints
from chalicelib.webhooks.rules.delivery import Verdict
from chalicelib.webhooks.rules.endpoint import FAILING, OPENS, Reason
from chalicelib.webhooks.rules.signing import headers


@dataclass(frozen=True)
class Tried:
    """What became of an attempt.

    Attributes:
        verdict: what the answer means.
        endpoint: as it stands now; None where it is called no more.
    """

    verdict: Verdict
    endpoint: Endpoint | None


def attempt(ports: WebhookPorts, endpoint: Endpoint, delivery: Delivery, seconds: float = rules.TIMEOUT) -> Tried:
    """Send an event that is in hand, and write down how that went: first of the delivery, then of its endpoint. Who
    dies in between leaves a delivery that waits; its message, or the sweep, comes by again. Whoever was given less
    time than `TIMEOUT`, and took it all, has not failed: the sweep tries again, and waits for longer.
    """
    at = ports.clock.now()
    signed = headers(delivery.id, at, delivery.body, endpoint.secrets(at))
    answer = ports.caller.call(endpoint.url, signed, delivery.body, seconds)
    metric("WebhookAttempts", verdict=answer.verdict)
    if answer.status is None and answer.is_slow and seconds < rules.TIMEOUT:
        return _later(ports, endpoint, delivery, answer, at)
    if answer.is_slow:
        endpoint = _slowed(ports, endpoint)
    if answer.verdict == Verdict.TAKEN:
        return _taken(ports, endpoint, delivery, answer, at)
    return _failed(ports, endpoint, delivery, answer, at)


def _taken(ports: WebhookPorts, endpoint: Endpoint, delivery: Delivery, answer: Answer, at: datetime) -> Tried:
    _finish(ports, _after(delivery, answer, at, rules.DeliveryState.DELIVERED, None))
    if endpoint.failures or endpoint.failing_since is not None:
        ports.endpoints.succeeded(endpoint)
        endpoint = replace(endpoint, failures=0, failing_since=None)
    return Tried(Verdict.TAKEN, endpoint)


def _later(ports: WebhookPorts, endpoint: Endpoint, delivery: Delivery, answer: Answer, at: datetime) -> Tried:
    now = ports.clock.now()
    _finish(ports, _after(delivery, answer, at, rules.DeliveryState.PENDING, now))
    endpoint = _slowed(ports, endpoint)
    ports.endpoints.woken(endpoint, now)
    return Tried(Verdict.FAILED, endpoint)


def _slowed(ports: WebhookPorts, endpoint: Endpoint) -> Endpoint:
    """Have an endpoint count as slow from now on; written only where that was not said lately."""
    now = ports.clock.now()
    if endpoint.is_slow(now + rules.SLOW_FOR / 2):
        return endpoint
    until = now + rules.SLOW_FOR
    ports.endpoints.slowed(endpoint, until)
    log.warning("an endpoint is slow", endpoint_id=endpoint.id)
    return replace(endpoint, slow_until=until)


def _failed(ports: WebhookPorts, endpoint: Endpoint, delivery: Delivery, answer: Answer, at: datetime) -> Tried:
    now = ports.clock.now()
    next_at = rules.next_try(delivery, delivery.attempts + 1, answer, now)
    state = rules.DeliveryState.FAILED if next_at is None else rules.DeliveryState.PENDING
    _finish(ports, _after(delivery, answer, at, state, next_at))
    if answer.verdict == Verdict.GONE:
        disable(ports, endpoint, Reason.GONE)
        return Tried(Verdict.GONE, None)
    opens = answer.verdict == Verdict.SLOWER
    standing = ports.endpoints.failed(endpoint, now, _wake_at(endpoint, answer, next_at, now), opens=opens)
    if standing is not None and standing.failing_since is not None and now - standing.failing_since >= FAILING:
        disable(ports, standing, Reason.FAILING)
        standing = None
    return Tried(answer.verdict, standing)


def _wake_at(endpoint: Endpoint, answer: Answer, next_at: datetime | None, now: datetime) -> datetime:
    """Return when an endpoint is tried next: after a rest where it is to be left alone, else with what waits first."""
    resting = rules.rest(now - (endpoint.failing_since or now))
    if answer.verdict == Verdict.SLOWER:
        return now + max(resting, rules.wanted_wait(answer, now))
    if endpoint.failures + 1 >= OPENS:
        return now + resting
    told = [one for one in (endpoint.wake_at, next_at) if one is not None and one > now]
    return min(told, default=now + resting)


def _after(
    delivery: Delivery, answer: Answer, at: datetime, state: rules.DeliveryState, next_at: datetime | None
) -> Delivery:
    shown = rules.shown(delivery, rules.attempt_of(answer, at))
    return replace(delivery, state=state, attempts=delivery.attempts + 1, tries=shown, next_at=next_at)


def _finish(ports: WebhookPorts, delivery: Delivery) -> None:
    if not ports.deliveries.finish(delivery):
        # It took longer than its lease: another has it, and the endpoint may see it twice.
        log.warning("a delivery was taken over", endpoint_id=delivery.endpoint_id, event_id=delivery.id)


def disable(ports: WebhookPorts, endpoint: Endpoint, reason: Reason) -> None:
    """Call an endpoint no more, and tell its owner."""

    def attempt() -> None:
        standing = ports.endpoints.endpoint(endpoint.owner_id, endpoint.id)
        if standing is None or standing.state != endpoints.State.ACTIVE or standing.url != endpoint.url:
            return
        new = endpoints.disabled(standing, reason)
        told = ports.outbox.put(messages.disabled(new, ports.clock.now()))
        ports.committer.commit([ports.endpoints.replace(new), told])
        metric("WebhooksDisabled", reason=reason)

    retrying(attempt)
