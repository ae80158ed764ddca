"""What falls due to a merchant, or is taken back. Called by other domains, inside their own transactions."""

from chalicelib.kit.transaction import Action
from chalicelib.settlement import rules
from chalicelib.settlement.ports import SettlementPorts
from chalicelib.settlement.rules import Due, Share


def accrue(ports: SettlementPorts, due: Due, share: Share) -> list[Action]:
    """Return the write that lets a line's money fall due, less the platform's share; none where there is no money. A
    due of an id falls due once: a second time is `AlreadyPosted`.
    """
    if not due.gross and not due.platform_discount:
        return []
    return [ports.store.accrue(rules.earned(due, share))]


def back_of_line(ports: SettlementPorts, due: Due, share: Share, base: int) -> list[Action]:
    """Return the write that takes back (`due.gross` is negative), or gives again, what had fallen due of a line.

    Args:
        ports: what settlement needs.
        due: what changes.
        share: as frozen on the line.
        base: what the platform's share is taken of as long as this has not happened, minor units.
    """
    if not due.gross and not due.platform_discount:
        return []
    return [ports.store.accrue(rules.taken_back(due, share, base=base))]
