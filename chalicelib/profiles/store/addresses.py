"""Addresses in the profiles table."""

import json
from collections.abc import Callable, Mapping

from chalicelib.kit.dynamo import delete, put
from chalicelib.kit.seal import SealedField, Sealer
from chalicelib.kit.transaction import Action
from chalicelib.profiles.ports import Position
from chalicelib.profiles.rules.addresses import Address, Book
from chalicelib.profiles.store.rows import ADDRESS, BOOK, BookRow

_PREFIX = "ADDRESS"  # of the book's key and of those of its addresses
_TEXTS = ("label", "recipient", "phone", "country", "postcode")
SEALED = tuple(
    SealedField("profiles", name, f"profiles|{{pk}}/{{sk}}|{name}", ADDRESS) for name in (*_TEXTS, "lines", "position")
)


class AddressTable:
    """See `profiles.ports.AddressStore`.

    Args:
        sealer: makes what seals, when it is first needed.
    """

    def __init__(self, sealer: Callable[[], Sealer]) -> None:
        self._sealer = sealer

    def book(self, account_id: str) -> Book:
        try:
            return _book(BookRow.get(f"ACC#{account_id}", BOOK, consistent_read=True))
        except BookRow.DoesNotExist:
            return Book(account_id)

    def addresses(self, account_id: str) -> tuple[Book, Mapping[str, Address]]:
        book, found = Book(account_id), {}
        for row in BookRow.query(f"ACC#{account_id}", BookRow.sk.startswith(_PREFIX), consistent_read=True):
            if row.sk == BOOK:
                book = _book(row)
            else:
                address = self._address(row)
                found[address.id] = address
        return book, found

    def address(self, account_id: str, address_id: str) -> Address | None:
        try:
            return self._address(BookRow.get(f"ACC#{account_id}", ADDRESS + address_id, consistent_read=True))
        except BookRow.DoesNotExist:
            return None

    def put_book(self, book: Book) -> Action:
        row = BookRow(f"ACC#{book.account_id}", BOOK, ids=list(book.ids), preferred=book.default, version=book.version)
        follows = BookRow.pk.does_not_exist() if book.version == 1 else BookRow.version == book.version - 1
        return put(row, follows)

    def create(self, account_id: str, address: Address) -> Action:
        return put(self._row(account_id, address), BookRow.pk.does_not_exist())

    def replace(self, account_id: str, address: Address) -> Action:
        return put(self._row(account_id, address), BookRow.version == address.version - 1)

    def remove(self, account_id: str, address_id: str) -> Action:
        return delete(BookRow(f"ACC#{account_id}", ADDRESS + address_id), BookRow.pk.exists())

    def _row(self, account_id: str, address: Address) -> BookRow:
        row = BookRow(f"ACC#{account_id}", ADDRESS + address.id, version=address.version)
        texts = {name: getattr(address, name) for name in _TEXTS}
        texts["lines"] = json.dumps(address.lines, ensure_ascii=False)
        texts["position"] = json.dumps([address.position.lat, address.position.lon]) if address.position else None
        for name, text in texts.items():
            setattr(row, name, self._sealer().seal(text, _place(row, name)) if text is not None else None)
        return row

    def _address(self, row: BookRow) -> Address:
        def plain(name: str) -> str:
            return self._sealer().open(getattr(row, name), _place(row, name))

        return Address(
            id=row.sk.removeprefix(ADDRESS),
            label=plain("label"),
            recipient=plain("recipient"),
            phone=plain("phone"),
            country=plain("country"),
            lines=tuple(json.loads(plain("lines"))),
            postcode=plain("postcode") if row.postcode else None,
            position=Position(*json.loads(plain("position"))) if row.position else None,
            version=int(row.version),
        )


def _place(row: BookRow, attribute: str) -> str:
    return f"profiles|{row.pk}/{row.sk.removeprefix(ADDRESS)}|{attribute}"


def _book(row: BookRow) -> Book:
    return Book(row.pk.removeprefix("ACC#"), tuple(row.ids or ()), row.preferred, int(row.version))
