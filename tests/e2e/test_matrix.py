"""Nobody gets in where they do not belong: see `matrix`. The app of the deployed stack answers in this process, in its
own environment; `make prove-access` sends the same over HTTP.
"""

import json
import os
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any
from urllib.parse import quote

import pytest
import requests

from chalicelib.kit.endpoints import ENDPOINTS, Endpoint
from tests import api, openapi
from tests.conftest import bind_clients, forget
from tests.e2e.fields import GUARDS
from tests.e2e.matrix import Matrix, Send, sent_body
from tests.e2e.operations import Done
from tests.e2e.town import ANSWER_SECONDS, Town
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
        "AWS_DEFAULT_REGION": target.region,
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


def over_http(town: Town) -> Send:
    """Return what sends over HTTP."""
    session = requests.Session()

    def sending(spec: Endpoint, headers: Mapping[str, str], done: Done) -> tuple[int, Any]:
        body = sent_body(done)
        data = done.raw if done.raw is not None else (None if body is None else json.dumps(body))
        url = town.api + spec.path.format(**{name: quote(value, safe="") for name, value in done.path.items()})
        sent = {"Content-Type": "application/json", **headers}
        answer = session.request(
            spec.method, url, params=done.query, data=data, headers=sent, timeout=ANSWER_SECONDS, allow_redirects=False
        )
        openapi.check(api.Answer(answer.status_code, answer.text, dict(answer.headers)), spec.method, spec.path)
        try:
            return answer.status_code, answer.json()
        except ValueError:
            return answer.status_code, {}

    return sending


@pytest.mark.usefixtures("in_process")
def test_everybody_gets_what_is_theirs_and_nothing_else(
    town: Town, walk: Walk, report: Callable[[str], None], record_property: Callable[[str, object], None]
) -> None:
    began = time.monotonic()
    found = Matrix(walk, over_http(town) if os.environ.get("MATRIX") == "http" else send).run()
    done = walk.operations.done
    guarded = [spec for spec in ENDPOINTS if spec.needs is not None and f"{spec.tag}_{spec.name}" in done]
    for name, count in (("operations", len(done)), ("guarded", len(guarded)), ("cells", found.cells)):
        record_property(name, count)
    statuses = ", ".join(f"{status}: {count}" for status, count in sorted(found.statuses.items()))
    expected = ", ".join(f"{name}: {count}" for name, count in sorted(found.expected.items()))
    report(f"matrix: {found.cells} cells in {time.monotonic() - began:.0f} s; expected {expected}; came {statuses}")
    told = ", ".join(f"{name}: {found.shown[name]} shown, {found.kept[name]} kept" for name in GUARDS)
    report(f"fields: {told}")
    assert not found.faults, f"{len(found.faults)} faults\n" + "\n".join(found.faults[:60])
    assert found.expected["hidden"] > 200
    assert found.expected["403"] > 1000
