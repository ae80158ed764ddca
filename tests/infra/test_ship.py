"""When a deployment takes back what it deployed, and when it must not: CloudFormation and S3 are fakes."""

import io
import types
from dataclasses import dataclass, replace

import pytest
from rich.console import Console

from infra import deploy, parameters, releases, rollback, ship, smoke
from infra.changes import DeployError, Source
from infra.deploy import Outputs
from infra.releases import Release, Releases
from infra.targets import Target
from infra.upload import template_key
from tests.infra.test_releases import Bucket

TEMPLATE = {"Parameters": {"CodeKey": {}}, "Resources": {}}
QUIET = Console(file=io.StringIO())


def package(letter):
    return f"packages/{letter * 64}.zip"


class Stack:
    """The app stack: what it was told last."""

    def __init__(self, code):
        self.code, self.status = code, "UPDATE_COMPLETE"

    def describe_stacks(self, StackName):  # noqa: N803 - AWS's names
        outputs = [{"OutputKey": "PackagesBucket", "OutputValue": "packages"}]
        told = [{"ParameterKey": "CodeKey", "ParameterValue": self.code}]
        return {"Stacks": [{"StackStatus": self.status, "Outputs": outputs, "Parameters": told}]}


@dataclass(frozen=True)
class Stage(Target):
    """A stage whose clients are fakes."""

    def client(self, service):
        return CLIENTS[service]


CLIENTS = {}
STAGE = Stage(stage="prod", region="ap-southeast-1")


@pytest.fixture
def records():
    """Two releases: 1 of package a, and 2 of package b, which runs and has answered."""
    CLIENTS.update(s3=Bucket(), cloudformation=Stack(package("b")))
    found = Releases(CLIENTS["s3"], "packages")
    for id_, code, before in (("1", "a", ""), ("2", "b", "1")):
        told, template = {"CodeKey": package(code)}, template_key(Source(TEMPLATE))
        found.write(Release(id_, package(code), template, parameters=told, replaced=before, state="proved"))
    return found


def made(code):
    return types.SimpleNamespace(package=types.SimpleNamespace(key=package(code)), app=TEMPLATE)


DATA = dict.fromkeys(("SealKeyArn", "AuditBucket", "OutboxStreamArn", "DocumentsBucket"), "x") | {
    "PackagesBucket": "packages",
    "TablePrefix": STAGE.table_prefix,
}
FOUND = Outputs("prod", STAGE.region, "https://api", {"api": "f"}, data=DATA)


@pytest.fixture
def recorded(monkeypatch):
    """Record a deployment of a package; `changed` is whether CloudFormation had anything to do."""
    monkeypatch.setattr(deploy, "caller", lambda _target: types.SimpleNamespace(arn="arn:me"))
    monkeypatch.setattr(parameters, "concurrency_threshold", lambda _target: "80")

    def record(code, *, changed=False, app=TEMPLATE):
        one = made(code)
        one.app = app
        return deploy._recorded(STAGE, one, FOUND, changed=changed)[0]

    return record


def test_what_ran_before_a_deployment_that_ended_unrecorded_is_not_passed_over(records, recorded):
    again = recorded("c")
    assert (again.package, again.replaced, again.state) == (package("c"), "2", "deployed")
    assert records.all()[0] == again
    assert releases.previous(records.all()).id == "2"


def test_what_differs_in_its_template_alone_is_another_release(records, recorded):
    assert recorded("b").id == "2", "nothing to record"
    assert recorded("b", app=TEMPLATE | {"Outputs": {}}).replaced == "2"


def test_the_same_after_a_rollback_is_what_was_rolled_back_to(records, recorded):
    first = records.all()[1]
    back = records.write(replace(first, id="3", replaced="2", returned_to="1"))
    assert recorded("a") == back
    assert recorded("b").replaced == "1"


@pytest.fixture
def shipped(monkeypatch, records):
    """Ship a release that does not answer; `meanwhile` happens before its smoke test ends. Returns what came back."""
    back = []

    def return_to(_target, _console, release, *, yes, lose=()):
        back.append(release.id)
        return replace(FOUND, release=None)

    monkeypatch.setattr(ship, "return_to", return_to)

    def run(release, meanwhile=lambda: None, *, changed=True):
        def problems(*_asked):
            meanwhile()
            return [] if back else ["health: answers 500 instead of 200"]

        monkeypatch.setattr(smoke, "problems", problems)
        monkeypatch.setattr(ship, "deploy", lambda *_a, **_k: replace(FOUND, release=release, changed=changed))
        with pytest.raises(DeployError, match="the smoke test failed") as failed:
            ship.ship(STAGE, QUIET, yes=True)
        return back, str(failed.value)

    return run


@pytest.fixture
def third(records, recorded):
    CLIENTS["cloudformation"].code = package("c")
    return recorded("c", changed=True)


def test_a_release_that_does_not_answer_is_taken_back(shipped, third):
    back, said = shipped(third)
    assert back == ["2"]
    assert said.endswith("rolled back to 2")


def test_where_nothing_was_deployed_nothing_is_taken_back(shipped, records):
    back, said = shipped(records.all()[0], changed=False)
    assert not back
    assert "though nothing was changed" in said


def test_somebody_elses_release_is_not_taken_back(shipped, third, records):
    later = replace(third, id="99", package=package("d"), replaced=third.id, by="arn:them")
    back, said = shipped(third, lambda: records.write(later))
    assert not back
    assert "arn:them has deployed 99 since" in said
    assert records.all()[0] == later, "and its record is as it was"


def test_somebody_elses_deployment_that_is_not_recorded_yet_is_not_taken_back(shipped, third):
    back, said = shipped(third, lambda: setattr(CLIENTS["cloudformation"], "code", package("d")))
    assert not back
    assert "somebody else has deployed since" in said


def test_a_deployment_under_way_is_left_alone(shipped, third):
    back, said = shipped(third, lambda: setattr(CLIENTS["cloudformation"], "status", "UPDATE_IN_PROGRESS"))
    assert not back
    assert "somebody else is deploying" in said


def test_a_name_that_leads_elsewhere_takes_nothing_back(third, monkeypatch, records):
    asked = []
    monkeypatch.setattr(smoke, "problems", lambda _target, api, *_more: asked.append(api) or [])
    monkeypatch.setattr(smoke, "through_name", lambda _target, _api: ["api.example: health: says {}"])
    found = replace(FOUND, api="https://api.example", app={"EndpointUrl": "https://own"}, release=third)
    screen = Console(file=io.StringIO(), width=120)
    assert rollback.prove(STAGE, screen, found, third.package) == []
    assert asked == ["https://own"]
    assert "api.example: health: says {}" in screen.file.getvalue()
    assert records.all()[0].state == "proved"


def test_going_back_from_what_was_not_recorded_is_to_the_newest_record(records):
    CLIENTS["cloudformation"].code = package("c")
    assert rollback.wanted_release(STAGE, records.all(), "").id == "2"
    assert rollback.wanted_release(STAGE, records.all(), "2").id == "2"
    assert rollback.wanted_release(STAGE, records.all(), "1").id == "1"
    CLIENTS["cloudformation"].code = package("b")
    assert rollback.wanted_release(STAGE, records.all(), "").id == "1"
    with pytest.raises(DeployError, match="release 2 is what runs"):
        rollback.wanted_release(STAGE, records.all(), "2")
