"""The list of blocked names, which admins keep."""

from collections.abc import Sequence

from chalicelib.audit import use_cases as audit
from chalicelib.audit.ports import Why
from chalicelib.kit.auth import Actor
from chalicelib.kit.errors import invalid
from chalicelib.kit.idempotency import Once
from chalicelib.kit.transaction import retrying
from chalicelib.vetting.ports import BlockedName, VettingPorts


def blocked(ports: VettingPorts) -> Sequence[BlockedName]:
    """Return the whole list."""
    return ports.store.blocked()


def block(ports: VettingPorts, actor: Actor, text: str, why: Why, once: Once) -> BlockedName:
    """Block a name, and note it. It holds for what is submitted from now on.

    Raises:
        Invalid: nothing of it can be compared.
    """
    name = BlockedName.of(text)
    if not name.folded:
        raise invalid("text", "holds no letter and no digit")

    def attempt() -> BlockedName:
        noted = audit.noted(ports.audit, why.entry(actor, "vetting.block", f"name:{name.id}"), ports.clock.now())
        ports.committer.commit([ports.store.block(name), *noted, ports.idempotency.remember(once, name)])
        return name

    return retrying(attempt)


def unblock(ports: VettingPorts, actor: Actor, name_id: str, source_ip: str) -> None:
    """Take a name from the list, and note it.

    Raises:
        NotFound: it is not there.
    """

    def attempt() -> None:
        entry = Why("no longer blocked", source_ip).entry(actor, "vetting.unblock", f"name:{name_id}")
        ports.committer.commit([ports.store.unblock(name_id), *audit.noted(ports.audit, entry, ports.clock.now())])

    retrying(attempt)
