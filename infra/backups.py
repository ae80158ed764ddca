"""Backups that outlive a table: AWS Backup for the data stack, and where copies go in another region.

Point-in-time recovery (`infra.tables`) covers the last 35 days and goes away with its table. AWS Backup keeps a copy of
every table each night for as long, and one a month of the tables that hold the books for longer
(`target.backup_months`). A month's copy never holds personal data: whoever was erased is gone from all backups after
35 days (docs/privacy.md).

Copies leave the region only where the operator says which other one (`target.backup_region`). There a stack of its own
holds their vault, and a key under which `infra.kept_secrets` keeps what opens them. People's documents are left out:
AWS Backup needs a bucket that keeps versions, and theirs keeps none, so that what somebody has us erase is gone.
"""

from typing import Any

from infra.lasting import kms_key, lasting
from infra.tables import BACKUP_TAG, BOOKS_TAG
from infra.targets import Target
from infra.trust import trust

DAYS = 35
"""How long a night's copy is kept at most; docs/privacy.md promises that nothing of who was erased is kept longer."""
NIGHTLY = "cron(30 18 * * ? *)"
"""UTC: before the settlement's and the reconciliation's nightly work begins where most of the customers sleep."""
MONTHLY = "cron(30 19 1 * ? *)"
_START_MINUTES, _END_MINUTES = 60, 480
_A_MONTH = 31


def vault_name(target: Target) -> str:
    """Return the name of a stage's own vault."""
    return f"{target.prefix}-backup"


def copies_name(target: Target) -> str:
    """Return what the vault of a stage's copies is called in the other region, and the stack around it: that region may
    have a stage of the same name, and copies of a third one's.
    """
    return f"{target.prefix}-copies-{target.region}"


def _vault(target: Target, name: str, key: str) -> dict[str, Any]:
    properties: dict[str, Any] = {"BackupVaultName": name, "EncryptionKeyArn": {"Fn::GetAtt": [key, "Arn"]}}
    if target.backup_lock_days:
        # Whoever may change the vault can lift it: without `ChangeableForDays` a lock never becomes final.
        properties["LockConfiguration"] = {"MinRetentionDays": target.backup_lock_days}
    return lasting({"Type": "AWS::Backup::BackupVault", "Properties": properties}, protect=target.protect)


def _rule(target: Target, name: str, schedule: str, days: int) -> dict[str, Any]:
    kept = {"DeleteAfterDays": days}
    rule: dict[str, Any] = {
        "RuleName": name,
        "TargetBackupVault": {"Ref": "BackupVault"},
        "ScheduleExpression": schedule,
        "StartWindowMinutes": _START_MINUTES,
        "CompletionWindowMinutes": _END_MINUTES,
        "Lifecycle": kept,
    }
    if target.backup_region:
        arn = (
            f"arn:${{AWS::Partition}}:backup:{target.backup_region}:${{AWS::AccountId}}:"
            f"backup-vault:{copies_name(target)}"
        )
        rule["CopyActions"] = [{"DestinationBackupVaultArn": {"Fn::Sub": arn}, "Lifecycle": kept}]
    return rule


def _selection(plan: str, name: str, tag: str, stage: str) -> dict[str, Any]:
    """Return which tables a plan takes: by tag, so that tables which were restored under other names are among them."""
    return {
        "Type": "AWS::Backup::BackupSelection",
        "Properties": {
            "BackupPlanId": {"Ref": plan},
            "BackupSelection": {
                "SelectionName": name,
                "IamRoleArn": {"Fn::GetAtt": ["BackupRole", "Arn"]},
                # The type beside the tag: then the account's opt-in for DynamoDB does not matter.
                "Resources": [
                    {"Fn::Sub": "arn:${AWS::Partition}:dynamodb:${AWS::Region}:${AWS::AccountId}:table/*"},
                ],
                "Conditions": {
                    "StringEquals": [{"ConditionKey": f"aws:ResourceTag/{tag}", "ConditionValue": stage}],
                },
            },
        },
    }


def _plan(name: str, rule: dict[str, Any]) -> dict[str, Any]:
    return {
        "Type": "AWS::Backup::BackupPlan",
        "Properties": {"BackupPlan": {"BackupPlanName": name, "BackupPlanRule": [rule]}},
    }


def _role() -> dict[str, Any]:
    """Whom AWS Backup acts as, also when something is restored."""
    managed = "arn:${AWS::Partition}:iam::aws:policy/service-role/AWSBackupServiceRolePolicyFor"
    return {
        "Type": "AWS::IAM::Role",
        "Properties": {
            "AssumeRolePolicyDocument": trust(
                "backup.amazonaws.com", {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}}
            ),
            "ManagedPolicyArns": [{"Fn::Sub": f"{managed}Backup"}, {"Fn::Sub": f"{managed}Restores"}],
        },
    }


def backup_resources(target: Target) -> dict[str, Any]:
    """Return what the data stack has for backups; nothing for stages that are not protected and name no region."""
    if not backed_up(target):
        return {}
    prefix = target.prefix
    monthly = _rule(target, "monthly", MONTHLY, target.backup_months * _A_MONTH)
    return {
        "BackupKey": lasting(kms_key("Encrypts backups"), protect=target.protect),
        "BackupVault": _vault(target, vault_name(target), "BackupKey"),
        "BackupRole": _role(),
        "NightlyBackup": _plan(f"{prefix}-nightly", _rule(target, "nightly", NIGHTLY, target.backup_days)),
        "NightlyTables": _selection("NightlyBackup", "tables", BACKUP_TAG, target.stage),
        "MonthlyBackup": _plan(f"{prefix}-monthly", monthly),
        "MonthlyBooks": _selection("MonthlyBackup", "books", BOOKS_TAG, target.stage),
    }


def backed_up(target: Target) -> bool:
    """Say whether a stage's tables are copied at night: all but those of `dev` and `test`."""
    return target.protect or bool(target.backup_region)


def copies_template(target: Target) -> dict[str, Any]:
    """Return the stack in the region of copies: their vault, its key, and the role that restores from it.

    The key also wraps what `infra.kept_secrets` keeps there, so it is of that region alone: whoever loses the stage's
    region loses none of it.
    """
    resources = {
        "CopiesKey": lasting(kms_key("Encrypts copies of backups, and what opens them"), protect=target.protect),
        "CopiesKeyAlias": {
            "Type": "AWS::KMS::Alias",
            "Properties": {"AliasName": f"alias/{copies_name(target)}", "TargetKeyId": {"Ref": "CopiesKey"}},
        },
        "CopiesVault": _vault(target, copies_name(target), "CopiesKey"),
        "RestoreRole": _role(),
    }
    return {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": f"Linli {target.stage} of {target.region}: copies of its backups, and the key to them.",
        "Resources": resources,
        "Outputs": {
            "CopiesVault": {"Value": {"Ref": "CopiesVault"}},
            "CopiesKeyArn": {"Value": {"Fn::GetAtt": ["CopiesKey", "Arn"]}},
            "RestoreRoleArn": {"Value": {"Fn::GetAtt": ["RestoreRole", "Arn"]}},
        },
    }
