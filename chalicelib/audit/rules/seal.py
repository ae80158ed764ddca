"""A day's seal: the root of its entries' tree, how many they are, and the hash of the seal before it.

A day's list is cut into parts: for each shard of the index its entries, and then for each its late entries, those that
turned up in a day that was sealed already. The tree is made over the parts one after the other.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from typing import Any

from chalicelib.audit.rules.tree import leaf_hash, root_by

SHARDS = 8  # partitions of the index a day has: about 8,000 entries a second
LOOK_BACK = 3  # sealed days that a seal looks at again
FIRST = "0" * 64
"""What the first seal has in the place of the one before it."""
_OVER = timedelta(hours=2)
_VERSION = 1
_CHAIN = b"\x02"  # beside the bytes of leaves and nodes


def shard_name(shard: int) -> str:
    """Return the name of the part that holds a shard's entries."""
    return f"{shard:02d}"


def late_name(shard: int) -> str:
    """Return the name of the part that holds a shard's late entries."""
    return f"late-{shard:02d}"


def newest_over(moment: datetime) -> date:
    """Return the newest UTC date that may be sealed at a moment: an entry is noted within minutes of its date, for AWS
    denies requests whose clock is off by more than five (IAM User Guide, "AWS Signature Version 4") and functions end
    after 15.
    """
    return (moment.astimezone(UTC) - _OVER).date() - timedelta(days=1)


def days(first: date, last: date) -> list[date]:
    """Return every date from one to another, both included; none where the last lies before the first."""
    return [first + timedelta(days=number) for number in range((last - first).days + 1)]


def canonical(fields: Mapping[str, Any]) -> bytes:
    """Return the bytes that an entry, or a seal, is hashed as: JSON in UTF-8 with sorted names and no spaces."""
    return json.dumps(fields, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()


@dataclass(frozen=True, order=True)
class Leaf:
    """An entry, as far as a tree knows it.

    Attributes:
        place: `<moment>#<id>`.
        object: what the entry is about; with `place` the entry's key.
        hash: of its canonical bytes.
    """

    place: str
    object: str
    hash: bytes

    @property
    def key(self) -> tuple[str, str]:
        return self.place, self.object

    @property
    def entry_id(self) -> str:
        return self.place.partition("#")[2]

    def __str__(self) -> str:
        moment, _, entry_id = self.place.partition("#")
        return f"{entry_id} of {moment} about {self.object}"


@dataclass(frozen=True)
class Seal:
    """What holds a day's entries together.

    Attributes:
        day: the UTC date on which they were noted.
        count: how many entries, the late ones too.
        late: those that were noted on a day which had been sealed.
        root: of the tree, in hex.
        previous: the chain hash of the day before, in hex, or `FIRST`.
        chain: the hash of all of this, in hex.
    """

    day: date
    count: int
    late: int
    root: str
    previous: str
    chain: str

    def body(self) -> dict[str, Any]:
        """Return what the chain hash is made of."""
        return {
            "v": _VERSION,
            "day": str(self.day),
            "count": self.count,
            "late": self.late,
            "root": self.root,
            "previous": self.previous,
        }

    def is_itself(self) -> bool:
        """Say whether the chain hash is that of the rest."""
        return self.chain == _chain(self.body())


def _chain(body: Mapping[str, Any]) -> str:
    return hashlib.sha256(_CHAIN + canonical(body)).hexdigest()


def sealed(day: date, count: int, late: int, root: bytes, before: Seal | None) -> Seal:
    """Return the seal of a day that follows the one `before` it."""
    bare = Seal(day, count, late, root.hex(), before.chain if before else FIRST, "")
    return Seal(**{**vars(bare), "chain": _chain(bare.body())})


class Kind(StrEnum):
    """What a verification can find."""

    ALTERED = "altered"  # an entry is not what was sealed
    MISSING = "missing"  # an entry was sealed and is not there
    ADDED = "added"  # an entry is there that no seal covers
    LATE = "late"  # an entry came into a day that was sealed; a later seal covers it
    OUTSIDE = "outside"  # an entry is in no day that is ever sealed
    NOT_SEALED = "not-sealed"  # there is no seal of the day
    LEAVES = "leaves"  # the list of leaves in the bucket does not give the seal's root
    CHAIN = "chain"  # the seal does not follow from the one before it
    ROW = "row"  # the table tells another seal than the bucket, or none
    REWRITTEN = "rewritten"  # something in the bucket was written or deleted after it was sealed


@dataclass(frozen=True, order=True)
class Finding:
    """Something that a verification found.

    Attributes:
        day: whose seal it is about.
        kind: what it is.
        what: the entry, or where in the bucket.
    """

    day: date
    kind: Kind
    what: str

    @property
    def is_bad(self) -> bool:
        """Whether somebody has to explain it: a late entry is covered, but by whom it came is worth a question too."""
        return self.kind != Kind.LATE


@dataclass(frozen=True)
class Differences:
    """How the entries that stand differ from those that were sealed."""

    altered: list[Leaf] = field(default_factory=list)
    missing: list[Leaf] = field(default_factory=list)
    added: list[Leaf] = field(default_factory=list)


def compare(known: Iterable[Leaf], standing: Iterable[Leaf]) -> Differences:
    """Return how what stands differs from what is known; `altered` as it stands."""
    left, found = {leaf.key: leaf for leaf in known}, Differences()
    for leaf in standing:
        was = left.pop(leaf.key, None)
        if was is None:
            found.added.append(leaf)
        elif was.hash != leaf.hash:
            found.altered.append(leaf)
    found.missing.extend(left.values())
    return found


@dataclass(frozen=True)
class Proof:
    """That an entry is one of those that a seal holds.

    Attributes:
        content: the entry's canonical text.
        index: which leaf it is, from 0 on.
        path: the hashes beside its way to the root, in hex.
        seal: the seal; that it is the true one, the bucket tells, and any later seal's chain.
    """

    content: str
    index: int
    path: tuple[str, ...]
    seal: Seal


def holds(proof: Proof) -> bool:
    """Say whether a proof proves what it says."""
    beside = [bytes.fromhex(one) for one in proof.path]
    root = root_by(leaf_hash(proof.content.encode()), proof.index, proof.seal.count, beside)
    return root is not None and root.hex() == proof.seal.root and proof.seal.is_itself()
