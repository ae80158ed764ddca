"""Looking at single dues."""

from collections.abc import Iterable

from chalicelib.settlement.ports import Due, SettlementPorts


def dues(ports: SettlementPorts, due_ids: Iterable[str]) -> dict[str, Due]:
    """Return those of some dues that have fallen due, by id."""
    return ports.store.dues(due_ids)
