"""The model on paper: its page is what it makes of the figures, and these are those of docs/costs.md."""

import re

import pytest

from benchmarks.capacity import bill, page
from benchmarks.capacity.limits import LIMITS
from benchmarks.capacity.measurements import operations, rows
from benchmarks.capacity.model import PARTITION_WRITES, SCALES, hot_keys, load
from benchmarks.capacity.runs import runs
from benchmarks.capacity.usage import NOTICE, NOTICES_A_MESSAGE, USES
from chalicelib.ledger.store import BALANCES
from infra.targets import ROOT


def test_the_page_is_what_the_model_makes_of_the_figures():
    text = page.page()
    assert page.PAGE.read_text(encoding="utf-8") == text, "make capacity"
    assert not re.search(r"\{[A-Z_]+\}", text)


@pytest.mark.parametrize("readme", ["README.md", "README.zh-CN.md"])
def test_the_readmes_quote_it(readme):
    quoted = re.findall(
        r"^\| [^|]+ \| ([\d.,]+) \| ([\d.,]+) \| ([\d.,]+) \|$", (ROOT / readme).read_text("utf-8"), re.MULTILINE
    )
    assert set(map(tuple, page.summary())) <= set(quoted)


def test_units_by_table_are_those_that_the_costs_say():
    for name, one in operations().items():
        _, reads, writes = rows()[name]
        assert (sum(one["reads"].values()), sum(one["writes"].values())) == (reads, writes), name


def test_a_booking_writes_what_its_operations_do():
    peak = load(1)
    written = sum(rows()[use.name][2] * use.times for use in USES if not use.is_nightly)
    notices = peak.messages["notifications"] * NOTICES_A_MESSAGE * NOTICE[2]
    assert sum(peak.writes.values()) == pytest.approx(written + peak.relayed * 2 + notices)
    assert peak.writes["ledger"] == pytest.approx(8 + 0.08 * 16)  # a capture, and a twelfth of the refunds


@pytest.mark.parametrize("per_hour", SCALES)
def test_everything_grows_with_the_bookings(per_hour):
    one, many = load(per_hour), load(2 * per_hour)
    assert sum(many.writes.values()) == pytest.approx(2 * sum(one.writes.values()))
    assert many.requests == pytest.approx(2 * one.requests)


def test_no_key_is_too_hot_for_a_hundred_thousand_bookings_an_hour():
    found = {one.key: one for one in hot_keys(load(SCALES[-1]))}
    assert all(one.holds for one in found.values())
    assert max(one.units for one in found.values()) < PARTITION_WRITES / 10
    books = found["ledger BAL#customers:held"]
    assert books.spread == BALANCES
    assert books.conflicts < 0.05


def test_a_key_that_nobody_has_thought_about_is_found():
    made = load(SCALES[-1])
    made.keys["orders EVERYBODY"] = 1.0
    with pytest.raises(AssertionError, match="EVERYBODY"):
        list(hot_keys(made))


def test_what_does_not_hold_is_said():
    late = [one.function for one in runs(SCALES[-1]) if not one.holds]
    assert late == ["reconciliation-run"]
    assert all(one.holds for scale in SCALES[:-1] for one in runs(scale))
    assert f"| **{page._number(runs(SCALES[-1])[2].seconds)}** |" in page.page()


def test_limits_of_ours_that_a_thousand_bookings_need_raised_are_none():
    raised = [one.name for one in LIMITS if one.needs(SCALES[1]) > one.stands]
    assert raised == ["SNS: Account spend threshold for SMS (US dollars a month)"]


def test_the_cheaper_one_changes_where_the_page_says():
    crossing = page.crossing()

    def totals(per_hour):
        return [sum(usd for _, usd in lines(per_hour)) for lines in (bill.serverless, bill.always_on)]

    ours, theirs = totals(crossing * 0.8)
    assert ours < theirs
    ours, theirs = totals(crossing * 1.25)
    assert ours > theirs
