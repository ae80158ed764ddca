"""A copy of all that is known of somebody: asked for, made by a worker, fetched by a link that is good for minutes."""

from dataclasses import dataclass, replace

from chalicelib.kit.auth import Actor
from chalicelib.kit.errors import NotFound
from chalicelib.kit.idempotency import Once
from chalicelib.kit.ids import new_id
from chalicelib.kit.transaction import retrying
from chalicelib.privacy import messages, requests
from chalicelib.privacy.copy import packed
from chalicelib.privacy.request_ports import RequestPorts
from chalicelib.privacy.requests import LINK_LIFE, Export, ExportState

_MEDIA = "application/zip"


@dataclass(frozen=True)
class Shown:
    """A copy as its owner sees it.

    Attributes:
        link: where it can be fetched, for `LINK_LIFE`, by whoever has the link; None where it cannot.
    """

    export: Export
    state: ExportState
    link: str | None = None


def ask(ports: RequestPorts, actor: Actor, once: Once) -> Shown:
    """Ask for a copy. It holds at once, and in clear, what a session sees piece by piece: a stolen one gets none.

    Raises:
        SignInAgain: the sign-in is not fresh.
        CopyOnItsWay, CopiesEnough: see `requests.check_copies`.
    """
    actor.must_be_fresh(ports.clock.now())

    def attempt() -> Shown:
        (known, number), now = ports.store.exports(actor.account_id), ports.clock.now()
        requests.check_copies(known, now)
        export = Export(new_id("exp"), actor.account_id, now)
        shown = Shown(export, ExportState.WAITING)
        ports.committer.commit(
            [
                *ports.store.ask_export(export, number),
                ports.outbox.put(messages.export_asked(export)),
                ports.idempotency.remember(once, shown),
            ]
        )
        return shown

    return retrying(attempt)


def make(ports: RequestPorts, account_id: str, export_id: str) -> None:
    """Make a copy and tell that it is ready. A repeat makes nothing of one that is; a run that died is done again, and
    writes the file over.
    """
    export = ports.store.export(account_id, export_id)
    if export is None or export.ready_at is not None:
        return
    now = ports.clock.now()
    content = packed({part.name: part.personal_data(account_id) for part in ports.parts}, now)
    ports.files.put(export.key, content, _MEDIA)
    ready = replace(export, ready_at=now, size=len(content))

    def finish() -> None:
        known = ports.store.export(account_id, export_id)
        if known is None or known.ready_at is not None:
            return  # somebody else was as quick
        ports.committer.commit([ports.store.finish_export(ready), ports.outbox.put(messages.export_ready(ready, now))])

    retrying(finish)


def mine(ports: RequestPorts, actor: Actor) -> list[Shown]:
    """Return the copies that somebody asked for in the last 90 days, newest first."""
    now = ports.clock.now()
    return [Shown(one, one.state_at(now)) for one in ports.store.exports(actor.account_id)[0]]


def fetch(ports: RequestPorts, actor: Actor, export_id: str) -> Shown:
    """Return a copy, with its link where it is ready. Nobody but its owner gets one, admins neither.

    Raises:
        NotFound: there is none of the caller's.
        SignInAgain: it is ready, and the sign-in is not fresh.
    """
    export = ports.store.export(actor.account_id, export_id)
    if export is None:
        raise NotFound("export")
    now = ports.clock.now()
    state = export.state_at(now)
    if state is not ExportState.READY:
        return Shown(export, state)
    actor.must_be_fresh(now)
    return Shown(export, state, ports.files.download_link(export.key, f"{export.id}.zip", _MEDIA, LINK_LIFE))
