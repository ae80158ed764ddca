"""Consents: the newest word about each purpose, and all words."""

from collections.abc import Mapping, Sequence
from typing import Any

from pynamodb.attributes import BooleanAttribute, NumberAttribute, UnicodeAttribute

from chalicelib.kit.clock import iso, parse
from chalicelib.kit.dynamo import Row, TableMeta, put
from chalicelib.kit.pagination import Page
from chalicelib.kit.paging import page_of, paged
from chalicelib.kit.transaction import Action
from chalicelib.privacy.rules import Consent, How, Purpose

_CONSENT, _SAID = "CONSENT#", "SAID#"


class ConsentRow(Row):
    class Meta(TableMeta):
        table = "privacy"

    purpose = UnicodeAttribute()
    agreed = BooleanAttribute()
    document_version = UnicodeAttribute()
    language = UnicodeAttribute()
    at = UnicodeAttribute()
    how = UnicodeAttribute()
    number = NumberAttribute()


class ConsentTable:
    """See `privacy.ports.ConsentStore`."""

    def consents(self, account_id: str) -> Sequence[Consent]:
        rows = ConsentRow.query(account_id, ConsentRow.sk.startswith(_CONSENT), consistent_read=True)
        return [_consent(row) for row in rows]

    def say(self, account_id: str, consent: Consent) -> Sequence[Action]:
        stood = consent.number - 1
        is_next = ConsentRow.number == stood if stood else ConsentRow.pk.does_not_exist()
        said = f"{_SAID}{iso(consent.at)}#{consent.purpose}#{consent.number:06d}"
        return [
            put(_row(account_id, f"{_CONSENT}{consent.purpose}", consent), is_next),
            put(_row(account_id, said, consent), ConsentRow.pk.does_not_exist()),
        ]

    def history(self, account_id: str, after: Mapping[str, Any] | None, limit: int) -> Page[Consent]:
        rows = ConsentRow.query(
            account_id, ConsentRow.sk.startswith(_SAID), scan_index_forward=False, **paged(after, limit)
        )
        return page_of(rows, _consent)


def _row(account_id: str, sk: str, consent: Consent) -> ConsentRow:
    return ConsentRow(
        account_id,
        sk,
        purpose=consent.purpose.value,
        agreed=consent.agreed,
        document_version=consent.version,
        language=consent.language,
        at=iso(consent.at),
        how=consent.how.value,
        number=consent.number,
    )


def _consent(row: ConsentRow) -> Consent:
    return Consent(
        purpose=Purpose(row.purpose),
        agreed=row.agreed,
        version=row.document_version,
        language="zh-CN" if row.language == "zh-CN" else "en",
        at=parse(row.at),
        how=How(row.how),
        number=int(row.number),
    )
