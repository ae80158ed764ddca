"""The edge of a stage on AWS: how many requests it takes at all, and a firewall before it.

Limits of API Gateway are of the stage, whoever asks: they keep what is dear (messages, searches, uploads) from being
bought without end, and the account's other functions running. The firewall (AWS WAF) counts each address by itself.
What a person, a phone or a shop may do is counted in the domains, where it is known who asks.
"""

from dataclasses import dataclass
from typing import Any

from infra.stage_models import Edge
from infra.targets import Target

STAGE_NAME = "api"
ACL = "WebAcl"
ACL_NAME = "${QueuePrefix}-edge"
"""The firewall's name, and that of its metrics: two stages may share an account."""

_WINDOW = 300  # seconds that the firewall counts over
PER_ADDRESS = 3_000
"""Requests of one address in five minutes; whole towns come from one address of a mobile carrier."""
PER_ADDRESS_SIGNING_IN = 150
"""Of those, to sign in: a hundred people of such a town at once, and too few to guess codes or passwords."""
LARGE_BODIES = (r"/v1/shops(/[^/]+)?$", r"/v1/shops/[^/]+/calendars$", r"/v1/webhooks/")
"""Paths whose bodies may be over 64 KB; how large is the function's to know."""

TLS = {"SecurityPolicy": "SecurityPolicy_TLS13_1_2_PFS_PQ_2025_09", "EndpointAccessMode": "BASIC"}
"""What an API speaks: TLS 1.2 and 1.3 with forward secrecy. Left alone, a regional one takes TLS 1.0 as well."""


@dataclass(frozen=True)
class Limit:
    """What a stage takes of the paths that begin alike: `rate` requests a second, `burst` at once."""

    prefix: str
    rate: int
    burst: int


DEFAULT = Limit("/", 500, 1_000)
LIMITS = (
    Limit("/v1/auth/codes", 20, 40),  # a message each
    Limit("/v1/auth/", 50, 100),
    Limit("/v1/search", 200, 400),
    Limit("/v1/me/merchant/application/", 20, 40),  # documents, which are copied and looked at
    Limit("/v1/shops/{shop_id}/calendars", 20, 40),  # up to a megabyte each
)
"""The first that fits a path counts; the default is for all others together, these are for each path alone."""


def method_settings(paths: dict[str, Any], edge: Edge | None = None) -> list[dict[str, Any]]:
    """Return the `MethodSettings` of a stage with these paths; `edge` takes the place of the limit of all together."""
    settings = [_settings("/*", Limit("/", edge.rate, edge.burst) if edge else DEFAULT)]
    for path in sorted(paths):
        limit = next((one for one in LIMITS if path.startswith(one.prefix)), None)
        if limit:
            settings.append(_settings(path, limit))
    return settings


def _settings(path: str, limit: Limit) -> dict[str, Any]:
    return {
        "ResourcePath": path,
        "HttpMethod": "*",
        "ThrottlingRateLimit": limit.rate,
        "ThrottlingBurstLimit": limit.burst,
    }


def firewall(target: Target) -> dict[str, Any]:
    """Return the firewall's resources; none where the target has none."""
    if not target.waf:
        return {}
    # The name must begin so.
    logs = {"Fn::Sub": "aws-waf-logs-${QueuePrefix}"}
    arn = "arn:${AWS::Partition}:apigateway:${AWS::Region}::/restapis/${RestAPI}/stages/" + STAGE_NAME
    return {
        ACL: {"Type": "AWS::WAFv2::WebACL", "Properties": _acl()},
        f"{ACL}Association": {
            "Type": "AWS::WAFv2::WebACLAssociation",
            # The stage has no reference of its own to wait for.
            "DependsOn": ["RestAPIapiStage"],
            "Properties": {"ResourceArn": {"Fn::Sub": arn}, "WebACLArn": {"Fn::GetAtt": [ACL, "Arn"]}},
        },
        f"{ACL}LogGroup": {
            "Type": "AWS::Logs::LogGroup",
            "DeletionPolicy": "Delete",
            "UpdateReplacePolicy": "Delete",
            "Properties": {"LogGroupName": logs, "RetentionInDays": target.log_days},
        },
        f"{ACL}Logging": {"Type": "AWS::WAFv2::LoggingConfiguration", "Properties": _logging()},
    }


def _logging() -> dict[str, Any]:
    """Return what the firewall logs: whom it kept out, or would have; who was let in is in the function's log."""
    noted = [{"ActionCondition": {"Action": action}} for action in ("BLOCK", "COUNT")]
    redacted = ("authorization", "cookie", "x-api-key", "x-device-id")
    return {
        "ResourceArn": {"Fn::GetAtt": [ACL, "Arn"]},
        "LogDestinationConfigs": [{"Fn::GetAtt": [f"{ACL}LogGroup", "Arn"]}],
        "RedactedFields": [{"SingleHeader": {"Name": name}} for name in redacted],
        "LoggingFilter": {
            "DefaultBehavior": "DROP",
            "Filters": [{"Behavior": "KEEP", "Requirement": "MEETS_ANY", "Conditions": noted}],
        },
    }


def _acl() -> dict[str, Any]:
    # A provider's notices come from few addresses, many at once, and are signed: money is not to wait for a rule.
    others = {"NotStatement": {"Statement": _path("/v1/webhooks/")}}
    rules = [
        _rule("large-bodies", _large_bodies()),
        _rule("rate-signing-in", _rate(PER_ADDRESS_SIGNING_IN, _path("/v1/auth/"))),
        _rule("rate", _rate(PER_ADDRESS, others)),
        _managed("AWSManagedRulesAmazonIpReputationList", others),
        _managed("AWSManagedRulesKnownBadInputsRuleSet", others),
        # Bodies over 8 KB are ours to bound, and some calendar programs do not say who they are.
        _managed("AWSManagedRulesCommonRuleSet", others, "SizeRestrictions_BODY", "NoUserAgent_HEADER"),
    ]
    return {
        "Name": {"Fn::Sub": ACL_NAME},
        "Scope": "REGIONAL",
        "DefaultAction": {"Allow": {}},
        # So that a body between the 16 KB that are looked at otherwise and our 64 KB is not taken for too large.
        "AssociationConfig": {"RequestBody": {"API_GATEWAY": {"DefaultSizeInspectionLimit": "KB_64"}}},
        "Rules": [{**rule, "Priority": place} for place, rule in enumerate(rules)],
        "VisibilityConfig": _seen({"Fn::Sub": ACL_NAME}),
    }


def _seen(name: str | dict[str, str]) -> dict[str, Any]:
    # Sampled requests are shown whole, tokens and all.
    return {"CloudWatchMetricsEnabled": True, "MetricName": name, "SampledRequestsEnabled": False}


def _rule(name: str, statement: dict[str, Any]) -> dict[str, Any]:
    return {"Name": name, "Statement": statement, "Action": {"Block": {}}, "VisibilityConfig": _seen(name)}


def _managed(name: str, only: dict[str, Any], *counted: str) -> dict[str, Any]:
    """Return the rule of a group that AWS keeps; those named are counted instead of refused."""
    overrides = [{"Name": one, "ActionToUse": {"Count": {}}} for one in counted]
    group = {"VendorName": "AWS", "Name": name, "ScopeDownStatement": only} | (
        {"RuleActionOverrides": overrides} if overrides else {}
    )
    return {
        "Name": name,
        "Statement": {"ManagedRuleGroupStatement": group},
        "OverrideAction": {"None": {}},
        "VisibilityConfig": _seen(name),
    }


def _rate(limit: int, only: dict[str, Any]) -> dict[str, Any]:
    statement = {"AggregateKeyType": "IP", "Limit": limit, "EvaluationWindowSec": _WINDOW}
    return {"RateBasedStatement": {**statement, "ScopeDownStatement": only}}


def _path(pattern: str) -> dict[str, Any]:
    return {
        "RegexMatchStatement": {
            "FieldToMatch": {"UriPath": {}},
            "RegexString": pattern,
            # Escapes and `..` are undone first: a path has one spelling.
            "TextTransformations": [
                {"Priority": 0, "Type": "URL_DECODE"},
                {"Priority": 1, "Type": "NORMALIZE_PATH"},
                {"Priority": 2, "Type": "LOWERCASE"},
            ],
        }
    }


def _large_bodies() -> dict[str, Any]:
    size = {
        "FieldToMatch": {"Body": {"OversizeHandling": "MATCH"}},
        "ComparisonOperator": "GT",
        "Size": 64 * 1024,
        "TextTransformations": [{"Priority": 0, "Type": "NONE"}],
    }
    allowed = {"OrStatement": {"Statements": [_path(pattern) for pattern in LARGE_BODIES]}}
    return {
        "AndStatement": {"Statements": [{"SizeConstraintStatement": size}, {"NotStatement": {"Statement": allowed}}]}
    }
