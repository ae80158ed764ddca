"""The API as a client sees it, in process: REST events handed to the app, as API Gateway would make them."""

import json
import threading
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote, urlencode

from chalicelib import settings, wiring
from chalicelib.accounts.ports import Account, Identity, Kind, Session
from chalicelib.kit.auth import Actor, Role
from chalicelib.kit.outbox import Message
from tests import openapi

CUSTOMER = Actor("acc_customer", frozenset({Role.CUSTOMER}), "ses_1")
OTHER = Actor("acc_other", frozenset({Role.CUSTOMER, Role.MERCHANT}), "ses_2")
MERCHANT = Actor("acc_merchant", frozenset({Role.CUSTOMER, Role.MERCHANT}), "ses_3")
ADMIN = Actor("acc_admin", frozenset({Role.ADMIN}), "ses_4", methods=("sms", "otp"))


def working_for(merchant: Actor, actor: Actor, role: Role = Role.MANAGER) -> Actor:
    """Return somebody as they are who also work for a merchant."""
    return replace(actor, memberships={**actor.memberships, merchant.account_id: role})


_NEVER_OVER = datetime(2199, 1, 1, tzinfo=UTC)  # tests move their clocks


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    text: str
    headers: Mapping[str, str]

    @property
    def json(self) -> Any:
        """The body, read as JSON."""
        return json.loads(self.text)


def call(
    method: str,
    route: str,
    *,
    actor: Actor | None = None,
    body: Any = None,
    query: Mapping[str, Any] | None = None,
    key: str | None = None,
    headers: Mapping[str, str] | None = None,
    raw: str | None = None,
    **path: str,
) -> Answer:
    """Send a request to a route such as `/v1/orders/{order_id}`; `path` fills its parameters.

    A POST gets a fresh Idempotency-Key unless `key` says another; `raw` is sent as it is instead of `body`. Every answer
    is held against the API document.
    """
    import app

    sent = dict(headers or {})
    if actor is not None:
        present(actor)
        sent["Authorization"] = bearer(actor)
    if method == "POST":
        sent.setdefault("Idempotency-Key", key or uuid.uuid4().hex)
    answer = app.app(event(method, route, body=body, query=query, headers=sent, raw=raw, **path), None)
    made = Answer(answer["statusCode"], answer["body"], {**answer.get("headers", {})})
    openapi.check(made, method, route)
    return made


def bearer(actor: Actor) -> str:
    """Return the Authorization header of an actor who has a fresh token."""
    return f"Bearer {wiring.tokens().issue(actor, wiring.clock().now())}"


def event(
    method: str,
    route: str,
    *,
    body: Any = None,
    query: Mapping[str, Any] | None = None,
    headers: Mapping[str, str] | None = None,
    raw: str | None = None,
    source_ip: str = "127.0.0.1",
    **path: str,
) -> dict[str, Any]:
    """Return a request as API Gateway hands it to the function."""
    sent = {"Content-Type": "application/json", **(headers or {})}
    query = {name: str(value) for name, value in (query or {}).items()}
    return {
        "resource": route,
        "path": route.format(**{name: quote(value, safe="") for name, value in path.items()}),
        "httpMethod": method,
        "headers": sent,
        "multiValueHeaders": {name: [value] for name, value in sent.items()},
        "queryStringParameters": query or None,
        "multiValueQueryStringParameters": {name: [value] for name, value in query.items()} or None,
        "pathParameters": path or None,
        "stageVariables": None,
        "requestContext": {
            "resourcePath": route,
            "httpMethod": method,
            "path": f"/api{route.format(**path)}?{urlencode(query)}",
            "requestId": f"req-{uuid.uuid4().hex[:8]}",
            "identity": {"sourceIp": source_ip},
        },
        "body": raw if raw is not None else (json.dumps(body) if body is not None else None),
        "isBase64Encoded": False,
    }


_present: set[tuple[str, str, str]] = set()
_presenting = threading.Lock()  # tests of races call from several threads


def present(actor: Actor) -> None:
    """Let an actor's account and session be there, once for the tables of a test: where it matters they are looked at."""
    who = (settings.settings().table_prefix, actor.agent_id or actor.account_id, actor.session_id)
    with _presenting:
        if who not in _present:
            _make(actor, who)
            _present.add(who)


def _make(actor: Actor, who: tuple[str, str, str]) -> None:
    ports, now = wiring.accounts(), wiring.clock().now()
    account, session = ports.store.with_session(*who[1:])
    actions = []
    if account is None:
        phone = Identity(Kind.PHONE, f"+{who[1]}", now)
        made = Account(who[1], (phone,), None, "en", actor.roles, 1, now, memberships=actor.memberships)
        actions += ports.store.create(made)
    if session is None:
        actions.append(
            ports.store.open_session(
                Session(*who[1:], account.epoch if account else 0, 1, _NEVER_OVER, _NEVER_OVER, actor.methods)
            )
        )
    ports.committer.commit(actions)


def told(type_: str | None = None) -> list[Message]:
    """Return the messages that wait in the outbox, of one type or all, oldest first."""
    outbox, end = wiring.outbox(), datetime.now(UTC) + timedelta(days=36500)
    waiting = [message for shard in range(outbox.shards) for message in outbox.left_behind(shard, end)]
    return sorted((m for m in waiting if type_ in (None, m.type)), key=lambda message: message.occurred_at)


def sqs_record(number: str, body: str, receives: int = 1, **more: str) -> dict[str, Any]:
    """Return a record of the event that Lambda makes of a message in a queue, received so often."""
    return {
        "messageId": number,
        "receiptHandle": number,
        "body": body,
        "attributes": {"ApproximateReceiveCount": str(receives)},
        "messageAttributes": {},
        "eventSource": "aws:sqs",
        "eventSourceARN": "arn:aws:sqs:ap-southeast-1:000000000000:queue",
        "awsRegion": "ap-southeast-1",
        **more,
    }


def deliver(handler: Any, *messages: Message) -> list[str]:
    """Hand messages to a queue's handler in one batch, as SQS would; return the ids of those that failed."""
    records = [sqs_record(message.id, message.to_text()) for message in messages]
    return [failure["itemIdentifier"] for failure in handler({"Records": records}, None)["batchItemFailures"]]
