"""`make rotate-access-key`, `make retire-access-key`: another key for access tokens.

    python -m infra.access_keys rotate --stage prod --region ap-southeast-1
    python -m infra.access_keys retire --version 1 --stage prod --region ap-southeast-1

Functions read a new key when they meet a token of it, and before they sign when they have not read for a quarter of an
hour. A token is good for a quarter of an hour. So an hour after `rotate` nothing of the old key is left, and `retire`
refuses before that: nobody is signed out by either. Where a key has leaked, `retire --now`, and deploy: functions that
run keep the public keys that they have read.
"""

import argparse
import sys
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from botocore.exceptions import BotoCoreError, ClientError
from rich.console import Console

from infra import secrets
from infra.local.processes import LocalError
from infra.redrive import target_of
from infra.targets import Target

PREFIX = "access-key-"
SETTLED = timedelta(hours=1)


class AccessKeyError(Exception):
    """It cannot go on; the message says why, on one line."""


def versions(target: Target) -> list[int]:
    """Return the numbers of the stage's keys, the one that signs last."""
    return sorted(int(name.removeprefix(PREFIX)) for name in secrets.read(target) if name.startswith(PREFIX))


def rotate(target: Target) -> int:
    """Add the next key, which signs from then on; return its number.

    Raises:
        AccessKeyError: the stage has none yet, or somebody else adds one just now.
    """
    known = versions(target)
    if not known:
        raise AccessKeyError(f"stage {target.stage} has no key yet: is it deployed?")
    number, ssm = known[-1] + 1, target.client("ssm")
    try:
        secrets.write(target, {f"{PREFIX}{number}": secrets.fresh()})
    except ssm.exceptions.ParameterAlreadyExists as error:
        raise AccessKeyError(f"somebody else has just added number {number}") from error
    return number


def retire(target: Target, number: int, now: datetime, *, at_once: bool = False) -> None:
    """Delete a key that signs no more.

    Raises:
        AccessKeyError: it is the one that signs, or not there, or tokens of it may still be good.
    """
    known = versions(target)
    if number not in known or number == known[-1]:
        raise AccessKeyError(f"number {number} is not an old one; there are {', '.join(map(str, known))}")
    ssm = target.client("ssm")
    current = ssm.get_parameter(Name=f"{target.secrets_path}{PREFIX}{known[-1]}")["Parameter"]
    settled = current["LastModifiedDate"] + SETTLED
    if now < settled and not at_once:
        raise AccessKeyError(f"tokens of it may be good until {settled:%H:%M:%S %Z}: try again then, or say --now")
    ssm.delete_parameter(Name=f"{target.secrets_path}{PREFIX}{number}")


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the command line says; return the exit status."""
    parser = argparse.ArgumentParser(prog="access_keys", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("what", choices=("rotate", "retire"))
    parser.add_argument("--stage", required=True)
    parser.add_argument("--region", required=True)
    parser.add_argument("--version", type=int, help="which key to retire")
    parser.add_argument("--now", action="store_true", help="though tokens of it may be good: it has leaked")
    told, console = parser.parse_args(arguments), Console()
    try:
        target = target_of(told.stage, told.region)
        if told.what == "rotate":
            console.print(f"{PREFIX}{rotate(target)} signs from now on; retire the one before in an hour")
        else:
            retire(target, told.version or 0, datetime.now(UTC), at_once=told.now)
            console.print(f"{PREFIX}{told.version} is gone")
    except (AccessKeyError, LocalError, BotoCoreError, ClientError) as error:
        print(f"access_keys: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
