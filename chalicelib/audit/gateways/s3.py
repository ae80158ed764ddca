"""Seals in a bucket that locks what is put there: `seals/<date>.json`, `leaves/<date>/<part>.jsonl`.

Every put is conditional (`If-None-Match: *`), so that nothing gets a second version; the bucket's policy allows no
other. A line of a part is an array of place, object and hash.
"""

import json
from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

from botocore.exceptions import ClientError

from chalicelib.audit.ports import Leaf, Seal
from chalicelib.audit.rules import canonical
from chalicelib.kit import aws

_SEALS, _LEAVES = "seals/", "leaves/"
_STANDS = {"PreconditionFailed", "412"}
_GONE = {"NoSuchKey", "404"}


class S3Vault:
    """See `audit.ports.Vault`.

    Args:
        bucket: its name.
    """

    def __init__(self, bucket: str) -> None:
        self._bucket = bucket

    def days(self) -> Sequence[date]:
        pages = self._pages("list_objects_v2", _SEALS)
        keys = (row["Key"] for page in pages for row in page.get("Contents", ()))
        return [date.fromisoformat(key.removeprefix(_SEALS).removesuffix(".json")) for key in keys]

    def seal_of(self, day: date) -> Seal | None:
        text = self._get(_seal_key(day))
        if text is None:
            return None
        told = json.loads(text)
        return Seal(day, told["count"], told["late"], told["root"], told["previous"], told["chain"])

    def put_seal(self, seal: Seal) -> Seal:
        body = canonical(seal.body() | {"chain": seal.chain})
        if self._put(_seal_key(seal.day), body, "application/json"):
            return seal
        return self.seal_of(seal.day) or seal

    def part(self, day: date, name: str) -> Sequence[Leaf] | None:
        text = self._get(_part_key(day, name))
        return None if text is None else list(_leaves(text))

    def put_part(self, day: date, name: str, leaves: Sequence[Leaf]) -> Sequence[Leaf]:
        lines = (json.dumps([leaf.place, leaf.object, leaf.hash.hex()]) for leaf in leaves)
        body = "".join(f"{line}\n" for line in lines).encode()
        if self._put(_part_key(day, name), body, "application/jsonl"):
            return leaves
        return self.part(day, name) or []

    def rewritten(self, day: date) -> Sequence[str]:
        versions: list[str] = []
        gone: set[str] = set()
        for prefix in (_seal_key(day), f"{_LEAVES}{day}/"):
            for page in self._pages("list_object_versions", prefix):
                versions += [row["Key"] for row in page.get("Versions", ())]
                gone |= {row["Key"] for row in page.get("DeleteMarkers", ())}
        return sorted(gone | {key for key in versions if versions.count(key) > 1})

    def _pages(self, operation: str, prefix: str) -> Any:
        return aws.client("s3").get_paginator(operation).paginate(Bucket=self._bucket, Prefix=prefix)

    def _get(self, key: str) -> bytes | None:
        try:
            body: bytes = aws.client("s3").get_object(Bucket=self._bucket, Key=key)["Body"].read()
        except ClientError as error:
            if error.response["Error"]["Code"] in _GONE:
                return None
            raise
        return body

    def _put(self, key: str, body: bytes, kind: str) -> bool:
        """Put an object unless one stands; return whether it was put."""
        try:
            aws.client("s3").put_object(Bucket=self._bucket, Key=key, Body=body, ContentType=kind, IfNoneMatch="*")
        except ClientError as error:
            if error.response["Error"]["Code"] in _STANDS:
                return False
            raise
        return True


def _seal_key(day: date) -> str:
    return f"{_SEALS}{day}.json"


def _part_key(day: date, name: str) -> str:
    return f"{_LEAVES}{day}/{name}.jsonl"


def _leaves(text: bytes) -> Iterator[Leaf]:
    for line in text.decode().splitlines():
        place, name, hashed = json.loads(line)
        yield Leaf(place, name, bytes.fromhex(hashed))
