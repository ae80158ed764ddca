"""The faults: each is one kind of thing that goes wrong, for some calls, drawn by the seed; and all of them at once."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from tests.faults import database, outside
from tests.faults.base import KINDS, Fault, kind
from tests.faults.wire import Sent, Told

if TYPE_CHECKING:
    from tests.faults.town import Town

__all__ = ["KINDS", "Fault", "database", "outside"]


@kind
class Everything(Fault):
    """All of them at once, each a little more rarely."""

    name = "everything at once"
    late = True
    repeats = True

    def __init__(self, seed: int = 1) -> None:
        super().__init__(seed)
        self._all = [made(seed) for name, made in KINDS.items() if name != self.name]
        for one in self._all:
            one.rate = getattr(one, "rate", 0.0) / 4  # type: ignore[attr-defined] # some have none, and do not ask
            one.every = 60  # type: ignore[attr-defined] # likewise
        self._wires: list[Callable[[Sent], Told | None]] = []

    @property
    def struck(self) -> int:  # type: ignore[override] # the sum of the others'
        return sum(one.struck for one in self._all)

    @struck.setter
    def struck(self, _count: int) -> None:
        """Those of the others count."""

    def strikes(self, town: "Town") -> None:
        for one in self._all:
            before = town.wire.fault
            one.strikes(town)
            if town.wire.fault is not before:
                self._wires.append(town.wire.fault)
        town.wire.fault = self._on_wire

    def _on_wire(self, sent: Sent) -> Told | None:
        for look in self._wires:
            told = look(sent)
            if told is not None:
                return told
        return None

    def ends(self, town: "Town") -> None:
        for one in self._all:
            one.ends(town)

    def begins(self, town: "Town") -> None:
        for one in self._all:
            one.begins(town)

    def times(self) -> list[float]:
        return max((one.times() for one in self._all), key=len)

    def runs(self) -> int:
        return max((one.runs() for one in self._all), key=lambda runs: abs(runs - 1))

    def is_down(self, queue: str) -> bool:
        return any(one.is_down(queue) for one in self._all)
