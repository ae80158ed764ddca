"""Nobody gets in where they do not belong: see `matrix`. The app of the deployed stack answers in this process, in its
own environment; `make prove-access` sends the same over HTTP.
"""

import json
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest

from chalicelib.kit.endpoints import Endpoint
from tests import api
from tests.conftest import bind_clients, forget
from tests.e2e.matrix import Matrix, sent_body
from tests.e2e.operations import Done
from tests.e2e.town import Town
from tests.e2e.walk import Walk

pytestmark = pytest.mark.e2e


@pytest.fixture
def in_process(town: Town, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The environment of the stack's API function."""
    target = town.stack.target
    function = target.client("lambda").get_function_configuration(FunctionName=f"{target.prefix}-api")
    for name, value in function["Environment"]["Variables"].items():
        monkeypatch.setenv(name, value)
    for name, value in {
        "AWS_REGION": target.region,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
    }.items():
        monkeypatch.setenv(name, value)
    bind_clients(target.endpoint_url or "")
    forget()
    yield
    forget()


def send(spec: Endpoint, headers: Mapping[str, str], done: Done) -> tuple[int, Any]:
    """Hand what was done once to the app."""
    raw = done.raw.decode() if done.raw is not None else None
    answer = api.call(
        spec.method, spec.path, body=sent_body(done), raw=raw, query=done.query, headers=headers, **done.path
    )
    try:
        return answer.status, json.loads(answer.text)
    except ValueError:
        return answer.status, {}


@pytest.mark.usefixtures("in_process")
def test_everybody_gets_what_is_theirs_and_nothing_else(walk: Walk, report: Callable[[str], None]) -> None:
    began = time.monotonic()
    found = Matrix(walk, send).run()
    statuses = ", ".join(f"{status}: {count}" for status, count in sorted(found.statuses.items()))
    expected = ", ".join(f"{name}: {count}" for name, count in sorted(found.expected.items()))
    report(f"matrix: {found.cells} cells in {time.monotonic() - began:.0f} s; expected {expected}; came {statuses}")
    assert not found.faults, f"{len(found.faults)} faults\n" + "\n".join(found.faults[:60])
    assert found.expected["hidden"] > 200
    assert found.expected["403"] > 1000
