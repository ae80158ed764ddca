"""AWS clients: one botocore session and one client per service and container.

botocore alone is enough here; boto3's resource layer costs start-up time that no handler needs.
"""

import threading
from functools import cache
from typing import Any

import botocore.config
import botocore.session
from botocore.exceptions import BotoCoreError, ClientError

from chalicelib.kit.observability import log, metric

# API Gateway gives up after 29 s; a call that hangs must fail while there is time left to answer.
_CONFIG = botocore.config.Config(
    connect_timeout=2,
    read_timeout=8,
    retries={"mode": "standard", "total_max_attempts": 3},
    max_pool_connections=32,
)
_OWN = {
    # botocore still signs addresses and forms of S3 the old way (SHA-1) unless it is told.
    "s3": _CONFIG.merge(botocore.config.Config(signature_version="s3v4")),
    # Somebody waits for it while they type, and can do without.
    "geo-places": _CONFIG.merge(
        botocore.config.Config(connect_timeout=1, read_timeout=2, retries={"total_max_attempts": 1})
    ),
}


# botocore's sessions must not make clients on two threads at once; the clients themselves may be shared.
_making = threading.Lock()


@cache
def _session() -> Any:
    return botocore.session.get_session()


@cache
def _client(service: str) -> Any:
    return _session().create_client(service, config=_OWN.get(service, _CONFIG))


def client(service: str) -> Any:
    """Return the container's client of `service`; region, endpoint and credentials come from the environment."""
    with _making:
        return _client(service)


def reason(error: Exception) -> str:
    """Return what an error of a call is called, for a log: its text may repeat what was sent."""
    told = getattr(error, "response", None) or {}  # a time-out has a `response` that is None
    return str(told.get("Error", {}).get("Code") or type(error).__name__)


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
    _session.cache_clear()
