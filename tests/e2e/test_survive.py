"""What a stack holds after every operation of the API: it comes back from an export row by row, and agrees with itself."""

from infra.drill.export import export, load
from infra.drill.verify import seen
from infra.drill.witness import Witness, differences
from infra.tables import TABLES

PREFIX = "linli-copy-r1"
CITY = {"search", "shops"}  # tens of thousands of rows of the demo data: left out, they are alike
TAKEN = [spec for spec in TABLES if spec.name not in CITY]
NEVER_IN_A_WALK = {"outbox", "migrations"}  # what was sent is gone; no operation of the API writes the other


def test_all_that_a_walk_leaves_comes_back(walk, stack, tmp_path, report):
    target, before = stack.target, Witness()
    export(target, target.prefix, tmp_path / "export", before.take, TAKEN)
    try:
        assert load(target, tmp_path / "export", PREFIX, TAKEN) == before.count
        after = seen(target, PREFIX, TAKEN)
    finally:
        for spec in TAKEN:
            target.client("dynamodb").delete_table(TableName=spec.full_name(PREFIX))
    assert list(differences(before, after)) == []
    assert list(after.wrong()) == []
    empty = {table for table, rows in after.rows.items() if not rows}
    assert empty <= NEVER_IN_A_WALK | CITY, "every other kind of row was among them"
    assert after.opened > 0
    report(f"came back from an export: {after.figures()}")


def test_the_stack_has_kept_what_it_sent(walk, stack):
    target = stack.target
    kept = target.client("dynamodb").scan(TableName=f"{target.prefix}-sent")["Items"]
    assert len({row["pk"]["S"] for row in kept}) > 1
    assert all(row["pk"]["S"].startswith("SENT#") and "expires_at" in row for row in kept)
