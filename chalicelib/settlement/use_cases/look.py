"""Looking at single dues."""

from chalicelib.settlement.ports import Due, SettlementPorts


def due(ports: SettlementPorts, due_id: str) -> Due | None:
    """Return a due, None where nothing of that name fell due."""
    return ports.store.due(due_id)
