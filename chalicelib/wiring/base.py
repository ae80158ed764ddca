"""What every domain shares: clock, database, keys, files, the audit log. See the package."""

from functools import cache
from typing import TYPE_CHECKING

from chalicelib import settings as _settings
from chalicelib import wiring
from chalicelib.kit import aws
from chalicelib.kit.clock import Clock, SystemClock

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chalicelib.audit.ports import AuditPorts, SealingPorts
    from chalicelib.kit.dynamo import DynamoCommitter
    from chalicelib.kit.files import Files
    from chalicelib.kit.idempotency_store import IdempotencyStore
    from chalicelib.kit.pagination import Cursors
    from chalicelib.kit.seal import Sealer
    from chalicelib.kit.tokens import SigningKey, Tokens
    from chalicelib.outbox.ports import OutboxPorts
    from chalicelib.outbox.store import OutboxStore

_clock: Clock = SystemClock()


def clock() -> Clock:
    """Return the clock; tests put their own with `use_clock`."""
    return _clock


def use_clock(new: Clock) -> None:
    """Replace the clock of everything that is wired from now on."""
    global _clock  # noqa: PLW0603 - one process, one clock
    _clock = new
    wiring.reset()


@cache
def committer() -> "DynamoCommitter":
    from chalicelib.kit.dynamo import DynamoCommitter

    return DynamoCommitter()


@cache
def idempotency() -> "IdempotencyStore":
    from chalicelib.kit.idempotency_store import IdempotencyStore

    return IdempotencyStore(wiring.clock())


@cache
def outbox() -> "OutboxStore":
    from chalicelib.outbox.store import OutboxStore

    return OutboxStore()


@cache
def files() -> "Files":
    from chalicelib.kit.files_s3 import S3Files

    return S3Files(_settings.settings().documents_bucket)


@cache
def tokens() -> "Tokens":
    from chalicelib.kit.tokens import Tokens

    return Tokens(_access_keys, _settings.settings().stage, _settings.regions())


def _access_keys(again: bool) -> "tuple[SigningKey, ...]":  # noqa: FBT001 - as `Tokens` asks
    """Return the keys of access tokens (secrets `access-key-<number>`), the newest last."""
    import base64

    from chalicelib.kit.tokens import SigningKey

    told = _settings.secrets_again() if again else _settings.secrets()
    names = sorted((name for name in told if name.startswith("access-key-")), key=lambda name: int(name.split("-")[2]))
    return tuple(SigningKey(name.split("-")[2], base64.urlsafe_b64decode(told[name] + "=")) for name in names)


@cache
def cursors() -> "Cursors":
    from chalicelib.kit.pagination import Cursors

    return Cursors(_settings.secrets()["cursor-key"])


@cache
def sealer() -> "Sealer":
    from chalicelib.kit.seal import Sealer

    keys, pepper = _data_keys(_settings.secrets()), _settings.secrets()["pepper"]
    return Sealer(keys, max(keys), pepper.encode(), lambda: _data_keys(_settings.read_secrets_again()))


def _data_keys(secrets: "Mapping[str, str]") -> dict[int, bytes]:
    """Return the data keys (secrets `seal-key-<version>`: base64 of KMS ciphertext) by version."""
    names = [name for name in secrets if name.startswith("seal-key-")]
    return {int(name.removeprefix("seal-key-")): _unwrapped(secrets[name]) for name in names}


@cache
def _unwrapped(wrapped: str) -> bytes:
    """Return a data key: one call of KMS for each in a container's life, however often secrets are read."""
    import base64

    return aws.decrypted(base64.b64decode(wrapped), _settings.settings().seal_key_id)


@cache
def relay() -> "OutboxPorts":
    from chalicelib.outbox.gateways.sqs import SqsQueues
    from chalicelib.outbox.ports import OutboxPorts
    from chalicelib.outbox.store import SentTable

    queues = SqsQueues(_settings.settings().queue_prefix)
    return OutboxPorts(pending=wiring.outbox(), queues=queues, sent=SentTable(), listeners=wiring.listening())


@cache
def audit() -> "AuditPorts":
    from chalicelib.audit.ports import AuditPorts
    from chalicelib.audit.store import AuditTable

    return AuditPorts(store=AuditTable(wiring.clock()))


@cache
def audit_sealing() -> "SealingPorts":
    """Return what sealing and verifying the audit log needs."""
    from chalicelib.audit.gateways.s3 import S3Vault
    from chalicelib.audit.ports import SealingPorts
    from chalicelib.audit.store import SealTable

    return SealingPorts(store=SealTable(), vault=S3Vault(_settings.settings().audit_bucket), clock=wiring.clock())


def public_url() -> str:
    """Return where the API is called from outside, without `/v1`."""
    return _settings.secrets()["public-url"]


def edge_secret() -> str | None:
    """Return what a distribution in front adds to what it forwards; None where there is none."""
    return _settings.secrets().get("edge-secret")
