"""Endpoints over https; see `kit.outbound` for what keeps us safe there."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field

from chalicelib.kit.addresses import AddressRefused
from chalicelib.kit.outbound import Outbound, Question, Unreachable
from chalicelib.webhooks.ports import Answer

_MOST_BYTES = 4096
AGENT = "Linli webhooks"


@dataclass(frozen=True)
class HttpsCaller:
    """See `webhooks.ports.Caller`. Redirections are not followed, and of an answer the first bytes are read."""

    outbound: Outbound = field(default_factory=lambda: Outbound(AGENT))

    def call(self, url: str, headers: Mapping[str, str], body: str, seconds: float) -> Answer:
        question = Question("POST", headers, body.encode(), most_bytes=_MOST_BYTES, cuts=True)
        began = time.monotonic()

        def took() -> int:
            return round((time.monotonic() - began) * 1000)

        try:
            answer = self.outbound.send(url, question, seconds)
        except AddressRefused:
            return Answer(None, "refused-address", ms=took())
        except Unreachable:
            return Answer(None, "unreachable", ms=took())
        said = answer.body.decode("utf-8", "replace")
        return Answer(answer.status, None, said, answer.headers.get("retry-after"), took())
