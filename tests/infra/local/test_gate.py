"""What a page of another site can do to the local AWS: nothing."""

import asyncio
import http.client
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from infra.local.gate import gated, is_foreign
from infra.local.ministack import Ministack
from infra.local.processes import free_port

HOST = {"host": "127.0.0.1:4566"}
EVIL = {"origin": "https://evil.example"}
API = "/_aws/execute-api/abc/api/v1/health"


@pytest.mark.parametrize(
    ("path", "headers"),
    [
        ("/", HOST),
        ("/", {"host": "localhost:4566"}),
        ("/", {"host": "[::1]:4566"}),
        ("/", {"host": "packages.s3.localhost:4566"}),
        ("/", HOST | {"origin": "http://localhost:3000"}),
        ("/", HOST | {"sec-fetch-site": "none"}),
        ("/", HOST | {"origin": "http://127.0.0.1:4566", "sec-fetch-site": "same-site"}),
        (API, HOST | EVIL),
        (API, HOST | {"sec-fetch-site": "cross-site"}),
    ],
)
def test_programs_and_the_api_are_served(path: str, headers: dict[str, str]) -> None:
    assert not is_foreign(path, headers)


@pytest.mark.parametrize(
    ("path", "headers"),
    [
        ("/", HOST | EVIL),
        ("/", HOST | {"origin": "null"}),
        ("/", HOST | {"origin": "https://127.0.0.1.evil.example"}),
        ("/", HOST | {"sec-fetch-site": "cross-site"}),
        ("/", {"host": "evil.example:4566"}),
        ("/", {"host": "["}),
        ("/", {}),
        (API, {"host": "evil.example:4566"}),
        ("/_aws/execute-api", HOST | EVIL),
    ],
)
def test_other_sites_and_rebound_names_are_kept_out(path: str, headers: dict[str, str]) -> None:
    assert is_foreign(path, headers)


def test_a_websocket_of_another_site_is_closed() -> None:
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message["type"])

    async def never(*_: Any) -> None:
        raise AssertionError

    headers = [(b"Host", b"127.0.0.1"), (b"Origin", b"https://evil.example")]
    asyncio.run(gated(never)({"type": "websocket", "path": "/", "headers": headers}, None, send))
    assert sent == ["websocket.close"]


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    home: Path = tmp_path_factory.mktemp("gate")
    server = Ministack(home, free_port(), persist=False)
    server.start()
    yield server.port
    server.stop()


def ask(port: int, method: str, path: str, **headers: str) -> tuple[int, str | None]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request(method, path, headers={name.replace("_", "-"): value for name, value in headers.items()})
        answer = connection.getresponse()
        answer.read()
        return answer.status, answer.getheader("Access-Control-Allow-Origin")
    finally:
        connection.close()


def test_a_page_cannot_use_the_emulators_key(port: int) -> None:
    functions = "/2015-03-31/functions/?X-Amz-Credential=test%2F20260101%2Fap-southeast-1%2Flambda%2Faws4_request"
    functions += "&X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Signature=00"
    assert ask(port, "GET", functions)[0] == 200
    for method in ("GET", "POST", "OPTIONS"):
        assert ask(port, method, functions, Origin="https://evil.example") == (403, None)
    assert ask(port, "GET", functions, Sec_Fetch_Site="cross-site") == (403, None)
    assert ask(port, "GET", functions, Host="evil.example")[0] == 403
