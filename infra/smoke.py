"""The smoke test of a stack that was just deployed: through its address, as anybody calls it, and changing nothing."""

import base64
import http.client
import json
import socket
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from botocore.exceptions import ClientError

from infra import canary
from infra.targets import Target
from infra.template_app import API_FUNCTION

PATIENCE_SECONDS = 30.0
"""How long an answer is waited for that is not there yet: a new API, a function's first start."""
_PAUSE_SECONDS = 0.2
_TIMEOUT_SECONDS = 29.0
_SERVER_ERROR = 500
_NOBODY = "shp_01jd0000000000000000000000"
"""An id that no shop has."""


@dataclass(frozen=True)
class Answer:
    """What came back: status, media type, and the JSON, which is empty where there was none."""

    status: int
    media: str
    body: Any


@dataclass(frozen=True)
class Probe:
    """A request that needs nobody signed in, and what is wrong with an answer to it (empty: nothing)."""

    name: str
    path: str
    wrong: Callable[[Answer, Target], str]


def _healthy(answer: Answer, target: Target) -> str:
    wanted = {"status": "ok", "stage": target.stage, "region": target.region}
    said = {name: answer.body.get(name) for name in wanted} if isinstance(answer.body, dict) else {}
    return "" if said == wanted else f"says {said} instead of {wanted}"


def _has(name: str) -> Callable[[Answer, Target], str]:
    def wrong(answer: Answer, _target: Target) -> str:
        return "" if isinstance(answer.body, dict) and name in answer.body else f"has no '{name}'"

    return wrong


def _here(answer: Answer, target: Target) -> str:
    said = answer.body.get("here") if isinstance(answer.body, dict) else None
    return "" if said == target.region else f"says that this is {said} instead of {target.region}"


def _problem(answer: Answer, _target: Target) -> str:
    if answer.media != "application/problem+json":
        return f"is {answer.media or 'nothing'}, not application/problem+json"
    missing = {"type", "title", "status", "code"} - set(answer.body)
    return f"lacks {', '.join(sorted(missing))}" if missing else ""


PROBES: tuple[tuple[Probe, int], ...] = (
    (Probe("health", "/v1/health", _healthy), 200),
    (Probe("a read of tables", "/v1/search/suggestions?lat=31.2304&lon=121.4737&q=cafe", _has("items")), 200),
    (Probe("discovery", "/v1/regions", _here), 200),
    (Probe("a read of secrets", "/v1/ticket-keys", _has("keys")), 200),
    (Probe("a shop that is not there", f"/v1/shops/{_NOBODY}", _problem), 404),
)
"""What is asked, with the status that is right."""


def address(target: Target, own: str) -> str:
    """Return through which address people reach a stage: its public one, once its name leads somewhere."""
    host = urlsplit(target.public_url).hostname
    return target.public_url if host and _leads_somewhere(host) else own


def _leads_somewhere(host: str) -> bool:
    try:
        socket.getaddrinfo(host, None)
    except OSError:
        return False
    return True


def own_address(target: Target, api: str, endpoint: str) -> str:
    """Return the address that nobody but the deployment answers: API Gateway's own, or the stage's where that is off.

    Any other name is DNS's to lead: to a page of whoever sells names, to what was there before, or nowhere.
    """
    return api if target.emulated or (target.domain and target.domain.only) else endpoint


def through_name(target: Target, asked: str) -> list[str]:
    """Return what is wrong through the stage's public name, one remark each; nothing where that was `asked` already."""
    host = urlsplit(target.public_url).hostname
    if not host or target.emulated or target.public_url == asked:
        return []
    if not _leads_somewhere(host):
        return [f"{host} leads nowhere yet"]
    until = time.monotonic() + PATIENCE_SECONDS
    lines = [line for probe, status in PROBES for line in _ask(target, target.public_url, probe, status, until)]
    return [f"{host}: {line}" for line in lines]


def problems(target: Target, api: str, functions: Mapping[str, str], package: str) -> list[str]:
    """Return what is wrong with a deployed stage, one sentence each; nothing where it answers as it should.

    Args:
        target: the stage.
        api: its address, without `/v1`.
        functions: its functions' names on Lambda, by Chalice's.
        package: the key of the package that they should run.
    """
    until = time.monotonic() + PATIENCE_SECONDS
    # The functions first: until they are ready, the package before may still answer.
    found = [line for pair in functions.items() for line in _old(target, *pair, package, until)]
    return [line for probe, status in PROBES for line in _ask(target, api, probe, status, until)] + found


def _ask(target: Target, api: str, probe: Probe, status: int, until: float) -> Iterator[str]:
    while True:
        answer = fetch(f"{api}{probe.path}")
        if isinstance(answer, Answer) and answer.status < _SERVER_ERROR:
            break
        if time.monotonic() >= until:
            break
        time.sleep(_PAUSE_SECONDS)
    if isinstance(answer, str):
        yield f"{probe.name}: {answer}"
    elif answer.status != status:
        code = answer.body.get("code", "") if isinstance(answer.body, dict) else ""
        yield f"{probe.name}: answers {answer.status}{f' {code}' if code else ''} instead of {status}"
    elif wrong := probe.wrong(answer, target):
        yield f"{probe.name}: {wrong}"


def fetch(url: str) -> Answer | str:
    """Return the answer to a GET, whatever its status, or why there is none."""
    try:
        with urllib.request.urlopen(url, timeout=_TIMEOUT_SECONDS) as response:  # noqa: S310 (https, or our loopback)
            return _answer(response.status, response.headers, response.read())
    except urllib.error.HTTPError as refused:
        with refused:
            return _answer(refused.code, refused.headers, refused.read())
    except (OSError, http.client.HTTPException) as error:
        return f"does not answer ({getattr(error, 'reason', error)})"


def _answer(status: int, headers: Any, body: bytes) -> Answer:
    try:
        parsed = json.loads(body)
    except ValueError:
        parsed = {}
    return Answer(status, headers.get_content_type(), parsed)


def _old(target: Target, name: str, function: str, package: str, until: float) -> Iterator[str]:
    """A function that is not there, is not ready, or runs another package than the one that was deployed."""
    wanted = base64.b64encode(bytes.fromhex(package.removeprefix("packages/").removesuffix(".zip"))).decode()
    asked = {"FunctionName": function}
    if name == API_FUNCTION and not target.emulated:
        asked["Qualifier"] = canary.ALIAS_NAME  # what API Gateway calls
    while True:
        try:
            found = target.client("lambda").get_function_configuration(**asked)
        except ClientError as error:
            yield f"{function}: {error.response['Error']['Code']}"
            return
        state, updated = found.get("State", "Active"), found.get("LastUpdateStatus", "Successful")
        if (state, updated) == ("Active", "Successful") or time.monotonic() >= until:
            break
        time.sleep(_PAUSE_SECONDS)
    if found["CodeSha256"] != wanted:
        yield f"{function} runs another package"
    elif (state, updated) != ("Active", "Successful"):
        yield f"{function} is {state}, its update {updated}"
