"""The running stack against its own API document: each operation succeeds, and none ever says what is not documented.

First everything is done once as it is meant (`walk`), then schemathesis makes requests that fit the document and requests
that do not, aimed at the things that are there, as each role and as nobody.
"""

import os
import time
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from schemathesis import Case, GenerationMode
from schemathesis.schemas import APIOperation

from chalicelib.kit.wire import rfc3339
from tests.e2e.operations import Operations
from tests.e2e.town import notice, slot
from tests.e2e.walk import Walk, fresh

pytestmark = pytest.mark.e2e
TIMES = int(os.environ.get("FUZZ", "1"))
EXAMPLES = {GenerationMode.POSITIVE: 3 * TIMES, GenerationMode.NEGATIVE: 2 * TIMES}
CODES = 3  # sign-in codes are budgeted
PDFS = ("payouts_statement_as_pdf", "payouts_invoice")
SIGNED_ELSEWHERE = {"notifications_topic_message"}
"""What SNS alone can sign, by a certificate of its own host: `tests/chalicelib/reach` has one of its own."""
ORDER = ("GET", "POST", "PATCH", "PUT", "DELETE")


def test_every_operation_succeeds_and_none_surprises(
    walk: Walk, report: Callable[[str], None], record_property: Callable[[str, object], None]
) -> None:
    operations, began = walk.operations, time.monotonic()
    for name, operation in sorted(operations.by_id.items(), key=lambda pair: ORDER.index(pair[1].method.upper())):
        for mode, number in EXAMPLES.items():
            attack(name, operation, mode, CODES if name == "accounts_request_code" else number, walk, operations)
    attacked = time.monotonic() - began

    requests = sum(sum(seen.values()) for seen in operations.seen.values())
    report(
        f"{len(operations.seen)} operations, {requests} requests: {walk.seconds:.0f} s as meant, {attacked:.0f} s at random"
    )
    for name, seen in sorted(operations.seen.items()):
        report(f"{name:32} {'  '.join(f'{status}: {count}' for status, count in sorted(seen.items()))}")
    record_property("fuzzed", requests)
    assert not operations.faults, "\n\n".join(operations.faults[:20])
    asked = operations.by_id.keys() - SIGNED_ELSEWHERE
    without = [name for name in asked if not any(200 <= one < 300 for one in operations.seen.get(name, ()))]
    assert not without, without
    assert max(max(seen) for seen in operations.seen.values()) < 500


def attack(
    name: str, operation: APIOperation, mode: GenerationMode, examples: int, walk: Walk, operations: Operations
) -> None:
    """Send random cases, most of them aimed at what is there."""
    owner = operations.owners.get(name, walk.merchant)
    people = [owner, owner, owner, walk.customer, walk.merchant, walk.admin, None]
    # Whatever a client says about its language is taken: that cannot be said wrongly.
    fixed = {"Accept-Language": "zh-CN"} if mode == GenerationMode.NEGATIVE else {}
    cases = operation.as_strategy(generation_mode=mode, headers=fixed)

    @settings(
        max_examples=examples,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=cases, who=st.sampled_from(people), aimed=st.integers(0, 3))
    def run(case: Case, who: Any, aimed: int) -> None:
        is_new = operation.method.upper() == "POST" and mode == GenerationMode.POSITIVE
        headers, raw = fresh() if aimed and is_new else {}, None
        if aimed:
            case.path_parameters = {key: walk.ids.get(key, value) for key, value in case.path_parameters.items()}
        if aimed and name in PDFS:
            headers |= {"Accept": "application/pdf"}
        if aimed and name == "orders_hold":
            book(case.body, walk, aimed)
        if name == "payments_stripe_notice" and aimed:
            raw = notice("payout", f"po_{aimed}")
            headers |= walk.town.signature(raw)
        operations.send(name, case, who, headers, raw)

    try:
        run()
    except Unsatisfiable:  # nothing about the operation can be said wrongly
        assert mode == GenerationMode.NEGATIVE


def book(body: Any, walk: Walk, number: int) -> None:
    """Let an order's lines ask for what the shop has."""
    for line in body.get("lines", []) if isinstance(body, dict) and isinstance(body.get("lines"), list) else []:
        if isinstance(line, dict) and "start" in line:
            line.update(
                {key: walk.ids[key] for key in ("shop_id", "offering_id")} | {"start": rfc3339(slot(number, day=5))}
            )
            line.pop("staff_id", None)
