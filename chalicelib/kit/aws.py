"""AWS clients: one botocore session and one client per service and container.

botocore alone is enough here; boto3's resource layer costs start-up time that no handler needs.
"""

import threading
import time
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

import botocore.config
import botocore.session
from botocore.exceptions import BotoCoreError, ClientError

from chalicelib.kit.observability import asked, log, metric

# API Gateway gives up after 29 s; a call that hangs must fail while there is time left to answer.
_CONFIG = botocore.config.Config(
    connect_timeout=2,
    read_timeout=8,
    retries={"mode": "standard", "total_max_attempts": 3},
    max_pool_connections=32,
)
# For what somebody waits for, and can do without.
_HASTY = _CONFIG.merge(
    botocore.config.Config(connect_timeout=1, read_timeout=2, retries={"mode": "standard", "total_max_attempts": 1})
)
_OWN = {
    # It answers in milliseconds or not at all. One that hangs costs three times 3 s and botocore's waits, 12 s at most:
    # there is time left to ask again, and a client repeats in time (`accounts.rules.GRACE`).
    "dynamodb": _CONFIG.merge(botocore.config.Config(connect_timeout=1, read_timeout=3)),
    # botocore still signs addresses and forms of S3 the old way (SHA-1) unless it is told.
    "s3": _CONFIG.merge(botocore.config.Config(signature_version="s3v4")),
    "geo-places": _HASTY,
    # Who is asked for an opinion. A batch of ten is to be told in its minute that nobody answers, see `opinion`.
    "comprehend": _CONFIG.merge(botocore.config.Config(connect_timeout=1, read_timeout=5)),
    "rekognition": _CONFIG.merge(botocore.config.Config(connect_timeout=1, read_timeout=8)),
}
SILENCE = 20.0
"""Seconds for which nobody asks a service again that did not answer: what waits is told so at once."""


TOLD = frozenset({"sns", "ses", "sesv2", "geo-places"})
"""Services that are a provider among others: each call is a line with the request id that AWS's support asks for."""


# botocore's sessions must not make clients on two threads at once; the clients themselves may be shared.
_making = threading.Lock()


@cache
def _session() -> Any:
    return botocore.session.get_session()


@cache
def _client(service: str) -> Any:
    made = _session().create_client(service, config=_OWN.get(service, _CONFIG))
    if service in TOLD:
        events, name = made.meta.events, made.meta.service_model.service_id.hyphenize()
        events.register(f"before-parameter-build.{name}.*", _calls)  # a stub answers before the call
        events.register(f"after-call.{name}.*", _answered)
        events.register(f"after-call-error.{name}.*", _lost)
    return made


def _calls(context: dict[str, Any], **_: Any) -> None:
    context["linli_began"] = time.monotonic()


def _answered(parsed: Mapping[str, Any], context: dict[str, Any], event_name: str, **_: Any) -> None:
    told = parsed.get("ResponseMetadata", {})
    asked(context["linli_began"], told.get("HTTPStatusCode"), told.get("RequestId"), **_named(event_name))


def _lost(context: dict[str, Any], event_name: str, **_: Any) -> None:
    asked(context["linli_began"], None, None, **_named(event_name))


def _named(event: str) -> dict[str, str]:
    """Return what is called, of an event such as `after-call.sns.Publish`."""
    _, service, operation = event.split(".")
    return {"provider": f"aws/{service}", "method": "POST", "path": operation}


def client(service: str) -> Any:
    """Return the container's client of `service`; region, endpoint and credentials come from the environment."""
    with _making:
        return _client(service)


@cache
def _hasty(service: str) -> Any:
    return _session().create_client(service, config=_HASTY)


def hasty(service: str) -> Any:
    """Return a client of `service` that gives up after 3 s and one attempt: for what may as well be left undone."""
    with _making:
        return _hasty(service)


def reason(error: Exception) -> str:
    """Return what an error of a call is called, for a log: its text may repeat what was sent."""
    told = getattr(error, "response", None) or {}  # a time-out has a `response` that is None
    return str(told.get("Error", {}).get("Code") or type(error).__name__)


# Until when nobody asks a service for its opinion, by `time.monotonic`. Threads may both write: either is right.
_silent: dict[str, float] = {}


def opinion(
    service: str, operation: str, refused: frozenset[str], down: Callable[[str], Exception], **request: Any
) -> Mapping[str, Any] | None:
    """Return what a service that looks at something says of it; None where it does not take what it is asked about.

    Args:
        service, operation: whom to ask, as botocore calls them.
        refused: codes of errors that mean the content, so that asking again is of no use.
        down: makes the error that is raised where nobody knows, from what AWS calls it: ask again later. That is of
            every other error, a right that is missing too: who waits is told of in a day, and nothing is lost.
        request: what the operation takes.
    """
    if time.monotonic() < _silent.get(service, 0.0):
        raise down("silent")
    try:
        told: Mapping[str, Any] = getattr(client(service), operation)(**request)
    except (BotoCoreError, ClientError) as error:
        code = reason(error)
        if not isinstance(error, ClientError):  # no answer at all, which takes long to find out
            _silent[service] = time.monotonic() + SILENCE
        elif code in refused:
            return None
        log.warning("no opinion", service=service, reason=code)
        metric("OpinionsMissing", service=service)
        raise down(code) from error
    return told


def decrypted(blob: bytes, key_id: str) -> bytes:
    """Return what KMS encrypted under a key. Where it does not, whoever keeps the key is told: soon nothing works."""
    try:
        plain: bytes = client("kms").decrypt(CiphertextBlob=blob, KeyId=key_id)["Plaintext"]
    except (BotoCoreError, ClientError) as error:
        log.error("a data key cannot be opened", extra={"reason": reason(error)})
        metric("KeyErrors")
        raise
    return plain


def reset() -> None:
    """Forget all clients: for tests that change the endpoint."""
    _client.cache_clear()
    _hasty.cache_clear()
    _session.cache_clear()
    _silent.clear()
