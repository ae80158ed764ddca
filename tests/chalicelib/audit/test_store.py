"""Sealing, end to end, on real DynamoDB semantics and a bucket that locks; what it costs is asserted on dynoxide."""

import json
from datetime import date, timedelta
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from chalicelib import settings, wiring
from chalicelib.audit import events, use_cases
from chalicelib.audit.ports import Kind, Leaf
from chalicelib.audit.rules import SHARDS, holds, leaf_hash
from chalicelib.kit.dynamo import meter
from tests.chalicelib.audit.test_use_cases import NOW, entry, note
from tests.fakes.logs import listening

DAY = date(2030, 5, 1)
NIGHT = NOW + timedelta(days=1)
EVENT = Path(__file__).parents[2] / "events" / "audit-seal.json"


def night(clock, **by):
    """Let the nights up to one be over, and run the function."""
    clock.move(**(by or {"days": 1}))
    return events.seal(json.loads(EVENT.read_text()) | {"as_of": f"{clock.now():%Y-%m-%dT%H:%M:%SZ}"}, None)


def findings(day=DAY):
    return [(one.kind, one.what) for one in use_cases.verify(wiring.audit_sealing(), day).findings]


def raw(tables, one):
    """Return the key of an entry's row, and the table's client, as somebody with the database in hand has them."""
    name = f"{settings.settings().table_prefix}-audit"
    pk = {"S": f"OBJECT#{one.object}"}
    rows = tables.dynamodb.query(
        TableName=name, KeyConditionExpression="pk = :pk", ExpressionAttributeValues={":pk": pk}
    )["Items"]
    [item] = [item for item in rows if item["sk"]["S"].endswith(one.id)]
    return name, {"pk": item["pk"], "sk": item["sk"]}, item


@pytest.mark.store
def test_whatever_is_done_to_the_table_shows(tables, clock, bucket):
    some = [entry(object=f"account:acc_{number}", reason=f"第{number}次") for number in range(12)]
    for one in some:
        note(one)
    assert night(clock) == {"sealed": 1, "left": 0}
    assert findings() == []
    name, key, _ = raw(tables, some[0])
    tables.dynamodb.update_item(
        TableName=name, Key=key, UpdateExpression="SET reason = :r", ExpressionAttributeValues={":r": {"S": "无"}}
    )
    name, key, _ = raw(tables, some[1])
    tables.dynamodb.delete_item(TableName=name, Key=key)
    name, _, item = raw(tables, some[2])
    copied = item | {"pk": {"S": "OBJECT#account:acc_99"}}
    tables.dynamodb.put_item(TableName=name, Item=copied)
    name, key, _ = raw(tables, some[3])
    tables.dynamodb.update_item(
        TableName=name, Key=key, UpdateExpression="SET gsi1pk = :r", ExpressionAttributeValues={":r": {"S": "ACTOR#x"}}
    )
    name, key, _ = raw(tables, some[4])
    tables.dynamodb.update_item(TableName=name, Key=key, UpdateExpression="REMOVE gsi2pk")
    place = "2030-05-01T04:00:00.000000Z"
    expected = {
        (Kind.ALTERED, f"{some[0].id} of {place} about account:acc_0"),
        (Kind.MISSING, f"{some[1].id} of {place} about account:acc_1"),
        (Kind.ADDED, f"{some[2].id} of {place} about account:acc_99"),
        (Kind.ALTERED, f"{some[3].id} of {place} about account:acc_3"),
        (Kind.MISSING, f"{some[4].id} of {place} about account:acc_4"),
    }
    assert set(findings()) == expected
    hidden = [one.what for one in use_cases.outside(wiring.audit_sealing())]
    assert hidden == [f"{some[4].id} of {place} about account:acc_4"]


@pytest.mark.store
def test_a_seal_is_told_once_and_an_entry_is_proved(tables, clock, bucket):
    first, second = entry(), entry(source_ip=None)
    for one in (first, second):
        note(one)
    night(clock)
    ports = wiring.audit_sealing()
    seal = ports.vault.seal_of(DAY)
    assert ports.store.told(DAY) == seal
    other = use_cases.seal_day(ports, DAY + timedelta(days=1))
    assert (other.count, other.previous) == (0, seal.chain)
    fake = type(seal)(**{**vars(seal), "count": 9})
    assert ports.store.tell(fake) == seal
    for one in (first, second):
        proof = use_cases.prove(ports, one.id, DAY)
        assert holds(proof)
        assert json.loads(proof.content)["sk"].endswith(one.id)
    leaf = Leaf(f"x#{first.id}", first.object, leaf_hash(b""))
    assert ports.store.content(leaf) is None


def test_the_date_is_the_writers_whatever_the_entry_tells(tables, clock, bucket):
    note(entry(), NOW - timedelta(days=40))
    night(clock)
    assert wiring.audit_sealing().vault.days() == [DAY]
    assert wiring.audit_sealing().vault.seal_of(DAY).count == 1
    assert findings() == []
    assert list(use_cases.outside(wiring.audit_sealing())) == []


def test_a_late_entry_is_covered_by_the_next_seal(tables, clock, bucket):
    note(entry())
    night(clock)
    clock.move(days=-1)  # a clock that lags by a day, which AWS would not let write
    late = entry()
    note(late)
    clock.move(days=1)
    assert [kind for kind, _ in findings()] == [Kind.ADDED]
    with listening() as lines:
        night(clock)
    assert [line["AuditAltered"] for line in lines if "AuditAltered" in line] == [1]
    assert [kind for kind, _ in findings()] == [Kind.LATE]
    assert wiring.audit_sealing().vault.seal_of(DAY + timedelta(days=1)).late == 1
    assert use_cases.prove(wiring.audit_sealing(), late.id, DAY).seal.day == DAY + timedelta(days=1)


def test_what_is_in_the_bucket_is_put_once_and_stays(tables, clock, bucket, ministack):
    night(clock)
    vault, s3 = wiring.audit_sealing().vault, ministack.client("s3")
    seal = vault.seal_of(DAY)
    assert vault.put_seal(type(seal)(**{**vars(seal), "count": 9})) == seal
    assert vault.put_part(DAY, "00", [Leaf("a", "b", b"c")]) == vault.part(DAY, "00") == []
    assert vault.part(DAY, "nothing") is None
    assert vault.rewritten(DAY) == []
    key = f"seals/{DAY}.json"
    [version] = s3.list_object_versions(Bucket=bucket, Prefix=key)["Versions"]
    with pytest.raises(ClientError, match="AccessDenied"):
        s3.delete_object(Bucket=bucket, Key=key, VersionId=version["VersionId"])
    s3.put_object(Bucket=bucket, Key=key, Body=b"{}")
    s3.delete_object(Bucket=bucket, Key=f"leaves/{DAY}/00.jsonl")
    assert vault.rewritten(DAY) == [f"leaves/{DAY}/00.jsonl", key]


def test_what_a_seal_costs(tables, clock, bucket, record_property):
    night(clock)
    for number in range(100):
        note(entry(object=f"account:acc_{number}"), clock.now())
    with meter.measure() as used:
        night(clock)
    shards = SHARDS * 2  # the day's, and those of the one day that was sealed before
    assert (used.requests, used.write_units) == (shards + 3, 1)  # the newest seal is looked at, the new one written
    assert used.read_units <= shards * 0.5 + 2 + 100 * 0.6 / 4 * 0.5 + SHARDS * 0.5  # each shard's begun 4 KB
    record_property("figure", f"sealing 100 entries: {used.requests} requests, {used.read_units} read units")


def test_the_bucket_is_that_of_the_environment(monkeypatch):
    monkeypatch.setenv("STAGE", "prod")
    monkeypatch.setenv("AWS_REGION", "eu-west-1")
    monkeypatch.setenv("TABLE_PREFIX", "linli-prod")
    settings.reset()
    assert settings.settings().audit_bucket == "linli-prod-audit"
    settings.reset()
