"""What opens a stage's backups, kept in the region of their copies: secrets there, under a key of that region.

    make keep-secrets STAGE=prod REGION=ap-southeast-1      # each deployment with --backup-region does it too

Copies of tables are worth nothing without the pepper (nobody is found by phone) and the data keys of sealed fields,
which the stage's own KMS key wraps: it never leaves its region. So each is written a second time below
`/linli-kept/<region>/<stage>/` in the other region, data keys wrapped by the key of its stack of copies
(`infra.backups.copies_template`). On their way they are in this process's memory, and nowhere else.

A stage that is begun there with `--secrets-from <region>/<stage>` takes them instead of making its own, and wraps the
data keys by its own key. Functions read neither path.
"""

import argparse
import base64
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from infra import changes
from infra.backups import copies_name
from infra.changes import DeployError
from infra.targets import APP, Target

SEAL_KEY, PEPPER = "seal-key-", "pepper"
NOT_KEPT = frozenset({"public-url"})
"""What a stack makes for itself."""


def kept_path(region: str, stage: str) -> str:
    """Return below which path the secrets of a stage of a region are kept elsewhere."""
    return f"/{APP}-kept/{region}/{stage}/"


def stored(target: Target, path: str) -> dict[str, str]:
    """Return the secrets right below a path, by name."""
    pages = target.client("ssm").get_paginator("get_parameters_by_path")
    rows = [row for page in pages.paginate(Path=path, WithDecryption=True) for row in page["Parameters"]]
    return {row["Name"].removeprefix(path): row["Value"] for row in rows}


def keep(target: Target) -> list[str]:
    """Write what the other region lacks of a stage's secrets, or has otherwise; return their names.

    Raises:
        DeployError: the pepper or a data key is another than the one that is kept. Copies of tables need that one, and
            there may be no other of it any more.
    """
    elsewhere, path = replace(target, region=target.backup_region), kept_path(target.region, target.stage)
    key = f"alias/{copies_name(target)}"
    mine = {name: value for name, value in stored(target, target.secrets_path).items() if name not in NOT_KEPT}
    there = stored(elsewhere, path)
    written = []
    for name, value in sorted(mine.items()):
        if name.startswith(SEAL_KEY):
            plain = unwrapped(target, value, f"alias/{target.prefix}-seal")
            if name in there:
                if unwrapped(elsewhere, there[name], key) != plain:
                    raise _another(target, name, path)
                continue
            value = wrapped(elsewhere, plain, key)  # noqa: PLW2901 - the same key, as the other region has it
        elif there.get(name) == value:
            continue
        elif name == PEPPER and name in there:
            raise _another(target, name, path)
        what = {"Name": f"{path}{name}", "Value": value, "Type": "SecureString", "KeyId": key}
        elsewhere.client("ssm").put_parameter(**what, Overwrite=True, Tier="Intelligent-Tiering")
        written.append(name)
    return written


def _another(target: Target, name: str, path: str) -> DeployError:
    return DeployError(
        f"{name} is another than the one that is kept in {target.backup_region} below {path}, which opens the copies: "
        "put that one back, or move it out of the way yourself"
    )


def unwrapped(target: Target, value: str, key: str) -> bytes:
    """Return a data key as the functions have it."""
    answer: dict[str, Any] = target.client("kms").decrypt(CiphertextBlob=base64.b64decode(value), KeyId=key)
    plain: bytes = answer["Plaintext"]
    return plain


def wrapped(target: Target, plain: bytes, key: str) -> str:
    """Return a data key as it is stored."""
    return base64.b64encode(target.client("kms").encrypt(KeyId=key, Plaintext=plain)["CiphertextBlob"]).decode()


def origin(target: Target) -> tuple[str, str]:
    """Return region and stage that a stage's first secrets come from.

    Raises:
        DeployError: `secrets_from` does not say both.
    """
    region, _, stage = target.secrets_from.partition("/")
    if not region or not stage:
        raise DeployError(f"'{target.secrets_from}' says not whose secrets: region/stage, as ap-southeast-1/prod")
    return region, stage


def brought(target: Target) -> dict[str, str]:
    """Return what is kept here of the stage that `target.secrets_from` names, as it is stored; nothing without one.

    Raises:
        DeployError: nothing of it is kept in this region.
    """
    if not target.secrets_from:
        return {}
    region, stage = origin(target)
    found = stored(target, kept_path(region, stage))
    if PEPPER not in found or not any(name.startswith(SEAL_KEY) for name in found):
        raise DeployError(f"{target.region} keeps no secrets of {target.secrets_from}")
    return found


def seal_keys(target: Target, key_arn: str) -> dict[str, str]:
    """Return the data keys of that stage, wrapped by the key of this one."""
    kept = {name: value for name, value in brought(target).items() if name.startswith(SEAL_KEY)}
    if not kept:
        return {}
    region, stage = origin(target)
    key = f"alias/{copies_name(replace(target, region=region, stage=stage))}"
    return {name: wrapped(target, unwrapped(target, value, key), key_arn) for name, value in kept.items()}


def region_of(data: Mapping[str, str], target: Target) -> str:
    """Return where a stage's copies go, by the outputs of its data stack.

    Raises:
        DeployError: nowhere.
    """
    if "BackupRegion" not in data:
        raise DeployError(f"{target.data_stack} copies nothing: deploy it with --backup-region first")
    return data["BackupRegion"]


def main(arguments: Sequence[str]) -> int:
    """Command line; 1 with one line where it cannot be done."""
    parser = argparse.ArgumentParser(prog="keep-secrets", description="Keeps a stage's secrets where its copies go.")
    parser.add_argument("--stage", required=True, help="prod, dev, ...")
    parser.add_argument("--region", required=True, help="for example ap-southeast-1")
    options = parser.parse_args(arguments)
    target = Target.aws(stage=options.stage, region=options.region)
    try:
        data = changes.outputs(target.client("cloudformation"), target.data_stack)
        target = replace(target, backup_region=region_of(data, target))
        written = keep(target)
    except (DeployError, BotoCoreError, ClientError) as problem:
        print(f"keep-secrets: {' '.join(str(problem).split())}", file=sys.stderr)
        return 1
    print(f"keep-secrets: {len(written)} written to {target.backup_region}: {', '.join(written) or 'all were there'}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
