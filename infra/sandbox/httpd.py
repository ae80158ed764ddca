"""A small HTTP/1.1 server for loopback: keep-alive, no Nagle delay, and no answer to pages of other origins."""

import json
import socket
import sys
import threading
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

from infra.sandbox.closing import Closing

MAX_BODY = 1_000_000
_LOOPBACK = {"127.0.0.1", "localhost", "::1"}


@dataclass(frozen=True)
class Request:
    """One request; header names are lower case, `path` is without the query string."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True)
class Response:
    """One answer."""

    status: int
    body: bytes
    content_type: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)


Handler = Callable[[Request], Response | None]
"""Answers a request; None drops the connection without an answer."""


def json_response(status: int, content: Any, headers: Mapping[str, str] | None = None) -> Response:
    """An answer in JSON."""
    return Response(status, json.dumps(content, ensure_ascii=False, indent=1).encode(), headers=headers or {})


def html_response(status: int, page: str) -> Response:
    """An HTML page that may load and run nothing."""
    policy = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; frame-ancestors 'none'"
    headers = {"Content-Security-Policy": policy, "Referrer-Policy": "no-referrer", "Cache-Control": "no-store"}
    return Response(status, page.encode(), "text/html; charset=utf-8", headers)


def foreign(request: Request) -> Response | None:
    """A refusal when a page of another site, or a host name that was rebound to loopback, is behind the request."""
    try:
        host = urlsplit(f"//{request.headers.get('host', '')}")
        origin = urlsplit(request.headers.get("origin", f"//{host.netloc}"))
    except ValueError:
        return json_response(403, {"error": "Host or Origin cannot be read."})
    if host.hostname not in _LOOPBACK:
        return json_response(403, {"error": "This server answers to loopback names only."})
    if origin.netloc != host.netloc:
        return json_response(403, {"error": "Requests from other origins are refused."})
    return None


class _Connection(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = 65536
    server: "_Listener"

    def setup(self) -> None:
        super().setup()
        self.server.opened(self.connection)

    def finish(self) -> None:
        super().finish()
        self.server.closed(self.connection)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name is the base class's
        """Nothing: the servers log for themselves."""

    def _serve(self) -> None:
        length = self.headers.get("Content-Length", "0")
        if not length.isdecimal() or int(length) > MAX_BODY or "Transfer-Encoding" in self.headers:
            self.close_connection = True
            self._send(json_response(413, {"error": "A body needs a Content-Length of at most one megabyte."}))
            return
        target = urlsplit(self.path)
        headers = {name.lower(): value for name, value in self.headers.items()}
        request = Request(self.command, target.path, target.query, headers, self.rfile.read(int(length)))
        try:
            response = self.server.answer(request)
        except Exception:  # noqa: BLE001 - a bug in a handler is shown and answered, it must not look like a lost network
            traceback.print_exc(file=sys.stderr)
            response = json_response(500, {"error": {"type": "api_error", "message": "The sandbox has a bug."}})
        if response is None:
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)
            return
        self._send(response)

    def _send(self, response: Response) -> None:
        self.send_response(response.status)
        self.send_header("Content-Type", response.content_type)
        self.send_header("Content-Length", str(len(response.body)))
        self.send_header("X-Content-Type-Options", "nosniff")
        for name, value in response.headers.items():
            self.send_header(name, "".join(value.splitlines()))  # what came from a client adds no header
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(response.body)
        self.wfile.flush()

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _serve  # noqa: N815 - names of the base class


class _Listener(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256
    allow_reuse_address = True

    def __init__(self, port: int, answer: Handler) -> None:
        self.answer = answer
        self._open: dict[socket.socket, threading.Thread] = {}
        self._guard = threading.Lock()
        super().__init__(("127.0.0.1", port), _Connection)

    def server_bind(self) -> None:
        # The base class asks for the host's full name here, which may go out to a name server.
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()
        self.server_name, self.server_port = "127.0.0.1", self.server_address[1]

    def opened(self, connection: socket.socket) -> None:
        with self._guard:
            self._open[connection] = threading.current_thread()

    def closed(self, connection: socket.socket) -> None:
        with self._guard:
            self._open.pop(connection, None)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is no news; anything else is."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)

    def hang_up(self) -> None:
        with self._guard:
            waiting = list(self._open.items())
        for connection, _ in waiting:
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue  # the client was faster
        for _, thread in waiting:
            thread.join(5)


class LoopbackServer(Closing):
    """Serves `answer` on 127.0.0.1 from the moment it is made until `close()`; port 0 takes a free one.

    Raises OSError when the port is taken.
    """

    def __init__(self, answer: Handler, port: int = 0) -> None:
        self._listener = _Listener(port, answer)
        self.port: int = self._listener.server_port
        self.url = f"http://127.0.0.1:{self.port}"
        self._thread = threading.Thread(target=self._listener.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop listening and end every connection."""
        self._listener.shutdown()
        self._listener.server_close()
        self._listener.hang_up()
        self._thread.join()
