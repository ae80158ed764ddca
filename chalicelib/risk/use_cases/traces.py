"""What other domains ask about who shares what with whom. All of it is blind: it can be compared, and not read back."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from chalicelib.kit.networks import network
from chalicelib.risk.ports import SignInPorts
from chalicelib.risk.use_cases.sign_ins import device as named_device


@dataclass(frozen=True)
class Trace:
    """From where something was done: indexes of the device and of the network; None where that is not known."""

    device: str | None = None
    network: str | None = None


def trace(ports: SignInPorts, device: str | None, ip: str) -> Trace:
    """Return from where a request came, as its client names its device: no request of the database."""
    where = network(ip)
    return Trace(named_device(ports, device), None if where is None else ports.sign_ins.network(where))


def devices(ports: SignInPorts, account_ids: Sequence[str]) -> Mapping[str, Sequence[str]]:
    """Return the indexes of the devices that accounts were signed in to on; who is not there has none."""
    return ports.sign_ins.devices(account_ids)
