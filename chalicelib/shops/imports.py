"""Taking shops over from elsewhere."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import fields, replace
from datetime import datetime
from functools import partial
from typing import TypeVar

from chalicelib.kit.errors import FieldError, NotFound
from chalicelib.kit.ids import derived_id
from chalicelib.kit.transaction import MAX_ACTIONS, Action, Contention, retrying
from chalicelib.shops import checks
from chalicelib.shops.ports import ShopPorts
from chalicelib.shops.rules import Imported, ImportRow, Listing, Shop
from chalicelib.shops.serving import Offering, Staff

_BARE = "-bare"  # ends the fingerprint of a row without offerings and staff: its shop has none until somebody adds one
_LATER = ("exceptions", "media", "specs", "service_area")  # of a shop; the first lists knew nothing of these
_LATER_OFFERED = ("specs", "buffer_before_minutes", "skills", "needs", "staffed", "deposit_bps", "approval", "seats")
_LATER_SERVING = ("skills", "hours", "exceptions")  # no list tells these
_MOST_TOGETHER = 60  # writes of several shops: of the largest rows (60 KB) so many fit the 4 MB of a transaction
_MOST_PARTS = MAX_ACTIONS - 1  # offerings and staff: with the shop they fit one transaction


def import_many(ports: ShopPorts, owner_id: str, rows: Sequence[ImportRow]) -> Imported:
    """Take shops over from elsewhere: new ones are made, those whose row has changed get a new version, the others stay
    as they are, with what their merchant has changed since. Nothing is told to search: the caller indexes the listings,
    those of unchanged rows too, so that a run that broke off in between can be repeated.

    Args:
        ports: what shops need.
        owner_id: the account that is to run them.
        rows: at most some hundred at a time.
    """
    rejected = _rejected(rows)
    taken = {_import_id(row): (index, row) for index, row in enumerate(rows) if index not in rejected}
    standing = ports.store.imported(list(taken))
    new: list[tuple[Listing, str]] = []
    unchanged: list[Listing] = []
    changed: list[tuple[ImportRow, Listing]] = []
    for shop_id, (index, row) in taken.items():
        before, fingerprint = standing.get(shop_id, (None, ""))
        if before is None:
            new.append((_imported(row, shop_id, owner_id, ports.clock.now()), _fingerprint(row)))
        elif before.merchant_id != owner_id:
            rejected[index] = (FieldError("external_id", "the shop is run by somebody else"),)
        elif fingerprint == _fingerprint(row):
            as_made = Listing(before, _imported_offerings(row, shop_id), _imported_staff(row, shop_id))
            unchanged.append(as_made if before.version == 1 else _standing(ports, shop_id))
        else:
            bare = before.version == 1 and fingerprint.endswith(_BARE)
            changed.append((row, Listing(before, (), ()) if bare else _standing(ports, shop_id)))
    ports.store.import_new(new)
    updated = _updated(ports, changed)
    listings = (*(made for made, _ in new), *updated, *unchanged)
    return Imported(len(new), len(updated), len(unchanged), tuple(sorted(rejected.items())), listings)


def _rejected(rows: Sequence[ImportRow]) -> dict[int, tuple[FieldError, ...]]:
    rejected: dict[int, tuple[FieldError, ...]] = {}
    seen: set[str] = set()
    for index, row in enumerate(rows):
        faults = checks.shop_faults(row.draft)
        for number, offering in enumerate(row.offerings):
            for fault in checks.offering_faults(offering, row.draft.currency, ()):
                faults.append(FieldError(f"offerings.{number}.{fault.field}", fault.message))
        for number, name in enumerate(row.staff):
            wrong = checks.staff_faults(Staff("", "", name))
            faults += [FieldError(f"staff.{number}.{fault.field}", fault.message) for fault in wrong]
        if len(row.offerings) + len(row.staff) > _MOST_PARTS:
            faults.append(FieldError("offerings", f"at most {_MOST_PARTS}, with the staff"))
        if _import_id(row) in seen:
            faults.append(FieldError("external_id", "twice in one batch"))
        seen.add(_import_id(row))
        if faults:
            rejected[index] = tuple(faults)
    return rejected


def _updated(ports: ShopPorts, changed: Iterable[tuple[ImportRow, Listing]]) -> list[Listing]:
    """Write the next versions of shops, as many in a transaction as fit; where somebody came between, one by one."""
    updated: list[Listing] = []
    group: list[tuple[ImportRow, Listing]] = []
    actions: list[Action] = []
    for row, before in changed:
        after, writes = _next(ports, row, before)
        if actions and len(actions) + len(writes) > _MOST_TOGETHER:
            updated += _committed(ports, group, actions)
            group, actions = [], []
        group.append((row, after))
        actions += writes
    return [*updated, *_committed(ports, group, actions)]


def _committed(
    ports: ShopPorts, group: Sequence[tuple[ImportRow, Listing]], actions: Sequence[Action]
) -> list[Listing]:
    def again(row: ImportRow, shop_id: str) -> Listing:
        after, writes = _next(ports, row, _standing(ports, shop_id))
        ports.committer.commit(writes)
        return after

    try:
        ports.committer.commit(actions)
    except Contention:
        return [retrying(partial(again, row, after.shop.id)) for row, after in group]
    return [after for _, after in group]


def _next(ports: ShopPorts, row: ImportRow, before: Listing) -> tuple[Listing, Sequence[Action]]:
    """Return the shop as a changed row has it, and the writes that make it so. What is told of a shop and what is not
    cannot be told apart where lists came without it at first: there the merchant's word stands.
    """
    told = {name: value for name, value in vars(row.draft).items() if name != "terms" and (value or name not in _LATER)}
    shop = replace(before.shop, **told, version=before.shop.version + 1)
    offerings = tuple(_kept(one, before.offerings, _LATER_OFFERED) for one in _imported_offerings(row, shop.id))
    staff = tuple(_kept(one, before.staff, _LATER_SERVING) for one in _imported_staff(row, shop.id))
    fresh = {one.id for one in offerings} | {one.id for one in staff}
    after = Listing(
        shop,
        (*offerings, *(one for one in before.offerings if one.id not in fresh)),
        (*staff, *(one for one in before.staff if one.id not in fresh)),
        before.resources,
    )
    return after, ports.store.import_again(Listing(shop, offerings, staff), _fingerprint(row))


_Part = TypeVar("_Part", Offering, Staff)


def _kept(part: _Part, before: Iterable[_Part], names: Iterable[str]) -> _Part:
    """Return a part as its row has it, with what the row does not tell as the merchant has told it since."""
    standing = next((one for one in before if one.id == part.id), part)
    untold = {one.name for one in fields(part) if getattr(part, one.name) == one.default}
    return replace(part, **{name: getattr(standing, name) for name in names if name in untold})


def _standing(ports: ShopPorts, shop_id: str) -> Listing:
    found = ports.store.listing(shop_id)
    if found is None:
        raise NotFound("shop")
    return found


def _imported(row: ImportRow, shop_id: str, owner_id: str, now: datetime) -> Listing:
    shop = Shop(**vars(row.draft), id=shop_id, merchant_id=owner_id, created_at=now)
    return Listing(shop, _imported_offerings(row, shop_id), _imported_staff(row, shop_id))


def _imported_offerings(row: ImportRow, shop_id: str) -> tuple[Offering, ...]:
    return tuple(
        Offering(**vars(draft), id=derived_id("off", shop_id, str(number)), shop_id=shop_id)
        for number, draft in enumerate(row.offerings)
    )


def _imported_staff(row: ImportRow, shop_id: str) -> tuple[Staff, ...]:
    return tuple(Staff(derived_id("stf", shop_id, str(number)), shop_id, name) for number, name in enumerate(row.staff))


def _import_id(row: ImportRow) -> str:
    return derived_id("shp", row.source, row.external_id)


def _fingerprint(row: ImportRow) -> str:
    parts = "" if row.offerings or row.staff else _BARE
    later = [*(getattr(row.draft, name) for name in _LATER), *(one.specs for one in row.offerings)]
    told = repr(row) + (repr(later) if any(later) else "")  # `repr` leaves these out
    return hashlib.sha256(told.encode()).hexdigest()[:32] + parts
