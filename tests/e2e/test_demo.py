"""`make demo` against the running stack: every step as expected, and told when one is not."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from infra.demo.__main__ import main
from infra.local.addresses import HOME_VARIABLE
from tests.e2e.town import Town

pytestmark = pytest.mark.e2e
STEPS = 40


def test_the_whole_journey(
    town: Town,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    report: Callable[[str], None],
) -> None:
    monkeypatch.setenv(HOME_VARIABLE, str(town.stack.home))
    status = main()
    said = capsys.readouterr().out
    assert status == 0, said
    assert said.count("✓") == STEPS
    assert "✗" not in said
    assert re.search(rf"demo: {STEPS} steps as expected in [\d.]+ s\n$", said)
    report(said.splitlines()[-1])


def test_a_step_that_goes_wrong_ends_it(
    town: Town, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(HOME_VARIABLE, str(town.stack.home))
    decline = {"kind": "error", "status": 402, "method": "POST", "path": "/v1/payment_intents/"}
    town.sandbox("POST", "/failures", decline)
    assert main() == 1
    said = capsys.readouterr().out
    assert "✗ the customer approves, Stripe's signed notice confirms (card)" in said
    assert re.search(r"demo: POST \S+/confirm: 402", said)
    assert town.sandbox("GET", "/failures") == []


def test_without_a_stack_it_says_how_to_start_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(HOME_VARIABLE, str(tmp_path))
    assert main() == 2
    assert "the local stack is not running; start it with `make run`" in capsys.readouterr().out
