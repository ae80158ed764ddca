"""With a real DynamoDB's answers it is tried in test_lifecycle.py."""

from infra import leftovers
from infra.leftovers import restored_tables
from infra.targets import Target

TARGET = Target.aws(stage="prod", region="eu-central-1")
TEMPLATE = {"Resources": {"Orders": {"Type": "AWS::DynamoDB::Table", "Properties": {"TableName": "linli-prod-orders"}}}}


class DynamoDb:
    """Tables by name, each with its tags."""

    def __init__(self, tables):
        self.tables = tables

    def get_paginator(self, _name):
        return self

    def paginate(self):
        return [{"TableNames": [name]} for name in self.tables]

    def describe_table(self, TableName):  # noqa: N803 - AWS's names
        return {"Table": {"TableArn": TableName}}

    def list_tags_of_resource(self, ResourceArn):  # noqa: N803
        return {"Tags": [{"Key": "linli:backup", "Value": stage} for stage in self.tables[ResourceArn]]}


def test_tables_that_the_app_reads_or_that_have_its_tag(monkeypatch):
    tables = {
        "linli-prod-orders": ["prod"], "linli-prod-eu-orders": ["prod-eu"], "linli-r1-orders": [],
        "linli-r2-orders": ["prod"], "others": [],
    }  # fmt: skip
    monkeypatch.setattr(Target, "client", lambda _self, _service: DynamoDb(tables))
    told = {"TablePrefix": "linli-r1"}
    monkeypatch.setattr(leftovers.changes, "parameters", lambda _client, _stack: told)
    assert restored_tables(TARGET, TEMPLATE) == ["linli-r1-orders", "linli-r2-orders"]
    told.clear()  # the app is gone
    assert restored_tables(TARGET, TEMPLATE) == ["linli-r2-orders"]
    told["TablePrefix"] = "linli-prod"
    assert restored_tables(TARGET, TEMPLATE) == ["linli-r2-orders"], "another stage's begin alike"
