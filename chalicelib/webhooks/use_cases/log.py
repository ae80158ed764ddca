"""What was sent to an endpoint and how that went; sending it again; a test."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from chalicelib.kit.auth import Actor
from chalicelib.kit.errors import NotFound
from chalicelib.kit.idempotency import Once
from chalicelib.kit.pagination import Page
from chalicelib.kit.transaction import retrying
from chalicelib.webhooks import messages
from chalicelib.webhooks.ports import Delivery, Endpoint, WebhookPorts
from chalicelib.webhooks.problems import NothingToReplay, NotInThisState
from chalicelib.webhooks.rules import endpoint as rules
from chalicelib.webhooks.rules.delivery import DeliveryState
from chalicelib.webhooks.rules.endpoint import State
from chalicelib.webhooks.rules.events import event_of
from chalicelib.webhooks.use_cases.endpoints import read

MOST_AT_ONCE = 90  # of one transaction


@dataclass(frozen=True)
class Span:
    """Events from a moment on, until before another; with `failed` those alone that were not taken."""

    since: datetime
    until: datetime
    failed: bool = False


@dataclass(frozen=True)
class Replayed:
    """What is sent again, and where it goes on; None at the end."""

    event_ids: tuple[str, ...]
    next: Mapping[str, Any] | None = None


def log(
    ports: WebhookPorts, actor: Actor, endpoint_id: str, after: Mapping[str, Any] | None, limit: int
) -> Page[Delivery]:
    """Return some of what was or is to be sent to an endpoint, the latest event first.

    Raises:
        Forbidden, NotFound: as `endpoints.read`.
    """
    return ports.deliveries.log(read(ports, actor, endpoint_id).id, after, limit)


def delivery(ports: WebhookPorts, actor: Actor, endpoint_id: str, event_id: str) -> Delivery:
    """Return one of them.

    Raises:
        Forbidden: as `endpoints.read`. NotFound: there is no such endpoint or event, or it is kept no more.
    """
    found = ports.deliveries.delivery(read(ports, actor, endpoint_id).id, event_id)
    if found is None:
        raise NotFound("delivery")
    return found


def replay(ports: WebhookPorts, actor: Actor, endpoint_id: str, event_id: str, once: Once) -> Replayed:
    """Have an event sent again, whether it was taken or not; under the same id.

    Raises:
        Forbidden, NotFound: as `delivery`. NotInThisState: see `_must_take`.
        NothingToReplay: it is still on its way.
    """

    def attempt() -> Replayed:
        endpoint = _must_take(read(ports, actor, endpoint_id))
        found = ports.deliveries.delivery(endpoint.id, event_id)
        if found is None:
            raise NotFound("delivery")
        if found.state == DeliveryState.PENDING:
            raise NothingToReplay
        return _again(ports, endpoint, [found], None, once)

    return retrying(attempt)


def replay_span(
    ports: WebhookPorts, actor: Actor, endpoint_id: str, span: Span, after: Mapping[str, Any] | None, once: Once
) -> Replayed:
    """Have the events of a time sent again, the earliest first, at most `MOST_AT_ONCE`; what is still on its way is
    left alone.

    Raises:
        Forbidden, NotFound: as `endpoints.read`. NotInThisState: see `_must_take`. NothingToReplay: there are none.
    """

    def attempt() -> Replayed:
        endpoint = _must_take(read(ports, actor, endpoint_id))
        page = ports.deliveries.ended(endpoint.id, span.since, span.until, after, MOST_AT_ONCE)
        wanted = [one for one in page.items if not span.failed or one.state == DeliveryState.FAILED]
        if not wanted and page.next is None:
            raise NothingToReplay
        return _again(ports, endpoint, wanted, page.next, once)

    return retrying(attempt)


def send_test(ports: WebhookPorts, actor: Actor, endpoint_id: str, once: Once) -> str:
    """Have an event without content sent to an endpoint, and return its id, by which the log shows it.

    Raises:
        Forbidden, NotFound: as `endpoints.read`. NotInThisState, TooManyTests: see `rules.tested`.
    """

    def attempt() -> str:
        now = ports.clock.now()
        endpoint = rules.tested(read(ports, actor, endpoint_id), now)
        message = messages.test(endpoint, now)
        event_id = event_of(message).id
        ports.committer.commit(
            [ports.endpoints.replace(endpoint), ports.outbox.put(message), ports.idempotency.remember(once, event_id)]
        )
        return event_id

    return retrying(attempt)


def _must_take(endpoint: Endpoint) -> Endpoint:
    """Let an endpoint pass to which something is sent, now or once it goes on.

    Raises:
        NotInThisState: it is neither active nor paused.
    """
    if endpoint.state not in {State.ACTIVE, State.PAUSED}:
        raise NotInThisState(state=endpoint.state)
    return endpoint


def _again(
    ports: WebhookPorts,
    endpoint: Endpoint,
    wanted: Sequence[Delivery],
    after: Mapping[str, Any] | None,
    once: Once,
) -> Replayed:
    now, result = ports.clock.now(), Replayed(tuple(one.id for one in wanted), after)
    actions = [ports.deliveries.again(one, now) for one in wanted]
    if wanted and endpoint.state == State.ACTIVE:
        actions.append(ports.endpoints.wake(endpoint, now, anew=True))
    ports.committer.commit([*actions, ports.idempotency.remember(once, result)])
    return result
