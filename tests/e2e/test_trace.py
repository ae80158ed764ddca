"""A booking and its payment, followed from the first request to the notice, as `make trace` does it."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from chalicelib.kit.auth import Role
from infra import trace
from infra.local.addresses import HOME_VARIABLE
from tests.e2e.town import Town

pytestmark = pytest.mark.e2e

CHAIN = (
    "api: POST /v1/orders  201",
    "api: POST /v1/orders/{order_id}/payments  201",
    "  api: POST 127.0.0.1/v1/payment_intents  200  req_",
    "api: POST /v1/webhooks/stripe  200",
    "  outbox-relay: sends payment.event_received  msg_",
    "    payments-work: payment.event_received",
    "      payments-work: GET 127.0.0.1/v1/payment_intents/pi_",
    "      outbox-relay: sends order.confirmed  msg_",
    "        notifications-deliver: order.confirmed",
)
"""Lines that the trace has, in this order, others between them."""


def test_an_order_is_followed_to_its_notice(
    town: Town,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    report: Callable[[str], None],
) -> None:
    customer, shop = town.person(), town.open_shop(town.person(Role.MERCHANT))
    start = datetime.now(UTC).replace(hour=3, minute=0, second=0, microsecond=0) + timedelta(days=4)
    held = town.call("POST", "/orders", customer, town.wish(shop, start))
    assert held.status == 201, held.text
    payment = town.pay(customer, held.json)
    town.becomes(customer, held.json["id"], "confirmed")
    town.calms_down()

    monkeypatch.setenv(HOME_VARIABLE, str(town.stack.home))
    for asked in (held.headers["X-Request-Id"], held.json["id"], payment["id"]):
        assert trace.main([asked]) == 0, capsys.readouterr().err
        shown = capsys.readouterr().out
        rows = iter([line[16:] for line in shown.splitlines() if line.startswith("  ")])
        for step in CHAIN:
            assert any(row.startswith(step) for row in rows), f"{step!r} is not there, or not in its place:\n{shown}"
    assert trace.main(["--alone", held.headers["X-Request-Id"]]) == 0
    assert "/payments" not in capsys.readouterr().out
    for line in shown.splitlines():
        report(line)
