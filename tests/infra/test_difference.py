import pytest

from infra.changes import Change, ChangeSet, DeployError
from infra.difference import Difference, Property, differences, lines
from infra.losses import ANYTHING, refuse_losses, still_refused
from infra.tables import TABLES
from infra.targets import Target
from infra.template_data import data_template

REGION = "ap-southeast-1"
TABLE = "AWS::DynamoDB::Table"


def queue(**properties):
    return {"Type": "AWS::SQS::Queue", "Properties": properties}


def compare(before, after):
    return differences({"Resources": before}, {"Resources": after}, REGION)


def test_what_comes_goes_and_changes():
    before = {"A": queue(QueueName="a", VisibilityTimeout=30), "B": queue(), "C": queue(QueueName="c")}
    after = {"A": queue(QueueName="a", VisibilityTimeout=60, Tags=[1]), "C": queue(QueueName="c"), "D": queue()}
    assert compare(before, after) == [
        Difference(
            "change",
            "A",
            "AWS::SQS::Queue",
            (Property("Properties.Tags", None, "[1]"), Property("Properties.VisibilityTimeout", "30", "60")),
        ),
        Difference("remove", "B", "AWS::SQS::Queue"),
        Difference("add", "D", "AWS::SQS::Queue"),
    ]


def test_order_of_keys_is_no_difference():
    assert (
        compare(
            {"A": {"Type": "T", "Properties": {"x": 1, "y": 2}}}, {"A": {"Properties": {"y": 2, "x": 1}, "Type": "T"}}
        )
        == []
    )


def test_lists_are_compared_one_by_one_where_they_are_as_long():
    [one] = compare({"A": queue(Tags=[{"k": 1}, {"k": 2}])}, {"A": queue(Tags=[{"k": 1}, {"k": 3}])})
    assert one.properties == (Property("Properties.Tags.1.k", "2", "3"),)
    [one] = compare({"A": queue(Tags=[1])}, {"A": queue(Tags=[1, 2])})
    assert one.properties == (Property("Properties.Tags", "[1]", "[1, 2]"),)


@pytest.mark.parametrize(
    ("change", "action"),
    [
        ({"TableName": "other"}, "replace"),
        ({"KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}]}, "replace"),
        ({"DeletionProtectionEnabled": False}, "change"),
    ],
)
def test_what_cannot_be_changed_in_place_is_known_from_the_schemas(change, action):
    before = data_template(Target.aws(stage="prod", region=REGION))["Resources"]
    key = TABLES[0].logical_id
    after = before | {key: before[key] | {"Properties": before[key]["Properties"] | change}}
    [one] = compare(before, after)
    assert (one.key, one.kind, one.action) == (key, TABLE, action)


def test_another_type_under_the_same_id_is_another_resource():
    [one] = compare({"A": queue()}, {"A": {"Type": "Custom::Thing", "Properties": {}}})
    assert one.action == "replace"


def test_lines_are_read_by_people():
    before = {"A": queue(QueueName="a", VisibilityTimeout=30), "B": queue()}
    after = {"A": queue(QueueName="b" * 100, DelaySeconds=1), "C": queue()}
    shown = list(lines(compare(before, after)))
    assert shown[0] == "! A AWS::SQS::Queue (is replaced by another)"
    assert "    Properties.DelaySeconds: + 1" in shown
    assert "    Properties.VisibilityTimeout: - 30" in shown
    assert any(line.endswith("(102 characters)") for line in shown)
    assert shown[-2:] == ["- B AWS::SQS::Queue", "+ C AWS::SQS::Queue"]


ORDERS = Change("Modify", "OrdersTable", TABLE, "True")
KEY = Change("Remove", "SealKey", "AWS::KMS::Key", "")


def change_set(*changes):
    return ChangeSet("linli-prod-data", "arn", False, changes)


def test_losses_are_refused_unless_they_are_named():
    with pytest.raises(DeployError, match=r"OrdersTable: CloudFormation would replace it; .*ARGS='--lose OrdersTable'"):
        refuse_losses(change_set(ORDERS), ())
    with pytest.raises(DeployError, match=r"SealKey: CloudFormation would remove it"):
        refuse_losses(change_set(ORDERS, KEY), ["OrdersTable"])
    refuse_losses(change_set(ORDERS), ["OrdersTable"])
    refuse_losses(change_set(ORDERS, KEY), ANYTHING)
    refuse_losses(change_set(Change("Remove", "SearchQueue", "AWS::SQS::Queue", "")), ())


def test_what_is_to_be_lost_passes_the_preflight_too():
    found = ["OrdersTable: would be removed; what holds data stays in the template", "SealKey: would be replaced"]
    assert still_refused(found, ["OrdersTable"]) == found[1:]
    assert still_refused(found, ()) == found
