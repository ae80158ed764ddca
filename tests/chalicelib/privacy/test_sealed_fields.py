"""Every sealed field is registered: what is not would lose its key. `tests.watch` holds each seal of the suite against
the registry too.
"""

import ast
import importlib
from pathlib import Path

import pytest

from chalicelib import wiring
from chalicelib.kit.seal import SealedField
from infra.tables import TABLES
from tests import watch

CODE = Path(wiring.__file__).parents[1]


def sealing_modules():
    """Return the domains with a module that calls `.seal(`."""
    for path in sorted(CODE.rglob("*.py")):
        calls = (node for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(node, ast.Call))
        names = {call.func.attr for call in calls if isinstance(call.func, ast.Attribute)}
        domain = path.relative_to(CODE).parts[0]
        # Privacy seals anew what others have sealed.
        if "seal" in names and domain not in {"kit", "privacy"}:
            yield domain


def test_every_store_that_seals_says_what():
    domains = sorted(set(sealing_modules()))
    assert {"accounts", "calendars", "payouts", "settlement"} <= set(domains)
    for domain in domains:
        declared = importlib.import_module(f"chalicelib.{domain}.store").SEALED
        assert declared, domain
        assert set(declared) <= set(wiring.sealed_fields()), f"wiring.sealed_fields does not know {domain}'s"


def test_fields_are_of_tables_and_tell_their_rows_apart():
    fields = wiring.sealed_fields()
    assert {one.table for one in fields} <= {spec.name for spec in TABLES}
    assert len(set(fields)) == len({(one.table, one.attribute, one.sk) for one in fields}) == len(fields)
    for one in fields:
        assert one.place_in("PK", one.sk).startswith(f"{one.table}|")


def test_a_seal_that_is_not_registered_is_found():
    assert watch.unregistered("accounts|acc_1|name", wiring.sealed_fields()) is None
    for place in ("accounts|acc_1|hobby", "accounts|acc_1", "claims|clm_1|text"):
        assert place in watch.unregistered(place, wiring.sealed_fields())
    assert watch.unregistered("x|1|y", (SealedField("x", "y", "x|{pk}|y"),)) is None


@pytest.mark.parametrize("name", ["privacy-reseal"])
def test_the_function_may_reach_every_table_with_sealed_fields(name):
    policy = (CODE.parent / ".chalice" / f"{name}.json").read_text(encoding="utf-8")
    for table in {one.table for one in wiring.sealed_fields()}:
        assert f'${{TablePrefix}}-{table}"' in policy, table
