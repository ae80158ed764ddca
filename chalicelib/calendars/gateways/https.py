"""Calendars over https, from addresses that strangers gave us: what is connected to is what was checked.

The host is resolved once, every address that it has must be public, and the connection goes to the one that was
checked, while certificate and Host are of the name: whoever changes the name's address in between (DNS rebinding)
changes nothing.
No proxy and no environment has a say. Each redirection begins anew.
"""

import http.client
import socket
import ssl
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from chalicelib.calendars.ports import Fetched
from chalicelib.calendars.rules.addresses import PORT, host_of, is_public, next_hop
from chalicelib.calendars.rules.faults import (
    MOST_BYTES,
    AddressRefused,
    AnsweredOtherwise,
    CalendarTooLarge,
    Unreachable,
)

_SECONDS = 10.0  # for everything, redirections too
_MOST_HOPS = 3
_PIECE = 64 * 1024
_OK, _NOT_MODIFIED = 200, 304
_REDIRECTIONS = {301, 302, 303, 307, 308}


def resolve(host: str) -> Sequence[str]:
    """Return the numeric addresses of a host.

    Raises:
        OSError: it has none.
    """
    found = socket.getaddrinfo(host, PORT, type=socket.SOCK_STREAM)
    return [str(sockaddr[0]) for *_, sockaddr in found]


@dataclass(frozen=True)
class HttpsFetcher:
    """See `calendars.ports.Fetcher`. Tests put their own resolver, check, port and trust.

    Attributes:
        resolve: from a host to its addresses.
        is_allowed: whether an address may be connected to.
        port: where servers listen.
        context: whom to trust; None: whom the system trusts, read when first needed.
        seconds: for everything.
    """

    resolve: Callable[[str], Sequence[str]] = resolve
    is_allowed: Callable[[str], bool] = is_public
    port: int = PORT
    context: ssl.SSLContext | None = None
    seconds: float = _SECONDS

    def fetch(self, url: str, etag: str | None) -> Fetched:
        deadline = time.monotonic() + self.seconds
        for _ in range(_MOST_HOPS + 1):
            answer = self._ask(url, etag, deadline)
            if isinstance(answer, Fetched):
                return answer
            url = next_hop(url, answer)
        raise AnsweredOtherwise

    def _ask(self, url: str, etag: str | None, deadline: float) -> Fetched | str | None:
        """Return what an address answers, or where it says to go."""
        host = host_of(url)
        address = self._checked(host)
        connection = _Pinned(host, address, self.port, self.context or ssl.create_default_context(), deadline)
        # Whoever sends a byte now and then would keep each single read within its time.
        watch = threading.Timer(max(0.0, deadline - time.monotonic()), connection.cut)
        watch.daemon = True
        watch.start()
        try:
            return _answer(connection, url, etag, deadline)
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise Unreachable from error
        finally:
            watch.cancel()
            connection.close()

    def _checked(self, host: str) -> str:
        """Return an address to connect to. One that is not public among others refuses them all: no honest host has it.

        Raises:
            AddressRefused: not public. Unreachable: there is no such host.
        """
        try:
            addresses = self.resolve(host)
        except (OSError, UnicodeError) as error:
            raise Unreachable from error
        if not addresses:
            raise Unreachable
        if not all(map(self.is_allowed, addresses)):
            raise AddressRefused
        return addresses[0]


class _Pinned(http.client.HTTPSConnection):
    """A connection to one address, to whoever proves to be the host."""

    def __init__(self, host: str, address: str, port: int, context: ssl.SSLContext, deadline: float) -> None:
        super().__init__(host, PORT, timeout=max(0.01, deadline - time.monotonic()), context=context)
        self._address, self._at, self._trust = address, port, context
        self._deadline = deadline

    def connect(self) -> None:
        plain = socket.create_connection((self._address, self._at), timeout=self.timeout)
        plain.settimeout(max(0.01, self._deadline - time.monotonic()))
        self.sock = plain  # so that it can be cut while both shake hands
        self.sock = self._trust.wrap_socket(plain, server_hostname=self.host)

    def cut(self) -> None:
        """End it from another thread: what waits for it fails."""
        if self.sock is not None:
            try:
                self.sock.shutdown(socket.SHUT_RDWR)
            except OSError:  # it has ended by itself
                return


def _answer(
    connection: http.client.HTTPSConnection, url: str, etag: str | None, deadline: float
) -> Fetched | str | None:
    parts = urlsplit(url)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    headers = {"Accept": "text/calendar", "Accept-Encoding": "identity", "User-Agent": "Linli calendars"}
    if etag:
        headers["If-None-Match"] = etag
    connection.request("GET", target, headers=headers)
    answer = connection.getresponse()
    if answer.status == _NOT_MODIFIED and etag:
        return Fetched(None, etag)
    if answer.status in _REDIRECTIONS:
        return answer.getheader("Location") or ""
    if answer.status != _OK or answer.getheader("Content-Encoding", "identity").lower() != "identity":
        raise AnsweredOtherwise
    return Fetched(_text(answer, deadline), answer.getheader("ETag"))


def _text(answer: http.client.HTTPResponse, deadline: float) -> str:
    told = bytearray()
    while piece := answer.read(_PIECE):
        told += piece
        if len(told) > MOST_BYTES:
            raise CalendarTooLarge
    if answer.length or time.monotonic() >= deadline:  # it ended before its end, which nobody else tells
        raise Unreachable
    return told.decode("utf-8", "replace")
