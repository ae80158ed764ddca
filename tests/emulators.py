"""The DynamoDB emulators of the tests, each a process of its own on a free loopback port.

dynoxide is the strict one (expressions, consumed capacity, races) and must be there on linux-x64, the only platform we pin a binary
for; ministack is the one that the local stack runs on. What each gets wrong is listed where a test depends on it.
"""

import base64
import contextlib
import http.client
import json
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import boto3
from botocore.config import Config

from infra.local import environments
from infra.local.ministack import Ministack
from infra.local.processes import LOOPBACK, answers, free_port, start, wait_until
from infra.queues import QUEUES
from infra.tables import TableSpec, create_table_arguments

REGION = "ap-southeast-1"
SECRETS = {
    "token-key": "token-key-of-the-tests-0123456789abcdef",
    "access-key-1": "YWNjZXNzLWtleS1vZi10aGUtdGVzdHMtMDEyMzQ1Njc",
    "pepper": "pepper-of-the-tests-0123456789abcdef",
    "cursor-key": "cursor-key-of-the-tests-0123456789abcdef",
    "receipts-key": "receipts-key-of-the-tests-0123456789abcdef",
    "scan-key": "scan-key-of-the-tests-0123456789abcdef",
    "ticket-key": "ticket-key-of-the-tests-0123456789abcdef",
    "stripe-api-key": "sk_test_sandbox",
    "stripe-webhook-secret": "whsec_of_the_tests",
}
DOCUMENTS = "linli-test-documents"
SEALS = "linli-test-audit"
DYNOXIDE = "dynoxide"
MINISTACK = "ministack"


@dataclass
class Emulator:
    """A running DynamoDB."""

    name: str
    endpoint: str

    @cached_property
    def dynamodb(self) -> Any:
        """Its DynamoDB client, made once."""
        return self.client("dynamodb")

    def create_table(self, spec: TableSpec, prefix: str) -> None:
        """Make a table under a prefix."""
        self._plain.call("CreateTable", create_table_arguments(spec, prefix))

    def delete_table(self, name: str) -> None:
        """Delete a table by its full name."""
        self._plain.call("DeleteTable", {"TableName": name})

    def close(self) -> None:
        """Let go of what is kept."""
        self._plain.close()

    @cached_property
    def _plain(self) -> "_Plain":
        return _Plain(self.endpoint)

    def client(self, service: str) -> Any:
        """A boto3 client that talks to it; errors are not retried, so that a test sees them."""
        return boto3.client(
            service,
            endpoint_url=self.endpoint,
            region_name=REGION,
            aws_access_key_id="test",
            aws_secret_access_key="test",
            config=Config(retries={"total_max_attempts": 1}, connect_timeout=5, read_timeout=30),
        )


class _Plain:
    """DynamoDB's calls over one kept connection, unsigned. Through boto3, two dozen tables for each of thousands of tests take
    three times as long.
    """

    def __init__(self, endpoint: str) -> None:
        place = urlsplit(endpoint)
        self._connection = http.client.HTTPConnection(place.hostname or LOOPBACK, place.port, timeout=30)
        self._headers = {
            "Content-Type": "application/x-amz-json-1.0",
            # Emulators look that there is a signature, not that it is right.
            "Authorization": f"AWS4-HMAC-SHA256 Credential=test/20300101/{REGION}/dynamodb/aws4_request,"
            " SignedHeaders=host, Signature=00",
            "X-Amz-Date": "20300101T000000Z",
        }

    def close(self) -> None:
        self._connection.close()

    def call(self, operation: str, arguments: dict[str, Any]) -> None:
        """Make a call; AssertionError with the answer when it is refused."""
        headers = self._headers | {"X-Amz-Target": f"DynamoDB_20120810.{operation}"}
        if self._connection.sock is None:
            self._connection.connect()
            # Two small packets a call: the second must not wait for the first one's acknowledgement.
            self._connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            self._connection.request("POST", "/", json.dumps(arguments), headers)
            answer = self._connection.getresponse()
            text = answer.read()
        except BaseException:  # a test that took too long is cut off here as well: the next one begins anew
            self._connection.close()
            raise
        assert answer.status == http.client.OK, text


def default() -> str:
    """The emulator of tests that need one only."""
    return DYNOXIDE if environments.needs_dynoxide() else MINISTACK


@contextlib.contextmanager
def dynoxide(folder: Path) -> Iterator[Emulator]:
    """dynoxide in memory; AssertionError when its binary is not installed."""
    assert environments.DYNOXIDE.exists(), "dynoxide is required on linux-x64: run `make setup` (npm ci in tests/)"
    port = free_port()
    command = [str(environments.DYNOXIDE), "serve", "--host", LOOPBACK, "--port", str(port)]
    process = start(DYNOXIDE, command, log=folder / "dynoxide.log", folder=folder, grace=2)
    try:
        wait_until(lambda: answers(port), process, seconds=20)
        with contextlib.closing(Emulator(DYNOXIDE, f"http://{LOOPBACK}:{port}")) as emulator:
            yield emulator
    finally:
        process.stop()


@contextlib.contextmanager
def ministack(folder: Path) -> Iterator[Emulator]:
    """A bare ministack that keeps nothing."""
    server = Ministack(folder, free_port(), persist=False, authorize=False)
    server.start()
    try:
        with contextlib.closing(Emulator(MINISTACK, server.endpoint)) as emulator:
            yield emulator
    finally:
        server.stop()


def function_environment(prefix: str, endpoint: str) -> dict[str, str]:
    """What a function of stage `test` finds in its environment."""
    return {
        "APP": "linli",
        "STAGE": "test",
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_ENDPOINT_URL": endpoint,
        "TABLE_PREFIX": prefix,
        "QUEUE_PREFIX": "linli-test",
        "SECRETS_PATH": "/linli/test/",
        "SEAL_KEY_ID": "alias/linli-test-seal",
        "DOCUMENTS_BUCKET": DOCUMENTS,
        "AUDIT_BUCKET": SEALS,
        "WEBAUTHN_RP_ID": "linli.example",
        "WEBAUTHN_ORIGINS": "https://app.linli.example,android:apk-key-hash:bGlubGk",
        "LOG_LEVEL": "INFO",
    }


def furnish(emulator: Emulator) -> None:
    """Put the secrets, the sealing key, the buckets and the queues of stage `test` where functions look for them."""
    place = {"LocationConstraint": REGION}
    emulator.client("s3").create_bucket(Bucket=DOCUMENTS, CreateBucketConfiguration=place)
    make_seals_bucket(emulator, SEALS)
    sqs = emulator.client("sqs")
    for spec in QUEUES:
        sqs.create_queue(QueueName=f"linli-test-{spec.name}")
    kms = emulator.client("kms")
    key = kms.create_key(Description="seals personal data in tests")["KeyMetadata"]["KeyId"]
    kms.create_alias(AliasName="alias/linli-test-seal", TargetKeyId=key)
    data_key = kms.generate_data_key_without_plaintext(KeyId=key, KeySpec="AES_256")["CiphertextBlob"]
    ssm = emulator.client("ssm")
    for name, value in {**SECRETS, "seal-key-1": base64.b64encode(data_key).decode()}.items():
        ssm.put_parameter(Name=f"/linli/test/{name}", Value=value, Type="SecureString", Overwrite=True)


def make_seals_bucket(emulator: Emulator, name: str) -> None:
    """Make a bucket as the data stack makes that of seals: with versions, and every version locked for a day."""
    s3 = emulator.client("s3")
    s3.create_bucket(
        Bucket=name,
        ObjectLockEnabledForBucket=True,
        CreateBucketConfiguration={"LocationConstraint": REGION},
    )
    rule = {"DefaultRetention": {"Mode": "GOVERNANCE", "Days": 1}}
    s3.put_object_lock_configuration(
        Bucket=name, ObjectLockConfiguration={"ObjectLockEnabled": "Enabled", "Rule": rule}
    )
