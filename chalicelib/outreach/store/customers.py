"""Tags, wishes, and what was heard. See the package."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from chalicelib.kit.clock import iso, parse
from chalicelib.kit.dynamo import delete, put
from chalicelib.kit.pagination import Page
from chalicelib.kit.paging import page_of, paged
from chalicelib.kit.transaction import Action
from chalicelib.outreach.rules.tags import Tagged, Tally
from chalicelib.outreach.rules.wishes import Heard, Offer, Wish
from chalicelib.outreach.store.rows import CUSTOMER, HEARD, TALLY, WISH, HeardRow, TaggedRow, TallyRow, WishRow


class CustomerTable:
    """See `outreach.ports.CustomerStore`."""

    def tagged(self, merchant_id: str, customer_id: str) -> Tagged | None:
        try:
            return _tagged(TaggedRow.get(*_place(merchant_id, customer_id), consistent_read=True))
        except TaggedRow.DoesNotExist:
            return None

    def put_tagged(self, tagged: Tagged) -> Action:
        row = TaggedRow(
            *_place(tagged.merchant_id, tagged.customer_id),
            order_id=tagged.order_id,
            tags=set(tagged.tags),
            tagged_at=iso(tagged.tagged_at),
            version=tagged.version,
            gsi1pk=f"PERSON#{tagged.customer_id}",
            gsi1sk=tagged.merchant_id,
        )
        first = tagged.version == 1
        return put(row, TaggedRow.pk.does_not_exist() if first else TaggedRow.version == tagged.version - 1)

    def drop_tagged(self, tagged: Tagged) -> Action:
        row = TaggedRow(*_place(tagged.merchant_id, tagged.customer_id))
        return delete(row, TaggedRow.version == tagged.version)

    def of_merchant(self, merchant_id: str, after: str | None, limit: int) -> Sequence[Tagged]:
        begins = f"{CUSTOMER}{after}!" if after else CUSTOMER  # `!` is before all that ids are made of, `~` after it
        rows = TaggedRow.query(f"MERCHANT#{merchant_id}", TaggedRow.sk.between(begins, f"{CUSTOMER}~"), limit=limit)
        return [_tagged(row) for row in rows]

    def with_tag(self, merchant_id: str, tag: str | None, after: Mapping[str, Any] | None, limit: int) -> Page[Tagged]:
        rows = TaggedRow.query(
            f"MERCHANT#{merchant_id}",
            TaggedRow.sk.startswith(CUSTOMER),
            filter_condition=None if tag is None else TaggedRow.tags.contains(tag),
            last_evaluated_key=dict(after) if after else None,
            limit=limit,
            page_size=limit if tag is None else None,
        )
        return page_of(rows, _tagged)

    def of_customer(self, customer_id: str, after: Mapping[str, Any] | None, limit: int) -> Page[Tagged]:
        rows = TaggedRow.by_person.query(f"PERSON#{customer_id}", **paged(after, limit))
        return page_of(rows, _tagged)

    def tally(self, merchant_id: str) -> Tally:
        try:
            row = TallyRow.get(f"MERCHANT#{merchant_id}", TALLY, consistent_read=True)
        except TallyRow.DoesNotExist:
            return Tally(merchant_id)
        return Tally(merchant_id, row.counts, int(row.customers), int(row.version))

    def put_tally(self, tally: Tally) -> Action:
        row = TallyRow(
            f"MERCHANT#{tally.merchant_id}",
            TALLY,
            counts=dict(tally.counts),
            customers=tally.customers,
            version=tally.version,
        )
        first = tally.version == 1
        return put(row, TallyRow.pk.does_not_exist() if first else TallyRow.version == tally.version - 1)

    def wish(self, customer_id: str, merchant_id: str) -> Wish | None:
        try:
            return _wish(WishRow.get(f"CUSTOMER#{customer_id}", f"{WISH}{merchant_id}", consistent_read=True))
        except WishRow.DoesNotExist:
            return None

    def put_wish(self, wish: Wish) -> Action:
        row = WishRow(
            f"CUSTOMER#{wish.customer_id}",
            f"{WISH}{wish.merchant_id}",
            shop_id=wish.shop_id,
            wanted=wish.wanted,
            said=[[iso(at), word] for at, word in wish.said],
            version=wish.version,
        )
        return put(row, WishRow.pk.does_not_exist() if wish.version == 1 else WishRow.version == wish.version - 1)

    def wishes(self, customer_id: str, after: Mapping[str, Any] | None, limit: int) -> Page[Wish]:
        rows = WishRow.query(
            f"CUSTOMER#{customer_id}", WishRow.sk.startswith(WISH), consistent_read=True, **paged(after, limit)
        )
        return page_of(rows, _wish)

    def heard(self, customer_id: str) -> Heard:
        try:
            row = HeardRow.get(f"CUSTOMER#{customer_id}", HEARD, consistent_read=True)
        except HeardRow.DoesNotExist:
            return Heard(customer_id)
        offers = tuple(Offer(parse(at), merchant, outreach) for at, merchant, outreach in row.offers)
        return Heard(customer_id, offers, int(row.version))

    def put_heard(self, heard: Heard, until: datetime) -> Action:
        row = HeardRow(
            f"CUSTOMER#{heard.customer_id}",
            HEARD,
            offers=[[iso(one.at), one.merchant_id, one.outreach_id] for one in heard.offers],
            version=heard.version,
            expires_at=int(until.timestamp()),
        )
        return put(row, HeardRow.pk.does_not_exist() if heard.version == 1 else HeardRow.version == heard.version - 1)

    def forget(self, customer_id: str) -> None:
        for row in WishRow.query(f"CUSTOMER#{customer_id}", WishRow.sk.startswith(WISH), consistent_read=True):
            row.delete()
        HeardRow(f"CUSTOMER#{customer_id}", HEARD).delete()


def _place(merchant_id: str, customer_id: str) -> tuple[str, str]:
    return f"MERCHANT#{merchant_id}", f"{CUSTOMER}{customer_id}"


def _tagged(row: TaggedRow) -> Tagged:
    return Tagged(
        merchant_id=row.pk.removeprefix("MERCHANT#"),
        customer_id=row.sk.removeprefix(CUSTOMER),
        order_id=row.order_id,
        tags=tuple(sorted(row.tags)),
        tagged_at=parse(row.tagged_at),
        version=int(row.version),
    )


def _wish(row: WishRow) -> Wish:
    return Wish(
        customer_id=row.pk.removeprefix("CUSTOMER#"),
        merchant_id=row.sk.removeprefix(WISH),
        shop_id=row.shop_id,
        wanted=bool(row.wanted),
        said=tuple((parse(at), bool(word)) for at, word in row.said),
        version=int(row.version),
    )
