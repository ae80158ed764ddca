"""The moderation table.

| row | pk | sk | gsi1 | gsi2 |
|---|---|---|---|---|
| case | `CASE#<review>` | `CASE` | while somebody is to do something, see below | `AUTHOR#<account>`, `<review>` |
| waits for a classifier | `UNJUDGED#<review>` | `UNJUDGED` | `UNJUDGED`, `<when it is sent again>#<review>` | |
| a review, for signs | `SHOP#<shop>` and `AUTHOR#<account>` | `SEEN#<at>#<review>` | | |

A case that waits is in the index: `WAITING` or `APPEALED`, `<since>#<review>`; so is one that was removed: `FORGET`,
`<when what it shows may be deleted>#<review>`. Few wait at a time: one partition takes a thousand a second. Reviews are
remembered twice, by plain puts of keys that follow from the review: a repeat writes the same. They die by themselves.

| pattern | requests | units (rows under 1 KB; an appeal has 4 KB at most) |
|---|---|---|
| a case | 1 GetItem, consistent | 1 read |
| a new case that waits | part of the transaction | 4 write |
| it is taken | part of the transaction | 4 write |
| it is decided | part of the transaction | 4 write; 5 where it is removed, for it moves in the index |
| cases that wait, somebody's | 1 Query | 0.5 read per 4 KB |
| it waits for a classifier; is sent again; is judged | part of a transaction | 3 write; 4; 3 |
| what waits for one | 1 Query | 0.5 read per 4 KB: some 20 of them |
| remember a review | 2 PutItem | 2 write |
| a shop's or somebody's reviews | 1 Query, consistent | 1 read per 4 KB: 20 of them |
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from pynamodb.attributes import BooleanAttribute, NumberAttribute, UnicodeAttribute, UnicodeSetAttribute

from chalicelib.kit.clock import iso, iso_or_none, parse, parse_or_none
from chalicelib.kit.dynamo import Gsi1, Gsi2, Row, TableMeta, delete, put, update
from chalicelib.kit.pagination import Page
from chalicelib.kit.paging import page_of, paged
from chalicelib.kit.transaction import Action
from chalicelib.moderation.rules.cases import OPEN, Case, CaseState
from chalicelib.moderation.rules.reasons import Code
from chalicelib.moderation.rules.signs import Seen
from chalicelib.moderation.rules.waiting import Unjudged

_CASE, _SEEN, _FORGET, _UNJUDGED = "CASE", "SEEN#", "FORGET", "UNJUDGED"


class CaseRow(Row):
    class Meta(TableMeta):
        table = "moderation"

    shop_id = UnicodeAttribute()
    merchant_id = UnicodeAttribute()
    author_id = UnicodeAttribute()
    reasons = UnicodeSetAttribute(null=True)
    since = UnicodeAttribute()
    state = UnicodeAttribute()
    cleared = UnicodeSetAttribute(null=True)
    taken_by = UnicodeAttribute(null=True)
    taken_until = UnicodeAttribute(null=True)
    code = UnicodeAttribute(null=True)
    note = UnicodeAttribute(null=True)
    decided_by = UnicodeAttribute(null=True)
    decided_at = UnicodeAttribute(null=True)
    seen = UnicodeAttribute(null=True)
    removed_by = UnicodeAttribute(null=True)
    appeal = UnicodeAttribute(null=True)
    appealed_at = UnicodeAttribute(null=True)
    forgotten = BooleanAttribute(null=True)
    version = NumberAttribute()
    gsi1pk = UnicodeAttribute(null=True)
    gsi1sk = UnicodeAttribute(null=True)
    gsi2pk = UnicodeAttribute(null=True)
    gsi2sk = UnicodeAttribute(null=True)
    to_do = Gsi1()
    by_author = Gsi2()


class UnjudgedRow(Row):
    class Meta(TableMeta):
        table = "moderation"

    since = UnicodeAttribute()
    version = NumberAttribute()
    gsi1pk = UnicodeAttribute()
    gsi1sk = UnicodeAttribute()
    to_do = Gsi1()


class SeenRow(Row):
    class Meta(TableMeta):
        table = "moderation"

    shop_id = UnicodeAttribute()
    author_id = UnicodeAttribute()
    devices = UnicodeSetAttribute(null=True)
    network = UnicodeAttribute(null=True)


class ModerationTable:
    """See `moderation.ports.ModerationStore`."""

    def case(self, review_id: str) -> Case | None:
        try:
            return _case(CaseRow.get(f"CASE#{review_id}", _CASE, consistent_read=True))
        except CaseRow.DoesNotExist:
            return None

    def put(self, case: Case) -> Action:
        stood = case.version - 1
        return put(_row(case), CaseRow.version == stood if stood else CaseRow.pk.does_not_exist())

    def waiting(self, state: CaseState, after: Mapping[str, Any] | None, limit: int) -> Page[Case]:
        rows = CaseRow.to_do.query(state.upper(), **paged(after, limit))
        return page_of(rows, _case)

    def of_person(self, author_id: str) -> Sequence[Case]:
        return [_case(row) for row in CaseRow.by_author.query(f"AUTHOR#{author_id}")]

    def to_forget(self, until: datetime, limit: int) -> Sequence[Case]:
        due = CaseRow.gsi1sk <= f"{iso(until)}#~"
        return [_case(row) for row in CaseRow.to_do.query(_FORGET, due, limit=limit, page_size=limit)]

    def wait(self, waits: Unjudged) -> Action:
        row = _unjudged_row(waits)
        first = (UnjudgedRow.since, UnjudgedRow.gsi1pk, UnjudgedRow.gsi1sk)
        kept = [one.set(one | getattr(row, str(one.attr_name))) for one in first]
        return update(row, [*kept, UnjudgedRow.version.add(1)])

    def unjudged(self, review_id: str) -> Unjudged | None:
        try:
            return _unjudged(UnjudgedRow.get(f"{_UNJUDGED}#{review_id}", _UNJUDGED, consistent_read=True))
        except UnjudgedRow.DoesNotExist:
            return None

    def judged(self, waits: Unjudged) -> Action:
        return delete(_unjudged_row(waits), UnjudgedRow.version == waits.version)

    def put_off(self, waits: Unjudged) -> Action:
        return put(_unjudged_row(waits), UnjudgedRow.version == waits.version - 1)

    def all_unjudged(self, limit: int) -> Sequence[Unjudged]:
        return [_unjudged(row) for row in UnjudgedRow.to_do.query(_UNJUDGED, limit=limit, page_size=limit)]

    def note(self, seen: Seen, until: datetime) -> None:
        for pk in (f"SHOP#{seen.shop_id}", f"AUTHOR#{seen.author_id}"):
            SeenRow(
                pk,
                f"{_SEEN}{iso(seen.at)}#{seen.review_id}",
                shop_id=seen.shop_id,
                author_id=seen.author_id,
                devices=set(seen.devices) or None,
                network=seen.network,
                expires_at=int(until.timestamp()),
            ).save()

    def at_shop(self, shop_id: str, since: datetime, until: datetime, limit: int) -> Sequence[Seen]:
        return _between(f"SHOP#{shop_id}", f"{_SEEN}{iso(since)}", f"{_SEEN}{iso(until)}#~", limit)

    def of_author(self, author_id: str, since: datetime, limit: int) -> Sequence[Seen]:
        return _between(f"AUTHOR#{author_id}", f"{_SEEN}{iso(since)}", f"{_SEEN}~", limit)

    def forget(self, seen: Iterable[Seen]) -> None:
        for one in seen:
            for pk in (f"SHOP#{one.shop_id}", f"AUTHOR#{one.author_id}"):
                SeenRow(pk, f"{_SEEN}{iso(one.at)}#{one.review_id}").delete()


def _between(pk: str, first: str, last: str, limit: int) -> Sequence[Seen]:
    rows = SeenRow.query(
        pk,
        SeenRow.sk.between(first, last),
        scan_index_forward=False,
        consistent_read=True,
        limit=limit,
        page_size=limit,
    )
    return [_seen(row) for row in rows]


def _seen(row: SeenRow) -> Seen:
    at, _, review_id = row.sk.removeprefix(_SEEN).partition("#")
    devices = tuple(sorted(row.devices or ()))
    return Seen(review_id, row.shop_id, row.author_id, parse(at), devices, row.network)


def _unjudged_row(waits: Unjudged) -> UnjudgedRow:
    return UnjudgedRow(
        f"{_UNJUDGED}#{waits.review_id}",
        _UNJUDGED,
        since=iso(waits.since),
        version=waits.version,
        gsi1pk=_UNJUDGED,
        gsi1sk=f"{iso(waits.again_at)}#{waits.review_id}",
    )


def _unjudged(row: UnjudgedRow) -> Unjudged:
    again_at, _, review_id = row.gsi1sk.partition("#")
    return Unjudged(review_id, parse(row.since), parse(again_at), int(row.version))


def _index(case: Case) -> tuple[str | None, str | None]:
    if case.state in OPEN:
        return case.state.upper(), f"{iso(case.since)}#{case.review_id}"
    if case.forget_at is not None:
        return _FORGET, f"{iso(case.forget_at)}#{case.review_id}"
    return None, None


def _row(case: Case) -> CaseRow:
    gsi1pk, gsi1sk = _index(case)
    return CaseRow(
        f"CASE#{case.review_id}",
        _CASE,
        shop_id=case.shop_id,
        merchant_id=case.merchant_id,
        author_id=case.author_id,
        reasons=set(case.reasons) or None,
        since=iso(case.since),
        state=case.state,
        cleared=set(case.cleared) or None,
        taken_by=case.taken_by,
        taken_until=iso_or_none(case.taken_until),
        code=case.code,
        note=case.note,
        decided_by=case.decided_by,
        decided_at=iso_or_none(case.decided_at),
        seen=case.seen,
        removed_by=case.removed_by,
        appeal=case.appeal,
        appealed_at=iso_or_none(case.appealed_at),
        forgotten=case.forgotten or None,
        version=case.version,
        gsi1pk=gsi1pk,
        gsi1sk=gsi1sk,
        gsi2pk=f"AUTHOR#{case.author_id}",
        gsi2sk=case.review_id,
    )


def _case(row: CaseRow) -> Case:
    return Case(
        review_id=row.pk.removeprefix("CASE#"),
        shop_id=row.shop_id,
        merchant_id=row.merchant_id,
        author_id=row.author_id,
        reasons=tuple(sorted(row.reasons or ())),
        since=parse(row.since),
        state=CaseState(row.state),
        cleared=tuple(sorted(row.cleared or ())),
        taken_by=row.taken_by,
        taken_until=parse_or_none(row.taken_until),
        code=Code(row.code) if row.code else None,
        note=row.note,
        decided_by=row.decided_by,
        decided_at=parse_or_none(row.decided_at),
        seen=row.seen,
        removed_by=row.removed_by,
        appeal=row.appeal,
        appealed_at=parse_or_none(row.appealed_at),
        forgotten=bool(row.forgotten),
        version=int(row.version),
    )
