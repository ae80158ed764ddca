"""Shops' pages, a row each: `PAGE#<shop id>`, `PAGE`.

| what | requests | read units | write units |
|---|---|---|---|
| read a page | 1 Get | 0.5 per 4 KB begun | |
| read it to write it | 1 Get, consistent | 1 per 4 KB begun | |
| write it | 1 Put | | 1 per KB begun |
| what pages of 100 shops know | 1 BatchGet, consistent | 1 per 4 KB begun, each | |
| write the first ones of 100 shops | 1 transaction (of 2 MB at most) | | 2 per KB begun, each |

What a row says is JSON, deflated: 4 KB for five offerings, three people and ten reviews of 60 Chinese characters, 42 KB
for 100 offerings, 30 people, 20 media, 30 details and ten reviews of 2,000 (made of characters by chance: what people
write deflates better). A listing that leaves no room for the rest below DynamoDB's 400 KB is left out of its row.

The stamp is the condition of every write: whoever decided on an older row meets contention and decides again.
"""

import zlib
from collections.abc import Collection, Mapping, Sequence
from functools import cache

from pydantic import TypeAdapter, ValidationError
from pynamodb.attributes import BinaryAttribute, NumberAttribute
from pynamodb.exceptions import PutError

from chalicelib.kit.dynamo import Row, TableMeta, code_of, put
from chalicelib.kit.transaction import MAX_ACTIONS, Action, Committer, Contention
from chalicelib.search.pages import Kept, Opinion, ShopPage
from chalicelib.shops.ports import Listing

LAYOUT = 2  # raise it where rows that stand would be read as something else; until its next message a shop's is none
_MOST_BYTES = 390_000  # of a row's 400 KB (409,600 bytes); the keys and numbers need a few hundred
_MOST_AT_ONCE = 2_000_000  # bytes; a transaction takes 4 MB, in its own longer form
_BEST = 9  # written seldom, read often
_SK = "PAGE"


class PageRow(Row):
    class Meta(TableMeta):
        table = "search"

    layout = NumberAttribute(attr_name="l")
    stamp = NumberAttribute(attr_name="v")
    version = NumberAttribute(attr_name="s")
    listing = BinaryAttribute(attr_name="d", legacy_encoding=False, null=True)
    opinion = BinaryAttribute(attr_name="o", legacy_encoding=False)


class PageStore:
    """See `pages.Pages`."""

    def __init__(self, committer: Committer) -> None:
        self._committer = committer

    def page(self, shop_id: str, *, consistent: bool) -> Kept | None:
        """See `pages.Pages`."""
        try:
            row = PageRow.get(*_key(shop_id), consistent_read=consistent)
        except PageRow.DoesNotExist:
            return None
        return Kept(int(row.stamp), _page(row))

    def write(self, shop_id: str, before: Kept | None, page: ShopPage) -> None:
        """See `pages.Pages`."""
        row = _row(shop_id, before.stamp + 1 if before else 1, page)
        try:
            row.save(condition=PageRow.stamp == before.stamp if before else PageRow.pk.does_not_exist())
        except PutError as error:
            if code_of(error) == "ConditionalCheckFailedException":
                raise Contention from error
            raise

    def versions(self, shop_ids: Collection[str]) -> Mapping[str, int]:
        """See `pages.Pages`."""
        rows = PageRow.batch_get(
            [_key(one) for one in shop_ids],
            consistent_read=True,
            attributes_to_get=["pk", "sk", *(part.attr_name for part in (PageRow.layout, PageRow.version))],
        )
        return {row.pk.partition("#")[2]: int(row.version) if row.layout == LAYOUT else 0 for row in rows}

    def write_new(self, pages: Sequence[tuple[str, ShopPage]]) -> None:
        """See `pages.Pages`."""
        actions: list[Action] = []
        size = 0
        for shop_id, page in pages:
            row = _row(shop_id, 1, page)
            length = len(row.listing or b"") + len(row.opinion)
            if len(actions) == MAX_ACTIONS or size + length > _MOST_AT_ONCE:
                self._committer.commit(actions)
                actions, size = [], 0
            actions.append(put(row, PageRow.pk.does_not_exist()))
            size += length
        self._committer.commit(actions)


def _row(shop_id: str, stamp: int, page: ShopPage) -> PageRow:
    opinion = _pack(_opinions().dump_json(page.opinion))
    listing = None if page.listing is None else _pack(_listings().dump_json(page.listing))
    if listing is not None and len(listing) + len(opinion) > _MOST_BYTES:
        listing = None
    return PageRow(*_key(shop_id), layout=LAYOUT, stamp=stamp, version=page.version, listing=listing, opinion=opinion)


def _key(shop_id: str) -> tuple[str, str]:
    return f"PAGE#{shop_id}", _SK


def _page(row: PageRow) -> ShopPage | None:
    if row.layout != LAYOUT:
        return None
    try:
        opinion = _opinions().validate_json(zlib.decompress(row.opinion))
        listing = _listings().validate_json(zlib.decompress(row.listing)) if row.listing else None
    except ValidationError:
        return None  # fields have gone or come without a default, and nobody raised the layout: as good as none
    return ShopPage(int(row.version), listing, opinion)


def _pack(text: bytes) -> bytes:
    return zlib.compress(text, _BEST)


# Of the domain's own types, so that what a listing learns to say is kept without a word here. Made when first used.
@cache
def _listings() -> TypeAdapter[Listing]:
    return TypeAdapter(Listing)


@cache
def _opinions() -> TypeAdapter[Opinion]:
    return TypeAdapter(Opinion)
