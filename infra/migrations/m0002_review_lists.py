"""Reviews of before there were lists by stars and by votes stand in them.

Such a row has no `version`: it stands in the newest-first list alone, and is counted in its shop's one old row of a
rating, as of `UNWEIGHED`, the month in which weights came. Each was brought into the lists and weights of today by its
first change or vote (`chalicelib/reviews/store`), and not before; this does for all what a change does for one: the
row gets its version, state and place by votes, a row lists it by its stars, and its shop's rating gets what its own
month weighs more or less, in one transaction. So a rating is exact at every moment, whoever reviews, votes or edits.
"""

from zlib import crc32

from chalicelib.kit.clock import parse
from chalicelib.reviews.rules.rating import UNWEIGHED, weight
from infra.migrations.model import Add, Change, Item, Migration, Put

PARTS = 8
"""Rows of a rating; to which of them something is added makes no difference."""


def change(row: Item) -> Change | None:
    """Say what to write for a row of the table `reviews`."""
    if row["sk"] != "REVIEW" or "version" in row:
        return None
    id_, at, shop, stars, helpful = row["pk"], row["created_at"], row["shop_id"], int(row["stars"]), row.get("helpful")
    as_read = "attribute_not_exists(#helpful)" if helpful is None else "#helpful = :helpful"
    values = {
        ":one": 1,
        ":shown": "shown",
        ":open": True,
        ":none": 0,
        ":shop": f"SHOP#{shop}",
        ":place": f"{int(helpful or 0):08d}#{at}#{id_}",
    }
    return Change(
        update="SET #version = :one, #state = :shown, #opened = :open, #reports = :none, gsi2pk = :shop, "
        "gsi2sk = :place",
        condition=f"attribute_not_exists(#version) AND {as_read}",
        values=values if helpful is None else {**values, ":helpful": helpful},
        names={f"#{name}": name for name in ("version", "state", "opened", "reports", "helpful")},
        also=(Put({"pk": f"STARS#{shop}", "sk": f"{stars}#{at}#{id_}"}), *_weighed(id_, shop, stars, at)),
    )


def _weighed(id_: str, shop: str, stars: int, at: str) -> tuple[Add, ...]:
    more = weight(parse(at)) - UNWEIGHED
    if not more:
        return ()
    part = f"#{crc32(id_.encode()) % PARTS:02d}"
    return (Add(f"RATING#{shop}", part, {"recent": stars * more, "weight": more, "version": 1}),)


MIGRATION = Migration(
    number=2,
    name="review-lists",
    table="reviews",
    about="reviews of before there were lists by stars and votes stand in them, and weigh what their month does",
    change=change,
)
