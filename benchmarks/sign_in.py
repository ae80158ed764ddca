"""Whether answers tell by their time who has an account, and what signing in costs.

    make bench-sign-in

The real handler in this process, the real store on dynoxide, argon2id as it ships; only codes are sent to nobody. Each
question is asked about people who have an account and about people who have none, in a random order, each person once.
For each side the 10th, 50th and 90th percentile of the time to the answer, and the Mann-Whitney U of the two samples:
how often (`chance`) somebody known took longer than somebody unknown, where one half is a coin, and how probable so
large a difference is where there is none (`p`, two-sided, normal approximation). Then CPU of this process (the
database's is another's), requests and units of what people do every day. Writes `.local/bench-sign-in.json`.
"""

import json
import os
import random
import statistics
import time
from collections.abc import Callable, Sequence
from contextlib import redirect_stdout
from functools import cache
from math import erfc, sqrt
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks.search.emulated import emulator
from chalicelib import settings
from chalicelib.accounts.ports import Kind
from chalicelib.kit.dynamo import meter
from chalicelib.wiring import base, people
from infra.local.environments import ROOT
from tests.emulators import SECRETS
from tests.fakes.codes import FakeCodeSender

PEOPLE = int(os.environ.get("SAMPLES", "150"))  # of each side
REPEATS = 30
WARM_UP = 10
PASSWORD, WRONG = "seven quiet herons", "eleven loud geese"
Answer = dict[str, Any]


def ask(method: str, path: str, body: Answer, number: int = 0, token: str = "") -> tuple[int, Answer]:
    """Send a request as API Gateway would, each person from a network of their own; return status and answer."""
    from app import app

    headers = {"Content-Type": "application/json", "X-Device-Id": f"device-{number:032}"}
    if token:
        headers["Authorization"] = f"Bearer {token}"
    address = f"10.{number >> 8 & 255}.{number & 255}.7"
    event = {
        "resource": path,
        "path": path,
        "httpMethod": method,
        "headers": headers,
        "multiValueHeaders": {name: [value] for name, value in headers.items()},
        "queryStringParameters": None,
        "multiValueQueryStringParameters": None,
        "pathParameters": None,
        "stageVariables": None,
        "requestContext": {
            "resourcePath": path,
            "httpMethod": method,
            "path": path,
            "requestId": "bench",
            "identity": {"sourceIp": address},
        },
        "body": json.dumps(body) if body else None,
        "isBase64Encoded": False,
    }
    answer = app(event, None)
    return answer["statusCode"], json.loads(answer["body"] or "{}")


def must(status: int, asked: tuple[int, Answer]) -> Answer:
    """Return an answer of a status.

    Raises:
        AssertionError: it has another.
    """
    if asked[0] != status:
        raise AssertionError(asked)
    return asked[1]


def mail(number: int) -> str:
    """Return somebody's address; every second one has an account, see `is_known`."""
    return f"person.{number}@example.com"


def is_known(number: int) -> bool:
    """Say whether a person of the samples has an account."""
    return number % 2 == 0


def sign_in(sender: FakeCodeSender, number: int) -> Answer:
    """Sign somebody in with a code."""
    to = {"email": mail(number)}
    must(202, ask("POST", "/v1/auth/codes", to, number))
    return must(200, ask("POST", "/v1/auth/tokens", to | {"code": sender.last(mail(number))}, number))


def settle(sender: FakeCodeSender, number: int) -> None:
    """Give somebody an account with a password."""
    token = sign_in(sender, number)["access_token"]
    must(200, ask("PUT", "/v1/me/password", {"password": PASSWORD}, number, token))


def times(question: Callable[[int], Any], numbers: Sequence[int]) -> tuple[list[float], list[float]]:
    """Return how long a question takes (ms) about who is known and about who is not."""
    order, found = random.sample(numbers, len(numbers)), ([], [])  # type: tuple[list[float], list[float]]
    for number in order:
        started = time.perf_counter()
        question(number)
        found[0 if is_known(number) else 1].append((time.perf_counter() - started) * 1000)
    return found


def mann_whitney(one: Sequence[float], other: Sequence[float]) -> tuple[float, float]:
    """Return how often a value of the one sample is above one of the other (ties half), and p where both are of one
    distribution.
    """
    above = sum((a > b) + 0.5 * (a == b) for a in one for b in other)
    pairs = len(one) * len(other)
    spread = sqrt(pairs * (len(one) + len(other) + 1) / 12)
    return above / pairs, erfc(abs(above - pairs / 2) / spread / sqrt(2))


def compared(sender: FakeCodeSender) -> dict[str, dict[str, Any]]:
    """Return the figures of each question."""
    people = range(1, 2 * PEOPLE + 1)
    for number in filter(is_known, people):
        settle(sender, number)
    wrong_code = {"code": "000000"}
    questions: dict[str, Callable[[int], Any]] = {
        "ask for a code": lambda who: must(202, ask("POST", "/v1/auth/codes", {"email": mail(who)}, who)),
        "a wrong code": lambda who: must(422, ask("POST", "/v1/auth/tokens", {"email": mail(who)} | wrong_code, who)),
        "a wrong password": lambda who: must(
            422, ask("POST", "/v1/auth/password", {"email": mail(who), "password": WRONG}, who)
        ),
    }
    figures = {}
    for name, question in questions.items():
        for count in range(WARM_UP):
            question(60_000 + count)  # nobody's
        known, unknown = times(question, people)
        chance, p = mann_whitney(known, unknown)
        figures[name] = {"known": _spread(known), "unknown": _spread(unknown), "chance": chance, "p": p}
    return figures


def _spread(sample: Sequence[float]) -> list[float]:
    tenths = statistics.quantiles(sample, n=10)
    return [tenths[0], tenths[4], tenths[8]]


class Day:
    """What somebody with an account does on a day, one thing after the other."""

    def __init__(self, sender: FakeCodeSender, number: int) -> None:
        settle(sender, number)
        self._sender, self._number = sender, number
        self._to = {"email": mail(number)}
        self._pair: Answer = {}

    def ask_for_a_code(self) -> None:
        must(202, ask("POST", "/v1/auth/codes", self._to, self._number))

    def sign_in_by_code(self) -> None:
        told = self._to | {"code": self._sender.last(mail(self._number))}
        self._pair = must(200, ask("POST", "/v1/auth/tokens", told, self._number))

    def sign_in_by_password(self) -> None:
        told = self._to | {"password": PASSWORD}
        self._pair = must(200, ask("POST", "/v1/auth/password", told, self._number))

    def refresh(self) -> None:
        told = {"refresh_token": self._pair["refresh_token"]}
        self._pair = must(200, ask("POST", "/v1/auth/tokens/refresh", told, self._number))

    def read_oneself(self) -> None:
        must(200, ask("GET", "/v1/me", {}, self._number, self._pair["access_token"]))

    def be_let_in(self) -> None:
        """A request that its schema refuses, once the caller is known: what knowing them costs."""
        nonsense = {"language": "none"}
        must(422, ask("PATCH", "/v1/me", nonsense, self._number, self._pair["access_token"]))


def costs(sender: FakeCodeSender) -> dict[str, dict[str, float]]:
    """Return CPU (ms, median), requests and units of each thing that people do."""
    days, found = [Day(sender, 50_000 + count) for count in range(REPEATS)], {}
    for name in ("ask_for_a_code", "sign_in_by_code", "sign_in_by_password", "refresh", "read_oneself", "be_let_in"):
        spent = []
        with meter.measure() as used:
            for day in days:
                started = time.process_time()
                getattr(day, name)()
                spent.append((time.process_time() - started) * 1000)
        units = {"requests": used.requests, "read": used.read_units, "write": used.write_units}
        per_person = {what: number / REPEATS for what, number in units.items()}
        found[name.replace("_", " ")] = {"cpu": statistics.median(spent), **per_person}
    return found


def show(timed: dict[str, dict[str, Any]], spent: dict[str, dict[str, float]]) -> None:
    """Print both tables."""
    console = Console()
    table = Table(
        "ms to the answer", "known 10/50/90 %", "unknown 10/50/90 %", "chance", "p", title=f"{PEOPLE} of each"
    )
    for name, row in timed.items():
        sides = [" / ".join(f"{value:.1f}" for value in row[side]) for side in ("known", "unknown")]
        table.add_row(name, *sides, f"{row['chance']:.3f}", f"{row['p']:.2f}")
    console.print(table)
    table = Table("each", "CPU ms", "requests", "read units", "write units", title=f"median or mean of {REPEATS}")
    for name, row in spent.items():
        table.add_row(name, f"{row['cpu']:.1f}", *(f"{row[what]:g}" for what in ("requests", "read", "write")))
    console.print(table)


def main() -> None:
    """Print the tables and write the figures."""
    sender = FakeCodeSender()
    # The line that each request logs is part of its cost, but nobody wants to read it.
    with emulator(), Path(os.devnull).open("w") as nowhere, redirect_stdout(nowhere):
        settings.secrets = cache(lambda: SECRETS)  # type: ignore[assignment] # SSM is not what is measured
        base._data_keys = lambda _secrets: {1: b"k" * 32}  # noqa: SLF001 - nor is KMS
        people._code_senders = lambda: {Kind.EMAIL: sender}  # noqa: SLF001 - nor is anybody's mailbox
        timed, spent = compared(sender), costs(sender)
    show(timed, spent)
    (ROOT / ".local").mkdir(exist_ok=True)
    (ROOT / ".local" / "bench-sign-in.json").write_text(json.dumps({"times": timed, "costs": spent}, indent=2) + "\n")


if __name__ == "__main__":
    main()
