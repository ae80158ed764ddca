"""Alarms of backups: one that fails, and one that is not made at all, would else be noticed when it is needed."""

from typing import Any

from infra.alarms_serving import TOPIC
from infra.backups import backed_up, vault_name
from infra.targets import Target

_DAY = 86_400  # seconds


def backup_alarms(target: Target) -> dict[str, Any]:
    """Return the alarms of the stage's vault; none where nothing is backed up."""
    if not backed_up(target):
        return {}
    overdue = _alarm(target, "NumberOfBackupJobsCompleted", "No table was backed up for two nights", days=2)
    overdue["Properties"] |= {"ComparisonOperator": "LessThanThreshold", "TreatMissingData": "breaching"}
    alarms = {
        "BackupsFailedAlarm": _alarm(target, "NumberOfBackupJobsFailed", "A table could not be backed up"),
        "BackupsOverdueAlarm": overdue,
    }
    if target.backup_region:
        about = f"A backup could not be copied to {target.backup_region}"
        alarms["CopiesFailedAlarm"] = _alarm(target, "NumberOfCopyJobsFailed", about)
    return alarms


def _alarm(target: Target, metric: str, about: str, days: int = 1) -> dict[str, Any]:
    return {
        "Type": "AWS::CloudWatch::Alarm",
        "Properties": {
            "AlarmDescription": about,
            "Namespace": "AWS/Backup",
            "MetricName": metric,
            "Dimensions": [{"Name": "BackupVaultName", "Value": vault_name(target)}],
            "Statistic": "Sum",
            "Period": _DAY if days > 1 else 3_600,
            "EvaluationPeriods": days,
            "Threshold": 1,
            "ComparisonOperator": "GreaterThanOrEqualToThreshold",
            "TreatMissingData": "notBreaching",
            "AlarmActions": [{"Ref": TOPIC}],
            "OKActions": [{"Ref": TOPIC}],
        },
    }
