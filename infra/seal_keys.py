"""`make rotate-seal-key`, `make reseal`, `make retire-seal-key`: another data key for sealed personal data.

    python -m infra.seal_keys rotate --stage prod --region ap-southeast-1
    python -m infra.seal_keys reseal --stage prod --region ap-southeast-1
    python -m infra.seal_keys retire --version 1 --stage prod --region ap-southeast-1

Functions read a new key when they meet a field of it, and before they seal when they have not read for a quarter of an
hour. An hour after `rotate` nobody seals with the old one, so `reseal` after that finds all that there is. `retire`
looks once more and refuses while a field of the old version is left or the new key is too young. It moves the old key
aside (`retired/seal-key-<n>`), where functions do not read it, because a table restored from a backup of the last 35
days still needs it.
"""

import argparse
import base64
import json
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from rich.console import Console

from infra import changes, kept_secrets, secrets
from infra.local.processes import LocalError
from infra.redrive import target_of
from infra.targets import Target

FUNCTION = "privacy-reseal"
PREFIX = "seal-key-"
PAGES = 20
"""Pages that the function walks at a time; each is 200 rows."""
SETTLED = timedelta(hours=1)
_HIGHEST = 255  # a version is one byte


class SealKeyError(Exception):
    """It cannot go on; the message says why, on one line."""


@dataclass
class Census:
    """What a walk over all tables saw, see `privacy.use_cases.Walked`."""

    current: int = 0
    fields: Counter[int] = field(default_factory=Counter)
    resealed: int = 0
    unreadable: int = 0

    @property
    def of_old(self) -> int:
        """How many fields are of another version than the current one."""
        return sum(count for version, count in self.fields.items() if version != self.current)


def versions(target: Target) -> list[int]:
    """Return the versions of the stage's data keys, oldest first."""
    return sorted(int(name.removeprefix(PREFIX)) for name in secrets.read(target) if name.startswith(PREFIX))


def rotate(target: Target) -> int:
    """Add the next data key, which seals from then on; return its version.

    Raises:
        SealKeyError: the stage has none yet, one byte can count no further, or somebody else adds one just now.
    """
    known = versions(target)
    if not known:
        raise SealKeyError(f"stage {target.stage} has no data key yet: is it deployed?")
    version = known[-1] + 1
    if version > _HIGHEST:
        raise SealKeyError(f"versions end at {_HIGHEST}")
    wrapped = target.client("kms").generate_data_key_without_plaintext(
        KeyId=f"alias/{target.prefix}-seal", KeySpec="AES_256"
    )
    ssm = target.client("ssm")
    try:
        secrets.write(target, {f"{PREFIX}{version}": base64.b64encode(wrapped["CiphertextBlob"]).decode()})
    except ssm.exceptions.ParameterAlreadyExists as error:
        raise SealKeyError(f"somebody else has just added version {version}") from error
    return version


def walk(target: Target, console: Console, *, look: bool) -> Census:
    """Walk over all tables, sealing anew unless it is to `look` only; progress is printed.

    Raises:
        SealKeyError: the function failed. To begin anew does no harm.
    """
    census, after = Census(), None
    while True:
        told = _invoke(target, {"pages": PAGES, "look": look, "after": after})
        census.current = told["current"]
        census.fields.update({int(version): count for version, count in told["fields"].items()})
        census.resealed += told["resealed"]
        census.unreadable += told["unreadable"]
        after = told["next"]
        where = f"in {after['table']}" if after else "at the end"
        console.print(f"{where}: {sum(census.fields.values())} fields seen, {census.resealed} sealed anew")
        if after is None:
            return census


def retire(target: Target, version: int, console: Console, now: datetime) -> None:
    """Move a data key aside that nothing needs any more.

    Raises:
        SealKeyError: it is the current one or not there, the current one is too young, or a field still needs it.
    """
    known = versions(target)
    if version not in known or version == known[-1]:
        raise SealKeyError(f"version {version} is not an old one; there are {', '.join(map(str, known))}")
    ssm = target.client("ssm")
    current = ssm.get_parameter(Name=f"{target.secrets_path}{PREFIX}{known[-1]}")["Parameter"]
    settled = current["LastModifiedDate"] + SETTLED
    if now < settled:
        raise SealKeyError(
            f"functions may seal with the old key until {settled:%H:%M:%S %Z}; then reseal, and try again"
        )
    census = walk(target, console, look=True)
    if census.current != known[-1]:
        raise SealKeyError(f"the function seals with version {census.current}, not {known[-1]}: wait a minute")
    if census.fields[version]:
        raise SealKeyError(f"{census.fields[version]} fields still need version {version}: make reseal")
    name = f"{PREFIX}{version}"
    value = secrets.read(target)[name]
    aside = f"{target.secrets_path}retired/{name}"
    ssm.put_parameter(Name=aside, Value=value, Type="SecureString", Overwrite=True)
    ssm.delete_parameter(Name=f"{target.secrets_path}{name}")


def _invoke(target: Target, event: dict[str, Any]) -> dict[str, Any]:
    name = f"{target.prefix}-{FUNCTION}"
    answer = target.client("lambda").invoke(FunctionName=name, Payload=json.dumps(event).encode())
    told: dict[str, Any] = json.loads(answer["Payload"].read())
    if "FunctionError" in answer:
        raise SealKeyError(f"{name} failed ({told.get('errorType', 'unknown')}): see its log")
    return told


def _keep(target: Target, console: Console) -> None:
    """Bring the new key to where copies of backups go, if they go anywhere."""
    data = changes.outputs(target.client("cloudformation"), target.data_stack)
    if "BackupRegion" in data:
        target = replace(target, backup_region=data["BackupRegion"])
        console.print(f"kept in {target.backup_region}: {', '.join(kept_secrets.keep(target))}")


def _report(console: Console, census: Census) -> None:
    for version, count in sorted(census.fields.items()):
        console.print(f"version {version}: {count} fields{' (current)' if version == census.current else ''}")
    if census.unreadable:
        console.print(f"{census.unreadable} fields do not open; the function's log says which rows")
    elif census.of_old == 0:
        console.print("no field of an older version is left: older keys may be retired")


def main(arguments: Sequence[str]) -> int:
    """Command line; 1 with one line where it cannot be done, or where reseal leaves fields of an old version."""
    parser = argparse.ArgumentParser(prog="seal_keys", description="Changes the data key of sealed personal data.")
    parser.add_argument("do", choices=["rotate", "reseal", "retire"])
    parser.add_argument("--stage", required=True, help="prod, dev, ...; local: the stack that runs on this machine")
    parser.add_argument("--region", default="", help="for example ap-southeast-1")
    parser.add_argument("--version", type=int, default=0, help="the key to retire")
    parser.add_argument("--look", action="store_true", help="reseal: only count")
    options = parser.parse_args(arguments)
    console = Console(width=120, highlight=False)
    try:
        target = target_of(options.stage, options.region)
        if options.do == "rotate":
            console.print(f"version {rotate(target)} seals from now on; make reseal in an hour")
            _keep(target, console)
            return 0
        if options.do == "retire":
            retire(target, options.version, console, datetime.now(UTC))
            console.print(f"version {options.version} is retired; restored backups may need it for 35 days")
            return 0
        census = walk(target, console, look=options.look)
    except (LocalError, SealKeyError, BotoCoreError, ClientError) as problem:
        print(f"{options.do}: {problem}", file=sys.stderr)
        return 1
    _report(console, census)
    return int(census.of_old > 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
