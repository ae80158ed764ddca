import io
from dataclasses import replace

import pytest
from rich.console import Console

from infra import costs
from infra.costs import JOURNEY, SCHEDULE_READS, WORKED, Estimate, estimate, monthly, operations
from infra.expand import expand
from infra.metrics import sent_by_the_code
from infra.prices import price
from infra.queues import QUEUES
from infra.targets import Target
from infra.template_app import configured_functions, finish, logical_id
from infra.template_data import data_template
from tests.infra.planted.sample import packaged, project

TARGET = Target.aws(stage="prod", region="us-east-1")


@pytest.fixture(scope="module")
def templates(tmp_path_factory):
    target = replace(TARGET, project=project(tmp_path_factory.mktemp("project")))
    return [data_template(target), expand(finish(packaged(target), target), target.region)]


def test_every_operation_of_the_journey_is_a_row_that_is_measured():
    named = {*JOURNEY, *(row for row in SCHEDULE_READS.values() if isinstance(row, str))}
    assert named <= operations().keys()
    assert operations()["hold a time"].writes == 19
    assert set(JOURNEY) >= WORKED


def test_every_schedule_that_reads_is_a_function(templates):
    known = {logical_id(name) for name in configured_functions(TARGET.project)}
    assert set(SCHEDULE_READS) <= known


@pytest.mark.parametrize(
    ("schedule", "times"),
    [
        ("rate(1 minute)", 43_800),
        ("rate(5 minutes)", 8_760),
        ("rate(1 hour)", 730),
        ("cron(15 3 * * ? *)", 730 / 24),
        ("cron(40 * * * ? *)", 730),
        ("cron(0/10 * * * ? *)", 4_380),
        ("cron(0,30 8 * * ? *)", 730 / 12),
        ("cron(30 19 1 * ? *)", 1),
        ("at(2026-11-27T10:00:00)", 0),
    ],
)
def test_how_often_a_schedule_comes(schedule, times):
    assert monthly(schedule) == pytest.approx(times)


def test_nothing_of_a_stage_is_without_a_price(templates):
    assert estimate(templates, "us-east-1").unpriced == ()
    unknown = {"Resources": {"Db": {"Type": "AWS::RDS::DBInstance"}}}
    assert estimate([*templates, unknown], "us-east-1").unpriced == ("AWS::RDS::DBInstance",)


def test_what_is_paid_though_nobody_comes_is_counted_from_the_resources(templates):
    found = {line.what: line.usd for line in estimate(templates, "us-east-1").fixed}
    resources = [row for template in templates for row in template["Resources"].values()]
    keys = sum(row["Type"] == "AWS::KMS::Key" for row in resources)
    assert found[f"KMS keys: {keys}"] == keys
    firewall = next(row for row in resources if row["Type"] == "AWS::WAFv2::WebACL")
    rules = len(firewall["Properties"]["Rules"])
    assert found[f"firewall with {rules} rules"] == 5 + rules
    alarms = sum(row["Type"] == "AWS::CloudWatch::Alarm" for row in resources)
    assert found[f"alarms: {alarms}"] >= alarms * price("alarms", "us-east-1")
    number = len(QUEUES)
    assert found[f"polling of {number} queues"] == pytest.approx(number * 15 * 43_800 * 0.4e-6)


def test_a_stage_without_a_firewall_costs_less(templates, tmp_path):
    target = replace(TARGET, waf=False, project=project(tmp_path / "project"))
    bare = [data_template(target), expand(finish(packaged(target), target), target.region)]
    more, less = (estimate(one, "us-east-1") for one in (templates, bare))
    assert Estimate.total(more.fixed) - Estimate.total(less.fixed) > 5
    assert Estimate.total(more.bookings) > Estimate.total(less.bookings)


def test_bookings_are_paid_by_their_units(templates):
    found = estimate(templates, "us-east-1")
    writes = sum(operations()[name].writes * times for name, times in JOURNEY.items()) + 2 * costs.MESSAGES
    assert found.bookings[0].usd == pytest.approx(1_000 * writes * 0.625e-6)
    assert 0.1 < Estimate.total(found.bookings) < 2


def test_each_backup_is_a_whole_copy(templates):
    found = {line.what: line.usd for line in estimate(templates, "us-east-1").per_gb}
    assert found["nightly backups: 35"] == pytest.approx(3.5)
    assert found["monthly backups: 13"] == pytest.approx(1.3)


def test_copies_in_another_region_are_paid_there_and_on_their_way(templates):
    target = replace(TARGET, backup_region="eu-central-1")
    bare, found = costs.of(TARGET, *templates), costs.of(target, data_template(target), templates[1])
    said = {line.what: line.usd for line in found.per_gb}
    assert said["nightly backups: 35"] == pytest.approx(3.5)
    assert said["nightly copies in eu-central-1: 35"] == pytest.approx(35 * price("backup_gb_month", "eu-central-1"))
    # Each night, and each month, all of it.
    assert said["copies sent to eu-central-1: 31 a month"] == pytest.approx(31 * 0.02)
    assert Estimate.total(found.fixed) - Estimate.total(bare.fixed) == pytest.approx(1), "the key of the copies"


def test_every_metric_that_the_code_sends_is_paid(templates):
    names = len(sent_by_the_code())
    assert names > 40
    assert all(name.isidentifier() for name in sent_by_the_code())
    found = {line.what: line.usd for line in estimate(templates, "us-east-1").fixed}
    assert found[f"metrics of our own: {names}, where all are sent"] == pytest.approx(names * 0.3)


def test_the_page_says_how_rough_it_is(templates):
    screen = Console(file=io.StringIO(), width=120)
    costs.show(screen, replace(estimate(templates, "eu-central-1"), unpriced=("AWS::New::Thing",)))
    shown = screen.file.getvalue()
    for said in (
        "eu-central-1",
        "a month in which nobody comes",
        "1,000 bookings more",
        "each GB",
        "Rough",
        "AWS::New",
    ):
        assert said in shown
