"""Changes of rows that are there already: numbered, done once for each stage, and safe to stop and to repeat.

    make migrate STAGE=prod REGION=ap-southeast-1 LOOK=1     # how many rows each would change
    make migrate STAGE=prod REGION=ap-southeast-1            # do what is not done yet, in order

A migration is a module `m<number>_<what>.py` here with a `MIGRATION`. It says of one row, as it was read, what to write
(`Change`), or nothing; nothing is what it says of a row that it has changed. It runs on the operator's machine, beside
functions that serve: so every write is on the condition that the row still stands as it was read, and the versions of
the app before and after both work with rows before and after:

1. expand: a version that writes the new form and reads both is deployed;
2. migrate;
3. contract: a version that reads the new form alone is deployed, and the migration stays where it is.
"""

import importlib
import pkgutil
import re
from collections.abc import Sequence

from infra.migrations.model import Change, Migration

__all__ = ["Change", "Migration", "migrations"]

_NAME = re.compile(r"m[0-9]{4}_[a-z_]+")


def migrations() -> Sequence[Migration]:
    """Return all migrations, in order.

    Raises:
        ValueError: a number is missing or there twice; two were written at once.
    """
    names = sorted(one.name for one in pkgutil.iter_modules(__path__) if _NAME.fullmatch(one.name))
    found = [importlib.import_module(f"{__name__}.{name}").MIGRATION for name in names]
    if [one.number for one in found] != list(range(1, len(found) + 1)):
        raise ValueError(f"migrations are numbered from 1 without a gap, not {[one.number for one in found]}")
    return found
