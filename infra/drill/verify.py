"""`make verify-tables`: whether a stage's tables agree with themselves, such as those that were just restored.

    make verify-tables STAGE=prod REGION=ap-southeast-1 PREFIX=linli-prod-r1

The books come to nothing in each currency, every balance is what its journal says, each transaction balances, and what
is sealed opens. It reads every table once, consistently: 1 read unit for 4 KB. Of a stage that is in motion balances
and journal are read at two moments: there a repeat tells whether a difference stays.
"""

import argparse
import sys
from collections.abc import Sequence
from dataclasses import replace

from botocore.exceptions import BotoCoreError, ClientError

from chalicelib import wiring
from infra.drill.export import rows_of
from infra.drill.witness import Witness
from infra.importing.inside import inside
from infra.local.processes import LocalError
from infra.restore import payouts
from infra.restore.stage import target_of
from infra.tables import TABLES, TableSpec
from infra.targets import Target


def seen(target: Target, prefix: str, specs: Sequence[TableSpec] = TABLES) -> Witness:
    """Return what tables under a prefix say."""
    target = replace(target, table_prefix=prefix)
    with inside(target):
        witness = Witness(wiring.sealed_fields(), wiring.sealer())
        for spec in specs:
            for row in rows_of(target, spec.full_name(prefix)):
                witness.take(spec.name, row)
    return witness


def main(arguments: Sequence[str]) -> int:
    """Command line; 1 where something cannot be, or with one line where it cannot be told."""
    parser = argparse.ArgumentParser(prog="verify-tables", description="Holds a stage's tables against themselves.")
    parser.add_argument("--stage", required=True, help="prod, dev, ...; local: the stack that runs on this machine")
    parser.add_argument("--region", default="", help="for example ap-southeast-1")
    parser.add_argument("--prefix", default="", help="of the tables (default: those that the app reads)")
    options = parser.parse_args(arguments)
    try:
        target = target_of(options.stage, options.region)
        witness = seen(target, options.prefix or payouts.reads_from(target))
    except (LocalError, BotoCoreError, ClientError) as problem:
        print(f"verify-tables: {' '.join(str(problem).split())}", file=sys.stderr)
        return 1
    wrong = list(witness.wrong())
    for line in wrong:
        print(line)
    print(f"verify-tables: {len(wrong)} wrong; {witness.figures()}")
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
