"""Engines that keep running beside an application: Redis, and SQLite's R*tree in the process. They cost no read units;
what is compared is whether they are right, and how long they take.
"""

import shutil
import sqlite3
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from benchmarks.search.data import Place
from benchmarks.search.questions import Question
from chalicelib.search.distance import RADIUS_M, haversine
from chalicelib.search.ports import Card
from infra.local.processes import LOOPBACK, free_port

Search = Callable[[Place, Question], Sequence[tuple[float, str]]]


@contextmanager
def redis(some: Sequence[Card]) -> Iterator[Search | None]:
    """Yield a search by Redis' GEOSEARCH; None where redis-server cannot be had (root gets it from Debian)."""
    if not shutil.which("redis-server") and shutil.which("apt-get"):
        subprocess.run(["apt-get", "install", "-y", "-q", "redis-server"], check=False, capture_output=True)
    if not shutil.which("redis-server"):
        yield None
        return
    port = free_port()
    with tempfile.TemporaryDirectory() as folder:
        command = ["redis-server", "--bind", LOOPBACK, "--port", str(port), "--save", "", "--dir", folder]
        server = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        try:
            connection = _connected(port)
            for start in range(0, len(some), 500):
                parts: list[object] = ["GEOADD", "shops"]
                for card in some[start : start + 500]:
                    # Redis refuses what is beyond 85.05112878 degrees; nothing of it is found there.
                    if abs(card.lat) <= 85.05:
                        parts += [card.lon, card.lat, card.shop_id]
                connection.ask(*parts)
            yield connection.search
        finally:
            server.terminate()
            server.wait(20)


def _connected(port: int) -> "_Redis":
    deadline = time.monotonic() + 20
    while True:
        try:
            return _Redis(port)
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.01)


class _Redis:
    """As much of the protocol (RESP) as the search needs: commands out, bulk strings and arrays in."""

    def __init__(self, port: int) -> None:
        import socket

        connection = socket.create_connection((LOOPBACK, port), 5)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._file = connection.makefile("rwb")

    def ask(self, *parts: object) -> object:
        texts = [str(part).encode() for part in parts]
        self._file.write(b"*%d\r\n" % len(texts) + b"".join(b"$%d\r\n%s\r\n" % (len(one), one) for one in texts))
        self._file.flush()
        return self._read()

    def _read(self) -> object:
        line = self._file.readline().strip()
        kind, rest = line[:1], line[1:]
        if kind == b"*":
            return [self._read() for _ in range(int(rest))]
        if kind == b"$":
            return self._file.read(int(rest) + 2)[:-2].decode()
        if kind == b"-":
            raise ValueError(rest.decode())
        return rest.decode()

    def search(self, place: Place, question: Question) -> Sequence[tuple[float, str]]:
        """Return what GEOSEARCH finds, in its order."""
        count = ["COUNT", question.most] if question.most else []
        answer = self.ask(
            "GEOSEARCH", "shops", "FROMLONLAT", place.lon, place.lat, "BYRADIUS", question.radius, "m", "ASC", *count,
            "WITHDIST",
        )  # fmt: skip
        assert isinstance(answer, list)
        return [(float(distance), shop_id) for shop_id, distance in answer]


def rtree(some: Sequence[Card]) -> Search:
    """Return a search by SQLite's R*tree: a box around the radius, doubled until there are enough."""
    base = sqlite3.connect(":memory:")
    base.execute("CREATE VIRTUAL TABLE shops USING rtree(id, south, north, west, east)")
    rows = [(n, card.lat, card.lat, card.lon, card.lon) for n, card in enumerate(some)]
    base.executemany("INSERT INTO shops VALUES (?, ?, ?, ?, ?)", rows)

    def within(place: Place, radius: float) -> list[tuple[float, str]]:
        import math

        up = math.degrees(radius / RADIUS_M) * 1.000001 + 1e-5
        right = min(up / max(math.cos(math.radians(min(abs(place.lat) + up, 89.99))), 1e-6), 180.0)
        found = base.execute(
            "SELECT id FROM shops WHERE south >= ? AND north <= ? AND west >= ? AND east <= ?",
            (place.lat - up, place.lat + up, place.lon - right, place.lon + right),
        )
        cards = (some[number] for (number,) in found)
        hits = ((haversine(place.lat, place.lon, card.lat, card.lon), card.shop_id) for card in cards)
        return sorted(hit for hit in hits if hit[0] <= radius)

    def search(place: Place, question: Question) -> Sequence[tuple[float, str]]:
        radius = question.radius if question.most is None else 250.0
        while True:
            found = within(place, min(radius, question.radius))
            if question.most is None or len(found) >= question.most or radius >= question.radius:
                return found[: question.most]
            radius *= 2

    return search
