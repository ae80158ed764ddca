import json

import pytest

from infra import emulator
from infra.tables import TABLES, create_table_arguments, table, table_properties
from infra.targets import Target
from infra.template_data import data_template

SHARED = ("AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes", "BillingMode")


@pytest.mark.parametrize("spec", TABLES, ids=lambda spec: spec.name)
def test_emulators_and_aws_get_the_same_table(spec):
    arguments = create_table_arguments(spec, "linli-x")
    properties = table_properties(spec, "linli-x", protect=True)
    assert {key: arguments.get(key) for key in SHARED} == {key: properties.get(key) for key in SHARED}
    assert arguments["TableName"] == properties["TableName"] == f"linli-x-{spec.name}"
    assert ("StreamSpecification" in arguments) == ("StreamSpecification" in properties) == spec.stream


def test_only_the_outbox_has_a_stream():
    assert [spec.name for spec in TABLES if spec.stream] == ["outbox"]
    with pytest.raises(KeyError):
        table("nothing")
    assert table("outbox").logical_id == "OutboxTable"


@pytest.mark.parametrize(("stage", "lasting"), [("prod", True), ("dev", False)])
def test_what_lasts_is_kept_outside_dev(stage, lasting):
    template = data_template(Target.aws(stage=stage, region="ap-southeast-1"))
    for key in ("OrdersTable", "SealKey", "PackagesBucket", "DocumentsBucket", "AuditBucket"):
        resource = template["Resources"][key]
        assert resource["UpdateReplacePolicy"] == ("Retain" if lasting else "Delete")
        assert resource["DeletionPolicy"] == ("RetainExceptOnCreate" if lasting else "Delete")
    orders = template["Resources"]["OrdersTable"]["Properties"]
    assert orders["DeletionProtectionEnabled"] is lasting
    assert orders["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
    assert orders["TimeToLiveSpecification"] == {"AttributeName": "expires_at", "Enabled": True}
    assert orders["SSESpecification"] == {"SSEEnabled": True}


def test_documents_are_private_sealed_and_go_by_themselves():
    target = Target.aws(stage="prod", region="ap-southeast-1", cors_origins=("https://linli.example",))
    resources = data_template(target)["Resources"]
    for name in ("PackagesBucket", "DocumentsBucket"):
        bucket = resources[name]["Properties"]
        assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
        (clear,) = resources[f"{name}Policy"]["Properties"]["PolicyDocument"]["Statement"]
        assert (clear["Effect"], clear["Action"]) == ("Deny", "s3:*")
    (sealed,) = bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert sealed["ServerSideEncryptionByDefault"]["KMSMasterKeyID"] == {"Fn::GetAtt": ["SealKey", "Arn"]}
    days = {one.get("Prefix"): one.get("ExpirationInDays") for one in bucket["LifecycleConfiguration"]["Rules"]}
    assert days == {None: None, "uploads/": 2, "exports/": 7}
    assert "VersioningConfiguration" not in bucket
    assert [one["AllowedOrigins"] for one in bucket["CorsConfiguration"]["CorsRules"]] == [["https://linli.example"]]
    left = emulator.adapt_data({"Resources": resources})["Resources"]
    selections = {"NightlyTables", "MonthlyBooks"}
    assert set(resources) - set(left) - selections == {
        f"{name}BucketPolicy" for name in ("Packages", "Documents", "Audit")
    }


@pytest.mark.parametrize(
    ("changes", "retention"),
    [
        ({"stage": "prod"}, {"Mode": "GOVERNANCE", "Days": 3650}),
        ({"stage": "prod", "audit_lock": "compliance", "audit_lock_days": 400}, {"Mode": "COMPLIANCE", "Days": 400}),
        ({"stage": "dev"}, {"Mode": "GOVERNANCE", "Days": 1}),
    ],
)
def test_seals_are_versioned_and_locked(changes, retention):
    bucket = data_template(Target.aws(region="ap-southeast-1", **changes))["Resources"]["AuditBucket"]["Properties"]
    assert bucket["VersioningConfiguration"] == {"Status": "Enabled"}
    assert bucket["ObjectLockEnabled"] is True
    assert bucket["ObjectLockConfiguration"]["Rule"]["DefaultRetention"] == retention
    assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}


def test_seals_are_put_once_by_one_function_and_deleted_by_nobody():
    resources = data_template(Target.aws(stage="prod", region="ap-southeast-1"))["Resources"]
    rows = {row["Sid"]: row for row in resources["AuditBucketPolicy"]["Properties"]["PolicyDocument"]["Statement"]}
    assert all((row["Effect"], row["Principal"]) == ("Deny", "*") for row in rows.values())
    alone, once, never = rows["PutByTheSealAlone"], rows["PutOnce"], rows["NeverDeleted"]
    role = "arn:${AWS::Partition}:iam::${AWS::AccountId}:role/linli-prod-app-AuditSealRole-*"
    assert alone["Condition"] == {"ArnNotLike": {"aws:PrincipalArn": {"Fn::Sub": role}}}
    assert once["Condition"] == {"Null": {"s3:if-none-match": "true"}}
    assert alone["Action"] == once["Action"] == "s3:PutObject"
    assert {"s3:DeleteObject", "s3:DeleteObjectVersion", "s3:BypassGovernanceRetention"} <= set(never["Action"])
    assert "Condition" not in never
    assert {json.dumps(row["Resource"]) for row in (alone, once, never)} == {'{"Fn::Sub": "${AuditBucket.Arn}/*"}'}


def test_stages_share_no_name():
    def names(stage: str) -> set[str]:
        resources = data_template(Target.aws(stage=stage, region="ap-southeast-1"))["Resources"].values()
        named = (row["Properties"].get("TableName") or row["Properties"].get("AliasName") for row in resources)
        return {name for name in named if name}

    assert not names("prod") & names("staging")
    assert len(names("prod")) == len(TABLES) + 1
