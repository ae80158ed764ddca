"""Starts the emulator behind a gate that keeps web pages out: `python -P gate.py`, with the emulator's own Python.

The emulator takes the key `test` from everybody, without looking at the signature and also in an address, and lets
every origin read its answers. Any page that a developer visits could so reach it through their browser, make itself an
admin or run code as a Lambda. The gate refuses what a browser sends on behalf of another site, or to a host name that
was rebound to loopback. Our own API decides by itself who may read it, as on AWS.

Uses the standard library, the emulator and the file beside it alone.
"""

import importlib
import importlib.util
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

API = "/_aws/execute-api/"
_LOOPBACK = {"127.0.0.1", "localhost", "::1"}
_REFUSED = b'{"message": "Requests of other sites are refused."}'
_FOREIGN = {"cross-site", "same-site"}

Asgi = Callable[[Any, Any, Any], Awaitable[None]]


def is_foreign(path: str, headers: Mapping[str, str]) -> bool:
    """Whether a page of another site, or a name that was rebound to loopback, is behind a request.

    Args:
        path: without the query.
        headers: by lower-case names.
    """
    if not _is_loopback(f"//{headers.get('host', '')}"):
        return True
    if path.startswith(API):
        return False
    if "origin" in headers and not _is_loopback(headers["origin"]):
        return True
    # Browsers send no Origin with what they load for a page, such as an image; they do send this.
    return "origin" not in headers and headers.get("sec-fetch-site") in _FOREIGN


def _is_loopback(url: str) -> bool:
    try:
        name = urlsplit(url).hostname or ""
    except ValueError:
        return False
    return name in _LOOPBACK or name.endswith(".localhost")  # which browsers never ask a name server for


def gated(app: Asgi) -> Asgi:
    """Return the application behind the gate."""

    async def gate(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] in {"http", "websocket"}:
            headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
            if is_foreign(scope["path"], headers):
                await _refuse(scope["type"], send)
                return
        await app(scope, receive, send)

    return gate


async def _refuse(kind: str, send: Any) -> None:
    if kind == "websocket":
        await send({"type": "websocket.close", "code": 1008})
        return
    await send({"type": "http.response.start", "status": 403, "headers": [(b"content-type", b"application/json")]})
    await send({"type": "http.response.body", "body": _REFUSED})


def _beside(name: str) -> Any:
    """Return a module of this folder, which is on no path here: the emulator's imports are not to find it."""
    spec: Any = importlib.util.spec_from_file_location(name, Path(__file__).with_name(f"{name}.py"))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def main() -> None:
    """Serve the emulator until it is told to stop."""
    _beside("unpacking").share(importlib.import_module("ministack.core.lambda_runtime"))
    emulator: Any = importlib.import_module("ministack.app")
    emulator.app = gated(emulator.app)
    emulator.main()


if __name__ == "__main__":
    main()
