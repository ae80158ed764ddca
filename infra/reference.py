"""Keeps the reference parts of docs/ in step with the code: the error codes, the operations, the permissions, the
states.

    python -m infra.reference            # writes them between their marks
    python -m infra.reference --check    # says which files are out of step, and changes nothing

A part stands between `<!-- generated: NAME -->` and `<!-- end -->`.
"""

import re
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from chalicelib.booking.rules.booking import TRANSITIONS as BOOKING
from chalicelib.booking.rules.waits import TRANSITIONS as WAIT
from chalicelib.kit.errors import Problem
from chalicelib.kit.http import ENDPOINTS, Endpoint
from chalicelib.kit.i18n import Text
from chalicelib.kit.permissions import ACTING, GRANTS, LIVE, PERSONAL, Permission, Role
from chalicelib.openapi.document import problems
from chalicelib.orders.rules import TRANSITIONS as ORDER
from chalicelib.payments.rules import PaymentState, moves
from chalicelib.queueing.rules import TRANSITIONS as TICKET
from infra.targets import ROOT

_PART = re.compile(r"(<!-- generated: (?P<name>[a-z-]+) -->\n).*?(?=<!-- end -->)", re.DOTALL)
_FEW = 4  # places that are named one by one


def endpoints() -> list[Endpoint]:
    """Return the operations of the app, in the order of its table of contents."""
    import app

    routes = app.app.routes
    return [spec for spec in ENDPOINTS if spec.method in routes.get(spec.path, ())]


def codes() -> str:
    """Return the table of all problems that operations declare."""
    specs, found = endpoints(), dict[str, tuple[type[Problem], list[str]]]()
    for spec in specs:
        for kinds in problems(spec).values():
            for kind in kinds:
                found.setdefault(kind.code, (kind, []))[1].append(f"{spec.method} {spec.path}")
    rows = sorted(found.values(), key=lambda row: (row[0].status, row[0].code))
    return _table(
        ("status", "code", "title", "zh-CN", "where"),
        ((str(kind.status), f"`{kind.code}`", _saying(kind).en, _saying(kind).zh, _where(at)) for kind, at in rows),
    )


def _saying(kind: type[Problem]) -> Text:
    """Return what tells a problem from its kin: its title, or its detail where it has its kin's title."""
    own = vars(kind)
    return kind.detail if "detail" in own and "title" not in own else kind.title


def _where(operations: Sequence[str]) -> str:
    if len(operations) > _FEW:
        return "many operations"
    return ", ".join(f"`{operation}`" for operation in operations)


def operations() -> str:
    """Return the table of all operations."""
    return _table(
        ("operation", "what", "who", "Idempotency-Key"),
        (
            (f"`{spec.method} {spec.path}`", spec.summary, _who(spec), "required" if spec.idempotent else "")
            for spec in sorted(endpoints(), key=lambda spec: spec.tag)
        ),
    )


def _who(spec: Endpoint) -> str:
    if spec.needs is None:
        return "everybody"
    if spec.needs in PERSONAL:
        return f"signed in (`{spec.needs}`)"
    return f"{', '.join(role for role in Role if spec.needs in GRANTS[role])} (`{spec.needs}`)"


def grants() -> str:
    """Return the table of what each role may; customers have what everybody has."""
    columns = {
        "everybody, over their own": PERSONAL,
        **{role.value: held for role, held in GRANTS.items() if held},
        "support, acting as a customer": ACTING,
        "the session is looked at": LIVE,
    }
    return _table(
        ("permission", *columns),
        ((f"`{one}`", *("yes" if one in held else "" for held in columns.values())) for one in sorted(Permission)),
    )


def order_states() -> str:
    """Return the diagram of an order's states, with what leads from one to the next."""
    return _diagram(
        (before, after, happening)
        for before, happenings in ORDER.items()
        for happening, states in happenings.items()
        for after in sorted(states)
    )


def booking_states() -> str:
    """Return the diagram of a booking's states."""
    return _diagram((before, after, "") for before, states in BOOKING.items() for after in sorted(states))


def ticket_states() -> str:
    """Return the diagram of a ticket's states, with what leads from one to the next."""
    return _led(TICKET)


def wait_states() -> str:
    """Return the diagram of a wait's states, likewise; that it is over is never written."""
    return _led(WAIT)


def payment_states() -> str:
    """Return the table of the states that a payment may go on to."""
    return _table(
        ("from", "may become"),
        (
            (f"`{now}`", ", ".join(f"`{then}`" for then in PaymentState if moves(now, then)) or "nothing: final")
            for now in PaymentState
        ),
    )


PARTS: Mapping[str, Callable[[], str]] = {
    "codes": codes,
    "operations": operations,
    "grants": grants,
    "order-states": order_states,
    "booking-states": booking_states,
    "ticket-states": ticket_states,
    "wait-states": wait_states,
    "payment-states": payment_states,
}


def _table(heading: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [heading, ["---"] * len(heading), *rows]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in lines)


def _led(table: Mapping[Any, Mapping[Any, Any]]) -> str:
    """Return the diagram of a table of happenings that begins with waiting."""
    return _diagram(
        ((before, after, happening) for before, led in table.items() for happening, after in sorted(led.items())),
        first="waiting",
    )


def _diagram(moved: Iterable[tuple[str, str, str]], first: str = "held") -> str:
    steps = [f"    {before} --> {after}" + (f": {label}" if label else "") for before, after, label in moved]
    return "\n".join(["```mermaid", "stateDiagram-v2", f"    [*] --> {first}", *steps, "```", ""])


def renewed(text: str) -> str:
    """Return a document with its generated parts made anew.

    Raises:
        KeyError: it names a part that there is none of.
    """
    return _PART.sub(lambda found: found[1] + PARTS[found["name"]](), text)


def main(arguments: Sequence[str], folder: Path = ROOT / "docs") -> int:
    """Command line; 1 when something is out of step and was only to be checked."""
    stale = [path for path in sorted(folder.glob("*.md")) if renewed(path.read_text()) != path.read_text()]
    for path in stale:
        if "--check" in arguments:
            print(f"reference: {path.name} is out of step; run: python -m infra.reference")
        else:
            path.write_text(renewed(path.read_text()))
            print(f"reference: wrote {path.name}")
    return 1 if stale and "--check" in arguments else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
