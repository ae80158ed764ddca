"""What is read and written, see the package."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from pynamodb.exceptions import UpdateError
from pynamodb.expressions.condition import Condition

from chalicelib.kit.clock import iso, parse
from chalicelib.kit.dynamo import Row, code_of, delete, put
from chalicelib.kit.errors import NotFound
from chalicelib.kit.pagination import Page
from chalicelib.kit.transaction import Action
from chalicelib.vetting.ports import Due, DueKind, Taken, VettingFile
from chalicelib.vetting.rules.application import Application, Details, State
from chalicelib.vetting.rules.licences import normal
from chalicelib.vetting.rules.names import BlockedName
from chalicelib.vetting.rules.standing import Standing
from chalicelib.vetting.store.rows import (
    APPLICATION,
    APPROVED,
    BLOCKED,
    ERASE,
    LICENCE,
    SHARDS,
    STANDING,
    ApplicationRow,
    BlockedRow,
    DueRow,
    LicenceRow,
    Sealing,
    StandingRow,
    application_of,
    application_row,
    due_key,
    split,
    standing_of_row,
    standing_row,
)

_KINDS = {APPLICATION: DueKind.APPLICATION, STANDING: DueKind.STANDING}


def _taken(_row: object) -> Exception:
    return Taken()


class VettingTable:
    """See `vetting.ports.VettingStore`.

    Args:
        sealing: makes what seals and opens, when it is needed.
    """

    shards = SHARDS

    def __init__(self, sealing: Sealing) -> None:
        self._sealing = sealing

    def file(self, account_id: str) -> VettingFile:
        standing = self.standing(account_id)
        return VettingFile(self._application(account_id, APPLICATION), standing)

    def standing(self, account_id: str) -> Standing | None:
        try:
            return standing_of_row(StandingRow.get(account_id, STANDING, consistent_read=True))
        except StandingRow.DoesNotExist:
            return None

    def approved(self, account_id: str) -> Application | None:
        return self._application(account_id, APPROVED)

    def _application(self, account_id: str, sk: str) -> Application | None:
        try:
            return application_of(self._sealing, ApplicationRow.get(account_id, sk, consistent_read=True))
        except ApplicationRow.DoesNotExist:
            return None

    def put(self, application: Application) -> Action:
        row = application_row(self._sealing, application, APPLICATION)
        return put(row, _follows(ApplicationRow, application.version))

    def put_approved(self, application: Application) -> Action:
        return put(application_row(self._sealing, application, APPROVED))

    def put_standing(self, standing: Standing) -> Action:
        return put(standing_row(standing), _follows(StandingRow, standing.version))

    def claim_of(self, details: Details) -> str:
        return self._sealing().blind(f"{details.country}|{details.kind}|{normal(details.number)}", "licence")

    def take(self, claim: str, account_id: str) -> Action:
        is_free = LicenceRow.pk.does_not_exist() | (LicenceRow.account_id == account_id)
        return put(LicenceRow(f"LICENCE#{claim}", LICENCE, account_id=account_id), is_free, _taken)

    def release(self, claim: str, account_id: str) -> Action:
        is_own = LicenceRow.pk.does_not_exist() | (LicenceRow.account_id == account_id)
        return delete(LicenceRow(f"LICENCE#{claim}", LICENCE), is_own)

    def in_state(self, state: State, after: Mapping[str, Any] | None, limit: int) -> Page[Application]:
        found: list[ApplicationRow] = []
        for number in range(SHARDS):
            beyond = ApplicationRow.gsi1sk > after["after"] if after else None
            found += ApplicationRow.by_state.query(f"STATE#{state}#{number}", beyond, limit=limit + 1)
        rows = sorted(found, key=lambda row: str(row.gsi1sk))
        items = tuple(application_of(self._sealing, row) for row in rows[:limit])
        return Page(items, {"after": rows[limit - 1].gsi1sk} if len(rows) > limit else None)

    def due(self, shard: int, until: datetime, limit: int) -> Iterable[Due]:
        rows = DueRow.due.query(f"DUE#{shard}", DueRow.gsi2sk <= f"{iso(until)}~", limit=limit)
        return [_due(row) for row in rows]

    def later(self, due: Due, at: datetime) -> None:
        keys = due_key(due.account_id, at, _name(due))
        row = DueRow(due.account_id, _sk(due))
        try:
            row.update([DueRow.gsi2sk.set(keys["gsi2sk"])], condition=_stands(due))
        except UpdateError as error:
            if code_of(error) != "ConditionalCheckFailedException":
                raise

    def erase_later(self, account_id: str, file_name: str, now: datetime) -> Action:
        keys = due_key(account_id, now, file_name)
        return put(DueRow(account_id, f"{ERASE}{file_name}", file_names=file_name, **keys))

    def erased(self, due: Due) -> Action:
        return delete(DueRow(due.account_id, _sk(due)))

    def forget(self, due: Due) -> Action:
        return delete(DueRow(due.account_id, APPLICATION), _stands(due) & (DueRow.version == due.version))

    def erase(self, account_id: str) -> Sequence[Action]:
        return [delete(ApplicationRow(account_id, sk)) for sk in (APPLICATION, APPROVED, STANDING)]

    def blocked(self) -> Sequence[BlockedName]:
        return [BlockedName.of(row.text) for row in BlockedRow.query(BLOCKED)]

    def block(self, name: BlockedName) -> Action:
        return put(BlockedRow(BLOCKED, name.id, text=name.text))

    def unblock(self, name_id: str) -> Action:
        return delete(BlockedRow(BLOCKED, name_id), BlockedRow.pk.exists(), lambda _row: NotFound("blocked name"))


def _follows(model: type[Row], version: int) -> Condition:
    if version == 1:
        return model.pk.does_not_exist()
    condition: Condition = model.version == version - 1  # type: ignore[attr-defined] # both rows have one
    return condition


def _due(row: DueRow) -> Due:
    kind = _KINDS.get(row.sk, DueKind.DOCUMENT)
    at = parse(row.gsi2sk.partition("#")[0])
    return Due(kind, row.pk, at, int(row.version or 0), row.claim, split(row.file_names))


def _sk(due: Due) -> str:
    kinds = {DueKind.APPLICATION: APPLICATION, DueKind.STANDING: STANDING}
    return kinds.get(due.kind) or f"{ERASE}{due.file_names[0]}"


def _name(due: Due) -> str:
    return due.file_names[0] if due.kind == DueKind.DOCUMENT else due.account_id


def _stands(due: Due) -> Condition:
    key = due_key(due.account_id, due.at, _name(due))["gsi2sk"]
    condition: Condition = DueRow.gsi2sk == key
    return condition
