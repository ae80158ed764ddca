"""All that is kept of somebody: handed over, or removed."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from chalicelib.kit.clock import iso
from chalicelib.kit.personal import every
from chalicelib.profiles.ports import ProfilePorts, Side
from chalicelib.profiles.use_cases.addresses import Entry, entries
from chalicelib.profiles.use_cases.blocks import lift

_AT_ONCE = 100  # blocks of one query


def personal_data(ports: ProfilePorts, account_id: str) -> Mapping[str, Any]:
    """Return all that is kept of somebody in plain form, as JSON has it. Who blocks them is not among it: that is told
    to nobody.
    """
    choices, now = ports.choices.choices(account_id), ports.clock.now()
    quiet = choices.quiet
    return {
        "addresses": [_address(one) for one in entries(*ports.addresses.addresses(account_id))],
        "favourites": [
            {"shop_id": one.shop_id, "at": iso(one.at)} for one in every(partial(ports.shelf.favourites, account_id))
        ],
        "history": [
            {"shop_id": one.shop_id, "at": iso(one.at)}
            for one in every(lambda after, limit: ports.shelf.seen(account_id, after, limit, now))
        ],
        "keeps_history": choices.keeps_history,
        "notices_switched_off": [{"kind": kind, "channel": channel.value} for kind, channel in sorted(choices.off)],
        "quiet_hours": {"from": f"{quiet.start:%H:%M}", "until": f"{quiet.end:%H:%M}", "zone": quiet.zone}
        if quiet
        else None,
        "blocked": [
            vars(one) | {"side": one.side.value, "at": iso(one.at)}
            for side in Side
            for one in every(partial(ports.blocks.blocks, account_id, side))
        ],
    }


def erase(ports: ProfilePorts, account_id: str) -> None:
    """Remove all that is kept of somebody, also who blocks them, and why. Safe to repeat and to die at any point: what
    is left is found by the next run. Whoever is still signed in can write again: end their sessions first. The index
    of who blocks them may be a moment old: a run some minutes later finds what was missed.
    """
    for side in Side:
        while found := ports.blocks.blocks(account_id, side, None, _AT_ONCE).items:
            for block in found:
                lift(ports, account_id, side, block.other, [])
    for block in ports.blocks.against(account_id):
        lift(ports, block.by, block.side, account_id, [])
    ports.whole.forget(account_id)


def _address(entry: Entry) -> Mapping[str, Any]:
    address = entry.address
    told = vars(address) | {"lines": list(address.lines), "default": entry.default}
    position = address.position
    return told | {"position": {"lat": position.lat, "lon": position.lon} if position else None}
