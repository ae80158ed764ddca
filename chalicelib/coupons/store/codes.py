"""Codes, posters, and what is counted of them: see `coupons.claim_ports.CodeStore` and the package."""

import base64
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

from pynamodb.attributes import BooleanAttribute, NumberAttribute, UnicodeAttribute

from chalicelib.coupons.claim_ports import Known
from chalicelib.coupons.rules.codes import BatchState, CodeBatch
from chalicelib.coupons.rules.scans import Poster
from chalicelib.coupons.store.rows import CAMPAIGN, CampaignRow
from chalicelib.kit.clock import iso, parse, parse_or_none
from chalicelib.kit.dynamo import Gsi1, Row, TableMeta, put, update
from chalicelib.kit.errors import Problem, invalid
from chalicelib.kit.pagination import Page
from chalicelib.kit.paging import page_of, paged
from chalicelib.kit.seal import SealedField, Sealer
from chalicelib.kit.transaction import Action

_BATCH, _CODE, _USED, _POSTER, _TALLY = "BATCH", "CODE", "USED", "POSTER", "TALLY"
SEALED = (SealedField("coupons", "seed", "coupons|{pk}|seed", _BATCH),)
_NEED_SEED = {BatchState.MAKING, BatchState.READY}


class BatchRow(Row):
    class Meta(TableMeta):
        table = "coupons"

    campaign_id = UnicodeAttribute()
    number = NumberAttribute()
    made = NumberAttribute()
    state = UnicodeAttribute()
    seed = UnicodeAttribute(null=True)
    created_at = UnicodeAttribute()
    exported_at = UnicodeAttribute(null=True)
    version = NumberAttribute()
    gsi1pk = UnicodeAttribute()
    gsi1sk = UnicodeAttribute()
    of_campaign = Gsi1()


class CodeRow(Row):
    """A code, or beside it that it was brought."""

    class Meta(TableMeta):
        table = "coupons"

    batch_id = UnicodeAttribute(null=True)
    coupon_id = UnicodeAttribute(null=True)


class PosterRow(Row):
    class Meta(TableMeta):
        table = "coupons"

    campaign_id = UnicodeAttribute()
    name = UnicodeAttribute()
    per_day = NumberAttribute()
    until = UnicodeAttribute()
    created_at = UnicodeAttribute()
    is_revoked = BooleanAttribute()
    gsi1pk = UnicodeAttribute()
    gsi1sk = UnicodeAttribute()
    of_campaign = Gsi1()


class TallyRow(Row):
    class Meta(TableMeta):
        table = "coupons"

    taken = NumberAttribute()


class CodeTable:
    """See `coupons.claim_ports.CodeStore`.

    Args:
        sealer: seals the secrets of batches.
    """

    def __init__(self, sealer: Sealer) -> None:
        self._sealer = sealer

    def open_batch(self, batch: CodeBatch, seed: bytes) -> Action:
        row = BatchRow(
            batch.id,
            _BATCH,
            campaign_id=batch.campaign_id,
            number=batch.number,
            made=batch.made,
            state=batch.state,
            seed=self._sealer.seal(base64.b64encode(seed).decode(), _place(batch.id)),
            created_at=iso(batch.created_at),
            version=batch.version,
            gsi1pk=f"CODES#{batch.campaign_id}",
            gsi1sk=f"{iso(batch.created_at)}#{batch.id}",
        )
        return put(row, BatchRow.pk.does_not_exist())

    def reserve_codes(self, campaign_id: str, number: int, most: int | None) -> Action:
        def too_many(_row: object) -> Exception:
            return invalid("number", f"the campaign has {most} coupons, and codes for some of them already")

        fits = None if most is None else CampaignRow.codes <= most - number
        if fits is not None and most is not None and number <= most:
            fits = CampaignRow.codes.does_not_exist() | fits  # the first ones
        return update(CampaignRow(campaign_id, CAMPAIGN), [CampaignRow.codes.add(number)], fits, too_many)

    def release_codes(self, campaign_id: str, number: int) -> Action:
        return update(CampaignRow(campaign_id, CAMPAIGN), [CampaignRow.codes.add(-number)], CampaignRow.codes >= number)

    def batch(self, batch_id: str) -> CodeBatch | None:
        try:
            return _batch(BatchRow.get(batch_id, _BATCH, consistent_read=True))
        except BatchRow.DoesNotExist:
            return None

    def seed(self, batch: CodeBatch) -> bytes | None:
        sealed = BatchRow.get(batch.id, _BATCH, consistent_read=True).seed
        return None if sealed is None else base64.b64decode(self._sealer.open(sealed, _place(batch.id)))

    def batches(self, campaign_id: str, after: Mapping[str, Any] | None, limit: int) -> Page[CodeBatch]:
        rows = BatchRow.of_campaign.query(f"CODES#{campaign_id}", scan_index_forward=False, **paged(after, limit))
        return page_of(rows, _batch)

    def write_codes(self, batch_id: str, indexes: Iterable[str]) -> None:
        with CodeRow.batch_write() as rows:
            for index in indexes:
                rows.save(CodeRow(f"CODE#{index}", _CODE, batch_id=batch_id))

    def move_batch(self, batch: CodeBatch) -> Action:
        changes = [
            BatchRow.made.set(batch.made),
            BatchRow.state.set(batch.state),
            BatchRow.version.set(batch.version),
        ]
        if batch.exported_at is not None:
            changes.append(BatchRow.exported_at.set(iso(batch.exported_at)))
        if batch.state not in _NEED_SEED:
            changes.append(BatchRow.seed.remove())
        return update(BatchRow(batch.id, _BATCH), changes, BatchRow.version == batch.version - 1)

    def known(self, index: str) -> Known | None:
        rows = {row.sk: row for row in CodeRow.query(f"CODE#{index}", consistent_read=True)}
        if _CODE not in rows:
            return None
        return Known(rows[_CODE].batch_id, rows[_USED].coupon_id if _USED in rows else None)

    def use_code(self, index: str, coupon_id: str) -> Action:
        return put(CodeRow(f"CODE#{index}", _USED, coupon_id=coupon_id), CodeRow.pk.does_not_exist())

    def open_poster(self, poster: Poster) -> Action:
        row = PosterRow(
            poster.id,
            _POSTER,
            campaign_id=poster.campaign_id,
            name=poster.name,
            per_day=poster.per_day,
            until=iso(poster.until),
            created_at=iso(poster.created_at),
            is_revoked=poster.is_revoked,
            gsi1pk=f"POSTERS#{poster.campaign_id}",
            gsi1sk=f"{iso(poster.created_at)}#{poster.id}",
        )
        return put(row, PosterRow.pk.does_not_exist())

    def poster(self, poster_id: str) -> Poster | None:
        try:
            return _poster(PosterRow.get(poster_id, _POSTER, consistent_read=True))
        except PosterRow.DoesNotExist:
            return None

    def posters(self, campaign_id: str, after: Mapping[str, Any] | None, limit: int) -> Page[Poster]:
        rows = PosterRow.of_campaign.query(f"POSTERS#{campaign_id}", scan_index_forward=False, **paged(after, limit))
        return page_of(rows, _poster)

    def revoke_poster(self, poster: Poster) -> Action:
        return update(PosterRow(poster.id, _POSTER), [PosterRow.is_revoked.set(True)], PosterRow.pk.exists())

    def tally(self, what: str, most: int, until: datetime, refusal: Callable[[], Problem]) -> Action:
        changes = [TallyRow.taken.add(1), TallyRow.expires_at.set(int(until.timestamp()) + 1)]
        fits = TallyRow.taken.does_not_exist() | (TallyRow.taken < most)
        return update(TallyRow(what, _TALLY), changes, fits, lambda _row: refusal())


def _place(batch_id: str) -> str:
    return SEALED[0].place_in(batch_id, _BATCH)


def _batch(row: BatchRow) -> CodeBatch:
    return CodeBatch(
        id=row.pk,
        campaign_id=row.campaign_id,
        number=int(row.number),
        created_at=parse(row.created_at),
        made=int(row.made),
        state=BatchState(row.state),
        exported_at=parse_or_none(row.exported_at),
        version=int(row.version),
    )


def _poster(row: PosterRow) -> Poster:
    return Poster(
        id=row.pk,
        campaign_id=row.campaign_id,
        name=row.name,
        per_day=int(row.per_day),
        until=parse(row.until),
        created_at=parse(row.created_at),
        is_revoked=row.is_revoked,
    )
