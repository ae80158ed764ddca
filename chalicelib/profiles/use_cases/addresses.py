"""The address book. Each change is decided from a fresh look and written on condition of the versions that it saw."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from chalicelib.kit.auth import Actor
from chalicelib.kit.errors import NotFound
from chalicelib.kit.idempotency import Once
from chalicelib.kit.ids import new_id
from chalicelib.kit.transaction import Action, retrying
from chalicelib.profiles.ports import Address, AddressDraft, Book, ProfilePorts
from chalicelib.profiles.problems import AddressChanged
from chalicelib.profiles.rules.addresses import added, checked, preferred, removed


@dataclass(frozen=True)
class Entry:
    """An address, and whether it is its owner's default."""

    address: Address
    default: bool


def addresses(ports: ProfilePorts, actor: Actor) -> Sequence[Entry]:
    """Return the caller's addresses in the order in which they came."""
    book, found = ports.addresses.addresses(actor.account_id)
    return entries(book, found)


def add_address(ports: ProfilePorts, actor: Actor, draft: AddressDraft, once: Once, *, default: bool) -> Entry:
    """Add an address to the caller's book; the first one is the default anyway.

    Raises:
        Invalid: names the fields at fault.
        TooManyAddresses: the book is full.
    """
    address = Address(**vars(checked(draft)), id=new_id("adr"))

    def attempt() -> Entry:
        book = added(ports.addresses.book(actor.account_id), address.id, default=default)
        entry = Entry(address, book.default == address.id)
        ports.committer.commit(
            [
                ports.addresses.create(actor.account_id, address),
                ports.addresses.put_book(book),
                ports.idempotency.remember(once, entry),
            ]
        )
        return entry

    return retrying(attempt)


def change_address(
    ports: ProfilePorts, actor: Actor, address_id: str, version: int, fields: Mapping[str, Any], *, default: bool
) -> Entry:
    """Change some fields of an address, by their names in `AddressDraft`, or make it the default, or both.

    Raises:
        NotFound: the caller has no such address.
        AddressChanged: it has another version than `version` by now.
        Invalid: names the fields at fault.
    """

    def attempt() -> Entry:
        book, found = ports.addresses.addresses(actor.account_id)
        if address_id not in book.ids or address_id not in found:
            raise NotFound("address")
        before = found[address_id]
        if before.version != version:
            raise AddressChanged(version=before.version)
        after, actions = before, list[Action]()
        if fields:
            after = replace(before, **_sound(before, fields), version=version + 1)
            actions.append(ports.addresses.replace(actor.account_id, after))
        if default and book.default != address_id:
            book = preferred(book, address_id)
            actions.append(ports.addresses.put_book(book))
        ports.committer.commit(actions)
        return Entry(after, book.default == address_id)

    return retrying(attempt)


def remove_address(ports: ProfilePorts, actor: Actor, address_id: str) -> None:
    """Remove an address; where it was the default, the oldest one that is left becomes it.

    Raises:
        NotFound: the caller has no such address.
    """

    def attempt() -> None:
        book = ports.addresses.book(actor.account_id)
        if address_id not in book.ids:
            raise NotFound("address")
        ports.committer.commit(
            [
                ports.addresses.remove(actor.account_id, address_id),
                ports.addresses.put_book(removed(book, address_id)),
            ]
        )

    retrying(attempt)


def _sound(before: Address, fields: Mapping[str, Any]) -> Mapping[str, Any]:
    said = {name: getattr(before, name) for name in AddressDraft.__dataclass_fields__}
    return vars(checked(AddressDraft(**said | dict(fields))))


def entries(book: Book, found: Mapping[str, Address]) -> list[Entry]:
    """Return the addresses of a book, in its order."""
    return [Entry(found[one], one == book.default) for one in book.ids if one in found]
