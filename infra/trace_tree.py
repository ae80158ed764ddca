"""How lines are shown: who caused what, indented, in the order of time.

A request or a run stands at the left. Under it stand the calls to providers that it made, and the messages that it put
into the outbox: when each was relayed, and who worked it, with what that one caused in turn.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from infra.logs import GATEWAY, MILLISECONDS, clock
from infra.trace_lines import Line

_WORK = ("request", "message", "message failed", "schedule", "schedule failed")
_UNIT = {"db_requests": "db", "read_units": "RU", "write_units": "WU"}


def draw(lines: Sequence[Line]) -> Iterator[str]:
    """Yield the text of lines, one request after the other; each line of theirs stands once. Requests in a row that
    only looked at the same are one line: a customer's app asks every second whether it is paid.
    """
    left = [line for line in lines if line.kind != "metric"]
    looks: list[Line] = []
    for request in dict.fromkeys(line.request for line in left if line.request):
        mine = [line for line in left if request in line.requests]
        if len(mine) == 1 and mine[0].is_look:
            if looks and _words(looks[0], plain=True) != _words(mine[0], plain=True):
                yield from _looked(looks)
                looks = []
            looks.append(mine[0])
            continue
        yield from _looked(looks)
        looks = []
        when = datetime.fromtimestamp(min(line.began for line in mine) / MILLISECONDS, UTC)
        xray = next((str(line.told["xray_trace_id"]) for line in mine if line.told.get("xray_trace_id")), "")
        yield f"{request}  {when:%Y-%m-%d}{f'  X-Ray {xray}' if xray else ''}"
        yield from _Tree(request, mine).shown()
        yield ""
    yield from _looked(looks)


def _looked(looks: Sequence[Line]) -> Iterator[str]:
    if not looks:
        return
    first, last = looks[0], looks[-1]
    more = f"  and {len(looks) - 1} more until {clock(last.at)}" if len(looks) > 1 else ""
    yield f"{first.request}{' ...' if more else ''}"
    yield _row(first.began, first.function, 0, _words(first, plain=True) + more)
    yield ""


class _Tree:
    """What one request caused."""

    def __init__(self, request: str, lines: Sequence[Line]) -> None:
        self._request = request
        self._lines = lines
        self._done: set[Line] = set()
        self._sent: set[tuple[Line, str]] = set()

    def shown(self) -> Iterator[str]:
        told = {id_ for line in self._lines for id_ in line.tells}
        gateway = [line for line in self._lines if line.kind == GATEWAY]
        roots = [
            line for line in self._lines if line.kind in _WORK and str(line.told.get("message_id", "")) not in told
        ]
        for line in gateway:
            yield from self._one(line, 0)
        for line in roots:
            yield from self._work(line, bool(gateway))
        for line in self._lines:
            if line not in self._done and not line.messages:
                yield from self._work(line, 0)
        for line in self._lines:
            yield from self._relays(line, None, 0)

    def _work(self, line: Line, depth: int) -> Iterator[str]:
        if line in self._done:
            return
        yield from self._one(line, depth)
        if line.kind not in _WORK:
            return
        for other in self._lines:
            within = other.function == line.function and line.began - 1 <= other.began and other.at <= line.at + 1
            if within and other.kind not in _WORK and not other.messages:
                yield from self._one(other, depth + 1)
        for message_id in line.tells:
            for other in self._lines:
                yield from self._relays(other, message_id, depth + 1)
            for other in self._lines:
                if other.told.get("message_id") == message_id and other.kind in _WORK:
                    yield from self._work(other, depth + 2)

    def _one(self, line: Line, depth: int) -> Iterator[str]:
        if line not in self._done:
            self._done.add(line)
            yield _row(line.began, line.function, depth, _words(line))

    def _relays(self, line: Line, message_id: str | None, depth: int) -> Iterator[str]:
        """Show that messages were sent: one, or those of this request that were not shown yet."""
        for row in line.messages:
            id_ = str(row.get("id"))
            if row.get("request_id") != self._request or message_id not in (None, id_) or (line, id_) in self._sent:
                continue
            self._sent.add((line, id_))
            waits = "  waits: a queue did not take it" if row.get("waits") else ""
            yield _row(line.at, line.function, depth, f"sends {row.get('type')}  {id_}{waits}")


def _row(stamp: float, function: str, depth: int, words: str) -> str:
    return f"  {clock(stamp)}  {'  ' * depth}{function}: {words}"


def _words(line: Line, *, plain: bool = False) -> str:
    """Return what a line says; `plain`: without what differs from time to time."""
    told = line.told
    if line.kind == GATEWAY:
        parts = [f"{told.get('method')} {told.get('path')}", str(told.get("status"))]
        parts += [str(told[name]) for name in ("refused", "integration_error") if told.get(name) not in (None, "-", "")]
    elif line.kind == "request":
        parts = [f"{told.get('method')} {told.get('path')}", str(told.get("status")), str(told.get("problem") or "")]
    elif line.kind.startswith("message"):
        again = f"time {told['receives']}" if told.get("receives") else ""
        waited = f"waited {line.number('waited_ms'):g} ms" if "waited_ms" in told else ""
        parts = [f"{'FAILED ' if 'failed' in line.kind else ''}{told.get('type')}", again, waited]
    elif line.kind == "provider":
        theirs = told.get("provider_request")
        status = told.get("status") or "no answer"
        parts = [
            f"{told.get('method')} {told.get('provider')}{_path(told.get('path'))}",
            str(status),
            str(theirs or ""),
        ]
    elif line.kind.startswith("schedule"):
        parts = [f"{'FAILED ' if 'failed' in line.kind else ''}run of {told.get('schedule')}"]
    else:
        level = str(told.get("level", ""))
        parts = [f"{level + ' ' if level in {'WARNING', 'ERROR'} else ''}{told.get('message') or line.text[:200]}"]
    if plain:
        return "  ".join(part for part in parts if part)
    parts.append(f"{line.number('ms'):g} ms" if "ms" in told else "")
    parts += [f"{line.number(name):g} {unit}" for name, unit in _UNIT.items() if line.number(name)]
    if told.get("exception"):
        parts.append(str(told["exception"]).strip().splitlines()[-1][:200])
    return "  ".join(part for part in parts if part)


def _path(path: object) -> str:
    text = str(path or "")
    return text if text.startswith("/") else f" {text}"
