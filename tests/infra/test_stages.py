import dataclasses
import json
import re

import pytest

from chalicelib import settings
from chalicelib.kit.i18n import Text
from infra import stages
from infra.changes import DeployError
from infra.expand import expand
from infra.preflight_template import environments_fit
from infra.stage_models import Region
from infra.template_app import environment, finish
from tests.infra.planted.sample import packaged, project

TWO = """
[prod]
log_days = 90
commission_bps = 700
tax = { name = { en = "GST", zh = "消费税" }, bps = 900 }

[prod.regions.ap-southeast-1]
name = { en = "Asia", zh = "亚洲" }
countries = ["*"]
currency = "SGD"
zone = "Asia/Singapore"
public_url = "https://sg.example.com"

[prod.regions.eu-central-1]
name = { en = "Europe", zh = "欧洲" }
countries = ["DE", "FR"]
currency = "EUR"
zone = "Europe/Berlin"
languages = ["en"]
commission_bps = 1000
tax = { name = { en = "VAT", zh = "增值税" }, bps = 1900 }
public_url = "https://eu.example.com"
"""


@pytest.fixture
def written(tmp_path):
    def write(text):
        path = tmp_path / "stages.toml"
        path.write_text(text)
        return path

    return write


def two(more=""):
    """Two regions, the second with `more` in the place of what it says otherwise."""
    head, _, tail = TWO.partition("[prod.regions.eu-central-1]\n")
    names = re.findall(r"^(\w+) =", more, re.MULTILINE)
    kept = [line for line in tail.splitlines() if line.partition(" ")[0] not in names]
    return "\n".join([f"{head}[prod.regions.eu-central-1]", *kept, more])


def refusal(path, stage="prod", region="eu-central-1", **options):
    with pytest.raises(DeployError) as refused:
        stages.target_of(stage, region, options, path)
    assert "\n" not in str(refused.value)
    return str(refused.value)


def example():
    """The example of the shipped file, with its marks of comment taken away."""
    text = stages.FILE.read_text()
    return re.sub(r"^# ?", "", text[text.index("# [prod]") :], flags=re.MULTILINE)


def test_the_shipped_file_is_right_and_so_is_its_example(written):
    assert stages.target_of("dev", "eu-west-1", {}).log_days == 30
    assert stages.target_of("prod", "eu-west-1", {}) == stages.target_of("prod", "eu-west-1", {}, written(""))
    path = written(example())
    targets = {region: stages.target_of("prod", region, {}, path) for region in stages.load(path)["prod"].regions}
    assert {region: target.currency for region, target in targets.items()} == {
        "ap-southeast-1": "SGD",
        "eu-central-1": "EUR",
        "cn-north-1": "CNY",
    }
    assert {target.partition for target in targets.values()} == {"aws", "aws-cn"}


def test_two_regions_deploy_what_the_file_says_of_each(written, tmp_path):
    path, folder = written(two('sms_countries = ["DE", "FR"]')), project(tmp_path / "project")
    told = {}
    for region in ("ap-southeast-1", "eu-central-1"):
        target = dataclasses.replace(stages.target_of("prod", region, {}, path), project=folder)
        template = expand(finish(packaged(target), target), region)
        assert list(environments_fit(template)) == []
        assert template["Resources"]["APIHandlerLogGroup"]["Properties"]["RetentionInDays"] == 90
        found = [
            row["Properties"]["Environment"]["Variables"]
            for row in template["Resources"].values()
            if row["Type"] == "AWS::Lambda::Function"
        ]
        assert all(one == found[0] for one in found), "every function is told the same"
        told[region] = found[0]
    asia, europe = told.values()
    assert {name: (asia[name], europe[name]) for name in asia if asia[name] != europe[name]} == {
        "CURRENCY": ("SGD", "EUR"),
        "ZONE": ("Asia/Singapore", "Europe/Berlin"),
        "LANGUAGES": ("en,zh-CN", "en"),
        "TAX": (
            '{"name": {"en": "GST", "zh": "消费税"}, "bps": 900, "included": false}',
            '{"name": {"en": "VAT", "zh": "增值税"}, "bps": 1900, "included": false}',
        ),
        "COMMISSION_BPS": ("700", "1000"),
        "SMS_COUNTRIES": ("", "DE,FR"),
    }
    assert json.loads(asia["REGIONS"]) == {
        "homes": [
            {"region": "ap-southeast-1", "en": "Asia", "zh": "亚洲", "api": "https://sg.example.com", "codes": ["*"]},
            {
                "region": "eu-central-1",
                "en": "Europe",
                "zh": "欧洲",
                "api": "https://eu.example.com",
                "codes": ["49", "33"],
            },
        ],
        "keeps": [],
    }


def test_functions_read_what_the_template_tells_them(written, monkeypatch):
    target = stages.target_of("prod", "eu-central-1", {}, written(two('keeps = ["SG"]')))
    for name, value in environment(target).items():
        monkeypatch.setenv(name, value if isinstance(value, str) else "x")
    monkeypatch.setenv("AWS_REGION", target.region)
    settings.reset()
    try:
        here, regions = settings.settings(), settings.regions()
        assert (here.currency, here.zone, settings.languages()) == ("EUR", "Europe/Berlin", ("en",))
        assert (here.tax_name, here.tax_bps, here.is_tax_included) == (Text("VAT", "增值税"), 1900, False)
        assert (here.has_stripe, here.commission_bps) == (True, 1000)
        assert (regions.here, [one.codes for one in regions.listed]) == ("eu-central-1", [("*",), ("49", "33")])
        assert regions.keeps == {"65"}
    finally:
        settings.reset()


def test_the_command_line_has_the_last_word(written):
    path = written(two())
    assert stages.target_of("prod", "eu-central-1", {"commission_bps": 1}, path).commission_bps == 1
    said = refusal(path, commission_bps="5%")
    assert (
        said == "prod eu-central-1: commission_bps: '5%' is no commission: basis points, a whole number from 0 to 10000"
    )


def test_a_stage_that_names_regions_lives_in_those_alone(written):
    path = written(two())
    assert (
        refusal(path, region="us-east-1")
        == "stages.toml: prod is not in us-east-1, but in ap-southeast-1, eu-central-1"
    )
    other = stages.target_of("test", "us-east-1", {}, path)
    assert (other.currency, other.zone, other.homes, other.waf) == ("CNY", "Asia/Shanghai", (), False)


CERTIFICATE = "arn:aws:acm:eu-central-1:111122223333:certificate/66666666-7777-8888-9999-000000000000"


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ('currency = "EURO"', "currency: 'EURO' is no currency of ISO 4217"),
        ('zone = "Europe/Berlim"', "zone: 'Europe/Berlim' is no IANA time zone"),
        ('zone = "../etc/passwd"', "zone: '../etc/passwd' is no IANA time zone"),
        ('languages = ["de"]', "languages.0: Input should be 'en' or 'zh-CN'"),
        ('languages = ["en", "en"]', "languages: 'en, en' says something twice"),
        ("languages = []", "languages: List should have at least 1 item"),
        ("tax = { bps = 19.0 }", "tax.bps: '19.0' is no share: basis points"),
        ("tax = { bps = 100, gross = true }", "tax.gross: Extra inputs are not permitted"),
        ('tax = { bps = 1900, included = "yes" }', "tax.included: Input should be a valid boolean"),
        ('tax = { name = { en = "VAT" } }', "tax.name.zh: Field required"),
        ("commission_bps = 10001", "commission_bps: '10001' is no commission: basis points"),
        ('commission_bps = "800"', "commission_bps: '800' is no commission"),
        ('stripe = "off"', "stripe: 'off' says nothing of Stripe"),
        ('wallets = "cash"', "wallets: 'cash' takes no wallets: direct or stripe"),
        ('stripe = false\nwallets = "stripe"', "wallets: Stripe is to take them, and is switched off"),
        ('geocoder = "baidu"', "geocoder: 'baidu' knows no addresses: amap or amazon"),
        ('sms_countries = ["Germany"]', "sms_countries.0: 'Germany' is no country of ISO 3166"),
        ('sms_countries = ["DE", "*"]', "sms_countries: 'DE, *' is no list of countries"),
        ("sms_daily_cap = -1", "sms_daily_cap: '-1' is no cap: US dollars"),
        ('notice_caps = { "order.lost" = 5 }', "notice_caps.order.lost: 'order.lost' is no kind of notice"),
        ("notice_caps = { outreach = -1 }", "notice_caps.outreach: '-1' is no cap: US dollars"),
        ('geoip_database = "../x.mmdb"', "geoip_database: '../x.mmdb' is no database of addresses"),
        ('cors_origins = ["https://a.example/"]', "cors_origins.0: 'https://a.example/' is no origin"),
        ('webauthn_rp_id = "a.example"', "webauthn_rp_id: passkeys need both"),
        (
            'webauthn_rp_id = "a.example"\nwebauthn_origins = ["https://b.example"]',
            "webauthn_origins: 'b.example' does not lie in 'a.example'",
        ),
        ('mail_identity = "no reply"', "mail_identity: 'no reply' is no identity at SES"),
        ('account = "1234"', "account: '1234' is no account of AWS: twelve digits"),
        ('alarm_email = "ops"', "alarm_email: 'ops' is no e-mail address"),
        ('architecture = "sparc"', "architecture: 'sparc' is no architecture: arm64 or x86_64"),
        ('log_level = "LOUD"', "log_level: 'LOUD' is no level of logs"),
        ("log_days = 31", "log_days: '31' is no time that CloudWatch keeps logs for"),
        ('dashboard = "yes"', "dashboard: 'yes' says nothing of a dashboard"),
        ("waf = 1", "waf: '1' says nothing of a firewall"),
        ("canary_minutes = 7", "canary_minutes: 7 minutes are no time of a trial"),
        ('audit_lock = "loose"', "audit_lock: 'loose' locks nothing"),
        ("audit_lock_days = 0", "audit_lock_days: '0' is no time to lock"),
        ('table_prefix = "a b"', "table_prefix: 'a b' is no prefix of tables"),
        ('backup_region = "eu"', "backup_region: 'eu' is no region of AWS"),
        ('backup_region = "eu-central-1"', "backup_region: copies would stay in eu-central-1"),
        ('backup_region = "cn-north-1"', "backup_region: 'cn-north-1' is no region of the same partition (aws)"),
        ("backup_months = 0", "backup_months: '0' is no time to keep backups"),
        ("backup_lock_days = 36", "backup_lock_days: nightly backups live 35 days"),
        ('secrets_from = "prod"', "secrets_from: 'prod' is no place whose secrets are kept"),
        ("edge = { rate = 0, burst = 5 }", "edge.rate: '0' is no rate of requests"),
        ("edge = { rate = 5 }", "edge.burst: Field required"),
        ('keeps = ["DE"]', "keeps: 'DE' are those of other regions that still sign in here"),
        ("colour = 1", "colour: Extra inputs are not permitted"),
        (
            f'domain = {{ name = "eu.example.com", certificate = "{CERTIFICATE}" }}',
            "public_url: the domain is the address",
        ),
    ],
)
def test_what_is_wrong_is_one_line_with_its_place(written, more, said):
    path = written(two(more))
    line = refusal(path)
    assert line.startswith(f"stages.toml: prod eu-central-1: {said}")
    assert refusal(path, stage="dev", region="us-east-1") == line, "a file that is wrong is not believed anywhere"


DOMAIN = 'domain = {{ name = "{name}", certificate = "{certificate}" }}'


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ('countries = ["DE", "FR"]', 'countries = ["DE", "*"]', "prod eu-central-1: countries: 'DE, *' is no list"),
        ('countries = ["*"]', 'countries = ["SG", "DE"]', "prod eu-central-1: countries: 'DE': it is the home of one"),
        ('countries = ["*"]', 'countries = ["SG"]', "prod: countries: no region takes '*'"),
        ('countries = ["*"]', "", "prod ap-southeast-1: countries: whose phones live here"),
        ('name = { en = "Asia", zh = "亚洲" }', "", "prod ap-southeast-1: name: people choose"),
        ('public_url = "https://sg.example.com"', "", "prod ap-southeast-1: domain: a stage of several regions"),
        (
            "https://sg.example.com",
            "https://eu.example.com",
            "prod ap-southeast-1: domain: 'https://eu.example.com' is",
        ),
        ("https://sg.example.com", "http://sg.example.com", "prod ap-southeast-1: public_url: 'http://sg"),
        ("prod.regions.eu-central-1", "prod.regions.moon-1", "prod moon-1: 'moon-1' is no region of AWS"),
        ("prod.regions.eu-central-1", "prod.regions.xx-moon-1", "prod xx-moon-1: AWS has no region 'xx-moon-1'"),
        ("[prod", "[Prod", "Prod: 'Prod' is no stage"),
        ("[prod", "[local", "local: the stage of this machine"),
        ("log_days = 90", "log_days = 90\nlog_days = 91", "Cannot overwrite a value"),
        ("log_days = 90", "log_days = 2026-01-01", "prod: log_days: '2026-01-01' is no time"),
        (
            'public_url = "https://eu.example.com"',
            DOMAIN.format(name="eu.example.com", certificate=CERTIFICATE.replace("eu-central-1", "us-east-1")),
            "prod eu-central-1: domain.certificate: lies in aws us-east-1",
        ),
        (
            'public_url = "https://eu.example.com"',
            DOMAIN.format(name="eu.example.com", certificate=CERTIFICATE.replace("arn:aws:", "arn:aws-cn:")),
            "prod eu-central-1: domain.certificate: lies in aws-cn eu-central-1",
        ),
        (
            'public_url = "https://eu.example.com"',
            DOMAIN.format(name="eu", certificate=CERTIFICATE),
            "prod eu-central-1: domain.name: 'eu' is no domain",
        ),
        (
            'public_url = "https://eu.example.com"',
            DOMAIN.format(name="eu.example.com", certificate="arn:aws:iam::1:server-certificate/x"),
            "prod eu-central-1: domain.certificate: 'arn:aws:iam::1:server-certificate/x' is no ARN",
        ),
    ],
)
def test_regions_that_do_not_go_together_are_refused(written, before, after, said):
    text = two()
    assert before in text
    assert refusal(written(text.replace(before, after))).startswith(f"stages.toml: {said}")


def test_countries_of_one_calling_code_have_one_home(written):
    text = two().replace('["*"]', '["US", "*"]').replace('["DE", "FR"]', '["CA"]')
    assert "is no list of countries" in refusal(written(text))
    text = two().replace('["*"]', '["US"]').replace('["DE", "FR"]', '["CA"]')
    said = refusal(written(text))
    assert (
        said
        == "stages.toml: prod eu-central-1: countries: 'CA' and 'US' there: both are +1, which has one home, and ap-southeast-1 has it"
    )


def test_the_guide_says_what_every_field_is_for():
    guide = (stages.ROOT / "docs" / "operators-guide.md").read_text()
    section = guide.partition("### Stages and regions")[2].partition("### Stripe's notices")[0]
    assert [name for name in Region.model_fields if f"`{name}`" not in section] == []
