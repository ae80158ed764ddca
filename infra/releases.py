"""What was deployed to a stage, and when: a record a deployment in the packages' bucket, which `make rollback` reads.

`releases/<moment>.json` names the package and the template by content, both in the same bucket, and the parameters that
the app's stack was given. Each record says what it replaced, so that going back follows what really ran before, also
after a deployment that failed or was taken back.
"""

import json
import subprocess
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Literal, Self

from infra.changes import DeployError

KEPT = 20
"""Records that are kept, with their packages and templates."""
_PREFIX = "releases/"
_OBJECTS = ("packages/", "templates/")
_UNNAMED = timedelta(days=1)  # what a deployment has uploaded and not yet recorded is left alone that long

State = Literal["deployed", "proved", "failed"]


@dataclass(frozen=True)
class Release:
    """A deployment of the app.

    Attributes:
        id: its moment, UTC to the millisecond; sorts by time.
        package, template: keys in the packages' bucket.
        parameters: what the app's stack was given.
        commit: of the sources, with `+` where they had changes; empty outside of git.
        by: ARN of who deployed it.
        replaced: id of what ran before; empty for the first.
        returned_to: id of the release that this one deployed again; empty for a new one.
        migration: the highest number of a migration that it knows: it reads what that one wrote.
        state: `proved` once the stack has answered its smoke test, `failed` when it did not.
    """

    id: str
    package: str
    template: str
    parameters: dict[str, str] = field(default_factory=dict)
    commit: str = ""
    by: str = ""
    replaced: str = ""
    returned_to: str = ""
    migration: int = 0
    state: State = "deployed"

    @property
    def effective(self) -> str:
        """Id of the release whose package runs."""
        return self.returned_to or self.id

    @classmethod
    def of(cls, body: bytes) -> Self:
        """Read a record; what a later version has added to it is left out."""
        known = cls.__dataclass_fields__
        return cls(**{name: value for name, value in json.loads(body).items() if name in known})


def moment(now: datetime) -> str:
    """Return the id of a release that is made now."""
    return f"{now.astimezone(UTC):%Y%m%dT%H%M%S}.{now.microsecond // 1000:03d}Z"


def commit(project: Path) -> str:
    """Return the commit that lies in a folder, with `+` where something in it is changed; empty without git."""

    def git(*words: str) -> str:
        done = subprocess.run(("git", *words), cwd=project, capture_output=True, text=True, check=False)
        return done.stdout.strip() if done.returncode == 0 else ""

    try:
        head = git("rev-parse", "--short=12", "HEAD")
        return head + ("+" if head and git("status", "--porcelain", "--untracked-files=no") else "")
    except FileNotFoundError:
        return ""


class Releases:
    """The records of a stage; `client` is S3's."""

    def __init__(self, client: Any, bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    def all(self) -> list[Release]:
        """Return the records, newest first."""
        keys = sorted((row["Key"] for row in self._objects(_PREFIX)), reverse=True)
        return [Release.of(self._read(key)) for key in keys]

    def write(self, release: Release) -> Release:
        """Store a record, over an older state of it."""
        self._client.put_object(
            Bucket=self._bucket,
            Key=f"{_PREFIX}{release.id}.json",
            Body=json.dumps(asdict(release), indent=1).encode(),
            ContentType="application/json",
        )
        return release

    def mark(self, release: Release, state: State) -> Release:
        """Note how a release turned out."""
        return self.write(replace(release, state=state))

    def template(self, release: Release) -> dict[str, Any]:
        """Return the template that a release was deployed with."""
        template: dict[str, Any] = json.loads(self._read(release.template))
        return template

    def prune(self, now: datetime) -> list[str]:
        """Delete the oldest records, and packages and templates that no record names; return their keys."""
        there = self.all()
        # What runs stays, however long ago it was made.
        lasting = {one.id for one in there[:KEPT]} | {one.effective for one in there[:KEPT]}
        named = {key for one in there if one.id in lasting for key in (one.package, one.template)}
        gone = [f"{_PREFIX}{one.id}.json" for one in there if one.id not in lasting]
        rows = [row for prefix in _OBJECTS for row in self._objects(prefix)]
        gone += [row["Key"] for row in rows if row["Key"] not in named and row["LastModified"] < now - _UNNAMED]
        for key in gone:
            self._client.delete_object(Bucket=self._bucket, Key=key)
        return gone

    def _objects(self, prefix: str) -> list[dict[str, Any]]:
        pages = self._client.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=prefix)
        return [row for page in pages for row in page.get("Contents", ())]

    def _read(self, key: str) -> bytes:
        body: bytes = self._client.get_object(Bucket=self._bucket, Key=key)["Body"].read()
        return body


def previous(there: Sequence[Release], wanted: str = "", *, unrecorded: bool = False) -> Release:
    """Return the release to go back to: what ran before what runs now, or the one called `wanted`. `unrecorded`: what
    runs has no record, so the newest one is of what ran before it.

    Raises:
        DeployError: there is none, or it is what runs.
    """
    originals = {one.id: one for one in there if not one.returned_to}
    if not there:
        raise DeployError("nothing to go back to: no deployment is recorded yet")
    runs = there[0].effective
    if wanted:
        found = originals.get(wanted)
        if found is None:
            raise DeployError(f"no release {wanted}; there are {', '.join(list(originals)[:5])}")
    else:
        back = runs if unrecorded else originals[runs].replaced if runs in originals else ""
        found = originals.get(back)
        if found is None:
            raise DeployError(f"nothing to go back to: {runs} is the oldest release that is kept")
    if found.id == runs and not unrecorded:
        raise DeployError(f"release {runs} is what runs")
    return found
