"""What the demo stands on: requests that must be answered as expected, waiting on conditions, and a line a step."""

import json
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, TypeVar

import requests
from rich.console import Console

from infra.local.addresses import Addresses
from infra.targets import Target

T = TypeVar("T")
Json = dict[str, Any]
PATIENCE = 60.0  # seconds; what happens behind queues takes about one, and some ten while the functions are cold
_POLL = 0.1


class UnexpectedError(Exception):
    """A step went otherwise than it must."""


class Person:
    """Somebody with a phone, signed in through the API; `part` is customer or merchant."""

    def __init__(self, part: str, phone: str, language: str) -> None:
        self.part, self.phone, self.language = part, phone, language
        self.token = self.refresh_token = self.account_id = ""


class Stage:
    """The running stack, as everybody sees it from outside."""

    def __init__(self, addresses: Addresses, console: Console, region: str = "ap-southeast-1") -> None:
        self.addresses = addresses
        self.console = console
        self.steps: list[tuple[str, float]] = []
        self._session = requests.Session()
        port = int(addresses.gateway.rsplit(":", 1)[1])
        self._lambda = Target.local(port=port, stage=addresses.stage, region=region).client("lambda")

    @contextmanager
    def step(self, title: str) -> Iterator[Callable[[str], None]]:
        """Time a step and print it; what it says of itself is appended. One that fails is printed and ends the demo."""
        said: list[str] = []
        started = time.perf_counter()
        try:
            yield said.append
        except Exception:
            self.console.print(f"[red]✗[/] {title}")
            raise
        seconds = time.perf_counter() - started
        self.steps.append((title, seconds))
        note = f"  [dim]{'; '.join(said)}[/]" if said else ""
        self.console.print(
            f"[green]✓[/] {title} [cyan]{seconds * 1000:,.0f} ms[/]{note}", highlight=False, soft_wrap=True
        )

    def api(
        self,
        method: str,
        path: str,
        person: Person | None = None,
        body: Json | None = None,
        *,
        status: int,
        **query: Any,
    ) -> Json:
        """Call the API; anything but `status` is unexpected."""
        headers = {"Content-Type": "application/json"}
        if person is not None:
            headers |= {"Authorization": f"Bearer {person.token}", "Accept-Language": person.language}
        if method == "POST":
            headers["Idempotency-Key"] = uuid.uuid4().hex
        data = json.dumps(body) if body is not None else None
        url = f"{self.addresses.api}/v1{path}"
        answer = self._session.request(method, url, params=query, data=data, headers=headers, timeout=PATIENCE)
        if answer.status_code != status:
            raise UnexpectedError(f"{method} {path}: expected {status}, got {answer.status_code}: {answer.text[:500]}")
        found: Json = answer.json() if answer.content else {}
        return found

    def outside(self, method: str, url: str, **more: Any) -> Json:
        """Call the inbox or the sandbox."""
        answer = self._session.request(method, url, timeout=PATIENCE, **more)
        if not answer.ok:
            raise UnexpectedError(f"{method} {url}: {answer.status_code}: {answer.text[:500]}")
        found: Json = answer.json()
        return found

    def upload(self, form: Json, content: bytes) -> None:
        """Send a file straight to storage with a form that the API gave."""
        answer = self._session.post(form["url"], data=form["fields"], files={"file": content}, timeout=PATIENCE)
        if not answer.ok:
            raise UnexpectedError(f"{form['url']}: {answer.status_code}: {answer.text[:500]}")

    def download(self, url: str) -> bytes:
        """Fetch a file by a link that the API gave."""
        answer = self._session.get(url, timeout=PATIENCE)
        if not answer.ok:
            raise UnexpectedError(f"{url}: {answer.status_code}: {answer.text[:500]}")
        return bytes(answer.content)

    def pay_at(self, url: str) -> None:
        """Open a wallet's page and press its button; the site that it leads back to is not there."""
        page = self._session.get(url, timeout=PATIENCE)
        done = self._session.post(page.url, data={"action": "pay"}, timeout=PATIENCE, allow_redirects=False)
        for answer in (page, done):
            if not answer.ok:
                raise UnexpectedError(f"{answer.url}: {answer.status_code}: {answer.text[:500]}")

    def mail(self, person: Person, kind: str) -> str:
        """Return the newest notice of a kind that reached somebody's phone, as soon as there is one."""

        def newest() -> str | None:
            query = {"to": person.phone, "kind": kind}
            found = self.outside("GET", f"{self.addresses.inbox}/messages", params=query)["data"]
            return str(found[0]["body"]) if found else None

        return self.until(newest, f"{kind} for the {person.part}")

    def invoke(self, function: str, as_of: datetime) -> Json:
        """Run a scheduled function now, as of another time."""
        event = {
            "version": "0",
            "id": str(uuid.uuid4()),
            "detail-type": "Scheduled Event",
            "source": "aws.events",
            "account": "000000000000",
            "time": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "region": "ap-southeast-1",
            "resources": [],
            "detail": {},
            "as_of": as_of.astimezone(UTC).isoformat(),
        }
        return self.call(function, event)

    def call(self, function: str, event: Json) -> Json:
        """Run a function as the operator may."""
        name = f"linli-{self.addresses.stage}-{function}"
        answer = self._lambda.invoke(FunctionName=name, Payload=json.dumps(event).encode())
        payload = answer["Payload"].read()
        if answer.get("FunctionError"):
            raise UnexpectedError(f"{function}: {payload[:500]!r}")
        result: Json = json.loads(payload or b"null")
        return result

    def until(self, look: Callable[[], T | None], what: str) -> T:
        """Return what `look` finds as soon as it finds something."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            found = look()
            if found is not None:
                return found
            time.sleep(_POLL)
        raise UnexpectedError(f"waited {PATIENCE:.0f} s in vain for {what}")

    def expect(self, found: object, wanted: object, what: str) -> None:
        """Insist on a value."""
        if found != wanted:
            raise UnexpectedError(f"{what}: expected {wanted!r}, found {found!r}")


def picked(mapping: Mapping[str, Any], **wanted: Any) -> bool:
    """Say whether a JSON object has these values."""
    return all(mapping.get(name) == value for name, value in wanted.items())
