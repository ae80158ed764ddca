"""Favourites, what was looked at, and the geocoder's budget, in the profiles table."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from pynamodb.exceptions import UpdateError

from chalicelib.kit.clock import iso, parse
from chalicelib.kit.dynamo import check, code_of, delete, put, update
from chalicelib.kit.pagination import Page
from chalicelib.kit.paging import paged
from chalicelib.kit.transaction import Action
from chalicelib.profiles.ports import Marked, Standing
from chalicelib.profiles.problems import AskedEnough, TooManyFavourites
from chalicelib.profiles.store.rows import (
    CHOICES,
    FAVOURITE,
    SEEN,
    SPENT,
    TALLY,
    ChoicesRow,
    MarkedRow,
    SpentRow,
    TallyRow,
)

MOST_FAVOURITES = 500
SEEN_FOR = timedelta(days=90)
QUESTIONS_AN_HOUR = 120  # an address that is typed asks about ten times
_HOUR = 3600


class ShelfTable:
    """See `profiles.ports.ShelfStore`."""

    def keep(self, account_id: str, marked: Marked) -> Sequence[Action]:
        tally = TallyRow(f"ACC#{account_id}", TALLY)
        room = TallyRow.favourites.does_not_exist() | (TallyRow.favourites < MOST_FAVOURITES)
        return [
            put(_row(account_id, FAVOURITE, marked), MarkedRow.pk.does_not_exist(), _standing),
            update(tally, [TallyRow.favourites.add(1)], room, lambda _row: TooManyFavourites(limit=MOST_FAVOURITES)),
        ]

    def drop(self, account_id: str, shop_id: str) -> Sequence[Action]:
        return [
            delete(MarkedRow(f"ACC#{account_id}", FAVOURITE + shop_id), MarkedRow.pk.exists(), _standing),
            update(TallyRow(f"ACC#{account_id}", TALLY), [TallyRow.favourites.add(-1)]),
        ]

    def favourites(self, account_id: str, after: Mapping[str, Any] | None, limit: int) -> Page[Marked]:
        return _page(f"{FAVOURITE}{account_id}", after, limit)

    def saw(self, account_id: str, marked: Marked) -> Sequence[Action]:
        row = _row(account_id, SEEN, marked)
        row.expires_at = int((marked.at + SEEN_FOR).timestamp())
        kept = ChoicesRow.pk.does_not_exist() | (ChoicesRow.keeps_history == True)  # noqa: E712 - PynamoDB's way
        return [check(ChoicesRow(f"ACC#{account_id}", CHOICES), kept, _standing), put(row)]

    def seen(self, account_id: str, after: Mapping[str, Any] | None, limit: int, now: datetime) -> Page[Marked]:
        return _page(f"{SEEN}{account_id}", after, limit, iso(now - SEEN_FOR))

    def forget_seen(self, account_id: str) -> None:
        gone = list(
            MarkedRow.query(
                f"ACC#{account_id}",
                MarkedRow.sk.startswith(SEEN),
                consistent_read=True,
                attributes_to_get=["pk", "sk"],
            )
        )
        with MarkedRow.batch_write() as batch:
            for row in gone:
                batch.delete(row)

    def spend(self, account_id: str, now: datetime) -> None:
        hour, gone = divmod(int(now.timestamp()), _HOUR)
        row = SpentRow(f"ACC#{account_id}", f"{SPENT}{hour}")
        room = SpentRow.spent.does_not_exist() | (SpentRow.spent < QUESTIONS_AN_HOUR)
        try:
            row.update([SpentRow.spent.add(1), SpentRow.expires_at.set((hour + 1) * _HOUR)], condition=room)
        except UpdateError as error:
            if code_of(error) != "ConditionalCheckFailedException":
                raise
            raise AskedEnough(retry_after=_HOUR - gone, limit=QUESTIONS_AN_HOUR) from error


def _standing(_row: object) -> Exception:
    return Standing()


def _row(account_id: str, kind: str, marked: Marked) -> MarkedRow:
    return MarkedRow(
        f"ACC#{account_id}",
        kind + marked.shop_id,
        gsi1pk=f"{kind}{account_id}",
        gsi1sk=f"{iso(marked.at)}#{marked.shop_id}",
    )


def _page(key: str, after: Mapping[str, Any] | None, limit: int, since: str = "") -> Page[Marked]:
    rows = MarkedRow.by_time.query(
        key, MarkedRow.gsi1sk >= since if since else None, scan_index_forward=False, **paged(after, limit)
    )
    found = [row.gsi1sk.partition("#") for row in rows]
    return Page(tuple(Marked(shop_id, parse(at)) for at, _, shop_id in found), rows.last_evaluated_key)
