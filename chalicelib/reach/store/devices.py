"""Phones in the notifications table."""

from collections.abc import Callable
from typing import Any

from chalicelib.kit.clock import iso, parse
from chalicelib.kit.dynamo import delete, put
from chalicelib.kit.transaction import Action
from chalicelib.reach.ports import Book, Device, Platform
from chalicelib.reach.store.rows import DEVICES, TOKEN, DevicesRow, TokenRow


class DeviceTable:
    """See `reach.ports.DeviceStore`.

    Args:
        blind: makes the index of a text of a kind.
    """

    def __init__(self, blind: Callable[[str, str], str]) -> None:
        self._blind = blind

    def digest(self, platform: Platform, token: str) -> str:
        return self._blind(f"{platform}|{token}", "device")

    def book(self, account_id: str) -> Book:
        try:
            return _book(DevicesRow.get(_pk(account_id), DEVICES, consistent_read=True))
        except DevicesRow.DoesNotExist:
            return Book(account_id)

    def with_owner(self, account_id: str, digest: str) -> tuple[Book, str | None]:
        try:
            owner = TokenRow.get(_token(digest), TOKEN, consistent_read=True).account_id
        except TokenRow.DoesNotExist:
            owner = None
        return self.book(account_id), owner

    def put_book(self, book: Book) -> Action:
        row = DevicesRow(
            _pk(book.account_id), DEVICES, devices=[_told(one) for one in book.devices], version=book.version
        )
        return put(row, DevicesRow.pk.does_not_exist() if book.version == 1 else DevicesRow.version == book.version - 1)

    def own(self, digest: str, account_id: str, before: str | None) -> Action:
        was = TokenRow.pk.does_not_exist() if before is None else TokenRow.account_id == before
        return put(TokenRow(_token(digest), TOKEN, account_id=account_id), was)

    def disown(self, digest: str, account_id: str) -> Action:
        return delete(TokenRow(_token(digest), TOKEN), TokenRow.account_id == account_id)


def _pk(account_id: str) -> str:
    return f"REACH#{account_id}"


def _token(digest: str) -> str:
    return f"TOKEN#{digest}"


def _book(row: DevicesRow) -> Book:
    return Book(row.pk.removeprefix("REACH#"), tuple(_device(one) for one in row.devices), int(row.version))


def _told(device: Device) -> dict[str, Any]:
    return vars(device) | {
        "platform": device.platform.value,
        "registered_at": iso(device.registered_at),
        "used_at": iso(device.used_at),
    }


def _device(told: Any) -> Device:
    return Device(
        **told
        | {
            "platform": Platform(told["platform"]),
            "registered_at": parse(told["registered_at"]),
            "used_at": parse(told["used_at"]),
        }
    )
