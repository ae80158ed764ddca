"""One exchange with a provider's server, bounded in time and size. urllib3 comes with boto3, which is there already."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol
from urllib.parse import urlsplit

import urllib3

from chalicelib.kit.errors import Unavailable
from chalicelib.kit.observability import asked

_CHUNK = 65_536


@dataclass(frozen=True)
class Answer:
    """What came back; header names in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Exchange(Protocol):
    """Sends one request and returns what came back.

    Raises:
        Unavailable: no whole answer in time.
    """

    def __call__(self, method: str, url: str, headers: Mapping[str, str], body: bytes | None, most: int) -> Answer: ...


class Http:
    """See `Exchange`. Follows no redirect, and stops reading after `most` bytes.

    Args:
        connect: seconds until the connection stands.
        read: seconds that each read may take.
        whole: seconds for everything, however often a byte comes.
    """

    def __init__(self, connect: float = 3.0, read: float = 8.0, whole: float = 11.0) -> None:
        self._pool = urllib3.PoolManager(retries=False, timeout=urllib3.Timeout(connect=connect, read=read))
        self._seconds = whole

    def __call__(self, method: str, url: str, headers: Mapping[str, str], body: bytes | None, most: int) -> Answer:
        started = time.monotonic()
        deadline = started + self._seconds
        parts = urlsplit(url)
        call = {"provider": parts.hostname or "-", "method": method, "path": parts.path}  # a query may hold secrets
        try:
            response = self._pool.request(
                method, url, body=body, headers=dict(headers), redirect=False, preload_content=False
            )
            try:
                content = _read(response, most, deadline)
            except BaseException:
                response.close()  # what is left unread must not be the next answer
                raise
            response.release_conn()
        except (urllib3.exceptions.HTTPError, Unavailable) as error:
            asked(started, None, None, **call)
            if isinstance(error, Unavailable):
                raise
            raise Unavailable(retry_after=2) from error
        headers = {name.lower(): value for name, value in response.headers.items()}
        asked(started, response.status, headers.get("request-id"), **call)
        return Answer(response.status, headers, content)


def _read(response: urllib3.BaseHTTPResponse, most: int, deadline: float) -> bytes:
    content = bytearray()
    while part := response.read1(_CHUNK, decode_content=False):
        content += part
        if len(content) > most or time.monotonic() > deadline:
            raise Unavailable(retry_after=2)
    return bytes(content)
