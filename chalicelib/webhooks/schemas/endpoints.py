"""What owners of endpoints, and the operator, say and read."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from chalicelib.kit.endpoints import Wire
from chalicelib.kit.wire import Line, Moment, left_out
from chalicelib.webhooks.ports import Attempt as AttemptMade
from chalicelib.webhooks.ports import Delivery as Sent
from chalicelib.webhooks.ports import Endpoint as Standing
from chalicelib.webhooks.ports import Listener
from chalicelib.webhooks.rules import delivery, endpoint
from chalicelib.webhooks.rules.endpoint import Change
from chalicelib.webhooks.rules.listening import MOST_MERCHANTS
from chalicelib.webhooks.schemas.events import SCHEMAS
from chalicelib.webhooks.use_cases import Draft, Replayed, Span

_ID, _EVENT = "whe_01jd8x2n7v4k9x3c6z0b8d1f2g", "evt_01jd8x2n7v4k9x3c6z0b8d1f2g"
_ACCOUNT = "acc_01jd3x9k5r8m2q7w4t6y0z1abc"

Url = Annotated[
    str,
    Field(
        min_length=1,
        max_length=endpoint.LONGEST_URL,
        description="https on port 443, on the public internet, without credentials.",
        examples=["https://till.example.com/linli"],
    ),
]
Types = Annotated[
    list[Annotated[str, Field(min_length=1, max_length=40)]],
    Field(
        min_length=1,
        max_length=50,
        description="Types of events: see `GET /v1/webhook-event-types`.",
        examples=[["order.confirmed", "order.cancelled"]],
    ),
]
Name = Annotated[Line, Field(max_length=endpoint.LONGEST_TEXT, examples=["收银系统"])]
AccountId = Annotated[str, Field(pattern="^acc_[a-z0-9_]{1,64}$", examples=[_ACCOUNT])]
Some = Annotated[list[AccountId], Field(min_length=1, max_length=MOST_MERCHANTS)]


class EndpointIn(Wire):
    """Where you want to hear of what happens, and of what."""

    url: Url
    types: Types
    description: Name = ""

    def draft(self) -> Draft:
        """Return it as the domain knows it."""
        return Draft(self.url, tuple(self.types), self.description)


class EndpointPatch(Wire):
    """What changes; another address has to answer a challenge before it is sent anything."""

    url: Url = Field(default_factory=left_out)
    types: Types = Field(default_factory=left_out)
    description: Name = Field(default_factory=left_out)
    paused: bool = Field(
        default_factory=left_out,
        strict=True,
        description="What happens while it is paused is kept, and sent once it goes on.",
    )

    def change(self) -> Change:
        """Return it as the domain knows it."""
        types = None if self.types is None else tuple(self.types)
        return Change(self.url, types, self.description, self.paused)


class SecretIn(Wire):
    """What becomes of the secret before."""

    keep_old: bool = Field(
        default=True, strict=True, description="It signs along for 24 hours: events then carry two signatures."
    )


class Endpoint(Wire):
    """An endpoint of yours."""

    id: str = Field(examples=[_ID])
    url: str = Field(examples=["https://till.example.com/linli"])
    types: list[str] = Field(examples=[["order.confirmed"]])
    description: str
    state: endpoint.State = Field(description="Pending until a challenge is answered.")
    reason: endpoint.Reason | None = Field(description="Why it is disabled.")
    has_secret: bool
    old_secret_until: Moment | None = Field(description="Until then the secret before signs along.")
    created_at: Moment
    active_at: Moment | None = Field(description="When it last answered a challenge.")
    hears_from: Moment | None = Field(
        description="Every event from then on is kept for it; what happened before is not, and cannot be sent again. "
        "Of your first endpoint that is half a minute after it was made. Null while it hears of nothing."
    )
    failing_since: Moment | None = Field(description="Null where the last event was taken.")
    slow_until: Moment | None = Field(
        description="Until then it counts as slow, for it took three seconds or more: events come by the minute, not "
        "at once. In the past, or null, where it does not."
    )
    retried_at: Moment | None = Field(description="When what waits is tried next.")

    @classmethod
    def of(cls, one: Standing) -> Self:
        return cls(**cls._told(one))

    @staticmethod
    def _told(one: Standing) -> dict[str, Any]:
        return {
            "id": one.id,
            "url": one.url,
            "types": list(one.types),
            "description": one.text,
            "state": one.state,
            "reason": one.reason,
            "has_secret": one.secret is not None,
            "old_secret_until": one.before_until,
            "created_at": one.created_at,
            "active_at": one.active_at,
            "hears_from": one.hears_from,
            "failing_since": one.failing_since,
            "slow_until": one.slow_until,
            "retried_at": one.wake_at,
        }


class NewSecret(Endpoint):
    """An endpoint with its new secret, which is told this once."""

    secret: str = Field(examples=["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYo="])

    @classmethod
    def told(cls, one: Standing) -> Self:
        return cls(**cls._told(one), secret=one.secret or "")


class Endpoints(Wire):
    """All of your endpoints, oldest first."""

    items: list[Endpoint]
    heard_by: list[str] = Field(
        description="Partners of the platform who hear of what concerns you too.", examples=[["ERP 服务商"]]
    )

    @classmethod
    def of(cls, some: Sequence[Standing], heard_by: Sequence[str]) -> Self:
        return cls(items=[Endpoint.of(one) for one in some], heard_by=list(heard_by))


class EventType(Wire):
    """A type of events."""

    type: str = Field(examples=["order.confirmed"])
    description: str


class EventTypes(Wire):
    """All that you can ask for."""

    items: list[EventType]

    @classmethod
    def of(cls, types: Mapping[str, Any]) -> Self:
        return cls(items=[EventType(type=one, description=SCHEMAS[one][0]) for one in types])


class Attempt(Wire):
    """One attempt."""

    at: Moment
    status: int | None = Field(description="Of HTTP; null where no answer came.", examples=[200])
    reason: str | None = Field(description="Why none came.", examples=["unreachable"])
    latency_ms: int = Field(examples=[84])
    answer: str = Field(description=f"The first {delivery.MOST_ANSWER} bytes.", examples=["ok"])

    @classmethod
    def of(cls, one: AttemptMade) -> Self:
        return cls(at=one.at, status=one.status, reason=one.reason, latency_ms=one.ms, answer=one.answer)


class Delivery(Wire):
    """An event on its way to an endpoint, or there."""

    event_id: str = Field(description="What goes as webhook-id.", examples=[_EVENT])
    type: str = Field(examples=["order.confirmed"])
    state: delivery.DeliveryState
    body: str = Field(description="What is signed and sent, letter by letter.", examples=["{}"])
    attempts: int = Field(description="Since it was made, or last sent again.", examples=[1])
    next_attempt_at: Moment | None = Field(description="Null once it has ended.")
    tries: list[Attempt] = Field(description=f"The last {delivery.MOST_TRIES} attempts, the latest last.")

    @classmethod
    def of(cls, one: Sent) -> Self:
        return cls(
            event_id=one.id,
            type=one.type,
            state=one.state,
            body=one.body,
            attempts=one.attempts,
            next_attempt_at=one.next_at,
            tries=[Attempt.of(each) for each in one.tries],
        )


class Deliveries(Wire):
    """Some of what is or was sent, the latest event first."""

    items: list[Delivery]
    next_cursor: str | None = Field(description="Where the list goes on; null at its end.")


class ReplayIn(Wire):
    """What is to be sent again: one event, or those of a time."""

    event_id: str | None = Field(default=None, pattern="^evt_[0-9a-z]{26}$", examples=[_EVENT])
    since: Moment | None = None
    until: Moment | None = None
    only_failed: bool = Field(default=True, strict=True, description="Of a time: those that were not taken.")
    goes_on_at: str | None = Field(default=None, max_length=2000, description="As the answer before said it.")

    @model_validator(mode="after")
    def _one_of_two(self) -> Self:
        is_span = self.since is not None and self.until is not None
        if (self.event_id is not None) == is_span or (self.since is None) != (self.until is None):
            raise ValueError("say either event_id, or since and until")
        if self.since is not None and self.until is not None and self.until < self.since:
            raise ValueError("until is before since")
        return self

    def span(self) -> Span | None:
        """Return the time; None where one event is meant."""
        if self.since is None or self.until is None:
            return None
        return Span(self.since, self.until, self.only_failed)


class ReplayOut(Wire):
    """What is sent again, within two minutes."""

    event_ids: list[str] = Field(examples=[[_EVENT]])
    goes_on_at: str | None = Field(description="There is more: ask again with it, and another Idempotency-Key.")

    @classmethod
    def of(cls, one: Replayed, cursor: str | None) -> Self:
        return cls(event_ids=list(one.event_ids), goes_on_at=cursor)


class TestSent(Wire):
    """A test is on its way."""

    event_id: str = Field(description="By which the log shows it.", examples=[_EVENT])


class PartnerIn(Wire):
    """Of whom a partner hears."""

    name: Line = Field(min_length=1, max_length=80, examples=["ERP 服务商"])
    merchants: Literal["all"] | Some = Field(
        description=f"`all`, or up to {MOST_MERCHANTS} merchants.", examples=["all"]
    )
    reason: Line = Field(min_length=1, max_length=200, description="For the audit log.", examples=["合作协议 2026-11"])

    def chosen(self) -> list[str] | None:
        """Return the merchants; None for all."""
        return self.merchants if isinstance(self.merchants, list) else None


class Partner(Wire):
    """An account that hears of what concerns merchants."""

    account_id: str = Field(examples=[_ACCOUNT])
    name: str
    merchants: Literal["all"] | list[str] = Field(examples=["all"])
    endpoints: int = Field(description="How many it has made.", examples=[1])

    @classmethod
    def of(cls, one: Listener) -> Self:
        merchants: Any = "all" if one.merchants is None else sorted(one.merchants)
        return cls(account_id=one.owner_id, name=one.name or "", merchants=merchants, endpoints=one.number)


class Partners(Wire):
    """All partners."""

    items: list[Partner]
