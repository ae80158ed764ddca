"""From where somebody writes or reports."""

from collections.abc import Callable, Sequence

from chalicelib import wiring
from chalicelib.kit.http import Call
from chalicelib.kit.networks import is_public
from chalicelib.reviews.ports import Origin
from chalicelib.risk import use_cases as risk
from chalicelib.team import use_cases as team


def trace(call: Call) -> dict[str, str | None]:
    """Return blind indexes of the network, of the device as the request names it, and of the one that its session was
    opened on: who names none, or another each time, was at one all the same when they signed in. Whom an address of no
    public network stands for nobody knows: all who come through a proxy that does not say for whom it asks.
    """
    told = risk.trace(wiring.sign_ins(), call.headers.get("x-device-id"), call.source_ip)
    signed_in_on = wiring.sessions().device_of(call.actor)
    return {
        "device": told.device,
        "signed_in_on": signed_in_on,
        "network": told.network if is_public(call.source_ip) else None,
    }


def on_device_of(call: Call) -> Callable[[Sequence[str]], bool]:
    """Return what says whether a request comes from a device on which one of these accounts was signed in to, or one of
    who works for it.
    """
    mine = origin(call).devices

    def told(account_ids: Sequence[str]) -> bool:
        if not mine:
            return False
        staff = {who for one in account_ids for who in team.members(wiring.team(), one)}
        theirs = risk.devices(wiring.sign_ins(), [*account_ids, *sorted(staff)])
        return any(mine.intersection(devices) for devices in theirs.values())

    return told


def origin(call: Call) -> Origin:
    """Return the same, to be compared with others'."""
    told = trace(call)
    devices = frozenset(filter(None, (told["device"], told["signed_in_on"])))
    return Origin(devices, told["network"])
