"""What other domains are given to ask whether two accounts may begin something with each other."""

from collections.abc import Sequence
from dataclasses import dataclass

from chalicelib.kit.transaction import Action
from chalicelib.profiles import use_cases
from chalicelib.profiles.ports import DealingPorts


@dataclass(frozen=True)
class Blocks:
    """See `kit.dealings.Dealings`."""

    ports: DealingPorts

    def may_begin(self, one: str, other: str) -> Sequence[Action]:
        return use_cases.may_begin(self.ports, one, other)

    def may_go_on(self, one: str, other: str) -> bool:
        return use_cases.may_go_on(self.ports, one, other)
