import copy
import json
from pathlib import Path

import cfnlint
import pytest

from infra import shape
from infra.changes import Change, ChangeSet
from infra.preflight_account import AccountFacts
from infra.targets import Target
from infra.template_data import data_template

PROD = Target.aws(stage="prod", region="ap-southeast-1")


@pytest.fixture
def data():
    return data_template(PROD)


def lost(before, after):
    return list(shape.losses(shape.shape(before), shape.shape(after)))


def test_no_table_bucket_or_key_is_replaced_or_removed():
    assert list(shape.losses(shape.recorded(), shape.current())) == []
    assert list(shape.weakened(shape.recorded(), shape.current())) == []


def test_what_was_added_is_recorded():
    assert shape.recorded() == shape.current(), "record it: .venv/bin/python -m infra.shape"


def test_everything_that_holds_data_is_in_the_record(data):
    kinds = {row["Type"] for row in data["Resources"].values() if row.get("DeletionPolicy")}
    assert kinds <= shape.FIXED.keys()
    kept = {key for key, row in data["Resources"].items() if row.get("DeletionPolicy")}
    assert kept <= shape.recorded().keys()


@pytest.mark.parametrize("kind", shape.FIXED)
def test_the_rules_are_cloudformations(kind):
    """As its own schemas say, which come with cfn-lint. `KeySchema` and the key's are conditional or unsaid there."""
    folder = Path(cfnlint.__file__).parent / "data" / "schemas"
    name = json.loads((folder / "providers" / "ap-southeast-1.json").read_text())[kind]
    found = json.loads(next((folder / "resources").glob(f"{name}*")).read_text())
    told = [*found.get("createOnlyProperties", ()), *found.get("conditionalCreateOnlyProperties", ())]
    assert {one.removeprefix("/properties/") for one in told} <= set(shape.FIXED[kind])


def table(data, key="OrdersTable"):
    return data["Resources"][key]["Properties"]


def rename(data):
    table(data)["TableName"] = "linli-prod-purchases"


def other_keys(data):
    table(data)["KeySchema"] = [{"AttributeName": "pk", "KeyType": "HASH"}]


def other_type(data):
    next(row for row in table(data)["AttributeDefinitions"] if row["AttributeName"] == "sk")["AttributeType"] = "N"


def other_id(data):
    data["Resources"]["PurchasesTable"] = data["Resources"].pop("OrdersTable")


def two_indexes_less(data):
    del table(data)["GlobalSecondaryIndexes"]


def other_index(data):
    table(data)["GlobalSecondaryIndexes"][0]["Projection"] = {"ProjectionType": "KEYS_ONLY"}


def name_a_bucket(data):
    data["Resources"]["DocumentsBucket"]["Properties"]["BucketName"] = "linli-documents"


def other_key(data):
    data["Resources"]["SealKey"]["Properties"]["MultiRegion"] = True


def no_bucket(data):
    del data["Resources"]["AuditBucket"]


CHANGES = {
    rename: "OrdersTable: would be replaced, its TableName differs",
    other_keys: "OrdersTable: would be replaced, its KeySchema differs",
    other_type: "OrdersTable: would be replaced, its key sk changes from S to N",
    other_id: "OrdersTable: would be removed",
    two_indexes_less: "OrdersTable: makes or removes 2 indexes (gsi1, gsi2) in one update",
    other_index: "OrdersTable: an index cannot change: give another than gsi1",
    name_a_bucket: "DocumentsBucket: would be replaced, its BucketName differs",
    other_key: "SealKey: would be replaced, its MultiRegion differs",
    no_bucket: "AuditBucket: would be removed",
}


@pytest.mark.parametrize("change", CHANGES, ids=lambda one: one.__name__)
def test_a_change_that_loses_something_is_found_in_tests_and_before_a_deployment(data, change):
    before = copy.deepcopy(data)
    change(data)
    (line,) = lost(before, data)
    assert line.startswith(CHANGES[change])
    assert list(shape.losses(shape.recorded(), shape.shape(data))) == [line]
    assert list(shape.nothing_is_lost(data, AccountFacts(deployed=before))) == [line]


def test_an_unprotected_stage_may_lose_a_table_but_not_break_half_way(data):
    facts = AccountFacts(deployed=copy.deepcopy(data), protected=False)
    no_bucket(data)
    assert list(shape.nothing_is_lost(data, facts)) == []
    two_indexes_less(data)
    assert len(list(shape.nothing_is_lost(data, facts))) == 1


def test_adding_a_table_an_index_or_a_bucket_passes(data):
    before = copy.deepcopy(data)
    data["Resources"]["TicketsTable"] = copy.deepcopy(data["Resources"]["OrdersTable"])
    data["Resources"]["MoreBucket"] = copy.deepcopy(data["Resources"]["DocumentsBucket"])
    table(data)["AttributeDefinitions"] += [
        {"AttributeName": f"gsi3{key}", "AttributeType": "S"} for key in ("pk", "sk")
    ]
    added = copy.deepcopy(table(data)["GlobalSecondaryIndexes"][0]) | {"IndexName": "gsi3"}
    table(data)["GlobalSecondaryIndexes"].append(added)
    assert lost(before, data) == []
    assert list(shape.nothing_is_lost(data, AccountFacts(deployed=before))) == []


def weaker(data):
    data["Resources"]["OrdersTable"]["DeletionPolicy"] = "Delete"
    table(data)["BillingMode"] = "PROVISIONED"
    data["Resources"]["SealKey"]["Properties"]["EnableKeyRotation"] = False


def test_what_keeps_data_safe_changes_by_hand_alone(data):
    before = shape.shape(data)
    weaker(data)
    found = [line.split(" would")[0] for line in shape.weakened(before, shape.shape(data))]
    assert found == [
        "OrdersTable: its BillingMode",
        "OrdersTable: its DeletionPolicy",
        "SealKey: its EnableKeyRotation",
    ]


def test_recording_adds_and_refuses_to_forget(tmp_path):
    path = tmp_path / "shape.json"
    known = shape.current()
    path.write_text(json.dumps({key: row for key, row in known.items() if key != "OrdersTable"}))
    assert list(shape.record(path)) == []
    assert shape.recorded(path) == known
    path.write_text(json.dumps(known | {"TicketsTable": known["OrdersTable"]}))
    assert list(shape.record(path)) == ["TicketsTable: would be removed; what holds data stays in the template"]
    assert "TicketsTable" in shape.recorded(path)


def test_what_cloudformation_itself_would_replace_is_named():
    made = (
        Change("Modify", "OrdersTable", "AWS::DynamoDB::Table", "True"),
        Change("Modify", "ShopsTable", "AWS::DynamoDB::Table", "Conditional"),
        Change("Remove", "SealKey", "AWS::KMS::Key", ""),
        Change("Remove", "SearchQueue", "AWS::SQS::Queue", ""),
        Change("Add", "TicketsTable", "AWS::DynamoDB::Table", ""),
    )
    found = shape.replaced(ChangeSet("linli-prod-data", "arn:set", creates=False, changes=made))
    assert found == ["OrdersTable: CloudFormation would replace it", "SealKey: CloudFormation would remove it"]
