"""The auditor's command against a stage on the local AWS: what it says, and how it ends."""

import json
import uuid
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from chalicelib import wiring
from chalicelib.audit import use_cases
from chalicelib.audit.ports import Entry, Proof, Seal
from chalicelib.audit.rules import holds
from infra import audit_verify
from infra.importing.inside import inside
from infra.local.addresses import HOME_VARIABLE, Addresses, Ports
from infra.tables import create_tables
from infra.targets import Target
from tests import emulators
from tests.emulators import REGION
from tests.fakes.time import FakeClock

STAGE = "audited"
NOON = datetime(2030, 5, 1, 12, tzinfo=UTC)
STACK = """
Resources: {Topic: {Type: "AWS::SNS::Topic", Properties: {TopicName: "audited"}}}
Outputs: {AuditBucket: {Value: "%s"}}
"""


@pytest.fixture
def stage(ministack, tmp_path, monkeypatch):
    """The local stack of a stage with a table and a bucket, and no functions; yields its target."""
    port = int(ministack.endpoint.rpartition(":")[2])
    target = Target.local(port=port, stage=STAGE, region=REGION)
    names = list(create_tables(ministack.dynamodb, target.prefix))
    bucket = f"seals-{uuid.uuid4().hex[:12]}"
    emulators.make_seals_bucket(ministack, bucket)
    ministack.client("cloudformation").create_stack(StackName=target.data_stack, TemplateBody=STACK % bucket)
    monkeypatch.setenv(HOME_VARIABLE, str(tmp_path))
    Addresses.of("http://127.0.0.1:1/api", Ports(port, 1, 2), STAGE).write(tmp_path)
    yield target
    ministack.client("cloudformation").delete_stack(StackName=target.data_stack)
    for name in names:
        ministack.dynamodb.delete_table(TableName=name)


def run(*arguments):
    return audit_verify.main(["--stage", "local", *arguments])


def lived(target, ministack):
    """Let two days with entries pass, each sealed; return the entries."""
    made = [Entry("acc_1", "risk.freeze", f"account:acc_{n}", "盗刷", None, id=f"aud_{n}") for n in range(6)]
    with inside(target):
        before, clock = wiring.clock(), FakeClock(NOON)
        wiring.use_clock(clock)
        ports = replace(audit_verify.ports_of(audit_verify.bucket_of(target)), clock=clock)
        for day in range(2):
            for one in made[day * 3 : day * 3 + 3]:
                wiring.committer().commit(use_cases.noted(wiring.audit(), one, clock.now()))
            clock.move(days=1)
            use_cases.seal_due(ports, clock.now())
        wiring.use_clock(before)
    return made


def test_an_auditor_is_told_what_was_done_to_the_log(stage, ministack, capsys):
    assert run("--day", "2030-05-01") == 1
    assert "2030-05-01 not-sealed: no seal in the bucket" in capsys.readouterr().out
    assert run() == 1
    assert capsys.readouterr().err == "audit-verify: no day is sealed yet\n"
    made = lived(stage, ministack)
    assert run() == 0
    shown = capsys.readouterr().out
    assert shown.count("as sealed") == 2
    table, moment = f"{stage.prefix}-audit", "2030-05-01T12:00:00.000000Z"
    key = {"pk": {"S": f"OBJECT#{made[0].object}"}, "sk": {"S": f"{moment}#{made[0].id}"}}
    stranger = {"pk": {"S": "OBJECT#account:acc_9"}, "sk": {"S": f"{moment}#aud_9"}}
    ministack.dynamodb.delete_item(TableName=table, Key=key)
    ministack.dynamodb.put_item(TableName=table, Item=stranger)
    assert run("--from", "2030-05-01", "--to", "2030-05-01") == 1
    shown = capsys.readouterr().out
    assert "NOT AS SEALED" in shown
    assert f"2030-05-01 missing: aud_0 of {moment} about account:acc_0\n" in shown
    assert "acc_9" not in shown, "it is in no index: a look at the whole table finds it"
    assert run("--day", "2030-05-02") == 0
    assert run("--day", "2030-05-02", "--all") == 1
    assert f" outside: aud_9 of {moment} about account:acc_9\n" in capsys.readouterr().out
    assert run("--from", "2030-05-03", "--to", "2030-05-01") == 1
    assert run("--entry", "aud_1", "--day", "2030-05-01") == 0
    told = json.loads(capsys.readouterr().out)
    seal = {name: value for name, value in told.pop("seal").items() if name != "v"}
    proof = Proof(**told | {"path": tuple(told["path"])}, seal=Seal(**seal | {"day": NOON.date()}))
    assert holds(proof)
    assert json.loads(proof.content)["reason"] == "盗刷"
    assert run("--entry", "aud_0", "--day", "2030-05-01") == 1
    assert capsys.readouterr().err == "audit-verify: no seal of 2030-05-01 or the days after it holds aud_0\n"


def test_what_cannot_be_told_is_said_in_one_line(stage, ministack, capsys, tmp_path):
    with pytest.raises(SystemExit):
        run("--entry", "aud_0")
    ministack.client("cloudformation").delete_stack(StackName=stage.data_stack)
    assert run() == 1
    assert "there is no linli-audited-data with a bucket of seals" in capsys.readouterr().err
    Addresses.forget(tmp_path)
    assert run() == 1
    assert "not running" in capsys.readouterr().err
