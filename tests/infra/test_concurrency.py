import json
import re
from dataclasses import replace

import pytest

from infra import concurrency
from infra.expand import expand
from infra.preflight_account import AccountFacts, concurrency_is_there
from infra.queues import QUEUES
from infra.targets import ROOT, Target
from infra.template_app import finish, logical_id
from tests.infra.planted.sample import packaged, project

TARGET = Target.aws(stage="prod", region="ap-southeast-1")
CONFIG = json.loads((ROOT / ".chalice" / "config.json").read_text())
ROW = re.compile(r"\| `([a-z-]+)` \| (\d+) MB \| (\d+) s \| (\d+|one|as called) \|")


@pytest.fixture(scope="module")
def target(tmp_path_factory):
    return replace(TARGET, project=project(tmp_path_factory.mktemp("project")))


@pytest.fixture(scope="module")
def chalice(target):
    return packaged(target)


def functions_of(template):
    return {k: row["Properties"] for k, row in template["Resources"].items() if row["Type"] == "AWS::Lambda::Function"}


def test_every_queue_is_bounded_and_long_runs_are_alone(chalice, target):
    template = expand(finish(chalice, target), target.region)
    assert list(concurrency.queues_are_bounded(template)) == []
    bounds = {
        row["Properties"]["FunctionName"]["Ref"]: row["Properties"]["ScalingConfig"]["MaximumConcurrency"]
        for row in template["Resources"].values()
        if row["Type"] == "AWS::Lambda::EventSourceMapping" and "ScalingConfig" in row["Properties"]
    }
    assert bounds == {logical_id(spec.function): spec.at_once for spec in QUEUES}
    assert min(bounds.values()) >= 2, "Lambda knows no less"
    reserved = {key for key, row in functions_of(template).items() if row.get("ReservedConcurrentExecutions") == 1}
    assert reserved == {logical_id(name) for name in concurrency.ONE_AT_A_TIME}
    facts = AccountFacts()
    assert not [*concurrency_is_there(template, facts), *concurrency.queues_leave_room(template, facts)]


def test_runs_of_five_minutes_and_more_on_a_schedule_are_those_reserved():
    workers = {spec.function for spec in QUEUES}
    long = {
        name
        for name, row in CONFIG["lambda_functions"].items()
        if row.get("lambda_timeout", 0) >= 300 and name not in workers and name != "privacy-reseal"
    }
    assert long == set(concurrency.ONE_AT_A_TIME)


@pytest.mark.parametrize("other", [Target.aws(stage="dev", region="ap-southeast-1"), Target.local()])
def test_stages_that_nobody_depends_on_reserve_nothing(chalice, target, other):
    template = expand(finish(chalice, replace(other, project=target.project)), target.region)
    assert not [row for row in functions_of(template).values() if "ReservedConcurrentExecutions" in row]
    new_account = AccountFacts(concurrency=10, protected=False)
    assert not [*concurrency_is_there(template, new_account), *concurrency.queues_leave_room(template, new_account)]


def test_an_account_that_is_too_small_is_told_what_to_ask_for(chalice, target):
    template = expand(finish(chalice, target), target.region)
    (line,) = concurrency.queues_leave_room(template, AccountFacts(concurrency=100))
    asked = concurrency.SHARE * sum(spec.at_once for spec in QUEUES)
    assert line.endswith(f"ask for {asked} and more (Service Quotas, Lambda, Concurrent executions)")
    (line,) = concurrency_is_there(template, AccountFacts(concurrency=100))
    reserved = len(concurrency.ONE_AT_A_TIME)
    assert line.startswith(f"{reserved} concurrent executions reserved, but the account has 0 to reserve")


def test_the_docs_say_what_is_configured_and_why():
    page = (ROOT / "docs" / "architecture.md").read_text()
    told = {name: (int(memory), int(seconds), at_once) for name, memory, seconds, at_once in ROW.findall(page)}
    bounds = {spec.function: str(spec.at_once) for spec in QUEUES} | dict.fromkeys(concurrency.ONE_AT_A_TIME, "one")
    configured = {
        ("api" if name == "api_handler" else name): (
            row.get("lambda_memory_size", CONFIG["lambda_memory_size"]),
            row.get("lambda_timeout", CONFIG["lambda_timeout"]),
            bounds.get(name, "as called"),
        )
        for name, row in CONFIG["lambda_functions"].items()
    }
    assert told == configured
