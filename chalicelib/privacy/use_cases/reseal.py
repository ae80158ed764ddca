"""Sealing fields anew after the data key was changed.

A walk over every table with sealed fields, a page at a time. Each row is one write on the condition that its fields
stand as they were read, so what others write meanwhile is never lost; they seal with the new key themselves. To begin
anew does no harm: what is done already is only read.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from cryptography.exceptions import InvalidTag

from chalicelib.kit.observability import log
from chalicelib.kit.seal import SealedField, version_of
from chalicelib.privacy.reseal_ports import ResealPorts, SealedRow

ROWS_A_PAGE = 200
_TRIES = 4  # for a row that others write again and again


@dataclass
class Walked:
    """What was seen on some pages.

    Attributes:
        current: the version that seals now.
        fields: how many there are of each version, after what was done.
        resealed: fields that were sealed anew.
        unreadable: fields that no key opens; they stay as they are.
        next: where to go on; None at the end.
    """

    current: int
    fields: Counter[int] = field(default_factory=Counter)
    resealed: int = 0
    unreadable: int = 0
    next: dict[str, Any] | None = None


def walk(ports: ResealPorts, after: Mapping[str, Any] | None, pages: int, *, look: bool) -> Walked:
    """Seal the fields on some pages anew where their key is not the current one; to look only counts them.

    Args:
        after: where an earlier walk stopped; None to begin.
        pages: how many pages of `ROWS_A_PAGE` rows at most.
    """
    ports.sealer.renew()
    walked = Walked(ports.sealer.current)
    tables = sorted({one.table for one in ports.fields})
    position: dict[str, Any] = dict(after) if after else {"table": tables[0], "key": None}
    for _ in range(pages):
        table = position["table"]
        fields = [one for one in ports.fields if one.table == table]
        page = ports.rows.some(table, _names(fields), position["key"], ROWS_A_PAGE)
        for row in page.items:
            _take(ports, fields, row, walked, look=look)
        if page.next is None:
            later = [name for name in tables if name > table]
            if not later:
                return walked
            position = {"table": later[0], "key": None}
        else:
            position = {"table": table, "key": dict(page.next)}
    walked.next = position
    return walked


def _take(ports: ResealPorts, fields: Sequence[SealedField], row: SealedRow, walked: Walked, *, look: bool) -> None:
    table, anew, unreadable = fields[0].table, dict[str, str](), 0
    for _ in range(0 if look else _TRIES):
        anew, unreadable = _sealed_anew(ports, fields, row)
        if not anew or ports.rows.replace(table, row, anew):
            break
        fresh, anew = ports.rows.one(table, _names(fields), row.pk, row.sk), {}
        if fresh is None:
            return
        row = fresh
    stands = {**row.fields, **anew}
    walked.fields.update(version_of(stands[one.attribute]) for one in _of(fields, row))
    walked.resealed += len(anew)
    walked.unreadable += unreadable


def _sealed_anew(ports: ResealPorts, fields: Sequence[SealedField], row: SealedRow) -> tuple[dict[str, str], int]:
    anew, unreadable = {}, 0
    for one in _of(fields, row):
        sealed, place = row.fields[one.attribute], one.place_in(row.pk, row.sk)
        if version_of(sealed) == ports.sealer.current:
            continue
        try:
            anew[one.attribute] = ports.sealer.seal(ports.sealer.open(sealed, place), place)
        except (InvalidTag, KeyError):
            unreadable += 1
            log.error("sealed field does not open", table=one.table, attribute=one.attribute, pk=row.pk)
    return anew, unreadable


def _of(fields: Sequence[SealedField], row: SealedRow) -> list[SealedField]:
    return [one for one in fields if one.attribute in row.fields and row.sk.startswith(one.sk)]


def _names(fields: Sequence[SealedField]) -> list[str]:
    return sorted({one.attribute for one in fields})
