"""What the emulator does not check of destroying a stage; the rest is in test_lifecycle.py."""

import io

import pytest
from rich.console import Console

from infra import destroy as command
from infra.credentials import Caller
from infra.destroy import destroy
from infra.targets import Target
from infra.template_data import data_template

TARGET = Target.aws(stage="prod", region="eu-central-1")


@pytest.fixture
def done(monkeypatch):
    """Destroy prod with its data, and return what CloudFormation was told, in order."""
    told = []
    template = data_template(TARGET)
    monkeypatch.setattr(command, "deployed", lambda _target, _stack: template)
    monkeypatch.setattr(command.changes, "exists", lambda _client, _stack: True)
    monkeypatch.setattr(command.changes, "outputs", lambda _client, _stack: {"BackupRegion": "eu-west-1"})
    monkeypatch.setattr(command, "restored_tables", lambda _target, _template: [])
    monkeypatch.setattr(command, "_refuse_to_lose_messages", lambda _target: None)
    monkeypatch.setattr(command.changes, "prepare", lambda _client, stack, *rest: told.append(("lift", stack, *rest)))
    monkeypatch.setattr(command, "execute", lambda *_arguments: None)
    monkeypatch.setattr(command, "_delete", lambda _target, _console, stack, *_stay: told.append(("delete", stack)))
    monkeypatch.setattr(command, "_empty_buckets", lambda *_arguments: [])
    monkeypatch.setattr(command, "_forget_secrets", lambda _target: 0)
    monkeypatch.setattr(command.kept, "named", lambda _target: {})
    monkeypatch.setattr(command.kept, "write", lambda *_arguments: None)
    monkeypatch.setattr(Target, "client", lambda _self, _service: None)
    screen = Console(file=io.StringIO(), width=80)
    destroy(TARGET, screen, data=True, unprotect="prod")
    return told, screen.file.getvalue()


def test_taking_the_protection_off_acknowledges_the_roles_and_comes_before_the_app_goes(done):
    (_, stack, source, parameters, capabilities), *deleted = done[0]
    assert (stack, parameters, capabilities) == ("linli-prod-data", {}, ["CAPABILITY_IAM"])
    assert any(row["Type"] == "AWS::IAM::Role" for row in source.template["Resources"].values())
    assert deleted == [("delete", "linli-prod-app"), ("delete", "linli-prod-data")]


def test_what_stays_in_the_region_of_copies_is_named_with_what_removes_it(done):
    said = done[1]
    assert "In eu-west-1 stay copies of its backups, and what opens them below /linli-kept/eu-central-1/prod/" in said
    assert "delete-stack --region eu-west-1 --stack-name linli-prod-copies-eu-central-1\n" in said
    assert "| xargs -n 10 aws ssm delete-parameters --region eu-west-1 --names\n" in said


def test_the_question_says_whose_account_it_is(monkeypatch, capsys):
    who = Caller("123456789012", "arn:aws:iam::123456789012:user/ops")
    monkeypatch.setattr(command, "caller", lambda _target: who)
    assert command.main(["--stage", "prod", "--region", "eu-central-1", "--confirm", "dev"]) == 1
    assert (
        "This deletes the app of prod in eu-central-1, account 123456789012, as arn:aws:iam::123456789012:user/ops"
    ) in capsys.readouterr().out.replace("\n", " ")
