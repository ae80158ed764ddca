import copy
import json
import re
from dataclasses import replace

import pytest

from chalicelib.kit.headers import PROTECTIVE
from infra import emulator
from infra.alarms import BUSINESS
from infra.expand import expand
from infra.gateway_responses import ANY_METHOD, gateway_responses
from infra.queues import QUEUES
from infra.targets import ROOT, Target
from infra.template_app import TemplateError, configured_functions, finish, logical_id
from infra.template_data import SEALING_ROLE

TARGET = Target.aws(
    stage="prod",
    region="ap-southeast-1",
    alarm_email="ops@example.com",
    cors_origins=("https://app.example.com",),
)


def resources(template, kind):
    return {key: row for key, row in template["Resources"].items() if row["Type"] == kind}


def test_finishing_leaves_what_chalice_wrote(chalice, target):
    before = copy.deepcopy(chalice)
    finish(chalice, target)
    assert chalice == before


def test_every_function_is_named_logged_and_traced(template):
    functions = resources(template, "AWS::Lambda::Function")
    assert {logical_id(name) for name in configured_functions(ROOT)} == set(functions)
    for key, function in functions.items():
        properties = function["Properties"]
        assert properties["FunctionName"]["Fn::Sub"].startswith("${QueuePrefix}-")
        assert properties["TracingConfig"] == {"Mode": "Active"}
        assert f"{key}LogGroup" in function["DependsOn"]
        assert template["Resources"][f"{key}LogGroup"]["Properties"]["RetentionInDays"] == TARGET.log_days
        assert properties["Code"] == {"S3Bucket": {"Ref": "CodeBucket"}, "S3Key": {"Ref": "CodeKey"}}
        variables = properties["Environment"]["Variables"]
        assert "AWS_ENDPOINT_URL" not in variables
        assert {"STAGE", "TABLE_PREFIX", "SECRETS_PATH", "SEAL_KEY_ID", "COMMISSION_BPS"} <= set(variables)
        assert variables["WALLETS"] == "direct"
        assert variables["WECHAT_PAY_API_BASE"] == variables["ALIPAY_GATEWAY"] == ""


@pytest.mark.parametrize(("alarm", "metric"), [(row[0], row[1]) for row in BUSINESS])
def test_what_only_a_person_can_mend_is_alarmed(template, alarm, metric):
    properties = template["Resources"][f"{alarm}Alarm"]["Properties"]
    assert (properties["Namespace"], properties["MetricName"]) == ("Linli", metric)
    assert {"Name": "stage", "Value": {"Ref": "Stage"}} in properties["Dimensions"]


def test_what_codes_cost_is_alarmed_before_they_stop(template):
    alarm = template["Resources"]["SmsSpendAlarm"]["Properties"]
    assert (alarm["MetricName"], alarm["Statistic"], alarm["Period"]) == ("SmsSpend", "Sum", 86_400)
    assert alarm["Threshold"] == TARGET.sms_daily_cap * 10**6 * 8 // 10


def test_every_metric_with_an_alarm_is_sent():
    sources = (path.read_text() for path in (ROOT / "chalicelib").rglob("*.py"))
    sent = {name for text in sources for name in re.findall(r'\bmetric\(\s*"(\w+)"', text)}
    assert {metric for _, metric, _, _ in BUSINESS} | {"AuditSealed", "SmsSpend"} <= sent


def test_roles_are_one_per_function(template):
    roles = [
        row["Properties"]["Role"]["Fn::GetAtt"][0] for row in resources(template, "AWS::Lambda::Function").values()
    ]
    assert len(set(roles)) == len(roles) == len(resources(template, "AWS::IAM::Role").keys() - {"ApiReleaseRole"})


def test_the_role_that_seals_is_called_as_the_bucket_knows_it(template):
    assert template["Resources"]["AuditSeal"]["Properties"]["Role"] == {"Fn::GetAtt": [SEALING_ROLE, "Arn"]}


def test_a_log_that_is_not_sealed_is_alarmed_though_nothing_runs(template):
    alarm = template["Resources"]["AuditOverdueAlarm"]["Properties"]
    assert (alarm["MetricName"], alarm["Statistic"], alarm["Threshold"]) == ("AuditSealed", "Sum", 1)
    assert (alarm["ComparisonOperator"], alarm["TreatMissingData"]) == ("LessThanThreshold", "breaching")
    assert alarm["Period"] * alarm["EvaluationPeriods"] == 36 * 3600


def test_queues_are_worked_in_partial_batches(template):
    mappings = [row["Properties"] for row in resources(template, "AWS::Lambda::EventSourceMapping").values()]
    assert len(mappings) == len(QUEUES) + 1
    assert all(row["FunctionResponseTypes"] == ["ReportBatchItemFailures"] for row in mappings)
    stream = next(row for row in mappings if "StartingPosition" in row)
    assert stream["BisectBatchOnFunctionError"] is True
    assert stream["MaximumRetryAttempts"] == 10
    assert stream["FilterCriteria"] == {"Filters": [{"Pattern": '{"eventName": ["INSERT"]}'}]}
    assert stream["DestinationConfig"]["OnFailure"]["Destination"] == {
        "Fn::GetAtt": ["OutboxRelayFailuresQueue", "Arn"]
    }
    assert stream["EventSourceArn"] == {"Ref": "OutboxStreamArn"}


def test_dead_letters_and_ages_are_watched(template):
    queues = resources(template, "AWS::SQS::Queue")
    assert len(queues) == 2 * len(QUEUES) + 1
    watched = {
        one["Value"]["Fn::GetAtt"][0]
        for row in resources(template, "AWS::CloudWatch::Alarm").values()
        for one in row["Properties"].get("Dimensions", [])
        if "Fn::GetAtt" in one["Value"]
    }
    assert watched == set(queues)
    assert template["Resources"]["AlarmsTopic"]["Properties"]["Subscription"][0]["Endpoint"] == "ops@example.com"


def headers_of(answer):
    """Of a gateway's answer: literals, which end at the first quote."""
    found = {}
    for name, value in answer["responseParameters"].items():
        assert re.fullmatch(r"'[^']*'", value), value
        found[name.removeprefix("gatewayresponse.header.")] = value[1:-1]
    return found


def test_gateway_answers_as_problems_protected_and_across_origins(template):
    answers = template["Resources"]["RestAPI"]["Properties"]["Body"]["x-amazon-apigateway-gateway-responses"]
    for answer in answers.values():
        headers = headers_of(answer)
        assert headers["Content-Type"] == "application/problem+json"
        assert headers["Access-Control-Allow-Origin"] == "https://app.example.com"
        assert headers["Content-Security-Policy"] == "default-src; frame-ancestors; base-uri; form-action"
        assert headers.keys() == PROTECTIVE.keys() | {"Content-Type", "Access-Control-Allow-Origin"}
        assert {name: headers[name] for name in PROTECTIVE if name != "Content-Security-Policy"} == {
            name: value for name, value in PROTECTIVE.items() if name != "Content-Security-Policy"
        }
    assert answers["MISSING_AUTHENTICATION_TOKEN"]["statusCode"] == "404"
    assert "statusCode" not in answers["DEFAULT_4XX"]


@pytest.mark.parametrize(("origins", "told"), [((), None), (("https://a.example", "https://b.example"), "*")])
def test_gateway_knows_no_list_of_origins(origins, told):
    for answer in gateway_responses(origins).values():
        headers = answer["ResponseParameters"]["Headers"]
        assert headers.get("Access-Control-Allow-Origin") == (told and f"'{told}'")
        assert "Access-Control-Allow-Credentials" not in headers


def test_methods_that_a_path_does_not_name_are_the_functions(template):
    paths = template["Resources"]["RestAPI"]["Properties"]["Body"]["paths"]
    assert paths
    for operations in paths.values():
        assert "options" not in operations, "the gateway's own preflight knows one origin"
        named = [row for name, row in operations.items() if name != ANY_METHOD]
        assert named
        for row in (*named, operations[ANY_METHOD]):
            assert row["x-amazon-apigateway-integration"] == named[0]["x-amazon-apigateway-integration"]
            assert row["x-amazon-apigateway-integration"]["type"] == "aws_proxy"
    for function in resources(template, "AWS::Lambda::Function").values():
        assert function["Properties"]["Environment"]["Variables"]["CORS_ORIGINS"] == "https://app.example.com"
    (permission,) = [
        row["Properties"]
        for row in resources(template, "AWS::Lambda::Permission").values()
        if row["Properties"]["Principal"] == "apigateway.amazonaws.com"
    ]
    assert permission["SourceArn"]["Fn::Sub"][0].endswith(":${RestAPIId}/*"), "any method may call it"


def test_every_group_of_logs_is_kept_for_so_long_and_no_longer(template):
    groups = resources(template, "AWS::Logs::LogGroup")
    functions = resources(template, "AWS::Lambda::Function")
    assert groups.keys() == {f"{key}LogGroup" for key in functions} | {"ApiAccessLogGroup", "WebAclLogGroup"}
    assert {row["Properties"]["RetentionInDays"] for row in groups.values()} == {TARGET.log_days}


def test_the_gateways_own_log_is_json_and_names_the_request_but_nobody(template, chalice, target):
    stage = template["Resources"]["RestAPIapiStage"]["Properties"]
    line = json.loads(stage["AccessLogSetting"]["Format"])
    assert {"requestId", "status", "ms", "integration_error", "refused", "xray_trace_id"} <= line.keys()
    asked = " ".join(line.values())
    assert "identity" not in asked
    assert "$context.path" not in asked, "ids and tokens of the path itself are in none of our logs"
    assert stage["AccessLogSetting"]["DestinationArn"]["Fn::Sub"].endswith(":log-group:${ApiAccessLogGroup}")
    assert template["Resources"]["ApiThrottledFilter"]["Properties"]["LogGroupName"] == {"Ref": "ApiAccessLogGroup"}
    without = finish(chalice, replace(target, access_logs=False))
    assert "AccessLogSetting" not in without["Resources"]["RestAPI"]["Properties"]
    assert not {"ApiAccessLogGroup", "ApiThrottledAlarm"} & without["Resources"].keys()


def test_api_has_one_stage(template):
    assert list(resources(template, "AWS::ApiGateway::Stage")) == ["RestAPIapiStage"]
    assert template["Resources"]["RestAPIapiStage"]["Properties"]["TracingEnabled"] is True


def test_functions_learn_where_they_are_called_without_a_circle(template, sam, target, chalice):
    parameter = template["Resources"]["PublicUrl"]["Properties"]
    assert parameter["Name"] == {"Fn::Sub": "${SecretsPath}public-url"}
    assert parameter["Value"] == template["Outputs"]["EndpointUrl"]["Value"]
    for key, function in resources(template, "AWS::Lambda::Function").items():
        waits = "PublicUrl" in function["DependsOn"]
        assert waits is (key != "APIHandler"), "the address is made of the API, and that of its handler"
    own = finish(chalice, replace(target, public_url="https://api.example.com"))["Resources"]["PublicUrl"]
    assert own["Properties"]["Value"] == "https://api.example.com"
    local = replace(Target.local(port=4999), project=target.project)
    found = finish(chalice, local)["Resources"]["PublicUrl"]["Properties"]["Value"]["Fn::Sub"]
    assert found == emulator.api_url(local, "${RestAPI}")


def test_emulated_functions_know_their_endpoint(chalice, target):
    local = replace(Target.local(port=4999), project=target.project)
    variables = finish(chalice, local)["Resources"]["APIHandler"]["Properties"]["Environment"]["Variables"]
    assert variables["AWS_ENDPOINT_URL"] == "http://127.0.0.1:4999"
    assert variables["STRIPE_API_BASE"] == "http://127.0.0.1:12111"
    assert variables["WECHAT_PAY_API_BASE"] == "http://127.0.0.1:12113"
    assert variables["ALIPAY_GATEWAY"] == "http://127.0.0.1:12114/gateway.do"


def test_function_that_nobody_configured_is_refused(chalice, target):
    chalice = copy.deepcopy(chalice)
    chalice["Resources"]["Stranger"] = copy.deepcopy(chalice["Resources"]["SearchIndex"])
    with pytest.raises(TemplateError, match="Stranger"):
        finish(chalice, target)


def test_second_event_source_is_refused(chalice, target):
    chalice = copy.deepcopy(chalice)
    events = chalice["Resources"]["SearchIndex"]["Properties"]["Events"]
    events["Again"] = copy.deepcopy(next(iter(events.values())))
    with pytest.raises(TemplateError, match="2 SQS event sources"):
        finish(chalice, target)


@pytest.mark.parametrize("missing", ["SearchIndex", "OutboxRelay"])
def test_queue_or_stream_without_its_function_is_refused(chalice, target, missing):
    chalice = copy.deepcopy(chalice)
    del chalice["Resources"][missing]
    with pytest.raises(TemplateError, match="search-index" if missing == "SearchIndex" else "outbox-relay"):
        finish(chalice, target)


def test_sam_faults_are_one_line(sam, target):
    broken = copy.deepcopy(sam)
    del broken["Resources"]["SearchIndex"]["Properties"]["Handler"]
    broken["Resources"]["SearchIndex"]["Properties"]["Events"]["SearchIndexSqsEventSource"]["Type"] = "Nothing"
    with pytest.raises(TemplateError) as refused:
        expand(broken, target.region)
    assert "\n" not in str(refused.value)


def test_emulator_reads_secrets_by_a_path_it_cannot_name(template):
    def grants(found):
        return [
            row
            for role in resources(found, "AWS::IAM::Role").values()
            for policy in role["Properties"].get("Policies", ())
            for row in policy["PolicyDocument"]["Statement"]
            if row["Action"] == ["ssm:GetParametersByPath"] or row["Action"] == "ssm:GetParametersByPath"
        ]

    before = copy.deepcopy(template)
    assert all(row["Resource"] == "*" for row in grants(emulator.adapt(template)))
    assert template == before
    assert all(row["Resource"] != "*" for row in grants(template))


def test_emulator_names_roles_where_another_region_has_the_same(template):
    def names(region):
        return [
            row["Properties"].get("RoleName")
            for row in resources(emulator.adapt(template, region), "AWS::IAM::Role").values()
        ]

    assert set(names(emulator.FIRST_REGION)) == {None}
    there = [name["Fn::Sub"] for name in names("eu-central-1")]
    assert len(set(there)) == len(there)
    assert all(name.endswith("-eu-central-1") for name in there)


def test_emulator_gets_no_alarm_by_metric_math_and_no_dashboard_that_names_one(chalice, target):
    local = replace(Target.local(), project=target.project)
    found = finish(chalice, local)["Resources"]
    alarms = {key: row["Properties"] for key, row in found.items() if row["Type"] == "AWS::CloudWatch::Alarm"}
    assert alarms
    assert not [key for key, alarm in alarms.items() if "Metrics" in alarm]
    named = re.findall(r"\$\{(\w+)\.Arn\}", found["Dashboard"]["Properties"]["DashboardBody"]["Fn::Sub"])
    assert set(named) == set(alarms)
