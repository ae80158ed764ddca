"""What every answer says to browsers and caches, and which other sites' pages may read it. No I/O.

A page of another origin reads an answer when its origin is on the operator's list; there is no wildcard, and what a
browser sends by itself (cookies, certificates) is never allowed: the API knows tokens alone.
"""

import re
from collections.abc import Iterable, Mapping, Sequence

Headers = dict[str, str | list[str]]

PROTECTIVE: Mapping[str, str] = {
    # Most answers are one person's, some hold tokens; what may be kept says so itself.
    "Cache-Control": "no-store",
    # JSON and problems are nobody's page: nothing in them is run, loaded or framed.
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "Strict-Transport-Security": "max-age=63072000; includeSubDomains",
    "X-Content-Type-Options": "nosniff",
}
"""On every answer that does not say otherwise itself."""

_MAY_SEND = (
    "Authorization, Content-Type, Accept-Language, Idempotency-Key, If-None-Match, X-Api-Key, X-Device-Id, "
    "X-Merchant-Id"
)
_MAY_READ = "ETag, Idempotent-Replayed, Retry-After, X-Request-Id"
_PREFLIGHT_SECONDS = "7200"  # the most that browsers keep; a preflight costs a request
_CONTROL = re.compile(r"[\x00-\x1f\x7f]+")
_ONCE = frozenset(
    {
        "authorization", "content-encoding", "content-length", "content-type", "host", "idempotency-key", "origin",
        "x-merchant-id",
    }
)  # fmt: skip
"""Headers of a request that say one thing: parties on its way could each believe another of two."""


def dressed(headers: Mapping[str, str | list[str]], origin: str | None, origins: Sequence[str]) -> Headers:
    """Return an answer's headers with the protective ones that it lacks, and for whom it may be read.

    Whatever comes into a value, it ends no line: control characters become a space.

    Args:
        headers: as the endpoint made them.
        origin: the request's, as the browser says.
        origins: those that may read.
    """
    told = {name.lower() for name in headers}
    made: Headers = {name: value for name, value in PROTECTIVE.items() if name.lower() not in told}
    for name, value in headers.items():
        made[name] = _CONTROL.sub(" ", value) if isinstance(value, str) else [_CONTROL.sub(" ", one) for one in value]
    if origins:
        vary = made.get("Vary")
        made["Vary"] = f"{vary}, Origin" if isinstance(vary, str) else "Origin"
    if origin in origins:
        made |= {"Access-Control-Allow-Origin": str(origin), "Access-Control-Expose-Headers": _MAY_READ}
    return made


def preflight(methods: Iterable[str], origin: str | None, origins: Sequence[str]) -> Headers:
    """Return the headers of the answer to OPTIONS: what the path knows, and to listed origins what they may send."""
    known = ", ".join([*sorted(methods), "OPTIONS"])
    if origin not in origins:
        return {"Allow": known}
    return {
        "Allow": known,
        "Access-Control-Allow-Methods": known,
        "Access-Control-Allow-Headers": _MAY_SEND,
        "Access-Control-Max-Age": _PREFLIGHT_SECONDS,
    }


def said_twice(headers: Mapping[str, Sequence[str]]) -> str | None:
    """Return the name of a header that came more than once though it may not, None where there is none."""
    seen: set[str] = set()
    for name, values in headers.items():
        low = name.lower()
        if low in _ONCE and (low in seen or len(values) > 1):
            return low
        seen.add(low)
    return None
