"""Requests to addresses that strangers gave us: what is connected to is what was checked.

The host is resolved once, every address that it has must be public, and the connection goes to those that were checked,
while certificate and Host are of the name: whoever changes the name's address in between (DNS rebinding) changes
nothing. No proxy and no environment has a say. Each redirection begins anew, takes no secrets to another host, and is
followed only where the caller wants it. Everything together, the name server too, ends at one deadline; of a body no
more is read than the caller takes, and nothing is unpacked.
"""

import http.client
import socket
import ssl
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from chalicelib.kit.addresses import PORT, AddressRefused, host_of, is_public, next_hop

_PIECE = 64 * 1024
_REDIRECTIONS = frozenset({301, 302, 303, 307, 308})
_FOR_ANYBODY = frozenset({"accept", "accept-language", "if-modified-since", "if-none-match"})
"""Headers that go along to another host."""


class Unreachable(Exception):  # noqa: N818 - as kit.transaction.Contention
    """There is no such host, or it did not answer in time, as itself, or in HTTP."""


class TooMuch(Exception):  # noqa: N818 - as kit.transaction.Contention
    """It answers more than was to be read."""


@dataclass(frozen=True)
class Answer:
    """What an address answered.

    Attributes:
        status: the HTTP status; a redirection where none was to be followed any more.
        headers: the first of each, by lower-case names.
        body: as it came.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True)
class Question:
    """What is asked of an address.

    Attributes:
        method: GET is the only one that follows redirections.
        headers: beside those that every request of ours has.
        body: what is sent.
        most_bytes: of an answer.
        most_hops: how many redirections are followed.
        cuts: of a longer answer the beginning is enough.
    """

    method: str = "GET"
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None
    most_bytes: int = 64 * 1024
    most_hops: int = 0
    cuts: bool = False


def resolve(host: str) -> Sequence[str]:
    """Return the numeric addresses of a host.

    Raises:
        OSError: it has none.
    """
    found = socket.getaddrinfo(host, PORT, type=socket.SOCK_STREAM)
    return [str(sockaddr[0]) for *_, sockaddr in found]


@dataclass(frozen=True)
class Outbound:
    """Calls addresses. Tests put their own resolver, check, port and trust.

    Attributes:
        agent: the User-Agent: who we are.
        resolve: from a host to its addresses.
        is_allowed: whether an address may be connected to.
        port: where servers listen.
        context: whom to trust; None: whom the system trusts, read when first needed.
        seconds: for everything, redirections too.
    """

    agent: str
    resolve: Callable[[str], Sequence[str]] = resolve
    is_allowed: Callable[[str], bool] = is_public
    port: int = PORT
    context: ssl.SSLContext | None = None
    seconds: float = 10.0

    def send(self, url: str, question: Question, seconds: float | None = None) -> Answer:
        """Return what an address answers, within so many seconds where the caller says it.

        Raises:
            AddressRefused: it, or where it redirects to, is none that may be called.
            Unreachable: nobody answered, or not in time.
            TooMuch: the answer is larger than wanted.
        """
        deadline = time.monotonic() + (self.seconds if seconds is None else seconds)
        headers = {"Accept-Encoding": "identity", "User-Agent": self.agent, **question.headers}
        hops = question.most_hops if question.method == "GET" else 0
        while True:
            answer = self._ask(url, question, headers, deadline)
            if answer.status not in _REDIRECTIONS or not hops:
                return answer
            target = next_hop(url, answer.headers.get("location"))
            if host_of(target) != host_of(url):
                ours = _FOR_ANYBODY | {"accept-encoding", "user-agent"}
                headers = {name: value for name, value in headers.items() if name.lower() in ours}
            url, hops = target, hops - 1

    def _ask(self, url: str, question: Question, headers: Mapping[str, str], deadline: float) -> Answer:
        host = host_of(url)
        addresses = self._checked(host, deadline)
        trust = self.context or ssl.create_default_context()
        connection = _Pinned(host, addresses, self.port, trust, deadline)
        # Whoever sends a byte now and then would keep each single read within its time.
        watch = threading.Timer(max(0.0, deadline - time.monotonic()), connection.cut)
        watch.daemon = True
        watch.start()
        try:
            parts = urlsplit(url)
            target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
            connection.request(question.method, target, question.body, dict(headers))
            return _read(connection.getresponse(), question, deadline)
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise Unreachable from error
        finally:
            watch.cancel()
            connection.close()

    def _checked(self, host: str, deadline: float) -> Sequence[str]:
        """Return addresses to connect to. One that is not public among others refuses all: no honest host has it."""
        addresses = self._resolved(host, deadline)
        if not addresses:
            raise Unreachable
        if not all(map(self.is_allowed, addresses)):
            raise AddressRefused
        return addresses

    def _resolved(self, host: str, deadline: float) -> Sequence[str]:
        found: list[Sequence[str]] = []

        def look() -> None:
            try:
                found.append(self.resolve(host))
            except (OSError, UnicodeError):  # no such host, or a name that is none
                found.append(())

        # The system's resolver knows no deadline; one that hangs is left behind.
        asking = threading.Thread(target=look, daemon=True)
        asking.start()
        asking.join(max(0.0, deadline - time.monotonic()))
        return found[0] if found else ()


class _Pinned(http.client.HTTPSConnection):
    """A connection to one of some addresses, to whoever proves to be the host."""

    def __init__(
        self, host: str, addresses: Sequence[str], port: int, context: ssl.SSLContext, deadline: float
    ) -> None:
        super().__init__(host, PORT, context=context)
        self._addresses, self._at, self._trust = addresses, port, context
        self._deadline = deadline

    def connect(self) -> None:
        plain = self._connected()
        plain.settimeout(self._left())
        self.sock = plain  # so that it can be cut while both shake hands
        self.sock = self._trust.wrap_socket(plain, server_hostname=self.host)

    def _connected(self) -> socket.socket:
        """Connect to the first that takes it: a host may have an address of a kind that this network has no way to."""
        for address in self._addresses[:-1]:
            try:
                return socket.create_connection((address, self._at), timeout=self._left() / 2)
            except OSError:
                continue
        return socket.create_connection((self._addresses[-1], self._at), timeout=self._left())

    def _left(self) -> float:
        return max(0.01, self._deadline - time.monotonic())

    def cut(self) -> None:
        """End it from another thread: what waits for it fails."""
        if self.sock is not None:
            try:
                self.sock.shutdown(socket.SHUT_RDWR)
            except OSError:  # it has ended by itself
                return


def _read(answer: http.client.HTTPResponse, question: Question, deadline: float) -> Answer:
    headers: dict[str, str] = {}
    for name, value in answer.getheaders():
        headers.setdefault(name.lower(), value)
    body = bytearray()
    if answer.status not in _REDIRECTIONS:  # whose body nobody reads
        most = question.most_bytes
        while piece := answer.read(min(_PIECE, most - len(body) + 1)):
            body += piece
            if len(body) > most and question.cuts:
                return Answer(answer.status, headers, bytes(body[:most]))
            if len(body) > most:
                raise TooMuch
        if answer.length or time.monotonic() >= deadline:  # it ended before its end, which nobody else tells
            raise Unreachable
    return Answer(answer.status, headers, bytes(body))
