from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from botocore.exceptions import ClientError

from infra import deploy, domain, preflight, preflight_domain
from infra.expand import expand
from infra.lint import lint_once
from infra.preflight_account import AccountFacts
from infra.preflight_domain import Certificate
from infra.stage_models import Domain, Edge
from infra.targets import Target
from infra.template_app import finish
from tests.infra.planted.sample import packaged, project

ARN = "arn:aws:acm:ap-southeast-1:111122223333:certificate/66666666-7777-8888-9999-000000000000"
NAMED = Domain(name="sg.api.example.com", certificate=ARN, hosted_zone="Z0123456789ABC", only=True)
TARGET = Target.aws(stage="prod", region="ap-southeast-1", domain=NAMED, edge=Edge(rate=300, burst=600))


@pytest.fixture(scope="module")
def chalice(tmp_path_factory):
    return packaged(replace(TARGET, project=project(tmp_path_factory.mktemp("project"))))


def template(chalice, target):
    return expand(finish(chalice, target), target.region)


def own_name(rows):
    """What the definition says of API Gateway's own name; SAM puts it there, and not beside it."""
    return rows["RestAPI"]["Properties"]["Body"].get("x-amazon-apigateway-endpoint-configuration")


def test_the_apis_name_is_regional_and_led_to_the_api(chalice, tmp_path):
    made = template(chalice, TARGET)
    rows = made["Resources"]
    name = rows["ApiDomain"]
    assert name["Type"] == "AWS::ApiGateway::DomainName"
    assert name["Properties"] == {
        "DomainName": "sg.api.example.com",
        "RegionalCertificateArn": ARN,
        "EndpointConfiguration": {"Types": ["REGIONAL"]},
        "SecurityPolicy": "TLS_1_2",
    }
    mapping = rows["ApiDomainMapping"]
    assert mapping["DependsOn"] == ["RestAPIapiStage"]
    assert rows["RestAPIapiStage"]["Type"] == "AWS::ApiGateway::Stage"
    assert mapping["Properties"] == {
        "DomainName": {"Ref": "ApiDomain"},
        "RestApiId": {"Ref": "RestAPI"},
        "Stage": rows["RestAPIapiStage"]["Properties"]["StageName"],
    }
    record = rows["ApiDomainRecord"]["Properties"]
    assert (record["HostedZoneId"], record["Type"]) == ("Z0123456789ABC", "A")
    assert record["AliasTarget"]["DNSName"] == {"Fn::GetAtt": ["ApiDomain", "RegionalDomainName"]}
    assert made["Outputs"]["DomainPointAt"]["Value"] == {"Fn::GetAtt": ["ApiDomain", "RegionalDomainName"]}
    assert own_name(rows) == {"disableExecuteApiEndpoint": True}
    assert rows["PublicUrl"]["Properties"]["Value"] == "https://sg.api.example.com"
    assert lint_once(made, TARGET.region, tmp_path) == []


def test_without_a_zone_the_operator_points_the_name(chalice):
    rows = template(chalice, replace(TARGET, domain=Domain(name="sg.api.example.com", certificate=ARN)))["Resources"]
    assert "ApiDomainRecord" not in rows
    assert "ApiDomain" in rows
    assert own_name(rows) is None


@pytest.mark.parametrize(
    "target", [Target.aws(stage="prod", region="ap-southeast-1"), Target.local(region="ap-southeast-1", domain=NAMED)]
)
def test_an_emulator_and_who_has_none_get_no_domain(chalice, target):
    made = finish(chalice, target)
    assert not [key for key in made["Resources"] if key.startswith("ApiDomain")]
    assert domain.POINT_AT not in made["Outputs"]
    assert made["Resources"]["PublicUrl"]["Properties"]["Value"] != "https://sg.api.example.com"


def test_the_edge_takes_what_the_stage_says(chalice):
    rows = template(chalice, TARGET)["Resources"]
    every = next(one for one in rows["RestAPIapiStage"]["Properties"]["MethodSettings"] if one["ResourcePath"] == "/*")
    assert (every["ThrottlingRateLimit"], every["ThrottlingBurstLimit"]) == (300, 600)


@pytest.mark.parametrize(
    ("named", "api"),
    [
        (NAMED, "https://sg.api.example.com"),
        (Domain(name="sg.api.example.com", certificate=ARN, only=True), "https://sg.api.example.com"),
        (Domain(name="sg.api.example.com", certificate=ARN), "https://x.execute-api"),
        (None, "https://x.execute-api"),
    ],
)
def test_a_fresh_deployment_is_reached_where_it_answers_already(named, api, monkeypatch):
    monkeypatch.setattr(deploy, "QUEUES", ())
    made = deploy.outputs(replace(TARGET, domain=named, public_url=""), {}, {"EndpointUrl": "https://x.execute-api"})
    assert made.api == api


@pytest.mark.parametrize(
    ("certificate", "lies_in"),
    [
        (ARN.replace("ap-southeast-1", "us-east-1"), "us-east-1"),
        (ARN.replace("arn:aws:", "arn:aws-cn:").replace("ap-southeast-1", "cn-north-1"), "cn-north-1"),
        ("nothing", "no region"),
    ],
)
def test_a_certificate_of_elsewhere_is_refused(chalice, certificate, lies_in, tmp_path):
    made = template(chalice, TARGET)
    made["Resources"]["ApiDomain"]["Properties"]["RegionalCertificateArn"] = certificate
    (line,) = preflight_domain.certificates_are_of_the_region(made, TARGET)
    assert line == f"ApiDomain: its certificate lies in {lies_in}, not in ap-southeast-1"


GOOD = Certificate("sg.api.example.com", "ISSUED", ("example.com", "*.api.example.com"), timedelta(days=200))


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (None, None),
        (GOOD, None),
        (replace(GOOD, names=("SG.api.example.com",)), None),
        (replace(GOOD, state="PENDING_VALIDATION"), "is PENDING_VALIDATION; validate it first"),
        (replace(GOOD, names=("example.com", "*.example.com")), "is for example.com, *.example.com"),
        (replace(GOOD, left=timedelta(days=3)), "is good for 3 more days and was not renewed"),
    ],
)
def test_a_certificate_is_looked_at_beside_the_account(found, said):
    told = preflight.online({"Resources": {}}, {"Resources": {}}, AccountFacts(certificate=found))
    assert told == ([f"the certificate of sg.api.example.com {said}"] if said else [])


def test_what_acm_says_is_read(monkeypatch):
    answer = {"Status": "ISSUED", "SubjectAlternativeNames": ["a"], "NotAfter": datetime.now(UTC) + timedelta(days=90)}
    monkeypatch.setattr(
        Target, "client", lambda *_: SimpleNamespace(describe_certificate=lambda **_: {"Certificate": answer})
    )
    found = preflight_domain.certificate(TARGET)
    assert (found.domain, found.state, found.names) == ("sg.api.example.com", "ISSUED", ("a",))
    assert timedelta(days=89) < found.left < timedelta(days=90)
    assert preflight_domain.certificate(replace(TARGET, domain=None)) is None

    def refuse(**_):
        raise ClientError({"Error": {"Code": "ResourceNotFoundException"}}, "DescribeCertificate")

    monkeypatch.setattr(Target, "client", lambda *_: SimpleNamespace(describe_certificate=refuse))
    assert preflight_domain.certificate(TARGET).state == "not readable (ResourceNotFoundException)"
