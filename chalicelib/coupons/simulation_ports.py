"""Where simulations of campaigns are kept."""

from typing import Protocol

from chalicelib.coupons.rules.simulation import Simulation
from chalicelib.kit.transaction import Action


class SimulationStore(Protocol):
    """Keeps simulations for a week."""

    def simulation(self, simulation_id: str) -> Simulation | None:
        """Return a simulation, read consistently; None where there is none."""
        ...

    def put(self, run: Simulation) -> Action:
        """Return the write of a new simulation, or of the next version of the one that stands."""
        ...
