"""`make audit-verify`: a stage's audit log, held against the seals that are kept apart from it.

    python -m infra.audit_verify --stage prod --region ap-southeast-1 --day 2026-11-20
    python -m infra.audit_verify --stage prod --region ap-southeast-1 [--from 2026-11-01] [--to 2026-11-30] [--all]
    python -m infra.audit_verify --stage prod --region ap-southeast-1 --day 2026-11-20 --entry aud_...

Without dates: every day that is sealed. It names the entries that were altered, are missing or were added, and ends
with 1 where it finds anything that nobody has explained. `--all` reads the whole table too, for rows in no day.
`--entry` prints the proof that an entry is among those that a seal holds, as JSON.

It needs `dynamodb:Query`, `GetItem` (and `Scan`) on the audit table, `s3:GetObject`, `ListBucket` and
`ListBucketVersions` on the bucket of seals.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict, replace
from datetime import date

from botocore.exceptions import BotoCoreError, ClientError
from rich.console import Console
from rich.table import Table

from chalicelib.audit import use_cases
from chalicelib.audit.gateways.s3 import S3Vault
from chalicelib.audit.ports import Finding, Proof, SealingPorts
from chalicelib.audit.rules import days
from chalicelib.audit.store import SealTable
from chalicelib.audit.use_cases import Verdict
from chalicelib.kit.clock import SystemClock
from chalicelib.kit.errors import NotFound
from infra import changes
from infra.importing.inside import inside
from infra.local.processes import LocalError
from infra.redrive import target_of
from infra.targets import Target

_HASH = 16  # characters of a hash that are shown


class VerifyError(Exception):
    """It cannot be verified; the message says why, on one line."""


def bucket_of(target: Target) -> str:
    """Return the name of a stage's bucket of seals.

    Raises:
        VerifyError: the stage has none.
    """
    found = changes.outputs(target.client("cloudformation"), target.data_stack)
    if "AuditBucket" not in found:
        raise VerifyError(f"there is no {target.data_stack} with a bucket of seals in {target.region}: is it deployed?")
    return found["AuditBucket"]


def ports_of(bucket: str) -> SealingPorts:
    """Return what verifying needs; to be used inside of a target."""
    return SealingPorts(store=SealTable(), vault=S3Vault(bucket), clock=SystemClock())


def asked(ports: SealingPorts, first: date | None, last: date | None) -> list[date]:
    """Return the days to verify: what is not said is the oldest and the newest that is sealed.

    Raises:
        VerifyError: nothing is sealed, or nothing lies between.
    """
    known = ports.vault.days()
    if not known and (first is None or last is None):
        raise VerifyError("no day is sealed yet")
    found = days(first or known[0], last or known[-1])
    if not found:
        raise VerifyError("no day lies between those two")
    return found


def show(console: Console, verdicts: Sequence[Verdict], beside: Sequence[Finding]) -> None:
    """Print what was found."""
    table = Table(title="The audit log against its seals")
    for column in ("day", "entries", "late", "root", "chain", "verdict"):
        table.add_column(column, justify="right" if column in {"entries", "late"} else "left")
    for one in verdicts:
        seal = one.seal
        told = (str(seal.count), str(seal.late), seal.root[:_HASH], seal.chain[:_HASH]) if seal else ("", "", "", "")
        table.add_row(
            str(one.day), *told, "as sealed" if one.is_good else "NOT AS SEALED", style=None if one.is_good else "red"
        )
    console.print(table)
    for finding in (*(finding for one in verdicts for finding in one.findings), *beside):
        console.print(f"{finding.day} {finding.kind}: {finding.what}", soft_wrap=True, highlight=False)


def as_json(proof: Proof) -> str:
    """Return a proof as an auditor gets it; how to check it is said in the operator's guide."""
    told = asdict(proof) | {"seal": proof.seal.body() | {"chain": proof.seal.chain}}
    return json.dumps(told, ensure_ascii=False, indent=2)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="audit-verify", description="Holds a stage's audit log against its seals.")
    parser.add_argument("--stage", required=True, help="prod, dev, ...; local: the stack that runs on this machine")
    parser.add_argument("--region", default="", help="for example ap-southeast-1")
    parser.add_argument("--table-prefix", default="", help="of tables that were restored under another")
    parser.add_argument("--day", type=date.fromisoformat, help="a UTC date")
    parser.add_argument("--from", dest="first", type=date.fromisoformat, help="left out: the oldest that is sealed")
    parser.add_argument("--to", dest="last", type=date.fromisoformat, help="left out: the newest that is sealed")
    parser.add_argument("--all", action="store_true", help="read the whole table too")
    parser.add_argument("--entry", help="print the proof of an entry that was noted on the day, aud_...")
    return parser


def _run(options: argparse.Namespace, console: Console) -> int:
    target = target_of(options.stage, options.region)
    if options.table_prefix:
        target = replace(target, table_prefix=options.table_prefix)
    bucket = bucket_of(target)
    with inside(target):
        ports = ports_of(bucket)
        if options.entry:
            print(as_json(use_cases.prove(ports, options.entry, options.day)))
            return 0
        first, last = (options.day, options.day) if options.day else (options.first, options.last)
        verdicts = [use_cases.verify(ports, day) for day in asked(ports, first, last)]
        beside = list(use_cases.outside(ports)) if options.all else []
    show(console, verdicts, beside)
    return int(bool(beside) or not all(one.is_good for one in verdicts))


def main(arguments: Sequence[str]) -> int:
    """Command line; 1 where something is not as it was sealed, or with one line where it cannot be told."""
    parser = _parser()
    options = parser.parse_args(arguments)
    if options.entry and not options.day:
        parser.error("--entry needs the --day on which it was noted")
    try:
        return _run(options, Console(width=120))
    except NotFound:
        problem = f"no seal of {options.day} or the days after it holds {options.entry}"
    except (LocalError, VerifyError, BotoCoreError, ClientError) as error:
        problem = " ".join(str(error).split())
    print(f"audit-verify: {problem}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
