"""How long rows live is as docs/privacy.md says: every row that somebody leaves behind is held against its table."""

import re
from dataclasses import dataclass
from pathlib import Path

from chalicelib import settings, wiring
from chalicelib.kit import aws
from infra.tables import TABLES
from tests.chalicelib.payments.conftest import clock as clock  # noqa: PLC0414 - fixtures
from tests.chalicelib.payments.conftest import provider as provider  # noqa: PLC0414
from tests.chalicelib.privacy.test_erasure import life as life  # noqa: PLC0414

DOCUMENT = Path(__file__).parents[3] / "docs/privacy.md"
_DAY = 86_400


@dataclass(frozen=True)
class Rule:
    """A line of the table."""

    table: str
    pk: str
    sk: str
    about: str
    days: int | None
    is_exempted: bool


def rules():
    text = DOCUMENT.read_text(encoding="utf-8")
    part = re.search(r"<!-- rows -->\n(.*?)<!-- end -->", text, re.DOTALL)
    assert part is not None
    for line in part[1].splitlines()[2:]:
        table, pk, sk, about, _erasure, dies = (cell.strip().strip("`") for cell in line.strip("|").split("|"))
        found = re.match(r"(\d+) days( unless)?", dies)
        yield Rule(table, pk, sk, about, int(found[1]) if found else None, bool(found and found[2]))


def fault(row, rule, now):
    """Return what is wrong with a row by its rule."""
    left = (float(row["expires_at"]["N"]) - now) / _DAY if "expires_at" in row else None
    if rule.days is None:
        return "dies" if left is not None else None
    if left is None:
        return None if rule.is_exempted else "lives for ever"
    return f"lives {left:.1f} days longer" if left > rule.days else None


def test_every_row_lives_as_long_as_it_is_told(life):
    life.leave_everything(*life.live())
    life.send("POST", "/v1/me/exports")
    life.send("POST", "/v1/me/erasure", {})
    client, prefix, now = aws.client("dynamodb"), settings.settings().table_prefix, life.clock.now().timestamp()
    known, faults, seen = list(rules()), [], set()
    for spec in TABLES:
        for row in client.scan(TableName=spec.full_name(prefix))["Items"]:
            pk, sk = row["pk"]["S"], row["sk"]["S"]
            fitting = [
                one for one in known if one.table == spec.name and pk.startswith(one.pk) and sk.startswith(one.sk)
            ]
            if not fitting:
                faults.append(f"{spec.name} {pk} {sk}: docs/privacy.md does not know it")
                continue
            seen.add(fitting[0])
            is_of_the_tests = sk.startswith("SES#")  # they never run out
            wrong = None if is_of_the_tests else fault(row, fitting[0], now)
            if wrong:
                faults.append(f"{spec.name} {pk} {sk}: {wrong}")
    assert not faults, faults
    assert len(seen) > 30


def test_every_table_and_every_sealed_field_is_told():
    known = list(rules())
    assert {one.table for one in known} == {spec.name for spec in TABLES}
    for field in wiring.sealed_fields():
        about = [one.about for one in known if one.table == field.table and field.sk.startswith(one.sk)]
        assert any("sealed" in one for one in about), field


def test_a_row_that_lives_too_long_is_found():
    month = Rule("x", "", "", "", 30, is_exempted=False)
    assert fault({"expires_at": {"N": str(31 * _DAY)}}, month, 0) == "lives 31.0 days longer"
    assert fault({"expires_at": {"N": str(30 * _DAY)}}, month, 0) is None
    assert fault({}, month, 0) == "lives for ever"
    assert fault({"expires_at": {"N": "1"}}, Rule("x", "", "", "", None, is_exempted=False), 0) == "dies"
    assert fault({}, Rule("x", "", "", "", 1, is_exempted=True), 0) is None
