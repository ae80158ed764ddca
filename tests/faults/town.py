"""The platform under one fault: real handlers and stores on an emulator, a provider in memory, one clock.

`ask` is a client, who repeats what was not answered with the same key; `invoke` is Lambda, which starts a function.
"""

import itertools
import random
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import botocore.endpoint

from chalicelib import settings, wiring
from chalicelib.audit.ports import Why
from chalicelib.kit import ids, transaction
from chalicelib.kit.auth import Actor, Role
from chalicelib.kit.tokens import Tokens
from chalicelib.settlement import use_cases as settlement
from chalicelib.settlement.ports import Route, Terms
from tests.api import ADMIN, Answer, call, present
from tests.fakes.provider import FakeProvider
from tests.fakes.time import FakeClock
from tests.faults.base import Fault
from tests.faults.queues import Queues
from tests.faults.wire import Killed, Wire
from tests.world import open_shop

BEGINS = datetime(2030, 5, 1, 1, 30, tzinfo=UTC)
MERCHANT = Actor("acc_m0", frozenset({Role.CUSTOMER, Role.MERCHANT}), "ses_m0")
PRICE = 10_000
TERMS = Terms(zone="Asia/Shanghai", delay_days=1, commission_bps=800, route=Route.CONNECT, connect_account="acct_m0")
PATIENCE = 100
"""How often a client repeats what is not answered."""
PASSING = frozenset(
    {"busy", "request-in-progress", "temporarily-unavailable", "outcome-unknown", "provider-unavailable"}
)
"""Codes that tell a client to repeat."""


class Town:
    """Everything that runs.

    Attributes:
        seen: what clients were answered, by status and code.
        wrong: answers that no client should get.
    """

    def __init__(self, emulator: Any, monkeypatch: Any, seed: int, fault: Fault) -> None:
        self.emulator, self.chance, self.fault = emulator, random.Random(f"{fault.name} {seed}"), fault
        self.real = FakeClock(BEGINS)
        self.clock = SkewedClock(self.real)
        wiring.use_clock(self.clock)
        self._same_ids(monkeypatch)
        _without_waits(monkeypatch)
        self.provider = FakeProvider("stripe", 290, self.real.now)
        self._wire(monkeypatch)
        self.queues = Queues(self.real)
        self.wire = Wire(self.queues.answer)
        self.seen: Counter[str] = Counter()
        self.wrong: list[str] = []
        self.replays, self.is_calm = 0, False
        keys = wiring.base._access_keys(False)
        self._tokens = Tokens(lambda _again: keys, settings.settings().stage, settings.regions())
        self.shop = self._shop()
        self.wire.up()
        fault.strikes(self)

    def _same_ids(self, monkeypatch: Any) -> None:
        # Ids decide where rows lie, and so what is met first: the same seed, the same ids.
        draws = random.Random(self.chance.random())
        monkeypatch.setattr(ids, "secrets", SimpleNamespace(randbits=draws.getrandbits))
        now = self.real.now
        monkeypatch.setattr(ids, "time", SimpleNamespace(time_ns=lambda: int(now().timestamp() * 1000) * 1_000_000))

    def _wire(self, monkeypatch: Any) -> None:
        bank = self.provider
        ports = replace(wiring.payments(), providers={"stripe": bank}, disputes={"stripe": bank})
        monkeypatch.setattr(wiring, "stripe", lambda: bank)
        monkeypatch.setattr(wiring, "payments", lambda: ports)

    def _shop(self) -> dict[str, Any]:
        shop = open_shop(actor=MERCHANT, price=PRICE)
        settlement.set_terms(wiring.settlement(), ADMIN, MERCHANT.account_id, TERMS, Why("faults"))
        return shop

    def calm(self) -> None:
        """Nothing goes wrong any more, but for late copies of what was told before."""
        self.is_calm = True
        self.fault.ends(self)
        self.wire.fault = lambda _sent: None
        self.clock.ahead = 0.0
        self.provider.loses = lambda: False

    def ask(self, actor: Actor | None, method: str, route: str, body: Any = None, **more: Any) -> Answer:
        """Ask as a client does: again, with the same key, until there is an answer; and once more after it."""
        key = f"{self.chance.getrandbits(128):032x}"
        answer = self._answered(actor, method, route, body, key, **more)
        if method == "POST" and 200 <= answer.status < 300 and "raw" not in more:
            again = self._answered(actor, method, route, body, key, **more)
            if (again.status, again.text) != (answer.status, answer.text):
                self.wrong.append(
                    f"{method} {route}: {answer.status} {answer.text}, repeated {again.status} {again.text}"
                )
            self.replays += "Idempotent-Replayed" in again.headers
        return answer

    def _answered(self, actor: Actor | None, method: str, route: str, body: Any, key: str, **more: Any) -> Answer:
        waits = itertools.count()
        for _ in range(PATIENCE):
            answer = self._asked(actor, method, route, body, key, **more)
            if answer is None:
                self.seen["502 function died"] += 1  # API Gateway's own answer
                continue
            problem = answer.json.get("code", "") if answer.status >= 400 else ""
            self.seen[f"{answer.status} {problem}".strip()] += 1
            wait = answer.headers.get("Retry-After")
            if answer.status == 500 or (answer.status == 503 and not wait):
                self.wrong.append(f"{method} {route}: {answer.status} {answer.text}")
            if problem not in PASSING:
                return answer
            if wait is None:
                self.wrong.append(f"{method} {route}: {problem} without Retry-After")
            self.real.move(seconds=int(wait or 1) * min(2 ** next(waits), 16))  # as clients back off
        raise AssertionError(f"{method} {route} was never answered: {self.seen}")

    def _asked(self, actor: Actor | None, method: str, route: str, body: Any, key: str, **more: Any) -> Answer | None:
        headers = dict(more.pop("headers", {}))
        if actor is not None:
            headers["Authorization"] = f"Bearer {self._tokens.issue(actor, self.real.now())}"
        self.fault.begins(self)
        try:
            return call(method, route, body=body, key=key, headers=headers, **more)
        except Killed:
            return None

    def invoke(self, handler: Any, event: dict[str, Any]) -> Any:
        """Run a function on an event.

        Raises:
            Killed: it died.
            Exception: it raised.
        """
        self.fault.begins(self)
        return handler(event, None)

    def welcome(self, *actors: Actor) -> None:
        """Let accounts and sessions be there."""
        self.wire.down()
        for actor in actors:
            present(actor)
        self.wire.up()

    def gone(self) -> None:
        """Let go of the clients."""
        self.wire.down()


class SkewedClock:
    """The clock of the container that runs now: `ahead` seconds off."""

    def __init__(self, real: FakeClock) -> None:
        self._real, self.ahead = real, 0.0

    def now(self) -> datetime:
        return self._real.now() + timedelta(seconds=self.ahead)


def _without_waits(monkeypatch: Any) -> None:
    """Retries are the real ones, but nobody waits for them."""
    monkeypatch.setattr(botocore.endpoint, "time", SimpleNamespace(sleep=lambda _seconds: None))
    monkeypatch.setitem(transaction.retrying.__kwdefaults__, "sleep", lambda _seconds: None)
