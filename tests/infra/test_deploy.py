"""The engine against the emulator: what `make run` and `make deploy` share, with functions that do nothing."""

import io
import json
import urllib.request
from dataclasses import replace

import pytest
from rich.console import Console

from chalicelib.kit import outbox
from infra import changes, command_line, deploy_command, secrets
from infra.changes import Change, ChangeSet, DeployError, Source
from infra.deploy import deploy, outputs, preview
from infra.plan import refuse, show
from infra.preflight_account import account_facts
from infra.sandbox.alipay import Keys as AlipayKeys
from infra.tables import TABLES
from infra.targets import Target
from infra.template_data import data_template
from tests import emulators
from tests.infra.planted.sample import project


@pytest.fixture(scope="module")
def port(tmp_path_factory):
    with emulators.ministack(tmp_path_factory.mktemp("aws")) as emulator:
        yield int(emulator.endpoint.rpartition(":")[2])


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("deploy")


@pytest.fixture(scope="module")
def target(port, folder):
    return Target.local(port=port, stage="first", home=folder / "home", project=project(folder / "project"))


@pytest.fixture
def screen():
    return Console(file=io.StringIO(), width=140)


def text(screen):
    return screen.file.getvalue()


@pytest.fixture(scope="module")
def deployed(target):
    console = Console(file=io.StringIO(), width=140)
    return deploy(target, console), text(console)


def test_first_deployment_makes_everything(deployed, target):
    made, shown = deployed
    assert "Change set of linli-first-data" in shown
    assert made.functions["outbox-relay"] == "linli-first-outbox-relay"
    assert made.functions["api"] == "linli-first-api"
    assert set(made.queues) == {f"{name}{end}" for name in outbox.QUEUES for end in ("", "-dlq")}
    stored = secrets.read(target)
    assert {
        "token-key",
        "access-key-1",
        "wechat-login",
        "oidc-providers",
        "pepper",
        "cursor-key",
        "scan-key",
        "receipts-key",
        "wechat-messages",
        "ticket-key",
        "stripe-api-key",
        "stripe-webhook-secret",
        "amap-key",
        "seal-key-1",
        "public-url",
    } == set(stored)
    assert stored.pop("public-url") == made.api
    assert not [value for value in stored.values() if value in shown]


def test_what_the_emulator_drops_is_back(deployed, target):
    client = target.client("dynamodb")
    name = f"{target.prefix}-orders"
    assert client.describe_time_to_live(TableName=name)["TimeToLiveDescription"]["TimeToLiveStatus"] == "ENABLED"
    backups = client.describe_continuous_backups(TableName=name)["ContinuousBackupsDescription"]
    assert backups["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"] == "ENABLED"
    api = target.client("apigateway").get_rest_api(restApiId=deployed[0].app["RestApiId"])
    assert api["binaryMediaTypes"] == ["application/octet-stream"]
    request = urllib.request.Request(f"{deployed[0].api}/v1/health", method="PUT", data=b"{}")
    with pytest.raises(urllib.error.HTTPError, match="405") as refused:
        urllib.request.urlopen(request)
    assert refused.value.headers["Allow"] == "GET", "the function answers what the definition does not name"
    refused.value.close()


def test_api_answers(deployed):
    with urllib.request.urlopen(f"{deployed[0].api}/v1/health") as answer:
        assert json.load(answer) == {"status": "ok", "stage": "first", "region": "ap-southeast-1"}


def test_repeat_changes_nothing(deployed, target, screen):
    before = secrets.read(target)
    assert deploy(target, screen) == deployed[0]
    assert text(screen).count("nothing to change") == 2
    assert "unchanged" in text(screen)
    assert secrets.read(target) == before


def test_second_stage_beside_the_first(deployed, target, screen):
    second = deploy(replace(target, stage="second", table_prefix="linli-second"), screen)
    assert second.api != deployed[0].api
    assert not set(second.functions.values()) & set(deployed[0].functions.values())
    names = account_facts(target).tables
    assert {spec.full_name(prefix) for spec in TABLES for prefix in ("linli-first", "linli-second")} <= names


def test_app_reads_restored_tables(deployed, target, screen):
    deploy(replace(target, table_prefix="linli-second"), screen)
    found = target.client("lambda").get_function_configuration(FunctionName="linli-first-api")
    assert found["Environment"]["Variables"]["TABLE_PREFIX"] == "linli-second"
    target.client("dynamodb").create_table(
        TableName="bare-outbox",
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    with pytest.raises(DeployError, match="no stream"):
        deploy(replace(target, table_prefix="bare"), screen)
    deploy(target, screen)


def test_a_stage_elsewhere_takes_the_place_of_one_whose_copies_go_there(target, screen):
    copied = deploy(replace(target, stage="copied", table_prefix="linli-copied", backup_region="eu-west-1"), screen)
    assert copied.data["BackupRegion"] == "eu-west-1"
    assert "Keep secrets in eu-west-1" in text(screen)
    heir = replace(
        target, stage="heir", region="eu-west-1", table_prefix="linli-heir", secrets_from="ap-southeast-1/copied"
    )
    deploy(heir, screen)
    theirs, ours = secrets.read(replace(target, stage="copied")), secrets.read(heir)
    same = {"pepper", "token-key", "cursor-key", "ticket-key"}
    assert {name: ours[name] for name in same} == {name: theirs[name] for name in same}
    assert ours["seal-key-1"] != theirs["seal-key-1"], "the same key, wrapped by another"
    stacks = replace(target, region="eu-west-1").client("cloudformation").list_stacks()["StackSummaries"]
    assert "linli-copied-copies-ap-southeast-1" in {one["StackName"] for one in stacks}


def test_preview_changes_nothing(deployed, target, screen):
    preview(replace(target, log_level="DEBUG"), screen)
    assert "changes" in text(screen)
    found = target.client("lambda").get_function_configuration(FunctionName="linli-first-api")
    assert found["Environment"]["Variables"]["LOG_LEVEL"] == "INFO"


def test_preview_of_a_new_stage_leaves_nothing(port, target, screen):
    fresh = replace(target, stage="third", table_prefix="linli-third")
    preview(fresh, screen)
    assert "linli-third-data" in text(screen)
    assert "linli-third-orders" not in account_facts(fresh).tables


def test_taken_table_name_is_refused_before_anything_changes(target, screen):
    fresh = replace(target, stage="fourth", table_prefix="linli-fourth")
    target.client("dynamodb").create_table(
        TableName="linli-fourth-orders",
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    with pytest.raises(DeployError, match="linli-fourth-orders exists already"):
        deploy(fresh, screen)
    assert changes.stack(fresh.client("cloudformation"), fresh.data_stack) is None


def test_person_has_to_agree(target, screen, monkeypatch):
    asking = replace(target, stage="fifth", table_prefix="linli-fifth")
    monkeypatch.setattr("infra.deploy.agreed", lambda *_asked: False)
    monkeypatch.setattr("infra.secrets.missing", lambda _target: {})
    careful = replace(asking, emulated=False)
    monkeypatch.setattr(Target, "client", lambda _self, service: asking_client(asking, service))
    with pytest.raises(DeployError, match="stopped: linli-fifth was not changed"):
        deploy(careful, screen)
    assert "what will change" in text(screen)


_client = Target.client


def ignore(_resource, _status):
    """Progress that nobody watches."""


def asking_client(target, service):
    return _client(target, service)


# CloudFormation takes it, and it fails after the queue has been made.
FAILING = {
    "Type": "AWS::Logs::LogStream",
    "DependsOn": "Queue",
    "Properties": {"LogGroupName": "no-such-group", "LogStreamName": "x"},
}


def test_failed_update_is_rolled_back_and_says_why(deployed, target):
    client = target.client("cloudformation")
    template = {
        "Resources": {
            "Queue": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "engine-test"}},
            "Stream": FAILING,
        }
    }
    change_set = changes.prepare(client, "engine-test-stack", Source(template), {}, [])
    with pytest.raises(DeployError, match=r"engine-test-stack was rolled back .*Stream: "):
        changes.execute(client, change_set, emulated=True, on_event=ignore)
    names = target.client("sqs").list_queues(QueueNamePrefix="engine-test").get("QueueUrls", [])
    assert names == []
    template["Resources"].pop("Stream")
    change_set = changes.prepare(client, "engine-test-stack", Source(template), {}, [])
    assert change_set.creates
    changes.execute(client, change_set, emulated=True, on_event=ignore)
    assert changes.stack(client, "engine-test-stack")["StackStatus"] == "CREATE_COMPLETE"


def test_losses_stand_out(screen):
    show(screen, ChangeSet("s", "arn", False, (Change("Modify", "Orders", "AWS::DynamoDB::Table", "True"),)))
    assert "Orders" in text(screen)


def test_refusal_names_the_first_problems():
    refuse([])
    with pytest.raises(DeployError, match=r"p0; .*p7 \(and 2 more\)"):
        refuse([f"p{number}" for number in range(10)])


def test_outputs_on_aws_are_the_public_address(deployed, target):
    made = deployed[0]
    assert outputs(replace(target, emulated=False), made.data, made.app).api == made.app["EndpointUrl"]


def test_capabilities_follow_the_template():
    role = {"Type": "AWS::IAM::Role", "Properties": {}}
    named = {"Type": "AWS::IAM::Role", "Properties": {"RoleName": "x"}}
    assert changes.capabilities(data_template(Target.local())) == []
    assert changes.capabilities({"Resources": {"A": role}}) == ["CAPABILITY_IAM"]
    assert changes.capabilities({"Resources": {"A": role, "B": named}}) == ["CAPABILITY_NAMED_IAM"]


def test_wallets_accounts_come_from_the_operator_and_are_replaced(deployed, target):
    account = {"app_id": "2021000000000001", "seller_id": "2088000000000001"}
    first, second = (AlipayKeys.generate().config() for _ in range(2))
    for keys in (first, second):
        given = account | {"private_key": keys["app_private_key"], "public_keys": [keys["alipay_public_key"]]}
        environ = {"ALIPAY_CONFIG": json.dumps(given)}
        wanted = secrets.missing(target, environ)
        assert list(wanted) == ["alipay"]
        secrets.write(target, wanted)
        assert secrets.missing(target, environ) == {}
        assert json.loads(secrets.read(target)["alipay"])["private_key"] == keys["app_private_key"]
    with pytest.raises(DeployError, match="WECHAT_PAY_CONFIG: private_key: Field required"):
        secrets.missing(target, {"WECHAT_PAY_CONFIG": "{}"})
    [kept] = target.client("ssm").get_parameters(Names=[f"{target.secrets_path}alipay"])["Parameters"]
    assert kept["Type"] == "SecureString"
    target.client("ssm").delete_parameter(Name=kept["Name"])


def test_stripe_keys_come_from_the_operator(deployed, target):
    on_aws = replace(
        target,
        emulated=False,
        stage="sixth",
        table_prefix="x",
        endpoint_url=target.endpoint_url,
        geocoder="",
        wechat_login_api_base="",
    )
    keys = {"STRIPE_API_KEY": "sk_live_x", "STRIPE_WEBHOOK_SECRET": "whsec_x"}
    original = Target.client
    try:
        Target.client = lambda _self, service: original(target, service)
        with pytest.raises(DeployError, match="STRIPE_API_KEY and STRIPE_WEBHOOK_SECRET"):
            secrets.missing(on_aws, {})
        assert not secrets.STRIPE_SECRETS.keys() & secrets.missing(replace(on_aws, stripe=False), {}).keys()
        wanted = secrets.missing(on_aws, keys)
        maps = replace(on_aws, geocoder="amap", amap_api_base="")
        with pytest.raises(DeployError, match="set AMAP_API_KEY"):
            secrets.missing(maps, keys)
        assert secrets.missing(maps, keys | {"AMAP_API_KEY": "k"})["amap-key"] == "k"
    finally:
        Target.client = original
    assert wanted["stripe-api-key"] == "sk_live_x"
    assert set(wanted) == {*secrets.RANDOM_SECRETS, *secrets.STRIPE_SECRETS}
    assert secrets.missing(target, keys) == {"stripe-api-key": "sk_live_x", "stripe-webhook-secret": "whsec_x"}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--stage", "Prod", "--region", "eu-west-1"], "'Prod' is no stage"),
        (["--stage", "local", "--region", "eu-west-1"], "the local stack is not running"),
        (["--stage", "prod", "--region", "moon-1"], "AWS has no region 'moon-1'"),
        (["--stage", "prod", "--region", "eu-west-1", "--architecture", "sparc"], "'sparc' is no architecture"),
        (["--stage", "prod", "--region", "eu-west-1", "--commission-bps", "5%"], "'5%' is no commission"),
        (["--stage", "prod", "--region", "eu-west-1", "--audit-lock", "loose"], "'loose' locks nothing"),
        (["--stage", "prod", "--region", "eu-west-1", "--audit-lock-days", "ten"], "'ten' is no time to lock"),
        (["--stage", "prod", "--region", "eu-west-1", "--wallets", "cash"], "'cash' takes no wallets"),
        (["--stage", "prod", "--region", "eu-west-1", "--waf", "maybe"], "'maybe' says nothing of a firewall"),
        (["--stage", "prod", "--region", "eu-west-1", "--cors-origins", "*"], "'*' is no origin"),
        (["--stage", "prod", "--region", "eu-west-1", "--cors-origins", "https://a.example/"], "is no origin"),
        (["--stage", "prod", "--region", "eu-west-1", "--cors-origins", "https://a.example:443"], "is no origin"),
        (["--stage", "prod", "--region", "eu-west-1", "--cors-origins", "http://a.example"], "is no origin"),
        (["--stage", "prod", "--region", "eu-west-1", "--public-url", "http://x"], "'http://x' is no public address"),
        (["--stage", "prod", "--region", "eu-west-1", "--geocoder", "baidu"], "'baidu' knows no addresses"),
        (["--stage", "prod", "--region", "eu-west-1", "--sms-countries", "China"], "'China' is no country"),
        (["--stage", "prod", "--region", "eu-west-1", "--sms-daily-cap", "$5"], "'$5' is no cap"),
        (["--stage", "prod", "--region", "eu-west-1", "--sms-daily-cap", "5²"], "'5²' is no cap"),
        (["--stage", "prod", "--region", "eu-west-1"], "no AWS credentials that work"),
    ],
)
def test_command_says_one_line(arguments, said, monkeypatch, capsys, tmp_path):
    monkeypatch.setenv("LINLI_HOME", str(tmp_path))
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nonexistent")
    assert deploy_command.main(arguments, {}) == 1
    [line] = capsys.readouterr().err.splitlines()
    assert line.startswith("deploy: ")
    assert said in line


def test_command_takes_origins_as_browsers_send_them():
    arguments = ["--stage", "prod", "--region", "eu-west-1", "--cors-origins"]
    for text, origins in (
        ("https://a.example, http://localhost:3000,", ("https://a.example", "http://localhost:3000")),
        ("", ()),
    ):
        options = command_line.parser().parse_args([*arguments, text])
        assert command_line.target_of(options).cors_origins == origins


APP = "android:apk-key-hash:" + "a" * 43


def test_command_takes_pages_of_the_domain_and_apps_for_passkeys():
    arguments = ["--stage", "prod", "--region", "eu-west-1", "--webauthn-rp-id", "linli.example", "--webauthn-origins"]
    options = command_line.parser().parse_args([*arguments, f"https://linli.example, https://app.linli.example,{APP}"])
    assert command_line.target_of(options).webauthn_origins == (
        "https://linli.example",
        "https://app.linli.example",
        APP,
    )


@pytest.mark.parametrize(
    ("domain", "origins"),
    [
        ("linli.example", "https://evil.example"),
        ("linli.example", "https://evillinli.example"),
        ("linli.example", "http://linli.example"),
        ("linli.example", "android:apk-key-hash:short"),
        ("linli.example", ""),
        ("", "https://linli.example"),
        ("https://linli.example", "https://linli.example"),
    ],
)
def test_command_refuses_passkeys_that_no_browser_gives(domain, origins):
    arguments = ["--stage", "prod", "--region", "eu-west-1", "--webauthn-rp-id", domain, "--webauthn-origins", origins]
    with pytest.raises(DeployError):
        command_line.target_of(command_line.parser().parse_args(arguments))


@pytest.mark.parametrize(
    ("arguments", "waf"),
    [(["prod"], True), (["dev"], False), (["prod", "--waf", "off"], False), (["test", "--waf", "on"], True)],
)
def test_a_firewall_stands_before_what_is_protected(arguments, waf):
    options = command_line.parser().parse_args(["--region", "eu-west-1", "--stage", *arguments])
    assert command_line.target_of(options).waf is waf


@pytest.mark.parametrize(
    ("arguments", "alarms", "dashboard"),
    [(["prod"], True, True), (["dev"], False, False), (["dev", "--alarms", "on"], True, False),
     (["prod", "--alarms", "off", "--dashboard", "off"], False, False)],
)  # fmt: skip
def test_what_is_watched_by_the_month_is_where_somebody_looks(arguments, alarms, dashboard):
    options = command_line.parser().parse_args(["--region", "eu-west-1", "--stage", *arguments])
    target = command_line.target_of(options)
    assert (target.alarms, target.dashboard) == (alarms, dashboard)


def test_command_says_what_is_wrong_with_an_account_before_anything_else(capsys):
    arguments = ["--stage", "prod", "--region", "eu-west-1"]
    assert deploy_command.main(arguments, {"WECHAT_PAY_CONFIG": "nowhere.json"}) == 1
    assert capsys.readouterr().err == "deploy: WECHAT_PAY_CONFIG: No such file or directory: nowhere.json\n"


@pytest.fixture
def command(target, monkeypatch):
    monkeypatch.setattr(deploy_command, "target_of", lambda _options: target)
    return ["--stage", "prod", "--region", "ap-southeast-1"]


def test_command_deploys_and_shows_where(deployed, command, capsys):
    assert deploy_command.main(command, {"YES": "1"}) == 0
    shown = capsys.readouterr().out
    assert "account 000000000000" in shown
    assert "/v1/docs" in shown


def test_command_plans(deployed, command, capsys):
    assert deploy_command.main([*command, "--plan"], {}) == 0
    assert "Change set of linli-first-app" in capsys.readouterr().out


def test_command_plans_without_credentials(command, capsys, monkeypatch):
    def nobody(target):
        raise DeployError("no AWS credentials that work")

    monkeypatch.setattr(deploy_command, "caller", nobody)
    assert deploy_command.main([*command, "--plan"], {}) == 0
    assert "Lint and preflight are clean" in capsys.readouterr().out
