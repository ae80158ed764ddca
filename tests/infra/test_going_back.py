import io
from dataclasses import replace

import pytest
from botocore.exceptions import ClientError
from rich.console import Console

from infra import rollback, ship
from infra.changes import Change, ChangeSet, DeployError
from infra.deploy import Outputs
from infra.going_back import last_begun, problems
from infra.releases import Release
from infra.targets import Target

TARGET = Target.aws(stage="prod", region="eu-central-1")
OLD = Release("1", "packages/1.zip", "templates/1.json", migration=1)
NOW = Release("2", "packages/2.zip", "templates/2.json", migration=2, replaced="1")
QUEUE = Change("Remove", "PayoutsQueue", "AWS::SQS::Queue", "")
DOMAIN = Change("Remove", "ApiDomain", "AWS::ApiGateway::DomainName", "")


class Aws:
    """CloudFormation, SQS and DynamoDB, as far as they are asked."""

    def __init__(self, waiting=(0, 0, 0), begun=(), is_missing=False):
        self.waiting, self.begun, self.is_missing = waiting, begun, is_missing
        self.discarded = 0

    def describe_stack_resource(self, StackName, LogicalResourceId):  # noqa: N803 - AWS's names
        return {"StackResourceDetail": {"PhysicalResourceId": f"https://{StackName}/{LogicalResourceId}"}}

    def get_queue_attributes(self, QueueUrl, AttributeNames):  # noqa: N803
        assert QueueUrl == "https://linli-prod-app/PayoutsQueue"
        return {"Attributes": dict(zip(AttributeNames, map(str, self.waiting), strict=True))}

    def get_paginator(self, _name):
        return self

    def paginate(self, TableName, **_more):  # noqa: N803
        assert TableName == "linli-prod-r1-migrations"
        if self.is_missing:
            raise ClientError({"Error": {"Code": "ResourceNotFoundException", "Message": "none"}}, "Scan")
        rows = [{"pk": {"S": f"MIGRATION#{number:04d}-x"}, "sk": {"S": "STATE"}} for number in self.begun]
        return [{"Items": rows[:1]}, {"Items": rows[1:]}]

    def delete_change_set(self, **_arguments):
        self.discarded += 1


def found(aws, monkeypatch, *changes, release=OLD):
    monkeypatch.setattr(Target, "client", lambda _self, _service: aws)
    return list(problems(TARGET, ChangeSet("linli-prod-app", "arn", False, changes), release, "linli-prod-r1"))


@pytest.mark.parametrize("waiting", [(1, 0, 0), (0, 1, 0), (0, 0, 1)])
def test_a_queue_goes_only_when_it_is_empty(waiting, monkeypatch):
    assert found(Aws(waiting), monkeypatch, QUEUE) == ["PayoutsQueue: 1 messages would be lost"]
    assert found(Aws(waiting), monkeypatch, replace(QUEUE, action="Modify", replacement="True")) != []
    assert found(Aws(waiting), monkeypatch, replace(QUEUE, action="Modify", replacement="False")) == []
    assert found(Aws(), monkeypatch, QUEUE) == []


def test_the_apis_own_name_does_not_go_by_the_way(monkeypatch):
    assert found(Aws(), monkeypatch, DOMAIN) == ["ApiDomain: the API's own name would lead nowhere"]
    assert found(Aws(), monkeypatch, replace(DOMAIN, action="Modify")) == []


def test_a_version_that_does_not_know_what_was_migrated_is_refused(monkeypatch):
    assert found(Aws(begun=(1, 2)), monkeypatch) == ["migrations: 0002 is begun or done, and 1 knows 1"]
    assert found(Aws(begun=(1,)), monkeypatch) == []
    assert found(Aws(begun=(1,)), monkeypatch, release=replace(OLD, migration=0)) != []
    assert last_begun(TARGET, "linli-prod-r1") == 1
    assert found(Aws(is_missing=True), monkeypatch) == []


@pytest.fixture
def stage(monkeypatch):
    """A stage that runs NOW and came from OLD, which lacks a queue with messages, the domain and a migration."""
    aws = Aws((2, 0, 0), begun=(1, 2))
    done = []

    class Records:
        def all(self):
            return [NOW, OLD]

        def template(self, _release):
            return {"Parameters": {}, "Resources": {}}

        def write(self, release):
            return release

    monkeypatch.setattr(Target, "client", lambda _self, _service: aws)
    monkeypatch.setattr(rollback, "records_of", lambda _target: (Records(), {"PackagesBucket": "b"}))
    monkeypatch.setattr(ship, "records_of", lambda _target: (Records(), {"PackagesBucket": "b"}))
    monkeypatch.setattr(rollback, "put_template", lambda *_arguments: None)
    monkeypatch.setattr(rollback, "_parameters", lambda *_arguments: {"TablePrefix": "linli-prod-r1"})
    monkeypatch.setattr(rollback.canary, "at_once", lambda template: template)
    change_set = ChangeSet("linli-prod-app", "arn", False, (QUEUE, DOMAIN))
    monkeypatch.setattr(rollback.changes, "prepare", lambda *_arguments: change_set)
    monkeypatch.setattr(rollback.changes, "outputs", lambda *_arguments: {})
    monkeypatch.setattr(rollback, "outputs", lambda *_arguments: Outputs("prod", "eu-central-1", "https://x"))
    monkeypatch.setattr(rollback, "caller", lambda _target: type("Who", (), {"arn": "arn:x"}))
    monkeypatch.setattr(rollback, "execute", lambda *_arguments: done.append("executed"))
    return aws, done


def test_rolling_back_needs_a_word_for_each_loss(stage):
    aws, done = stage
    screen = Console(file=io.StringIO())
    with pytest.raises(DeployError) as refused:
        rollback.return_to(TARGET, screen, OLD, yes=True)
    assert "PayoutsQueue: 2 messages" in str(refused.value)
    assert "ARGS='--lose PayoutsQueue,ApiDomain,migrations'" in str(refused.value)
    with pytest.raises(DeployError, match="--lose migrations'"):
        rollback.return_to(TARGET, screen, OLD, yes=True, lose=("PayoutsQueue", "ApiDomain"))
    assert (aws.discarded, done) == (2, [])
    rollback.return_to(TARGET, screen, OLD, yes=True, lose=("PayoutsQueue", "ApiDomain", "migrations"))
    assert done == ["executed"]


def test_what_is_taken_back_at_once_loses_a_name_that_it_brought_but_no_messages(stage, monkeypatch):
    aws, done = stage
    monkeypatch.setattr(ship, "deploy", lambda *_a, **_k: Outputs("prod", "x", "y", release=NOW, changed=True))
    monkeypatch.setattr(ship, "_not_ours", lambda *_arguments: "")
    monkeypatch.setattr(ship, "prove", lambda *_arguments: ["health: 500"])
    screen = Console(file=io.StringIO())
    with pytest.raises(DeployError, match=r"smoke test failed: health: 500; not rolled back: .*PayoutsQueue: 2 mess"):
        ship.ship(TARGET, screen, yes=True)
    aws.waiting = (0, 0, 0)
    with pytest.raises(DeployError, match="rolled back to 1"):
        ship.ship(TARGET, screen, yes=True)
    assert done == ["executed"]
