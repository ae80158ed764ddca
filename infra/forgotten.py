"""What a stage was told at an earlier deployment and this one does not say: options are not remembered, and the default
of one that was left out must not undo what a disaster or the law asked for.
"""

from collections.abc import Mapping

from infra.targets import Target


def forgotten(target: Target, app: Mapping[str, str], data: Mapping[str, str]) -> list[str]:
    """Return what would change although nobody said so, one sentence each: the tables that the app reads, and where
    backups are copied to.

    Args:
        target: the stage as it is to be.
        app: the deployed app stack's parameters.
        data: the deployed data stack's outputs.
    """
    found = []
    reads, wanted = app.get("TablePrefix", target.table_prefix), target.table_prefix
    if reads != wanted and "table_prefix" not in target.said:
        found.append(
            f"the app reads {reads}, not {wanted}: say --table-prefix {reads} (or, to leave those tables, "
            f"--table-prefix {wanted})"
        )
    copied, wanted = data.get("BackupRegion", ""), target.backup_region
    if copied and copied != wanted and "backup_region" not in target.said:
        found.append(
            f"backups are copied to {copied}, not {wanted or 'nowhere'}: say --backup-region {copied} (or, to end "
            f"that, --backup-region '{wanted}')"
        )
    return found
