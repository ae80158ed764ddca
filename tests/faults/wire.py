"""Between the shipped code's AWS clients and the emulators: what is sent passes by here, and a fault may answer instead.

Faults are put where they happen, below botocore's own retries, which are the real ones. SQS and SNS are kept in memory.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from urllib.parse import parse_qs

import urllib3
from botocore.awsrequest import AWSResponse, HeadersDict
from botocore.exceptions import ReadTimeoutError

from chalicelib.kit import aws

SERVICES = ("dynamodb", "sqs", "sns", "ssm", "kms", "s3")
WRITES = frozenset({"TransactWriteItems", "PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem"})
JSON = "application/x-amz-json-1.0"


class Killed(BaseException):
    """The function was killed. No handler may catch it, as none catches a kill."""


@dataclass(frozen=True)
class Sent:
    """One request on its way, one attempt of perhaps three."""

    service: str
    operation: str
    request: Any

    @property
    def call(self) -> str:
        """The same for each attempt of one call."""
        told = self.request.headers["amz-sdk-invocation-id"]
        return told.decode() if isinstance(told, bytes) else str(told)

    @property
    def writes(self) -> bool:
        """Whether it changes a table."""
        return self.service == "dynamodb" and self.operation in WRITES

    @cached_property
    def body(self) -> dict[str, Any]:
        """What it asks for, of those services that speak JSON."""
        body: dict[str, Any] = json.loads(self.request.body or b"{}")
        return body


@dataclass(frozen=True)
class Told:
    """What comes back."""

    status: int
    content: bytes
    headers: dict[str, str] = field(default_factory=lambda: {"Content-Type": JSON})

    def stream(self, *_: Any, **__: Any) -> Iterator[bytes]:
        """As botocore reads it."""
        yield self.content


def refusal(sent: Sent, code: str, status: int = 400, **more: Any) -> Told:
    """Return an error as a service says it."""
    if sent.service in {"s3", "sns"}:
        inner = f"<Error><Code>{code}</Code><Message>planted</Message></Error>"
        text = inner if sent.service == "s3" else f"<ErrorResponse>{inner}</ErrorResponse>"
        return Told(status, text.encode(), {"Content-Type": "text/xml"})
    body = {"__type": f"com.amazonaws.{sent.service}#{code}", "Message": "planted", "message": "planted", **more}
    return Told(status, json.dumps(body).encode())


def lost(sent: Sent) -> ReadTimeoutError:
    """Return what botocore raises where no answer comes."""
    return ReadTimeoutError(endpoint_url=sent.request.url)


class Wire:
    """Hooked into the container's clients while it is `up`.

    Attributes:
        fault: looks at each request: answers it, raises, or lets it pass with None.
        texts: (phone, text) of each SMS.
    """

    def __init__(self, queues: Callable[[str, dict[str, Any]], dict[str, Any]]) -> None:
        self.fault: Callable[[Sent], Told | None] = lambda _sent: None
        self.texts: list[tuple[str, str]] = []
        self._queues = queues
        self._pool = urllib3.PoolManager()

    def up(self) -> None:
        """Stand in the way of each service's client."""
        for service in SERVICES:
            aws.client(service).meta.events.register_first(f"before-send.{service}", self._passing)

    def down(self) -> None:
        """Be gone."""
        for service in SERVICES:
            aws.client(service).meta.events.unregister(f"before-send.{service}", self._passing)

    def _passing(self, request: Any, event_name: str, **_: Any) -> AWSResponse | None:
        _, service, operation = event_name.split(".")
        sent = Sent(service, operation, request)
        told = self.fault(sent)
        if told is None and service in {"sqs", "sns"}:
            told = self.carry_out(sent)
        if told is None:
            return None
        return AWSResponse(request.url, told.status, HeadersDict(told.headers), told)

    def carry_out(self, sent: Sent, body: dict[str, Any] | None = None) -> Told:
        """Do what is asked for, or `body` instead of it, so that only the answer can be lost."""
        if sent.service == "sqs":
            return Told(200, json.dumps(self._queues(sent.operation, sent.body)).encode())
        if sent.service == "sns":
            return self._text(sent)
        content = sent.request.body if body is None else json.dumps(body).encode()
        headers = {name: _text(value) for name, value in sent.request.headers.items() if name != "Content-Length"}
        answer = self._pool.request(sent.request.method, sent.request.url, body=content, headers=headers)
        return Told(answer.status, answer.data, dict(answer.headers))

    def _text(self, sent: Sent) -> Told:
        asked = sent.request.body
        form = asked if isinstance(asked, dict) else {k: v[0] for k, v in parse_qs(_text(asked)).items()}
        self.texts.append((form["PhoneNumber"], form["Message"]))
        inner = "<PublishResult><MessageId>m</MessageId></PublishResult>"
        return Told(200, f"<PublishResponse>{inner}</PublishResponse>".encode(), {"Content-Type": "text/xml"})


def _text(value: Any) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)
