"""What webhooks need from outside; also the types of this domain that others may use."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from chalicelib.audit.ports import AuditPorts
from chalicelib.kit.clock import Clock
from chalicelib.kit.idempotency import Idempotency
from chalicelib.kit.outbox import Outbox
from chalicelib.kit.pagination import Page
from chalicelib.kit.transaction import Action, Committer
from chalicelib.webhooks.rules.delivery import Answer, Attempt, Delivery
from chalicelib.webhooks.rules.endpoint import Endpoint
from chalicelib.webhooks.rules.events import Event
from chalicelib.webhooks.rules.listening import Audience, Listener

__all__ = [
    "Answer",
    "Attempt",
    "Caller",
    "Delivery",
    "DeliveryStore",
    "Endpoint",
    "EndpointStore",
    "Event",
    "Listener",
    "ListenerStore",
    "WebhookPorts",
]


class Caller(Protocol):
    """Calls addresses on the internet that strangers gave us."""

    def call(self, url: str, headers: Mapping[str, str], body: str, seconds: float) -> Answer:
        """Return what an address answers to a POST; whatever goes wrong is an answer too."""
        ...


class ListenerStore(Protocol):
    """Who has endpoints at all."""

    def listeners(self) -> Sequence[Listener]:
        """Return all of them; a change may take a moment to show."""
        ...

    def listener(self, owner_id: str) -> Listener | None:
        """Return one, read consistently; None where there never was one."""
        ...

    def challenged(self, before: Listener, after: Listener) -> Action:
        """Return the write of how many challenges an owner had sent; contention where it was changed meanwhile."""
        ...

    def set_partner(self, listener: Listener) -> Action:
        """Return the write of what a partner may hear; how many endpoints they have stays."""
        ...

    def end_partner(self, owner_id: str) -> Action:
        """Return the write that makes a partner none."""
        ...


class EndpointStore(Protocol):
    """Where endpoints are kept. What its owner says of one goes by version; how it has been doing does not."""

    def endpoint(self, owner_id: str, endpoint_id: str) -> Endpoint | None:
        """Return an endpoint, read consistently; None where there is none."""
        ...

    def of_owner(self, owner_id: str) -> Sequence[Endpoint]:
        """Return all endpoints of an owner, oldest first; a change may take a moment to show."""
        ...

    def create(self, endpoint: Endpoint) -> list[Action]:
        """Return the writes of a new endpoint. Refused, it raises `TooManyEndpoints`."""
        ...

    def replace(self, endpoint: Endpoint, *, anew: bool = False) -> Action:
        """Return the write of what its owner says in the next version, provided that it follows the one that stands;
        with `anew` since when it has been failing is forgotten, and all that waits is tried from its `wake_at` on.
        """
        ...

    def remove(self, endpoint: Endpoint) -> list[Action]:
        """Return the removal of an endpoint, provided that it stands as it is."""
        ...

    def wake(self, endpoint: Endpoint, at: datetime, *, anew: bool = False) -> Action:
        """Return the write that has what waits for an active endpoint tried from a moment on; with `anew` all of it,
        and since when it has been failing is forgotten.
        """
        ...

    def failed(self, endpoint: Endpoint, now: datetime, wake_at: datetime, *, opens: bool) -> Endpoint | None:
        """Count a failure, note since when there are some, and have what waits tried from a moment on; with `opens` it
        is left alone until then, however few failures there were. One that is left alone for longer already stays so.
        Return the endpoint as it stands then; None where it is active no more.
        """
        ...

    def succeeded(self, endpoint: Endpoint) -> None:
        """Forget that an endpoint was failing."""
        ...

    def woken(self, endpoint: Endpoint, at: datetime) -> None:
        """Have what waits for an endpoint tried from a moment on; nothing where it is active no more, or is left alone
        until after that. One write of its own: in a transaction it could be refused beside that of the sweep, and
        nobody would come by.
        """
        ...

    def slowed(self, endpoint: Endpoint, until: datetime) -> None:
        """Say until when an endpoint counts as slow."""
        ...

    def sleep(self, endpoint: Endpoint, until: datetime | None, *, is_last_look: bool = False) -> None:
        """Say when what waits is tried next, and whether that is the last time; None where nothing does. Nothing
        changes where somebody else has said so since the endpoint was read.
        """
        ...

    def due(self, before: datetime, limit: int) -> Sequence[tuple[str, str]]:
        """Return owner and id of endpoints whose time has come, the longest waiting first; an index."""
        ...


class DeliveryStore(Protocol):
    """Where deliveries are kept, which is also what keeps an event from being sent twice by two workers."""

    def create(self, delivery: Delivery) -> bool:
        """Write a new delivery; False where it stands already."""
        ...

    def delivery(self, endpoint_id: str, event_id: str) -> Delivery | None:
        """Return a delivery, read consistently."""
        ...

    def claim(self, endpoint_id: str, event_id: str, now: datetime) -> Delivery | None:
        """Take a pending delivery in hand for `LEASE`, and return it; None where it has ended or another has it."""
        ...

    def finish(self, delivery: Delivery) -> bool:
        """Write how a delivery that is in hand went: it has ended, or waits for `next_at`. False where the lease is
        another's by now.
        """
        ...

    def waiting(self, endpoint_id: str, before: datetime | None, limit: int) -> Sequence[tuple[str, datetime]]:
        """Return id and `next_at` of deliveries that wait, the first due first; those that are due before a moment, or
        all. An index: a change may take a moment to show.
        """
        ...

    def log(self, endpoint_id: str, after: Mapping[str, Any] | None, limit: int) -> Page[Delivery]:
        """Return some deliveries, the latest event first."""
        ...

    def ended(
        self, endpoint_id: str, since: datetime, until: datetime, after: Mapping[str, Any] | None, limit: int
    ) -> Page[Delivery]:
        """Return some deliveries that have ended, of events from a time, the earliest first."""
        ...

    def again(self, delivery: Delivery, now: datetime) -> Action:
        """Return the write that has a delivery that has ended tried anew."""
        ...


@dataclass(frozen=True)
class WebhookPorts:
    """What the use cases are given.

    Attributes:
        audience: who listens, as `use_cases.listening.Directory` keeps it in mind; None where that cannot be read.
        is_local: addresses on this machine pass: only where a local stack says so.
    """

    endpoints: EndpointStore
    deliveries: DeliveryStore
    listeners: ListenerStore
    caller: Caller
    clock: Clock
    committer: Committer
    outbox: Outbox
    idempotency: Idempotency
    audit: AuditPorts
    audience: Callable[[], Audience | None]
    is_local: bool = False
