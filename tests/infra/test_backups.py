"""Backups as they are deployed on AWS: what is copied when, where to, and what opens it there."""

import base64
from dataclasses import replace

import pytest

from chalicelib import wiring
from infra import changes, command_line, kept_secrets, preflight_account, secrets
from infra.backups import DAYS, backup_resources, copies_name, copies_template
from infra.changes import DeployError, Source
from infra.lint import lint_once
from infra.tables import TABLES, create_table_arguments, table
from infra.targets import Target
from infra.template_data import data_template
from tests.emulators import REGION

PROD = Target.aws(stage="prod", region="ap-southeast-1", backup_region="eu-central-1")
ELSEWHERE = "eu-west-1"


def _tags(template):
    tables = {key: one for key, one in template["Resources"].items() if one["Type"] == "AWS::DynamoDB::Table"}
    return {key: {tag["Key"]: tag["Value"] for tag in one["Properties"]["Tags"]} for key, one in tables.items()}


def test_every_table_is_copied_each_night_and_the_books_each_month():
    template = data_template(PROD)
    resources = template["Resources"]
    night, month = (resources[key]["Properties"]["BackupSelection"] for key in ("NightlyTables", "MonthlyBooks"))

    def taken(selection):
        (condition,) = selection["Conditions"]["StringEquals"]
        tag = condition["ConditionKey"].removeprefix("aws:ResourceTag/")
        return {key for key, tags in _tags(template).items() if tags.get(tag) == condition["ConditionValue"]}

    assert taken(night) == {spec.logical_id for spec in TABLES}
    assert taken(month) == {f"{name.capitalize()}Table" for name in BOOKS}
    rules = {
        key: resources[key]["Properties"]["BackupPlan"]["BackupPlanRule"][0]
        for key in ("NightlyBackup", "MonthlyBackup")
    }
    assert rules["NightlyBackup"]["Lifecycle"] == {"DeleteAfterDays": DAYS}
    assert rules["MonthlyBackup"]["Lifecycle"] == {"DeleteAfterDays": 13 * 31}
    for rule in rules.values():
        (copy,) = rule["CopyActions"]
        assert copy["Lifecycle"] == rule["Lifecycle"]
        arn = copy["DestinationBackupVaultArn"]["Fn::Sub"]
        assert arn.endswith(":backup:eu-central-1:${AWS::AccountId}:backup-vault:linli-prod-copies-ap-southeast-1")
    assert template["Outputs"]["BackupRegion"] == {"Value": "eu-central-1"}


BOOKS = {"orders", "payments", "ledger", "reconciliation", "audit"}


def test_what_is_kept_for_long_holds_nothing_sealed():
    assert {spec.name for spec in TABLES if spec.books} == BOOKS
    assert BOOKS.isdisjoint({field.table for field in wiring.sealed_fields()})


def test_two_stages_of_an_account_take_their_own_tables():
    other = Target.aws(stage="prod-eu", region=PROD.region)
    found = [
        one["Properties"]["BackupSelection"]["Conditions"]["StringEquals"][0]["ConditionValue"]
        for target in (PROD, other)
        for one in backup_resources(target).values()
        if one["Type"] == "AWS::Backup::BackupSelection"
    ]
    assert found == ["prod", "prod", "prod-eu", "prod-eu"]


def test_nothing_leaves_the_region_unless_it_is_said_where_to():
    stays = replace(PROD, backup_region="")
    rules = [
        rule
        for one in backup_resources(stays).values()
        if one["Type"] == "AWS::Backup::BackupPlan"
        for rule in one["Properties"]["BackupPlan"]["BackupPlanRule"]
    ]
    assert len(rules) == 2
    assert not [rule for rule in rules if "CopyActions" in rule]
    assert "BackupRegion" not in data_template(stays)["Outputs"]
    assert backup_resources(Target.aws(stage="dev", region="ap-southeast-1")) == {}
    assert backup_resources(Target.local()) == {}


def test_backups_outlive_their_stack_and_can_be_locked():
    locked = replace(PROD, backup_lock_days=30)
    vaults = [backup_resources(locked)["BackupVault"], copies_template(locked)["Resources"]["CopiesVault"]]
    for vault in vaults:
        assert (vault["DeletionPolicy"], vault["UpdateReplacePolicy"]) == ("RetainExceptOnCreate", "Retain")
        assert vault["Properties"]["LockConfiguration"] == {"MinRetentionDays": 30}
    assert len(copies_name(Target.aws(stage="x" * 20, region="ap-southeast-1"))) <= 50, "vaults take no longer name"


def test_templates_are_clean(tmp_path):
    assert lint_once(data_template(replace(PROD, backup_lock_days=7)), PROD.region, tmp_path) == []
    assert lint_once(copies_template(PROD), PROD.backup_region, tmp_path) == []


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--backup-region", "ap-southeast-1"], "would stay in ap-southeast-1"),
        (["--backup-months", "0"], "from 1 to 120"),
        (["--backup-days", "36"], "from 1 to 35"),
        (["--backup-days", "7", "--backup-lock-days", "8"], "live 7 days"),
        (["--backup-lock-days", "36"], "cannot be locked for longer"),
        (["--backup-months", "many"], "no time to keep backups"),
        (["--secrets-from", "prod"], "region/stage"),
    ],
)
def test_what_cannot_be_is_refused_before_anything_is_done(options, said):
    with pytest.raises(DeployError, match=said):
        command_line.target_of(_options(*options))


def test_options_reach_the_target():
    target = command_line.target_of(_options("--backup-region", "eu-central-1", "--backup-months", "24"))
    assert (target.backup_region, target.backup_months) == ("eu-central-1", 24)


def _options(*more):
    return command_line.parser().parse_args(["--stage", "prod", "--region", "ap-southeast-1", *more])


@pytest.mark.parametrize(("manages", "said"), [(True, []), (False, ["copies no tables out of ap-southeast-1"])])
def test_copies_need_a_switch_of_the_account(monkeypatch, manages, said):
    told = {"ResourceTypeManagementPreference": {"DynamoDB": manages}}

    class Backup:
        def describe_region_settings(self):
            return told

    monkeypatch.setattr(Target, "client", lambda _self, _service: Backup())
    found = list(preflight_account.copies_can_leave(PROD))
    assert [any(part in line for line in found) for part in said] == [True] * len(said)
    assert len(found) == len(said)
    (across,) = preflight_account.copies_can_leave(replace(PROD, backup_region="cn-north-1"))
    assert "cannot leave aws" in across
    assert list(preflight_account.copies_can_leave(replace(PROD, backup_region=""))) == []


@pytest.fixture
def regions(ministack):
    """A stage with secrets in one region, and its stack of copies in another; yields both targets."""
    port = int(ministack.endpoint.rpartition(":")[2])
    home = Target.local(port=port, stage="kept", region=REGION, backup_region=ELSEWHERE)
    away = replace(home, region=ELSEWHERE, backup_region="")
    key = home.client("kms").create_key()["KeyMetadata"]["Arn"]
    home.client("kms").create_alias(AliasName=f"alias/{home.prefix}-seal", TargetKeyId=key)
    secrets.write(home, {"pepper": "p" * 43, "token-key": "t" * 43, "public-url": "https://a.example"})
    secrets.ensure_seal_key(home, key)
    made = changes.prepare(
        away.client("cloudformation"), copies_name(home), Source(copies_template(home)), {}, ["CAPABILITY_IAM"]
    )
    changes.execute(away.client("cloudformation"), made, emulated=True, on_event=lambda *_: None)
    yield home, away
    away.client("cloudformation").delete_stack(StackName=copies_name(home))
    for target in (home, away):
        ssm = target.client("ssm")
        for path in (target.secrets_path, kept_secrets.kept_path(home.region, "kept"), "/linli/heir/"):
            for name in kept_secrets.stored(target, path):
                ssm.delete_parameter(Name=f"{path}{name}")
        for alias in target.client("kms").list_aliases()["Aliases"]:
            if alias["AliasName"] in {"alias/linli-kept-seal", "alias/linli-heir-seal"}:
                target.client("kms").delete_alias(AliasName=alias["AliasName"])


def test_a_stage_elsewhere_is_born_with_what_opens_the_copies(regions):
    home, away = regions
    assert kept_secrets.keep(home) == ["pepper", "seal-key-1", "token-key"]
    assert kept_secrets.keep(home) == [], "what is there is not written again"
    heir = replace(away, stage="heir", table_prefix="linli-heir-r1", secrets_from=f"{REGION}/kept")
    first = secrets.missing(heir, {})
    assert (first["pepper"], first["token-key"]) == ("p" * 43, "t" * 43)
    assert not [name for name in first if name.startswith("seal-key-")]
    assert {"cursor-key", "ticket-key"} <= set(first), "what the other never had is made"
    key = heir.client("kms").create_key()["KeyMetadata"]["Arn"]
    heir.client("kms").create_alias(AliasName="alias/linli-heir-seal", TargetKeyId=key)
    assert secrets.ensure_seal_key(heir, key)
    mine = kept_secrets.stored(home, home.secrets_path)["seal-key-1"]
    theirs = kept_secrets.stored(heir, heir.secrets_path)["seal-key-1"]
    assert mine != theirs
    opened = kept_secrets.unwrapped(home, mine, "alias/linli-kept-seal")
    assert kept_secrets.unwrapped(heir, theirs, key) == opened
    assert len(opened) == 32
    assert not secrets.ensure_seal_key(heir, key), "nothing is written over"


def test_what_is_kept_follows_a_change_of_keys(regions):
    home, away = regions
    kept_secrets.keep(home)
    plain = base64.b64encode(b"k" * 32)
    wrapped = home.client("kms").encrypt(KeyId="alias/linli-kept-seal", Plaintext=plain)["CiphertextBlob"]
    secrets.write(home, {"seal-key-2": base64.b64encode(wrapped).decode()})
    assert kept_secrets.keep(home) == ["seal-key-2"]
    there = kept_secrets.stored(away, kept_secrets.kept_path(REGION, "kept"))
    assert kept_secrets.unwrapped(away, there["seal-key-2"], f"alias/{copies_name(home)}") == plain


def test_what_opens_the_copies_is_never_written_over(regions):
    home, _ = regions
    kept_secrets.keep(home)
    ssm = home.client("ssm")
    ssm.put_parameter(Name="/linli/kept/pepper", Value="q" * 43, Type="SecureString", Overwrite=True)
    with pytest.raises(DeployError, match="pepper is another than the one that is kept in"):
        kept_secrets.keep(home)
    ssm.put_parameter(Name="/linli/kept/pepper", Value="p" * 43, Type="SecureString", Overwrite=True)
    plain = home.client("kms").encrypt(KeyId="alias/linli-kept-seal", Plaintext=b"k" * 32)["CiphertextBlob"]
    other = base64.b64encode(plain).decode()
    ssm.put_parameter(Name="/linli/kept/seal-key-1", Value=other, Type="SecureString", Overwrite=True)
    with pytest.raises(DeployError, match="seal-key-1 is another"):
        kept_secrets.keep(home)
    ssm.put_parameter(Name="/linli/kept/token-key", Value="u" * 43, Type="SecureString", Overwrite=True)


def test_keys_that_are_gone_are_not_made_anew_beside_rows_that_need_them(regions):
    home, _ = regions
    dynamo, ssm = home.client("dynamodb"), home.client("ssm")
    dynamo.create_table(**create_table_arguments(table("accounts"), home.table_prefix))
    try:
        for name in ("pepper", "seal-key-1"):
            ssm.delete_parameter(Name=f"/linli/kept/{name}")
        assert "pepper" in secrets.missing(home, {}), "a first deployment that died before it wrote them"
        dynamo.put_item(TableName=f"{home.table_prefix}-accounts", Item={"pk": {"S": "acc_1"}, "sk": {"S": "ACCOUNT"}})
        with pytest.raises(DeployError, match=r"has rows and no pepper.*--secrets-from"):
            secrets.missing(home, {})
        secrets.write(home, {"pepper": "p" * 43})
        secrets.missing(home, {})
        key = home.client("kms").create_key()["KeyMetadata"]["Arn"]
        with pytest.raises(DeployError, match="has rows and no seal-key"):
            secrets.ensure_seal_key(home, key)
    finally:
        dynamo.delete_table(TableName=f"{home.table_prefix}-accounts")


def test_nothing_is_made_up_where_nothing_is_kept(regions):
    _, away = regions
    with pytest.raises(DeployError, match="keeps no secrets of eu-north-1/prod"):
        secrets.missing(replace(away, stage="heir", secrets_from="eu-north-1/prod"), {})
    with pytest.raises(DeployError, match="copies nothing"):
        kept_secrets.region_of({}, away)
