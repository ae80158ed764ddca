"""What the emulator cannot show of data that was kept: what is told to CloudFormation, and keys that are going."""

import io
import json

import pytest
from botocore.exceptions import ClientError
from rich.console import Console

from infra import kept
from infra.changes import ChangeSet, DeployError
from infra.kept import IDENTIFIERS, adopt, find
from infra.targets import Target
from infra.template_data import data_template

TARGET = Target.aws(stage="prod", region="ap-southeast-1")
RECORD = {"SealKey": "key-1", "BackupKey": "key-2", "PackagesBucket": "p", "DocumentsBucket": "d", "AuditBucket": "a"}


class Aws:
    """An account whose data stack is gone; `keys` are states of keys by id, `gone` are names that are not there."""

    def __init__(self, keys="Enabled", gone=(), secrets=("seal-key-1",)):
        self.keys, self.gone, self.secrets = keys, gone, secrets

    def get_parameters(self, Names):  # noqa: N803 - AWS's names
        return {"Parameters": [{"Name": Names[0], "Value": json.dumps(RECORD)}]}

    def describe_stacks(self, StackName):  # noqa: N803
        raise ClientError({"Error": {"Code": "ValidationError", "Message": f"{StackName} does not exist"}}, "x")

    def describe_table(self, TableName):  # noqa: N803
        return self._there(TableName, "ResourceNotFoundException")

    def head_bucket(self, Bucket):  # noqa: N803
        return self._there(Bucket, "404")

    def describe_key(self, KeyId):  # noqa: N803
        return {"KeyMetadata": {"KeyState": self.keys}}

    def get_paginator(self, name):
        self._asked = name
        return self

    def paginate(self, **_arguments):
        if self._asked == "list_backup_vaults":
            return [{"BackupVaultList": [{"BackupVaultName": "other"}]}, {"BackupVaultList": self._vaults()}]
        return [{"Parameters": [{"Name": f"/linli/prod/{name}", "Value": "x"} for name in self.secrets]}]

    def _vaults(self):
        return [] if "vault" in self.gone else [{"BackupVaultName": "linli-prod-backup"}]

    def _there(self, name, code):
        if name in self.gone:
            raise ClientError({"Error": {"Code": code, "Message": "gone"}}, "x")


@pytest.fixture
def account(monkeypatch):
    def set_(**facts):
        aws = Aws(**facts)
        monkeypatch.setattr(Target, "client", lambda _self, _service: aws)

    return set_


TEMPLATE = data_template(TARGET)
LASTING = {key for key, row in TEMPLATE["Resources"].items() if row["Type"] in IDENTIFIERS}


def test_everything_that_outlives_its_stack_can_be_taken_back():
    kept_ = {key for key, row in TEMPLATE["Resources"].items() if row.get("DeletionPolicy", "Delete") != "Delete"}
    assert kept_ == LASTING


def test_what_is_there_is_found_by_its_name_or_by_what_was_written_down(account):
    account()
    there = find(TARGET, TEMPLATE)
    assert set(there) == LASTING
    assert there["OrdersTable"] == "linli-prod-orders"
    assert {key: there[key] for key in RECORD} == RECORD
    assert there["BackupVault"] == "linli-prod-backup"


def test_what_is_gone_is_made_anew(account):
    account(gone=("linli-prod-orders", "d", "vault"))
    assert LASTING - find(TARGET, TEMPLATE).keys() == {"OrdersTable", "DocumentsBucket", "BackupVault"}


def test_a_key_that_is_about_to_go_is_told_as_long_as_something_needs_it(account):
    account(keys="PendingDeletion")
    with pytest.raises(
        DeployError, match="key-1 of the stage's data is PendingDeletion: 'aws kms cancel-key-deletion'"
    ):
        find(TARGET, TEMPLATE)
    account(keys="PendingDeletion", secrets=("pepper",))
    assert "SealKey" not in find(TARGET, TEMPLATE)


def test_cloudformation_is_told_each_by_its_kinds_identifier_and_nothing_else(account, monkeypatch):
    account()
    seen = {}

    def prepare(_client, name, source, existing):
        seen.update(name=name, template=source.template, existing=existing)
        return ChangeSet(name, "arn", True, ())

    monkeypatch.setattr("infra.changes.prepare_import", prepare)
    monkeypatch.setattr("infra.changes.execute", lambda *_a, **_k: None)
    adopt(TARGET, Console(file=io.StringIO()), TEMPLATE, find(TARGET, TEMPLATE))
    assert seen["name"] == "linli-prod-data"
    assert "Outputs" not in seen["template"], "CloudFormation refuses an import that changes outputs"
    assert set(seen["template"]["Resources"]) == LASTING
    assert all("DeletionPolicy" in row for row in seen["template"]["Resources"].values())
    told = {row["LogicalResourceId"]: row for row in seen["existing"]}
    assert told["SealKey"]["ResourceIdentifier"] == {"KeyId": "key-1"}
    assert told["AuditBucket"] == {
        "ResourceType": "AWS::S3::Bucket",
        "LogicalResourceId": "AuditBucket",
        "ResourceIdentifier": {"BucketName": "a"},
    }


def test_the_identifiers_are_cloudformations():
    from cfnlint.schema import PROVIDER_SCHEMA_MANAGER

    for kind, name in IDENTIFIERS.items():
        schema = PROVIDER_SCHEMA_MANAGER.get_resource_schema("ap-southeast-1", kind).schema
        assert schema["primaryIdentifier"] == [f"/properties/{name}"]


def test_references_among_what_is_imported_stay_inside_of_it():
    """The import's template lacks what is not imported: nothing in it may point there."""
    text = json.dumps({key: TEMPLATE["Resources"][key] for key in LASTING})
    outside = TEMPLATE["Resources"].keys() - LASTING
    assert not [key for key in outside if f'"{key}"' in text or f"${{{key}" in text]


def test_nothing_is_remembered_of_nothing(monkeypatch):
    deleted = []

    class Ssm:
        def delete_parameters(self, Names):  # noqa: N803
            deleted.extend(Names)

    monkeypatch.setattr(Target, "client", lambda _self, _service: Ssm())
    kept.write(TARGET, {})
    assert deleted == ["/linli/prod/kept/data-stack"]
