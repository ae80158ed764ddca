"""Photographs and films on their way to a review: rows beside it, one for each place that is taken."""

from collections.abc import Sequence

from pynamodb.attributes import NumberAttribute, UnicodeAttribute

from chalicelib.kit.clock import iso, iso_or_none, parse, parse_or_none
from chalicelib.kit.dynamo import Gsi1, Row, TableMeta, delete, put
from chalicelib.kit.transaction import Action
from chalicelib.reviews.rules.film import Fault
from chalicelib.reviews.rules.media import MediaState, Medium
from chalicelib.reviews.store.rows import media_of, media_text

_MEDIA, _UNSEEN = "MEDIA#", "UNSEEN"


class MediumRow(Row):
    class Meta(TableMeta):
        table = "reviews"

    id = UnicodeAttribute()
    author_id = UnicodeAttribute()
    media = UnicodeAttribute()
    at = UnicodeAttribute()
    state = UnicodeAttribute()
    tag = UnicodeAttribute(null=True)
    tries = NumberAttribute(default=0)
    fault = UnicodeAttribute(null=True)
    drawn = UnicodeAttribute(null=True)  # JSON
    unseen_since = UnicodeAttribute(null=True)
    again_at = UnicodeAttribute(null=True)
    version = NumberAttribute()
    gsi1pk = UnicodeAttribute(null=True)
    gsi1sk = UnicodeAttribute(null=True)
    waiting = Gsi1()


class MediaTable:
    """See `reviews.media_ports.MediaStore`."""

    def media(self, review_id: str) -> Sequence[Medium]:
        rows = MediumRow.query(review_id, MediumRow.sk.startswith(_MEDIA), consistent_read=True)
        return [_medium(row) for row in rows]

    def medium(self, review_id: str, place: str) -> Medium | None:
        try:
            return _medium(MediumRow.get(review_id, f"{_MEDIA}{place}", consistent_read=True))
        except MediumRow.DoesNotExist:
            return None

    def unseen(self, limit: int) -> Sequence[Medium]:
        return [_medium(row) for row in MediumRow.waiting.query(_UNSEEN, limit=limit, page_size=limit)]

    def put_medium(self, medium: Medium, stands: Medium | None) -> Action:
        row = MediumRow(
            *_keys(medium),
            id=medium.id,
            author_id=medium.author_id,
            media=medium.media,
            at=iso(medium.at),
            state=medium.state,
            tag=medium.tag or None,
            tries=medium.tries,
            fault=medium.fault,
            drawn=media_text((medium.drawn,)) if medium.drawn else None,
            unseen_since=iso_or_none(medium.unseen_since),
            again_at=iso_or_none(medium.again_at),
            version=medium.version,
            gsi1pk=_UNSEEN if medium.again_at else None,
            gsi1sk=f"{iso(medium.again_at)}#{medium.review_id}#{medium.place}" if medium.again_at else None,
        )
        if stands is None:
            return put(row, MediumRow.pk.does_not_exist())
        return put(row, (MediumRow.id == stands.id) & (MediumRow.version == stands.version))

    def drop_medium(self, medium: Medium) -> Action:
        stands = (MediumRow.id == medium.id) & (MediumRow.version == medium.version)
        return delete(MediumRow(*_keys(medium)), stands)


def _keys(medium: Medium) -> tuple[str, str]:
    return medium.review_id, f"{_MEDIA}{medium.place}"


def _medium(row: MediumRow) -> Medium:
    return Medium(
        review_id=row.pk,
        place=row.sk.removeprefix(_MEDIA),
        id=row.id,
        author_id=row.author_id,
        media=row.media,
        at=parse(row.at),
        state=MediaState(row.state),
        tag=row.tag or "",
        tries=int(row.tries),
        fault=Fault(row.fault) if row.fault else None,
        drawn=media_of(row.drawn)[0] if row.drawn else None,
        unseen_since=parse_or_none(row.unseen_since),
        again_at=parse_or_none(row.again_at),
        version=int(row.version),
    )
