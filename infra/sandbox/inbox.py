"""An inbox that catches what would be sent to people, for development and tests: `python -m infra.sandbox.inbox`.

Text messages, mail and push arrive by POST /messages and can be read, waited for and looked at. It never ships.

POST   /messages        {"channel": "sms"|"email"|"push"|"wechat", "to", "body", "subject"?, "kind"?, "id"?,
                        "code"?, "language"?, "html"?, "link"?, "unsubscribe"?}
                        201 the message with its `seq`; 200 the first one when its `id` came before to the same
                        place
GET    /messages        ?to= &channel= &kind= &since=<seq> &limit=     newest first
GET    /messages/wait   ?to= &channel= &kind= &after=<seq> &timeout=   the oldest message after that, or 408
DELETE /messages        forget all
POST   /failures        {"times": 2, "status"?: 503, "kind"?: "error"|"drop"|"lost_answer"}   for the next posts
DELETE /failures        no more failures
GET    /                a page for people; ?channel=
GET    /health          {"ok": true}
"""

import argparse
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar
from urllib.parse import parse_qs
from uuid import uuid4

from pydantic import BaseModel, ValidationError

from infra.sandbox import files, inbox_page
from infra.sandbox.bodies import first_fault
from infra.sandbox.closing import Closing
from infra.sandbox.httpd import LoopbackServer, Request, Response, foreign, html_response, json_response
from infra.sandbox.messages import Failure, Kept, Message, Post
from infra.sandbox.signals import serve

T = TypeVar("T", bound=BaseModel)
MAX_WAIT = 60.0
KEPT = 5000
_CREATED, _BAD_REQUEST, _TIMEOUT = 201, 400, 408


def _key(message: Post) -> tuple[str | None, str, str]:
    """What a message is known by: a letter that goes to several places has one id."""
    return message.id, message.channel, message.to


class _RefusedError(Exception):
    """A request that makes no sense; the text says why."""


class Inbox(Closing):
    """A running inbox; a context manager that stops it. Raises OSError when the port is taken."""

    def __init__(self, *, port: int = 0, state: Path | None = None, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._kept = Kept.model_validate(files.load(state) or {})
        self._by_id = {_key(message): message for message in self._kept.messages}
        self._failure: Failure | None = None
        self._arrived = threading.Condition()
        self._closing = False
        self._server = LoopbackServer(self._answer, port)
        self._saver = files.Saver(state, self._snapshot)
        self.url = self._server.url
        self.port = self._server.port

    def messages(
        self, to: str | None = None, channel: str | None = None, kind: str | None = None, since: int = 0
    ) -> list[Message]:
        """What was caught after the message number `since`, newest first."""
        with self._arrived:
            return self._found(to, channel, kind, since)[::-1]

    def wait(
        self,
        to: str | None = None,
        channel: str | None = None,
        kind: str | None = None,
        after: int = 0,
        timeout: float = 10,
    ) -> Message | None:
        """The oldest message after the number `after`, as soon as there is one; None after `timeout` seconds."""
        with self._arrived:
            self._arrived.wait_for(lambda: self._closing or self._found(to, channel, kind, after), timeout)
            found = self._found(to, channel, kind, after)
            return found[0] if found else None

    def fail(self, failure: Failure | None) -> bool:
        """Let the next posts fail; None ends that."""
        with self._arrived:
            self._failure = failure
        return True

    def clear(self) -> bool:
        """Forget all messages; numbers go on."""
        with self._arrived:
            self._kept.messages.clear()
            self._by_id.clear()
        self._saver.touch()
        return True

    def close(self) -> None:
        """Stop; nobody waits any longer."""
        with self._arrived:
            self._closing = True
            self._arrived.notify_all()
        self._server.close()
        self._saver.close()

    def _found(self, to: str | None, channel: str | None, kind: str | None, after: int) -> list[Message]:
        return [
            m
            for m in self._kept.messages
            if m.seq > after and to in (None, m.to) and channel in (None, m.channel) and kind in (None, m.kind)
        ]

    def _answer(self, request: Request) -> Response | None:
        refusal = foreign(request)
        if refusal is not None:
            return refusal
        actions: dict[tuple[str, str], Callable[[Request], Response | None]] = {
            ("POST", "/messages"): self._post,
            ("GET", "/messages"): self._list,
            ("GET", "/messages/wait"): self._wait,
            ("DELETE", "/messages"): lambda _: json_response(200, {"ok": self.clear()}),
            ("POST", "/failures"): self._fail,
            ("DELETE", "/failures"): lambda _: json_response(200, {"ok": self.fail(None)}),
            ("GET", "/"): self._page,
            ("GET", "/health"): lambda _: json_response(200, {"ok": True}),
        }
        action = actions.get((request.method, request.path))
        if action is None:
            return json_response(404, {"error": f"Nothing answers {request.method} {request.path}."})
        try:
            return action(request)
        except _RefusedError as error:
            return json_response(_BAD_REQUEST, {"error": str(error)})

    def _post(self, request: Request) -> Response | None:
        post = _read(Post, request)
        failure = self._next_failure()
        if failure is not None and failure.kind == "drop":
            return None
        if failure is not None and failure.kind == "error":
            return json_response(failure.status, {"error": "This failure was asked for."})
        message, fresh = self._store(post)
        if failure is not None:
            return None
        return json_response(_CREATED if fresh else 200, message.model_dump())

    def _store(self, post: Post) -> tuple[Message, bool]:
        with self._arrived:
            if post.id is not None and _key(post) in self._by_id:
                return self._by_id[_key(post)], False
            self._kept.seq += 1
            fields = post.model_dump() | {"id": post.id or f"inbox_{uuid4().hex}"}
            message = Message(**fields, seq=self._kept.seq, at=self._clock())
            self._kept.messages.append(message)
            self._by_id[_key(message)] = message
            while len(self._kept.messages) > KEPT:
                del self._by_id[_key(self._kept.messages.pop(0))]
            self._arrived.notify_all()
        self._saver.touch()
        return message, True

    def _next_failure(self) -> Failure | None:
        with self._arrived:
            failure = self._failure
            if failure is not None:
                failure.times -= 1
                if failure.times == 0:
                    self._failure = None
            return failure

    def _list(self, request: Request) -> Response:
        query = _Query(request)
        limit = query.integer("limit", 100)
        found = self.messages(query.address(), query.text("channel"), query.text("kind"), query.integer("since", 0))
        return json_response(200, {"data": [message.model_dump() for message in found[:limit]]})

    def _wait(self, request: Request) -> Response:
        query = _Query(request)
        message = self.wait(
            query.address(),
            query.text("channel"),
            query.text("kind"),
            query.integer("after", 0),
            min(query.integer("timeout", 10), MAX_WAIT),
        )
        if message is None:
            return json_response(_TIMEOUT, {"error": "No such message arrived in time."})
        return json_response(200, message.model_dump())

    def _fail(self, request: Request) -> Response:
        failure = _read(Failure, request)
        self.fail(failure)
        return json_response(200, failure.model_dump())

    def _page(self, request: Request) -> Response:
        return html_response(200, inbox_page.page(self.messages(), _Query(request).text("channel")))

    def _snapshot(self) -> str:
        with self._arrived:
            return self._kept.model_dump_json()


class _Query:
    def __init__(self, request: Request) -> None:
        self._values = parse_qs(request.query)

    def text(self, name: str) -> str | None:
        return self._values.get(name, [None])[-1]

    def address(self) -> str | None:
        """The addressee; in a query a bare `+` means a space, and phone numbers begin with one."""
        to = self.text("to")
        return f"+{to[1:]}" if to is not None and to.startswith(" ") else to

    def integer(self, name: str, default: int) -> int:
        text = self.text(name)
        if text is None:
            return default
        if not text.isdecimal():
            raise _RefusedError(f"{name} must be a whole number.")
        return int(text)


def _read(model: type[T], request: Request) -> T:
    try:
        return model.model_validate_json(request.body)
    except ValidationError as error:
        raise _RefusedError(first_fault(error)[1]) from error


def main(arguments: list[str] | None = None, stop: threading.Event | None = None) -> int:
    """Serve until SIGINT or SIGTERM (or `stop`); 1 when the port is taken."""
    parser = argparse.ArgumentParser(prog="python -m infra.sandbox.inbox", description="Catches messages to people.")
    parser.add_argument("--port", type=int, default=12112, help="on 127.0.0.1; 0 takes a free one (default 12112)")
    parser.add_argument("--state", type=Path, help="a JSON file in which messages outlive a restart")
    options = parser.parse_args(arguments)
    return serve(
        "inbox",
        options.port,
        lambda: Inbox(port=options.port, state=options.state),
        lambda inbox: f"Inbox on {inbox.url}",
        stop,
    )


if __name__ == "__main__":
    sys.exit(main())
