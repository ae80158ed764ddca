"""What a fault is, and what all of them share."""

import random
from typing import TYPE_CHECKING, ClassVar

from tests.faults.wire import Sent, Told

if TYPE_CHECKING:
    from tests.faults.town import Town

ATTEMPTS = 3  # of one call, by `kit.aws`
KINDS: dict[str, type["Fault"]] = {}


def kind(made: type["Fault"]) -> type["Fault"]:
    """Register a fault."""
    KINDS[made.name] = made
    return made


class Fault:
    """Nothing goes wrong. `struck` counts how often something did.

    Attributes:
        late: money may come when the time it pays for is gone, so that it goes back instead.
        repeats: a text message may be sent twice, but never not at all.
    """

    name: ClassVar[str] = "nothing"
    late: ClassVar[bool] = False
    repeats: ClassVar[bool] = False

    def __init__(self, seed: int = 1) -> None:
        self.struck = 0
        self.chance = random.Random(f"{self.name} strikes {seed}")
        self.seed = seed

    def strikes(self, town: "Town") -> None:
        """Begin."""

    def ends(self, town: "Town") -> None:
        """End."""

    def begins(self, town: "Town") -> None:
        """A function begins."""

    def times(self) -> list[float]:
        """Return after how many seconds something is delivered, each time that it is."""
        return [0.0]

    def runs(self) -> int:
        """Return how often a schedule's next run happens: not at all, once, or twice."""
        return 1

    def is_down(self, _queue: str) -> bool:
        """Whether a queue's consumer fails whatever it is given."""
        return False

    def draw(self, rate: float) -> bool:
        """Say whether it strikes now."""
        hit = self.chance.random() < rate
        self.struck += hit
        return hit


class OnTheWire(Fault):
    """Strikes some calls, the first one for sure; so many attempts of each: up to three, after which botocore gives up."""

    rate: ClassVar[float] = 0.15

    def __init__(self, seed: int = 1) -> None:
        super().__init__(seed)
        self._left: dict[str, int] = {}

    def strikes(self, town: "Town") -> None:
        self.town = town
        town.wire.fault = self.on_wire

    def on_wire(self, sent: Sent) -> Told | None:
        if not self.concerns(sent):
            return None
        if sent.call not in self._left:
            rate = self.rate if self.struck else 1.0
            self._left[sent.call] = self.chance.randint(1, ATTEMPTS) if self.draw(rate) else 0
        if not self._left[sent.call]:
            return None
        self._left[sent.call] -= 1
        return self.hit(sent)

    def concerns(self, sent: Sent) -> bool:
        return sent.service == "dynamodb"

    def hit(self, sent: Sent) -> Told | None:
        raise NotImplementedError
