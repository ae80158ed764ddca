"""A stage's past under another prefix: what is stopped, made, given to the new tables, and gone on with."""

import io
import zipfile
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from rich.console import Console

from infra.local.addresses import HOME_VARIABLE, Addresses, Ports
from infra.local.target import local_target
from infra.restore import __main__ as command
from infra.restore import payouts
from infra.restore.furnish import furnish
from infra.restore.sources import Copies, PointInTime, RestoreError
from infra.restore.stage import local
from infra.restore.tables import restore
from infra.tables import TABLES, create_tables, table
from infra.targets import Target
from tests.emulators import REGION

NOW = datetime(2030, 5, 1, 9, 30, tzinfo=UTC)
PREFIX, RULE = "linli-past-r1", "linli-past-payouts"


@pytest.fixture
def past(ministack, tmp_path, monkeypatch):
    """A stage with tables and the functions that pay out; yields its target."""
    port = int(ministack.endpoint.rpartition(":")[2])
    target = Target.local(port=port, stage="past", region=REGION)
    client = ministack.dynamodb
    names = list(create_tables(client, target.prefix))
    for spec in TABLES:
        furnish(target, spec, target.prefix)
    client.put_item(TableName=f"{target.prefix}-orders", Item={"pk": {"S": "ORDER#1"}, "sk": {"S": "ORDER"}})
    functions = [f"{target.prefix}-{name}" for name in (payouts.WORKER, payouts.RUN)]
    arns = [_make(target, name) for name in functions]
    made = _trigger(target, *arns)
    monkeypatch.setenv(HOME_VARIABLE, str(tmp_path))
    Addresses.of("http://127.0.0.1:1/api", Ports(port, *range(2, 8)), "past").write(tmp_path)
    yield target
    target.client("lambda").delete_event_source_mapping(UUID=made)
    target.client("events").remove_targets(Rule=RULE, Ids=["1"])
    target.client("events").delete_rule(Name=RULE)
    for name in functions:
        target.client("lambda").delete_function(FunctionName=name)
    for name in client.list_tables()["TableNames"]:
        if name in names or name.startswith(PREFIX):
            client.delete_table(TableName=name)


def _make(target, name):
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w") as archive:
        archive.writestr("app.py", "def app(event, context): pass\n")
    made = target.client("lambda").create_function(
        FunctionName=name,
        Runtime="python3.11",
        Role="arn:aws:iam::000000000000:role/x",
        Handler="app.app",
        Code={"ZipFile": body.getvalue()},
        Environment={"Variables": {"TABLE_PREFIX": target.prefix}},
    )
    return made["FunctionArn"]


def _trigger(target, worker, run):
    """Hand messages of a queue to the worker, and start the run every hour; return the mapping's id."""
    sqs, events = target.client("sqs"), target.client("events")
    url = sqs.create_queue(QueueName=f"{target.prefix}-payouts")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    events.put_rule(Name=RULE, ScheduleExpression="rate(1 hour)")
    events.put_targets(Rule=RULE, Targets=[{"Id": "1", "Arn": run}])
    return target.client("lambda").create_event_source_mapping(FunctionName=worker, EventSourceArn=arn)["UUID"]


def _quiet():
    return Console(file=io.StringIO(), width=140)


def test_everything_is_there_again_under_the_other_prefix(past):
    screen = _quiet()
    done = restore(past, PointInTime(past, past.prefix), NOW, PREFIX, screen, lambda: None)
    assert (done.begun, done.found) == (len(TABLES), 0)
    client = past.client("dynamodb")
    found = client.get_item(TableName=f"{PREFIX}-orders", Key={"pk": {"S": "ORDER#1"}, "sk": {"S": "ORDER"}})
    assert "Item" in found
    for spec in TABLES:
        name = spec.full_name(PREFIX)
        described = client.describe_table(TableName=name)["Table"]
        assert len(described.get("GlobalSecondaryIndexes", ())) == len(spec.indexes)
        assert ("LatestStreamArn" in described) == spec.stream
        assert client.describe_time_to_live(TableName=name)["TimeToLiveDescription"]["TimeToLiveStatus"] == "ENABLED"
        backups = client.describe_continuous_backups(TableName=name)["ContinuousBackupsDescription"]
        assert backups["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"] == "ENABLED"
        told = {
            tag["Key"]: tag["Value"] for tag in client.list_tags_of_resource(ResourceArn=described["TableArn"])["Tags"]
        }
        assert told == {"linli:backup": "past"} | ({"linli:books": "past"} if spec.books else {})
    shown = screen.file.getvalue()
    assert "payouts-work, payouts-run" in shown
    assert f"tags {len(TABLES)}, time to live {len(TABLES)}" in shown


def test_one_that_was_interrupted_goes_on_where_it_was(past):
    source, begun = PointInTime(past, past.prefix), []

    class Interrupted(PointInTime):
        def start(self, spec, name, moment):
            if len(begun) == 5:
                raise KeyboardInterrupt
            begun.append(spec.name)
            source.start(spec, name, moment)

    with pytest.raises(KeyboardInterrupt):
        restore(past, Interrupted(past, past.prefix), NOW, PREFIX, _quiet(), lambda: None)
    done = restore(past, source, NOW, PREFIX, _quiet(), lambda: None)
    assert (done.begun, done.found) == (len(TABLES) - 5, 5)
    again = restore(past, source, NOW, PREFIX, _quiet(), lambda: None)
    assert (again.begun, again.found, again.furnished) == (0, len(TABLES), 0)


def _on(target):
    """Whether messages are handed to the worker, and whether the run is started."""
    mappings = target.client("lambda").list_event_source_mappings(FunctionName=f"{target.prefix}-payouts-work")
    (mapping,) = mappings["EventSourceMappings"]
    return mapping["State"], target.client("events").describe_rule(Name=RULE)["State"]


def test_payouts_stand_still_until_the_app_reads_what_was_restored(past):
    client = past.client("lambda")
    assert _on(past) == ("Enabled", "ENABLED")
    restore(past, PointInTime(past, past.prefix), NOW, PREFIX, _quiet(), lambda: None)
    assert _on(past) == ("Disabled", "DISABLED")
    with pytest.raises(RestoreError, match=f"reads linli-past, not {PREFIX}"):
        payouts.resume(past, PREFIX)
    assert _on(past) == ("Disabled", "DISABLED")
    for name in (payouts.WORKER, payouts.RUN):
        client.update_function_configuration(
            FunctionName=f"{past.prefix}-{name}", Environment={"Variables": {"TABLE_PREFIX": PREFIX}}
        )
    assert payouts.resume(past, PREFIX) == ["payouts-work", "payouts-run"]
    assert _on(past) == ("Enabled", "ENABLED")
    assert payouts.resume(past, PREFIX) == [], "nothing stands still any more"


def test_a_stage_without_an_app_has_no_payouts(past):
    empty = replace(past, stage="empty", table_prefix="")
    assert (payouts.stop(empty), payouts.reads_from(empty)) == ([], "linli-empty")


def test_the_local_stage_is_what_the_supervisor_deployed():
    ports = Ports(*range(4001, 4008))
    addresses = Addresses.of("http://127.0.0.1:4001/api", ports, "local")
    assert local(addresses) == local_target(ports, "local")


def test_a_rehearsal_stops_nothing(past, capsys):
    now = datetime.now(UTC).isoformat()
    assert command.main(["--stage", "local", "--prefix", PREFIX, "--at", now, "--rehearse"]) == 0
    shown = capsys.readouterr().out
    assert (
        f"restore: {len(TABLES)} tables under {PREFIX} ({len(TABLES)} begun now, 0 before); nothing stands still"
        in shown
    )
    assert "Stop payouts" not in shown
    assert _on(past) == ("Enabled", "ENABLED")


def test_a_protected_stage_gets_its_protection_back(past):
    client = past.client("dynamodb")
    name = f"{past.prefix}-outbox"
    protected = replace(past, protect=True)
    assert "protection" in furnish(protected, table("outbox"), past.prefix)
    assert client.describe_table(TableName=name)["Table"]["DeletionProtectionEnabled"] is True
    assert furnish(protected, table("outbox"), past.prefix) == []
    client.update_table(TableName=name, DeletionProtectionEnabled=False)


def test_what_cannot_be_is_said_in_one_line(past, capsys):
    wanted = {
        ("--at", "2030-05-01T09:30:00"): "has no zone",
        ("--at", "yesterday"): "is no moment",
        ("--at", "2999-01-01T00:00:00Z"): "is still to come",
        (): "say which moment",
    }
    for options, said in wanted.items():
        assert command.main(["--stage", "local", "--prefix", PREFIX, *options]) == 1
        told = capsys.readouterr().err
        assert told.startswith("restore: ")
        assert said in told
        assert told.count("\n") == 1
    assert command.main(["--stage", "local", "--prefix", past.prefix, "--at", "2020-01-01T00:00:00Z"]) == 1
    assert "choose another PREFIX, such as linli-past-r1" in capsys.readouterr().err
    assert command.main(["--stage", "local", "--prefix", PREFIX, "--resume"]) == 1
    assert "deploy it with --table-prefix linli-past-r1 first" in capsys.readouterr().err


class Tables:
    """DynamoDB as AWS tells of tables, of which one may be in the way."""

    def __init__(self, first, last, source="linli-prod-orders", at=NOW):
        self.window = {
            "PointInTimeRecoveryStatus": "ENABLED",
            "EarliestRestorableDateTime": first,
            "LatestRestorableDateTime": last,
        }
        arn = f"arn:aws:dynamodb:ap-southeast-1:1:table/{source}"
        self.description = {"RestoreSummary": {"SourceTableArn": arn, "RestoreDateTime": at}}

    class exceptions:  # noqa: N801 - as boto3 has it
        TableNotFoundException = ResourceNotFoundException = KeyError

    def describe_continuous_backups(self, **_):
        return {"ContinuousBackupsDescription": {"PointInTimeRecoveryDescription": self.window}}


def test_all_tables_are_had_at_the_same_moment_or_none_is(monkeypatch):
    aws = Target.aws(stage="prod", region="ap-southeast-1")
    known = Tables(NOW - timedelta(days=35), NOW)
    monkeypatch.setattr(Target, "client", lambda *_: known)
    source = PointInTime(aws, aws.prefix)
    assert source.check(NOW - timedelta(days=1)) == "linli-prod as of 2030-04-30T09:30:00Z"
    with pytest.raises(RestoreError, match="can be had from 2030-03-27T09:30:00Z to 2030-05-01T09:30:00Z"):
        source.check(NOW + timedelta(seconds=1))
    known.window["PointInTimeRecoveryStatus"] = "DISABLED"
    with pytest.raises(RestoreError, match="COPIES_OF=ap-southeast-1"):
        source.check(NOW)


@pytest.mark.parametrize(
    ("source", "at", "is_ours"),
    [
        ("linli-prod-orders", NOW, True),
        ("linli-prod-orders", NOW - timedelta(hours=1), False),
        ("linli-prod-shops", NOW, False),
    ],
)
def test_a_table_that_was_restored_to_another_moment_is_not_taken_for_ours(source, at, is_ours):
    aws = Target.aws(stage="prod", region="ap-southeast-1")
    there = Tables(NOW, NOW, source, at).description
    assert PointInTime(aws, aws.prefix).came_from_here(table("orders"), there, NOW) is is_ours
    assert not PointInTime(aws, aws.prefix).came_from_here(table("orders"), {}, NOW)


class Vault:
    """AWS Backup: two nights of every table, and what it is asked to restore."""

    def __init__(self, lacks=""):
        self.jobs = {}
        self.asked = []
        self.points = [
            {
                "ResourceArn": f"arn:aws:dynamodb:ap-southeast-1:1:table/linli-prod-{spec.name}",
                "RecoveryPointArn": f"arn:aws:backup:eu-central-1:1:recovery-point:{spec.name}-{night}",
                "CreationDate": NOW - timedelta(days=night, minutes=number),
                "Status": "COMPLETED" if night else "PARTIAL",
            }
            for night in (0, 1, 2)
            for number, spec in enumerate(TABLES)
            if spec.name != lacks
        ]

    def get_paginator(self, _name):
        return self

    def paginate(self, **asked):
        self.asked.append(asked)
        kept = [one for one in self.points if one["CreationDate"] < asked["ByCreatedBefore"]]
        yield {"RecoveryPoints": kept[:10]}
        yield {"RecoveryPoints": kept[10:]}

    def get_recovery_point_restore_metadata(self, **_):
        return {"RestoreMetadata": {"originalTableName": "x", "kmsMasterKeyArn": "arn:of:another:region"}}

    def start_restore_job(self, **asked):
        job = self.jobs.setdefault(asked["IdempotencyToken"], asked)
        return {"RestoreJobId": job["IdempotencyToken"]}

    def describe_restore_job(self, RestoreJobId):  # noqa: N803 - as boto3 has it
        return {"Status": "FAILED", "StatusMessage": "no such key"}

    def describe_stacks(self, **asked):
        self.asked.append(asked)
        outputs = [{"OutputKey": "RestoreRoleArn", "OutputValue": "arn:aws:iam::1:role/restore"}]
        return {"Stacks": [{"Outputs": outputs, "StackStatus": "CREATE_COMPLETE"}]}


def _copies(vault, monkeypatch, region="ap-southeast-1"):
    monkeypatch.setattr(Target, "client", lambda *_: vault)
    heir = Target.aws(stage="heir", region="eu-central-1")
    return Copies(heir, Target.aws(stage="prod", region=region))


def test_copies_of_another_region_come_back_by_the_newest_backup_of_each_table(monkeypatch):
    vault = Vault()
    source = _copies(vault, monkeypatch)
    said = source.check(NOW - timedelta(hours=30))
    first = NOW - timedelta(days=2, minutes=len(TABLES) - 1)
    assert said == f"linli-prod by backups from {first:%Y-%m-%dT%H:%M:%S}Z to 2030-04-29T09:30:00Z"
    assert vault.asked[0]["BackupVaultName"] == "linli-prod-copies-ap-southeast-1"
    for _ in range(2):
        source.start(table("orders"), "linli-heir-r1-orders", NOW)
    (job,) = vault.jobs.values()
    assert job["RecoveryPointArn"].endswith("orders-2")
    assert job["Metadata"] == {
        "originalTableName": "x",
        "targetTableName": "linli-heir-r1-orders",
        "encryptionType": "Default",
    }
    assert job["IamRoleArn"] == "arn:aws:iam::1:role/restore"
    assert vault.asked[-1] == {"StackName": "linli-prod-copies-ap-southeast-1"}
    assert source.refused(table("orders")) == "no such key"
    assert source.refused(table("shops")) == ""


def test_a_table_of_another_nights_copy_is_not_taken_for_this_one(monkeypatch):
    source = _copies(Vault(), monkeypatch)
    source.check(NOW)
    orders = table("orders")
    point = next(one for name, one in source._points.items() if name.endswith("-orders"))

    def came(**summary):
        return source.came_from_here(orders, {"RestoreSummary": {"RestoreInProgress": False, **summary}}, NOW)

    taken = point["CreationDate"]
    assert came(SourceBackupArn=point["RecoveryPointArn"], RestoreDateTime=taken - timedelta(days=90))
    assert came(RestoreDateTime=taken - timedelta(hours=2)), "the first of it, before it was copied here"
    assert not came(RestoreDateTime=taken - timedelta(days=1)), "a rehearsal's, the night before"
    assert not came(SourceBackupArn="arn:of:another", RestoreDateTime=taken - timedelta(days=90))
    assert not source.came_from_here(orders, {}, NOW), "made by somebody, of nothing"


def test_a_table_without_a_backup_is_missed_before_anything_begins(monkeypatch):
    source = _copies(Vault(lacks="ledger"), monkeypatch, region="eu-central-1")
    with pytest.raises(RestoreError, match="linli-prod-backup has nothing of linli-prod-ledger"):
        source.check(NOW)
