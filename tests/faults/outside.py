"""What providers, queues, keys, files, senders, clocks and consumers do."""

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from chalicelib import settings, wiring
from chalicelib.kit.errors import Unavailable
from tests.faults.base import Fault, OnTheWire, kind
from tests.faults.wire import Sent, Told, lost, refusal

if TYPE_CHECKING:
    from tests.faults.town import Town

DAY = 24 * 3600.0


@kind
class SlowProvider(Fault):
    """The provider of payments times out, with the work done or not done, says 500 or that it is asked too much."""

    name = "slow provider"
    _ASKED = (
        "charge", "charge_state", "find_charge", "refund", "find_refund", "refund_state", "transfer", "find_transfer",
        "reverse", "movements",
    )  # fmt: skip

    def strikes(self, town: "Town") -> None:
        town.provider.loses = lambda: self.draw(0.25)
        for name in self._ASKED:
            setattr(town.provider, name, self._before(getattr(town.provider, name)))

    def _before(self, work: Callable[..., Any]) -> Callable[..., Any]:
        def asked(*given: Any) -> Any:
            if self.draw(0.2):
                raise Unavailable(retry_after=2)
            return work(*given)

        return asked

    def ends(self, town: "Town") -> None:
        for name in self._ASKED:
            delattr(town.provider, name)


@kind
class TwiceAndLate(Fault):
    """Webhooks, messages and records of the stream come twice or three times, in any order, some a day late again; runs
    on a schedule are missed, or happen twice.
    """

    name = "twice, shuffled and late"

    def times(self) -> list[float]:
        copies = [0.0] * self.chance.choice((1, 1, 2, 3))
        if self.chance.random() < 0.2:
            copies.append(self.chance.uniform(0.5, 1.5) * DAY)
        self.struck += len(copies) > 1
        return copies

    def runs(self) -> int:
        runs = self.chance.choice((0, 1, 1, 2))
        self.struck += runs != 1
        return runs


@kind
class ClockSkew(Fault):
    """Each function runs in a container whose clock is off by up to four minutes."""

    name = "clocks that are off"
    late = True

    def begins(self, town: "Town") -> None:
        town.clock.ahead = self.chance.uniform(-240, 240)
        self.struck += 1


@kind
class ConsumersDown(Fault):
    """The functions at the queues' ends fail for a day; what dies is sent back afterwards."""

    name = "consumers down for a day"
    late = True

    def strikes(self, town: "Town") -> None:
        self._clock, self._until = town.real, None
        self._hours = self.chance.uniform(0.5, 6)
        self._began = town.real.now()

    def is_down(self, _queue: str) -> bool:
        since = (self._clock.now() - self._began).total_seconds() / 3600
        down = self._hours <= since < self._hours + 24
        self.struck += down
        return down


@kind
class QueuesRefuse(OnTheWire):
    """SQS does not answer, refuses, or takes a part of a batch."""

    name = "queues that refuse"
    rate = 0.4

    def concerns(self, sent: Sent) -> bool:
        return sent.service == "sqs"

    def hit(self, sent: Sent) -> Told | None:
        draw = self.chance.random()
        if draw < 0.3 and sent.operation == "SendMessageBatch":
            asked = sent.body["Entries"]
            failed = [{"Id": one["Id"], "Code": "InternalError", "SenderFault": False} for one in asked]
            return Told(200, json.dumps({"Successful": [], "Failed": failed}).encode())
        if draw < 0.6:
            return refusal(sent, "RequestThrottled")
        if draw < 0.8:
            self.town.wire.carry_out(sent)
        raise lost(sent)


@kind
class ColdStarts(OnTheWire):
    """Every function starts cold, while the stores of secrets and of keys throttle or do not answer."""

    name = "cold starts without keys"
    rate = 0.4

    def begins(self, town: "Town") -> None:
        if self.chance.random() < 0.5:
            settings.reset()
            wiring.base._unwrapped.cache_clear()
            wiring.base.sealer.cache_clear()
            wiring.base.tokens.cache_clear()
            wiring.people.accounts.cache_clear()

    def concerns(self, sent: Sent) -> bool:
        return sent.service in {"ssm", "kms"}

    def hit(self, sent: Sent) -> Told | None:
        draw = self.chance.random()
        if draw < 0.4:
            return refusal(sent, "ThrottlingException")
        if draw < 0.7:
            return refusal(sent, "InternalServerError" if sent.service == "ssm" else "KMSInternalException", 500)
        raise lost(sent)


@kind
class FilesDown(OnTheWire):
    """S3 asks for patience or does not answer."""

    name = "files down"
    rate = 0.5

    def concerns(self, sent: Sent) -> bool:
        return sent.service == "s3"

    def hit(self, sent: Sent) -> Told | None:
        if self.chance.random() < 0.5:
            return refusal(sent, "SlowDown", 503)
        raise lost(sent)


@kind
class SendersDown(OnTheWire):
    """SNS throttles or does not answer; where the answer is lost, the text was sent all the same."""

    name = "senders down"
    rate = 0.5
    repeats = True

    def concerns(self, sent: Sent) -> bool:
        return sent.service == "sns"

    def hit(self, sent: Sent) -> Told | None:
        draw = self.chance.random()
        if draw < 0.5:
            return refusal(sent, "Throttled", 429)
        if draw < 0.75:
            self.town.wire.carry_out(sent)
        raise lost(sent)
