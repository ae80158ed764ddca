"""The edge of a stage: limits and the firewall, as the templates have them."""

import re
from dataclasses import replace

import pytest

from chalicelib.kit.endpoints import MAX_BODY
from chalicelib.kit.http import ENDPOINTS
from infra import edge, lint
from infra.targets import Target
from infra.template_app import finish
from infra.template_data import data_template

TARGET = Target.aws(stage="prod", region="ap-southeast-1")


@pytest.fixture(scope="module")
def rules(template):
    rows = template["Resources"][edge.ACL]["Properties"]["Rules"]
    assert [row["Priority"] for row in rows] == list(range(len(rows)))
    return {row["Name"]: row for row in rows}


def of(template, kind):
    return {key: row for key, row in template["Resources"].items() if row["Type"] == kind}


def paths():
    import app  # noqa: F401 - fills the list

    return sorted({spec.path for spec in ENDPOINTS})


def test_a_stage_takes_so_much_and_less_of_what_is_dear(template):
    (stage,) = of(template, "AWS::ApiGateway::Stage").values()
    assert stage["Properties"]["MethodSettings"][0] == {
        "ResourcePath": "/*",
        "HttpMethod": "*",
        "ThrottlingRateLimit": edge.DEFAULT.rate,
        "ThrottlingBurstLimit": edge.DEFAULT.burst,
    }
    told = {row["ResourcePath"]: row for row in edge.method_settings({path: {} for path in paths()})[1:]}
    assert {"/v1/auth/codes", "/v1/auth/tokens", "/v1/search/shops", "/v1/shops/{shop_id}/calendars"} <= set(told)
    assert told["/v1/auth/codes"]["ThrottlingRateLimit"] < told["/v1/auth/tokens"]["ThrottlingRateLimit"]
    for row in told.values():
        assert row["ThrottlingRateLimit"] < edge.DEFAULT.rate
        assert row["ThrottlingRateLimit"] <= row["ThrottlingBurstLimit"]
    assert "/v1/orders" not in told


def test_nothing_older_than_tls_1_2_is_spoken(template):
    properties = template["Resources"]["RestAPI"]["Properties"]
    assert properties["SecurityPolicy"].startswith("SecurityPolicy_TLS13_1_2_PFS_")
    assert properties["EndpointAccessMode"] == "BASIC"


def test_each_limit_is_of_a_path_that_there_is():
    for limit in edge.LIMITS:
        assert [path for path in paths() if path.startswith(limit.prefix)], limit.prefix


def test_the_firewall_stands_before_the_stage(template, rules):
    (association,) = of(template, "AWS::WAFv2::WebACLAssociation").values()
    assert association["DependsOn"] == list(of(template, "AWS::ApiGateway::Stage"))
    assert association["Properties"]["ResourceArn"]["Fn::Sub"].endswith("::/restapis/${RestAPI}/stages/api")
    groups = {
        row["Statement"]["ManagedRuleGroupStatement"]["Name"] for row in rules.values() if "OverrideAction" in row
    }
    assert {name.removeprefix("AWSManagedRules") for name in groups} == {
        "CommonRuleSet",
        "KnownBadInputsRuleSet",
        "AmazonIpReputationList",
    }
    assert all(row["OverrideAction"] == {"None": {}} for row in rules.values() if "OverrideAction" in row)
    assert all(row["Action"] == {"Block": {}} for row in rules.values() if "OverrideAction" not in row)


def pattern(statement):
    return statement["RegexMatchStatement"]["RegexString"]


def test_an_address_is_counted_and_sooner_where_one_signs_in(rules):
    general, tight = (rules[name]["Statement"]["RateBasedStatement"] for name in ("rate", "rate-signing-in"))
    assert tight["Limit"] < general["Limit"]
    assert tight["AggregateKeyType"] == general["AggregateKeyType"] == "IP"
    assert [path for path in paths() if re.search(pattern(tight["ScopeDownStatement"]), f"/api{path}")]
    others = pattern(general["ScopeDownStatement"]["NotStatement"]["Statement"])
    assert {path for path in paths() if re.search(others, f"/api{path}")} == {
        spec.path for spec in ENDPOINTS if spec.path.startswith("/v1/webhooks/")
    }


def test_bodies_are_bounded_but_where_an_endpoint_takes_more(rules):
    size, allowed = rules["large-bodies"]["Statement"]["AndStatement"]["Statements"]
    assert size["SizeConstraintStatement"]["Size"] == MAX_BODY
    patterns = [pattern(one) for one in allowed["NotStatement"]["Statement"]["OrStatement"]["Statements"]]
    for spec in ENDPOINTS:
        path = "/api" + re.sub(r"{\w+}", "x_1", spec.path)
        if spec.max_body > MAX_BODY:
            assert any(re.search(one, path) for one in patterns), spec.path


def test_logs_hold_what_was_refused_and_no_tokens(template):
    (logging,) = (row["Properties"] for row in of(template, "AWS::WAFv2::LoggingConfiguration").values())
    assert {row["SingleHeader"]["Name"] for row in logging["RedactedFields"]} >= {
        "authorization",
        "cookie",
        "x-api-key",
    }
    assert logging["LoggingFilter"]["DefaultBehavior"] == "DROP"
    group = template["Resources"]["WebAclLogGroup"]["Properties"]
    assert group["LogGroupName"]["Fn::Sub"].startswith("aws-waf-logs-")
    assert group["RetentionInDays"] == TARGET.log_days
    acl = template["Resources"][edge.ACL]["Properties"]
    for seen in (acl["VisibilityConfig"], *(row["VisibilityConfig"] for row in acl["Rules"])):
        assert seen["SampledRequestsEnabled"] is False, "samples show requests whole"


def test_what_costs_and_what_no_emulator_has_can_be_left_out(chalice, target):
    without = finish(chalice, replace(target, waf=False))
    assert not [row for row in without["Resources"].values() if "WAF" in row["Type"]]
    local = finish(chalice, replace(Target.local(), project=target.project))
    assert not [row for row in local["Resources"].values() if "WAF" in row["Type"]]
    assert "MethodSettings" not in local["Resources"]["RestAPI"]["Properties"]


def test_the_linter_knows_all_of_it(target):
    stage = {"RestApiId": {"Ref": "RestAPI"}, "StageName": edge.STAGE_NAME, "MethodSettings": edge.method_settings({})}
    alone = {
        "RestAPI": {"Type": "AWS::ApiGateway::RestApi", "Properties": {"Name": "planted", **edge.TLS}},
        "RestAPIapiStage": {"Type": "AWS::ApiGateway::Stage", "Properties": stage},
        **edge.firewall(target),
    }
    template = {"Parameters": {"QueuePrefix": {"Type": "String"}}, "Resources": alone}
    assert lint.lint(template, target.region) == []


def test_everything_that_lies_somewhere_is_encrypted(template):
    data = data_template(TARGET)
    for table in of(data, "AWS::DynamoDB::Table").values():
        assert table["Properties"]["SSESpecification"]["SSEEnabled"] is True
    for bucket in of(data, "AWS::S3::Bucket").values():
        assert bucket["Properties"]["BucketEncryption"]
        assert set(bucket["Properties"]["PublicAccessBlockConfiguration"].values()) == {True}
    for queue in of(template, "AWS::SQS::Queue").values():
        assert queue["Properties"]["SqsManagedSseEnabled"] is True
    keys = of(data, "AWS::KMS::Key")
    assert set(keys) == {"SealKey", "BackupKey"}
    assert all(key["Properties"]["EnableKeyRotation"] is True for key in keys.values())
