"""Alarms: every one has a page that says what to do, and calls somebody; every function's failure is told by something;
every metric that is watched is one that is really sent.
"""

import re
from dataclasses import replace

import pytest

from infra import access_logs, runbooks
from infra.alarms_serving import concurrency_threshold
from infra.expand import expand
from infra.metrics import AWS_METRICS, sent_by_the_code
from infra.prices import PRICES
from infra.queues import QUEUES
from infra.targets import ROOT, Target
from infra.template_app import configured_functions, finish, logical_id
from tests.infra.planted.sample import packaged, project

TARGET = Target.aws(stage="prod", region="ap-southeast-1", backup_region="eu-central-1")
PAGES = sorted((ROOT / runbooks.FOLDER).glob("*.md"))


@pytest.fixture(scope="module")
def template(tmp_path_factory):
    target = replace(TARGET, project=project(tmp_path_factory.mktemp("project")))
    return expand(finish(packaged(target), target), target.region)


@pytest.fixture(scope="module")
def alarms(template):
    return {
        key: row["Properties"] for key, row in template["Resources"].items() if row["Type"] == "AWS::CloudWatch::Alarm"
    }


def metrics_of(alarm):
    """The metrics that an alarm looks at: namespace, name, dimensions."""
    if "MetricName" in alarm:
        return [alarm]
    return [row["MetricStat"]["Metric"] for row in alarm["Metrics"] if "MetricStat" in row]


def test_every_alarm_has_a_page_and_every_page_an_alarm(alarms):
    known = runbooks.pages()
    assert set(known) == set(alarms)
    assert set(known.values()) == {f"{runbooks.FOLDER}/{path.name}" for path in PAGES}
    for key, alarm in alarms.items():
        assert alarm["AlarmDescription"].endswith(f". What to do: {known[key]}")


def test_a_stage_without_alarms_keeps_what_takes_a_new_version_back(tmp_path):
    target = Target.aws(stage="dev", region="eu-west-1", canary_minutes=5, project=project(tmp_path))
    found = finish(packaged(target), target)["Resources"]
    assert {key for key, row in found.items() if row["Type"] == "AWS::CloudWatch::Alarm"} == {
        "ApiTrialServerErrorsAlarm", "ApiTrialErrorsAlarm", "ApiTrialSlowAlarm",
    }  # fmt: skip
    assert "AlarmsTopic" in found
    assert "Dashboard" not in found


def test_every_alarm_calls_somebody_unless_it_ends_a_trial(alarms):
    for key, alarm in alarms.items():
        assert alarm["TreatMissingData"] in ("notBreaching", "breaching"), key
        if not key.startswith("ApiTrial"):
            assert alarm["AlarmActions"] == alarm["OKActions"] == [{"Ref": "AlarmsTopic"}], key


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_a_page_says_all_that_is_asked_at_night(path):
    text = path.read_text()
    heads = re.findall(r"^## (.+)$", text, re.MULTILINE)
    assert tuple(heads) == runbooks.SECTIONS
    for section in re.split(r"^## .+$", text, flags=re.MULTILINE)[1:]:
        assert section.strip()
    first = text.partition("## Look first")[2].partition("## Do")[0]
    assert re.search(r"^    make ", first, re.MULTILINE), "commands that can be pasted"


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_every_command_of_a_page_is_there(path):
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    text = path.read_text()
    asked = set(re.findall(r"`make ([a-z-]+)|^    make ([a-z-]+)", text, re.MULTILINE))
    assert {one or other for one, other in asked} <= targets
    for name in re.findall(r"NAME=([a-z-]+)", text):
        assert name == "gateway" or name in configured_functions(ROOT), name


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_every_link_of_a_page_leads_somewhere(path):
    for target in re.findall(r"\]\(([^)]+)\)", path.read_text()):
        file, _, anchor = target.partition("#")
        linked = (path.parent / file).resolve()
        heads = re.findall(r"^#+ (.+)$", linked.read_text(), re.MULTILINE)
        anchors = {re.sub(r"[^\w -]", "", head).lower().replace(" ", "-") for head in heads}
        assert not anchor or anchor in anchors, target


def test_what_is_watched_is_sent(alarms):
    ours = sent_by_the_code()
    for key, alarm in alarms.items():
        for metric in metrics_of(alarm):
            if metric["Namespace"] == "Linli":
                assert metric["MetricName"] in ours, key
            elif metric["Namespace"] == {"Fn::Sub": access_logs.NAMESPACE}:
                assert metric["MetricName"] == "ApiThrottled"
            else:
                assert metric["MetricName"] in AWS_METRICS[metric["Namespace"]], key


def test_every_functions_failure_is_told_by_something(template, alarms):
    functions = {key for key, row in template["Resources"].items() if row["Type"] == "AWS::Lambda::Function"}
    by_queue = {logical_id(spec.function) for spec in QUEUES}
    by_hand = {"AccountsGrantRole", "AccountsResetFactors", "PrivacyReseal"}  # who invokes them sees it
    by_others = {"APIHandler": "ApiErrorsAlarm", "OutboxRelay": "OutboxBehindAlarm"}
    alone = functions - by_queue - by_hand - set(by_others)
    assert {f"{key}ErrorsAlarm" for key in alone} <= set(alarms)
    assert {f"{spec.logical_id}AgeAlarm" for spec in QUEUES} | set(by_others.values()) <= set(alarms)


def test_a_share_needs_a_least_number(alarms):
    for key in ("ApiErrorsAlarm", "PaymentsFailingAlarm"):
        (share,) = [row for row in alarms[key]["Metrics"] if "Expression" in row]
        assert re.match(r"IF\(FILL\(part, 0\) >= \d+, 100 \* part / \(.+\), 0\)$", share["Expression"])
        assert [row for row in alarms[key]["Metrics"] if row.get("ReturnData") is not False] == [share]


def test_watching_costs_what_the_guide_says(alarms):
    count = sum(len(metrics_of(alarm)) for alarm in alarms.values())
    text = (ROOT / "docs" / "operators-guide.md").read_text()
    told = re.search(r"(\d+) alarms over (\d+) metrics: ([\d.]+) USD a month", text)
    assert told, "the guide says what alarms cost"
    assert (int(told[1]), int(told[2])) == (len(alarms), count)
    cost = count * PRICES["alarms"].each
    assert float(told[3]) == pytest.approx(cost)
    assert f"whatever calls people, see Watching: {cost:.2f} USD a month" in text


class Account:
    def __init__(self, limit):
        self.limit = limit

    def client(self, _service):
        return self

    def get_account_settings(self):
        return {"AccountLimit": {"ConcurrentExecutions": self.limit}}


@pytest.mark.parametrize(("limit", "alarm"), [(1000, "800"), (10, "8"), (1, "1")])
def test_too_many_at_once_goes_by_the_account(limit, alarm):
    assert concurrency_threshold(Account(limit)) == alarm
