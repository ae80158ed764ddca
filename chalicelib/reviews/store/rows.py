"""The rows of the reviews table, and how they hold what the rules know."""

import json
from collections.abc import Sequence
from typing import Any
from zlib import crc32

from pynamodb.attributes import (
    BooleanAttribute,
    JSONAttribute,
    NumberAttribute,
    UnicodeAttribute,
    UnicodeSetAttribute,
)
from pynamodb.expressions.condition import Condition

from chalicelib.kit.clock import iso, parse, parse_or_none
from chalicelib.kit.dynamo import Gsi1, Gsi2, Row, TableMeta
from chalicelib.reviews.rules import Aspect, Reply, ReplyState, Review, Side, State
from chalicelib.reviews.rules.media import Shown

REVIEW = "REVIEW"
BLIND_PARTS = 8
"""Parts of the list of what waits to be opened: at a rush all who write would write to one."""


class ReviewRow(Row):
    class Meta(TableMeta):
        table = "reviews"

    shop_id = UnicodeAttribute()
    merchant_id = UnicodeAttribute(default="")
    order_id = UnicodeAttribute()
    line_id = UnicodeAttribute()
    author_id = UnicodeAttribute()
    author = UnicodeAttribute(null=True)
    guest_id = UnicodeAttribute(null=True)
    stars = NumberAttribute()
    aspects = JSONAttribute(null=True)
    staff_id = UnicodeAttribute(null=True)
    staff_stars = NumberAttribute(null=True)
    text = UnicodeAttribute(null=True)
    language = UnicodeAttribute()
    created_at = UnicodeAttribute()
    state = UnicodeAttribute(default=State.SHOWN)
    opened = BooleanAttribute(default=True)
    paired = BooleanAttribute(null=True)
    opens_at = UnicodeAttribute(null=True)
    reasons = UnicodeSetAttribute(null=True)
    edited_at = UnicodeAttribute(null=True)
    edits = NumberAttribute(null=True)
    reply = JSONAttribute(null=True)
    helpful = NumberAttribute(default=0)
    reports = NumberAttribute(default=0)
    cleared = BooleanAttribute(null=True)
    media = UnicodeAttribute(null=True)  # JSON
    version = NumberAttribute(default=0)  # of before reviews had one
    gsi1pk = UnicodeAttribute(null=True)
    gsi1sk = UnicodeAttribute(null=True)
    gsi2pk = UnicodeAttribute(null=True)
    gsi2sk = UnicodeAttribute(null=True)
    by_time = Gsi1()
    by_helpful = Gsi2()


class WasRow(Row):
    """What a review said before an edit."""

    class Meta(TableMeta):
        table = "reviews"

    stars = NumberAttribute()
    aspects = JSONAttribute(null=True)
    staff_stars = NumberAttribute(null=True)
    text = UnicodeAttribute(null=True)
    language = UnicodeAttribute()
    until = UnicodeAttribute()


class VoiceRow(Row):
    """A reader's vote or report."""

    class Meta(TableMeta):
        table = "reviews"

    at = UnicodeAttribute()
    reason = UnicodeAttribute(null=True)
    counts = BooleanAttribute(null=True)  # a report holds its review, with others; from where it came, then
    devices = UnicodeSetAttribute(null=True)
    network = UnicodeAttribute(null=True)
    gsi1pk = UnicodeAttribute()
    gsi1sk = UnicodeAttribute()
    by_account = Gsi1()


class ListRow(Row):
    """That a review is shown, in a list that the indexes do not have; its key says all."""

    class Meta(TableMeta):
        table = "reviews"


class PartRow(Row):
    """A part of a rating: see `rules.rating.Tally` for the names."""

    class Meta(TableMeta):
        table = "reviews"

    sum = NumberAttribute(null=True)
    count_ = NumberAttribute(null=True, attr_name="count")  # `count` is a method of every PynamoDB model
    version = NumberAttribute(null=True)
    stars_1 = NumberAttribute(null=True)
    stars_2 = NumberAttribute(null=True)
    stars_3 = NumberAttribute(null=True)
    stars_4 = NumberAttribute(null=True)
    stars_5 = NumberAttribute(null=True)
    recent = NumberAttribute(null=True)
    weight = NumberAttribute(null=True)
    media = NumberAttribute(null=True)
    service_sum = NumberAttribute(null=True)
    service_count = NumberAttribute(null=True)
    environment_sum = NumberAttribute(null=True)
    environment_count = NumberAttribute(null=True)
    value_sum = NumberAttribute(null=True)
    value_count = NumberAttribute(null=True)
    taste_sum = NumberAttribute(null=True)
    taste_count = NumberAttribute(null=True)
    skill_sum = NumberAttribute(null=True)
    skill_count = NumberAttribute(null=True)
    punctuality_sum = NumberAttribute(null=True)
    punctuality_count = NumberAttribute(null=True)


def as_read(review: Review) -> Condition:
    """Return the condition that a review's row is the version that was read; the oldest have none."""
    return ReviewRow.version == review.version if review.version else ReviewRow.version.does_not_exist()


def votes_as_read(review: Review) -> Condition:
    """Return the condition that so many voted as was read; the oldest rows have no number until somebody does."""
    same = ReviewRow.helpful == review.helpful
    return same if review.helpful else same | ReviewRow.helpful.does_not_exist()


def helpful_key(review: Review, helpful: int) -> str:
    """Return a review's place among those of its shop by how helpful they were found."""
    return f"{helpful:08d}#{iso(review.created_at)}#{review.id}"


def _index_keys(review: Review) -> dict[str, str | None]:
    shown, at = review.state is State.SHOWN, f"{iso(review.created_at)}#{review.id}"
    first: tuple[str | None, str | None] = (None, None)
    second: tuple[str | None, str | None] = (None, None)
    if not review.opened and review.opens_at is not None:
        first = (f"BLIND#{crc32(review.id.encode()) % BLIND_PARTS}", f"{iso(review.opens_at)}#{review.id}")
    elif shown and review.side is Side.CUSTOMER:
        first = (f"SHOP#{review.shop_id}", at)
        second = (f"SHOP#{review.shop_id}", helpful_key(review, review.helpful))
    elif shown:
        first = (f"GUEST#{review.guest_id}", at)
    return {"gsi1pk": first[0], "gsi1sk": first[1], "gsi2pk": second[0], "gsi2sk": second[1]}


def stars_key(review: Review) -> tuple[str, str]:
    """Return the key of the row that lists a review by its stars."""
    return f"STARS#{review.shop_id}", f"{review.stars}#{iso(review.created_at)}#{review.id}"


def media_key(review: Review) -> tuple[str, str]:
    """Return the key of the row that lists a review among those with photographs or films."""
    return f"MEDIA#{review.shop_id}", f"{iso(review.created_at)}#{review.id}"


def list_keys(review: Review | None) -> set[tuple[str, str]]:
    """Return the keys of the rows that list a review; none while it is in no list."""
    if review is None or review.state is not State.SHOWN or review.side is not Side.CUSTOMER:
        return set()
    if not review.version:  # of before there were these lists
        return set()
    return {stars_key(review), *([media_key(review)] if review.media else [])}


def changing(review: Review) -> dict[str, Any]:
    """Return the attributes of a review that may change, None for those that it has not. `helpful` is not among
    them: votes count by themselves.
    """
    reply = review.reply
    told = reply and {
        "text": reply.text,
        "author_id": reply.author_id,
        "at": iso(reply.at),
        "edited_at": reply.edited_at and iso(reply.edited_at),
        "state": str(reply.state),
        "told": reply.told,
    }
    return {
        "author_id": review.author_id,
        "author": review.author,
        "guest_id": review.guest_id,
        "stars": review.stars,
        "aspects": dict(sorted(review.aspects.items())) or None,
        "staff_stars": review.staff_stars,
        "text": review.text or None,
        "language": review.language,
        "state": str(review.state),
        "opened": review.opened,
        "paired": review.paired or None,
        "opens_at": review.opens_at and iso(review.opens_at),
        "reasons": set(review.reasons) or None,
        "edited_at": review.edited_at and iso(review.edited_at),
        "edits": review.edits or None,
        "reply": told,
        "reports": review.reports,
        "cleared": review.cleared or None,
        "media": media_text(review.media),
        "version": review.version,
        **_index_keys(review),
    }


def row_of(review: Review) -> ReviewRow:
    """Return the row of a new review."""
    return ReviewRow(
        review.id,
        REVIEW,
        shop_id=review.shop_id,
        merchant_id=review.merchant_id,
        order_id=review.order_id,
        line_id=review.line_id,
        staff_id=review.staff_id,
        created_at=iso(review.created_at),
        **changing(review),
    )


def was_row(review: Review, until: str) -> WasRow:
    """Return the row of what a review says before its next edit."""
    return WasRow(
        review.id,
        f"WAS#{review.edits:04d}",
        stars=review.stars,
        aspects=dict(sorted(review.aspects.items())) or None,
        staff_stars=review.staff_stars,
        text=review.text or None,
        language=review.language,
        until=until,
    )


def review_of(row: ReviewRow) -> Review:
    """Return the review that a row holds."""
    return Review(
        id=row.pk,
        shop_id=row.shop_id,
        merchant_id=row.merchant_id,
        order_id=row.order_id,
        line_id=row.line_id,
        author_id=row.author_id,
        author=row.author,
        side=Side.CUSTOMER if row.pk.startswith("rev_") else Side.MERCHANT,
        guest_id=row.guest_id,
        stars=int(row.stars),
        aspects=aspects_of_row(row.aspects),
        staff_id=row.staff_id,
        staff_stars=None if row.staff_stars is None else int(row.staff_stars),
        text=row.text or "",
        language=row.language,
        created_at=parse(row.created_at),
        state=State(row.state),
        opened=row.opened,
        paired=bool(row.paired),
        opens_at=parse_or_none(row.opens_at),
        reasons=tuple(sorted(row.reasons or ())),
        edited_at=parse_or_none(row.edited_at),
        edits=int(row.edits or 0),
        reply=_reply(row.reply),
        helpful=int(row.helpful),
        reports=int(row.reports),
        cleared=bool(row.cleared),
        media=media_of(row.media),
        version=int(row.version),
    )


def _reply(told: dict[str, Any] | None) -> Reply | None:
    """Return the reply that a row holds; from before replies were judged they are shown, and were told."""
    if not told:
        return None
    return Reply(
        text=told["text"],
        author_id=told["author_id"],
        at=parse(told["at"]),
        edited_at=parse_or_none(told["edited_at"]),
        state=ReplyState(told.get("state", ReplyState.SHOWN)),
        told=told.get("told", True),
    )


def aspects_of_row(told: dict[str, int] | None) -> dict[Aspect, int]:
    """Return the aspects that a row holds."""
    return {Aspect(name): int(stars) for name, stars in (told or {}).items()}


def media_text(media: Sequence[Shown]) -> str | None:
    """Return photographs and films as a row holds them."""
    rows = [[one.id, one.place, one.media, one.sizes, one.millis] for one in media]
    return json.dumps(rows, separators=(",", ":")) if rows else None


def media_of(text: str | None) -> tuple[Shown, ...]:
    """Return the photographs and films that a row holds."""
    rows = json.loads(text or "[]")
    return tuple(
        Shown(key, place, media, tuple(map(tuple, sizes)), millis) for key, place, media, sizes, millis in rows
    )
