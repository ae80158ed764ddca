"""Where a table's past is: in its own last 35 days, or among the copies of AWS Backup."""

import hashlib
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Protocol

from infra import changes
from infra.backups import copies_name, vault_name
from infra.tables import TABLES, TableSpec
from infra.targets import Target

_SAME = timedelta(seconds=1)  # DynamoDB tells moments in whole seconds
_A_NIGHT = timedelta(hours=6)
"""Within which a backup was taken and copied to another region; the one before is a day older."""


class RestoreError(Exception):
    """It cannot go on; the message says why, on one line."""


class Source(Protocol):
    """Where tables come from."""

    def check(self, moment: datetime) -> str:
        """Say what will be restored; nothing is changed.

        Raises:
            RestoreError: not every table can be.
        """
        ...

    def start(self, spec: TableSpec, name: str, moment: datetime) -> None:
        """Have a table made under a new name. Where that is on its way already, nothing happens."""
        ...

    def refused(self, spec: TableSpec) -> str:
        """Return why a table that was started will never come; empty where it will."""
        ...

    def came_from_here(self, spec: TableSpec, description: dict[str, Any], moment: datetime) -> bool:
        """Say whether a table that is there already was made by such a restore, of that moment."""
        ...


@dataclass(frozen=True)
class PointInTime:
    """The tables that the app reads, as they stood at any second of the last 35 days: all at the same one.

    Attributes:
        target: the stage.
        prefix: of those tables.
    """

    target: Target
    prefix: str

    def check(self, moment: datetime) -> str:
        client = self.target.client("dynamodb")
        for spec in TABLES:
            name = spec.full_name(self.prefix)
            try:
                told = client.describe_continuous_backups(TableName=name)["ContinuousBackupsDescription"]
            except (client.exceptions.TableNotFoundException, client.exceptions.ResourceNotFoundException) as error:
                raise RestoreError(
                    f"there is no table {name}; COPIES_OF={self.target.region} takes a backup"
                ) from error
            window = told["PointInTimeRecoveryDescription"]
            if window["PointInTimeRecoveryStatus"] != "ENABLED":
                raise RestoreError(
                    f"{name} has no point-in-time recovery; COPIES_OF={self.target.region} takes a backup"
                )
            first, last = window["EarliestRestorableDateTime"], window["LatestRestorableDateTime"]
            if not (self.target.emulated or first <= moment <= last):
                raise RestoreError(f"{name} can be had from {_told(first)} to {_told(last)}, not at {_told(moment)}")
        if self.target.emulated:
            return f"{self.prefix} as it stands: the emulator knows no past"
        return f"{self.prefix} as of {_told(moment)}"

    def start(self, spec: TableSpec, name: str, moment: datetime) -> None:
        self.target.client("dynamodb").restore_table_to_point_in_time(
            SourceTableName=spec.full_name(self.prefix), TargetTableName=name, RestoreDateTime=moment
        )

    def refused(self, _spec: TableSpec) -> str:
        return ""

    def came_from_here(self, spec: TableSpec, description: dict[str, Any], moment: datetime) -> bool:
        told = description.get("RestoreSummary")
        if told is None:
            return self.target.emulated  # which says nothing of where a table came from
        source: str = told["SourceTableArn"].rpartition("/")[2]
        at: datetime = told["RestoreDateTime"]
        return source == spec.full_name(self.prefix) and abs(at - moment) < _SAME


@dataclass
class Copies:
    """The newest backup of each table before a moment: of this region's vault, or of the copies that another one sent.

    Those of a night are taken minutes apart, so the tables need not agree with each other to the last second: what
    differs is a case of the reconciliation.

    Attributes:
        target: the stage here.
        copied: whose tables were copied, and by which prefix.
    """

    target: Target
    copied: Target
    _points: dict[str, dict[str, Any]] = field(default_factory=dict)
    _jobs: dict[str, str] = field(default_factory=dict)

    @property
    def vault(self) -> str:
        """The vault that they lie in."""
        return vault_name(self.copied) if self._stayed else copies_name(self.copied)

    @property
    def _stayed(self) -> bool:
        return self.copied.region == self.target.region

    def check(self, moment: datetime) -> str:
        for page in self._pages(moment):
            for point in page["RecoveryPoints"]:
                name = point["ResourceArn"].rpartition("/")[2]
                known = self._points.get(name)
                if point["Status"] == "COMPLETED" and (known is None or known["CreationDate"] < point["CreationDate"]):
                    self._points[name] = point
        prefix = self.copied.table_prefix
        names = [spec.full_name(prefix) for spec in TABLES]
        lacking = [name for name in names if name not in self._points]
        if lacking:
            raise RestoreError(f"{self.vault} has nothing of {', '.join(lacking)} from before {_told(moment)}")
        taken = [self._points[name]["CreationDate"] for name in names]
        return f"{prefix} by backups from {_told(min(taken))} to {_told(max(taken))}"

    def _pages(self, moment: datetime) -> Any:
        pages = self.target.client("backup").get_paginator("list_recovery_points_by_backup_vault")
        wanted = {"BackupVaultName": self.vault, "ByResourceType": "DynamoDB", "ByCreatedBefore": moment}
        return pages.paginate(**wanted)

    def start(self, spec: TableSpec, name: str, moment: datetime) -> None:
        del moment  # chosen when it was checked
        client = self.target.client("backup")
        point: str = self._points[spec.full_name(self.copied.table_prefix)]["RecoveryPointArn"]
        told = client.get_recovery_point_restore_metadata(BackupVaultName=self.vault, RecoveryPointArn=point)
        # The other region's keys are not here: the table is put under AWS's own when it is furnished.
        metadata = {key: value for key, value in told["RestoreMetadata"].items() if key != "kmsMasterKeyArn"}
        job = client.start_restore_job(
            RecoveryPointArn=point,
            Metadata=metadata | {"targetTableName": name, "encryptionType": "Default"},
            IamRoleArn=self._role(),
            ResourceType="DynamoDB",
            # The same table of the same backup is the same job, however often this is run.
            IdempotencyToken=hashlib.sha256(f"{point} {name}".encode()).hexdigest()[:32],
        )
        self._jobs[spec.name] = job["RestoreJobId"]

    def _role(self) -> str:
        stack = self.copied.data_stack if self._stayed else self.vault
        found = changes.outputs(self.target.client("cloudformation"), stack)
        if "RestoreRoleArn" not in found:
            raise RestoreError(f"{stack} in {self.target.region} has no role to restore as: is it deployed?")
        return found["RestoreRoleArn"]

    def refused(self, spec: TableSpec) -> str:
        if spec.name not in self._jobs:
            return ""
        job = self.target.client("backup").describe_restore_job(RestoreJobId=self._jobs[spec.name])
        return str(job.get("StatusMessage", job["Status"])) if job["Status"] in {"ABORTED", "FAILED"} else ""

    def came_from_here(self, spec: TableSpec, description: dict[str, Any], moment: datetime) -> bool:
        del moment  # chosen when it was checked
        told = description.get("RestoreSummary")
        if told is None:
            return False
        point = self._points[spec.full_name(self.copied.table_prefix)]
        taken: datetime = told["RestoreDateTime"]
        kept: datetime = point["CreationDate"]
        return told.get("SourceBackupArn") == point["RecoveryPointArn"] or abs(taken - kept) < _A_NIGHT


def _told(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%S}Z"
