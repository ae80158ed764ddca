"""What a webhook's acknowledgement costs a function: CPU of a notice verified, written down and answered, by provider.

    make bench-webhooks

Real signatures (Stripe HMAC-SHA256; WeChat RSA-2048 and AES-256-GCM; Alipay RSA-2048), the real handler, the real store
on dynoxide, whose own work is another process's. Each notice is new. Beside it: reading a notice alone, refusing a
forged one, and what is left when anybody's word is believed. CPU of this process, median of ROUNDS rounds of NOTICES,
the providers in turn, so that a machine whose speed drifts slows all. Writes `.local/bench-webhooks.json`.
"""

import json
import os
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import redirect_stdout
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks.search.emulated import emulator
from chalicelib import settings, wiring
from chalicelib.kit.dynamo import meter
from chalicelib.payments import use_cases
from chalicelib.payments.rules import Event, Notice, Subject
from infra.local.environments import ROOT
from tests.chalicelib.payments.notices import Told, secrets
from tests.emulators import SECRETS

PROVIDERS = ("stripe", "wechat", "alipay")
ROUNDS, NOTICES = 9, 40
WARM_UP = 20
Made = tuple[bytes, dict[str, str]]


def event(provider: str, made: Made) -> dict[str, Any]:
    """Return a notice as API Gateway hands it to the function."""
    raw, headers = made
    path = f"/v1/webhooks/{provider}"
    return {
        "resource": path,
        "path": path,
        "httpMethod": "POST",
        "headers": headers,
        "multiValueHeaders": {name: [value] for name, value in headers.items()},
        "queryStringParameters": None,
        "multiValueQueryStringParameters": None,
        "pathParameters": None,
        "stageVariables": None,
        "requestContext": {"resourcePath": path, "httpMethod": "POST", "path": path, "requestId": "bench"},
        "body": raw.decode(),
        "isBase64Encoded": False,
    }


def handled(status: int) -> Callable[[str, Made], None]:
    """Return what hands a notice to the app and insists on a status."""
    from app import app

    def work(provider: str, made: Made) -> None:
        answer = app(event(provider, made), None)
        if answer["statusCode"] != status:
            raise AssertionError(answer)

    return work


def read(provider: str, made: Made) -> None:
    """Verify a notice, and nothing else."""
    raw, headers = made
    notice = Notice(raw, {name.lower(): value for name, value in headers.items()})
    wiring.payments().providers[provider].read_event(notice, wiring.clock().now())


class Credulous:
    """A provider that verifies nothing."""

    def __init__(self) -> None:
        self._number = 0

    def read_event(self, _notice: Notice, _now: datetime) -> Event:
        """See `payments.ports.PaymentProvider`."""
        self._number += 1
        return Event(f"evt_{os.getpid()}_{self._number}", Subject.CHARGE, "pay_1", "paid", "nobody")


def notices(provider: str, name: str, number: int, **wrong: Any) -> list[Made]:
    """Return so many new notices, signed now."""
    now = wiring.clock().now()
    return [Told(f"evt_{name}_{count}", now, **wrong).of(provider) for count in range(number)]


def milliseconds(work: Callable[[str, Made], None], provider: str, made: Sequence[Made]) -> float:
    """Return this process's CPU for one of them."""
    started = time.process_time()
    for one in made:
        work(provider, one)
    return (time.process_time() - started) / len(made) * 1000


def measured() -> Iterator[tuple[str, str, float]]:
    """Yield (what, provider, milliseconds) of each round."""
    taken, refused = handled(200), handled(400)
    sides: list[tuple[str, Callable[[str, Made], None], dict[str, Any]]] = [
        ("acknowledged", taken, {}),
        ("read alone", read, {}),
        ("forged, refused", refused, {"forged": True}),
    ]
    for provider in PROVIDERS:
        for what, work, wrong in sides:
            milliseconds(work, provider, notices(provider, f"warm {what}", WARM_UP, **wrong))
    for count in range(ROUNDS):
        for provider in PROVIDERS:
            for what, work, wrong in sides:
                made = notices(provider, f"{what} {count}", NOTICES, **wrong)
                yield what, provider, milliseconds(work, provider, made)


def believed() -> float:
    """Return the milliseconds of the store and the use case without any verification or HTTP."""
    ports, nobody = wiring.payments(), Credulous()
    open_to_all = type(ports)(**{**vars(ports), "providers": {"nobody": nobody}})

    def work(provider: str, made: Made) -> None:
        use_cases.acknowledge(open_to_all, provider, Notice(*made))

    made = [(b"", {})] * NOTICES
    return statistics.median(milliseconds(work, "nobody", made) for _ in range(ROUNDS))


def spent(provider: str) -> tuple[float, float]:
    """Return the requests and the write units of a first acknowledgement."""
    with meter.measure() as used:
        handled(200)(provider, *notices(provider, "spent", 1))
    return used.requests, used.write_units


def main() -> None:
    """Print the table and write the figures."""
    told = SECRETS | secrets()
    # The line that each request logs is part of its cost, but nobody wants to read it.
    with emulator(), Path(os.devnull).open("w") as nowhere, redirect_stdout(nowhere):
        settings.secrets = cache(lambda: told)  # type: ignore[assignment] # SSM is not what is measured
        found: dict[str, dict[str, list[float]]] = {}
        for what, provider, took in measured():
            found.setdefault(what, {}).setdefault(provider, []).append(took)
        floor, costs = believed(), {provider: spent(provider) for provider in PROVIDERS}
    medians = {what: {name: statistics.median(took) for name, took in by.items()} for what, by in found.items()}
    title = f"{ROUNDS} rounds of {NOTICES} notices"
    table = Table("CPU ms a notice", *PROVIDERS, "wechat/stripe", "alipay/stripe", title=title)
    for what, by in medians.items():
        ratios = [f"{by[name] / by['stripe']:.2f}" for name in ("wechat", "alipay")]
        table.add_row(what, *(f"{by[name]:.2f}" for name in PROVIDERS), *ratios)
    table.add_row("requests, write units", *(f"{ask:.0f}, {units:.0f}" for ask, units in costs.values()))
    console = Console()
    console.print(table)
    console.print(f"the same without HTTP and without verifying: {floor:.2f} ms", highlight=False)
    figures = {"milliseconds": medians, "without_verifying": floor, "requests_and_write_units": costs}
    (ROOT / ".local").mkdir(exist_ok=True)
    (ROOT / ".local" / "bench-webhooks.json").write_text(json.dumps(figures, indent=2) + "\n")


if __name__ == "__main__":
    main()
