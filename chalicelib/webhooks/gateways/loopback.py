"""Endpoints on this machine, over plain http: for a local stack that says so, and never anywhere else."""

import http.client
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from chalicelib.webhooks.gateways.https import AGENT, HttpsCaller
from chalicelib.webhooks.ports import Answer

_MOST_BYTES = 4096
HOST = "127.0.0.1"


@dataclass(frozen=True)
class LoopbackCaller:
    """See `webhooks.ports.Caller`. Calls `http://127.0.0.1:<port>`, and everything else as it is called elsewhere."""

    elsewhere: HttpsCaller = field(default_factory=HttpsCaller)

    def call(self, url: str, headers: Mapping[str, str], body: str, seconds: float) -> Answer:
        parts = urlsplit(url)
        if parts.scheme != "http" or parts.hostname != HOST:
            return self.elsewhere.call(url, headers, body, seconds)
        began = time.monotonic()
        connection = http.client.HTTPConnection(HOST, parts.port, timeout=seconds)
        try:
            target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
            connection.request("POST", target, body.encode(), {"User-Agent": AGENT, **headers})
            answer = connection.getresponse()
            said = answer.read(_MOST_BYTES).decode("utf-8", "replace")
        except (OSError, http.client.HTTPException):
            return Answer(None, "unreachable", ms=round((time.monotonic() - began) * 1000))
        finally:
            connection.close()
        return Answer(
            answer.status, None, said, answer.getheader("retry-after"), round((time.monotonic() - began) * 1000)
        )
