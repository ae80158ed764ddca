"""Rows of the vetting table, and how applications are written into them."""

import json
import zlib
from collections.abc import Callable
from dataclasses import asdict
from datetime import date, datetime
from typing import Any

from pynamodb.attributes import NumberAttribute, UnicodeAttribute

from chalicelib.kit.clock import iso, parse
from chalicelib.kit.dynamo import Gsi1, Gsi2, Row, TableMeta
from chalicelib.kit.seal import SealedField, Sealer
from chalicelib.vetting.rules.application import Application, Details, Document, Reason, State
from chalicelib.vetting.rules.licences import LicenceKind
from chalicelib.vetting.rules.standing import Licence, Standing

SHARDS = 4
APPLICATION, APPROVED, STANDING, ERASE, LICENCE, BLOCKED = (
    "APPLICATION", "APPROVED", "STANDING", "ERASE#", "LICENCE", "BLOCKED",
)  # fmt: skip
SEALED = (SealedField("vetting", "sealed", "vetting|{pk}|{sk}"),)
Sealing = Callable[[], Sealer]
"""Makes the sealer when something sealed is first met: the sweep never does."""


class _VettingRow(Row):
    class Meta(TableMeta):
        table = "vetting"


class ApplicationRow(_VettingRow):
    sealed = UnicodeAttribute()
    file_names = UnicodeAttribute()
    state = UnicodeAttribute()
    since = UnicodeAttribute()
    created_at = UnicodeAttribute()
    version = NumberAttribute()
    submissions = NumberAttribute()
    uploads = NumberAttribute()
    reasons = UnicodeAttribute()
    decided_by = UnicodeAttribute(null=True)
    claim = UnicodeAttribute(null=True)
    gsi1pk = UnicodeAttribute(null=True)
    gsi1sk = UnicodeAttribute(null=True)
    gsi2pk = UnicodeAttribute(null=True)
    gsi2sk = UnicodeAttribute(null=True)
    by_state = Gsi1()


class StandingRow(_VettingRow):
    licence = UnicodeAttribute()
    expires_on = UnicodeAttribute(null=True)
    claim = UnicodeAttribute()
    file_names = UnicodeAttribute()
    approved_at = UnicodeAttribute()
    version = NumberAttribute()
    gsi2pk = UnicodeAttribute(null=True)
    gsi2sk = UnicodeAttribute(null=True)


class DueRow(_VettingRow):
    """Whatever is in the second index; all that the sweep reads of it."""

    version = NumberAttribute(null=True)
    claim = UnicodeAttribute(null=True)
    file_names = UnicodeAttribute(null=True)
    gsi2pk = UnicodeAttribute()
    gsi2sk = UnicodeAttribute()
    due = Gsi2()


class LicenceRow(_VettingRow):
    account_id = UnicodeAttribute()


class BlockedRow(_VettingRow):
    text = UnicodeAttribute()


def shard(account_id: str) -> int:
    """Return the shard of the indexes that an account lies in."""
    return zlib.crc32(account_id.encode()) % SHARDS


def due_key(account_id: str, at: datetime | None, name: str | None = None) -> dict[str, Any]:
    """Return the second index's keys of something that is due at a moment; none where it never is."""
    if at is None:
        return {"gsi2pk": None, "gsi2sk": None}
    return {"gsi2pk": f"DUE#{shard(account_id)}", "gsi2sk": f"{iso(at)}#{name or account_id}"}


def application_row(sealing: Sealing, application: Application, sk: str) -> ApplicationRow:
    """Return the row of an application, in the indexes unless it is a copy."""
    keys: dict[str, Any] = {}
    if sk == APPLICATION:
        keys = due_key(application.account_id, application.forget_at)
        keys["gsi1pk"] = f"STATE#{application.state}#{shard(application.account_id)}"
        keys["gsi1sk"] = f"{iso(application.since)}#{application.account_id}"
    told = {
        "details": asdict(application.details),
        "documents": [asdict(one) for one in application.documents],
        "note": application.note,
    }
    text = json.dumps(told, default=str, ensure_ascii=False, separators=(",", ":"))
    return ApplicationRow(
        application.account_id,
        sk,
        sealed=sealing().seal(text, _place(application.account_id, sk)),
        file_names=joined(one.file_name for one in application.documents),
        state=application.state,
        since=iso(application.since),
        created_at=iso(application.created_at),
        version=application.version,
        submissions=application.submissions,
        uploads=application.uploads,
        reasons=joined(application.reasons),
        decided_by=application.decided_by,
        claim=application.claim,
        **keys,
    )


def application_of(sealing: Sealing, row: ApplicationRow) -> Application:
    """Return the application of a row."""
    told = json.loads(sealing().open(row.sealed, _place(row.pk, row.sk)))
    details: dict[str, Any] = told["details"]
    ends = details.pop("expires_on")
    return Application(
        account_id=row.pk,
        details=Details(
            **details | {"kind": LicenceKind(details["kind"])}, expires_on=date.fromisoformat(ends) if ends else None
        ),
        documents=tuple(Document(**one) for one in told["documents"]),
        state=State(row.state),
        since=parse(row.since),
        created_at=parse(row.created_at),
        version=int(row.version),
        submissions=int(row.submissions),
        uploads=int(row.uploads),
        reasons=tuple(map(Reason, split(row.reasons))),
        note=told["note"],
        decided_by=row.decided_by,
        claim=row.claim,
    )


def standing_row(standing: Standing) -> StandingRow:
    """Return the row of what stands."""
    return StandingRow(
        standing.account_id,
        STANDING,
        licence=standing.licence,
        expires_on=standing.expires_on.isoformat() if standing.expires_on else None,
        claim=standing.claim,
        file_names=joined(standing.file_names),
        approved_at=iso(standing.approved_at),
        version=standing.version,
        **due_key(standing.account_id, standing.next_look),
    )


def standing_of_row(row: StandingRow) -> Standing:
    """Return what a row says that stands."""
    return Standing(
        account_id=row.pk,
        licence=Licence(row.licence),
        expires_on=date.fromisoformat(row.expires_on) if row.expires_on else None,
        next_look=parse(row.gsi2sk.partition("#")[0]) if row.gsi2sk else None,
        claim=row.claim,
        file_names=split(row.file_names),
        approved_at=parse(row.approved_at),
        version=int(row.version),
    )


def joined(texts: Any) -> str:
    """Return texts without commas as one."""
    return ",".join(texts)


def split(text: str | None) -> tuple[str, ...]:
    """Return the texts of one that `joined` made."""
    return tuple(text.split(",")) if text else ()


def _place(account_id: str, sk: str) -> str:
    return SEALED[0].place_in(account_id, sk)
