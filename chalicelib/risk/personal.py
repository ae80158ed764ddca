"""What risk remembers of a person. Counters cannot be read back and die within 40 days; how something is judged is not
told, for it would tell how to get around it.
"""

from chalicelib.kit.personal import Told, plain
from chalicelib.risk.ports import SignInPorts


def personal_data(ports: SignInPorts, account_id: str) -> Told:
    """Return when and about where somebody signed in last."""
    file = ports.sign_ins.facts(account_id, None, ports.clock.now()).file
    if file.signed_in_at is None:
        return {"sign_ins": []}
    return {"sign_ins": [{"at": plain(file.signed_in_at), "seen": plain(file.seen), "devices": len(file.devices)}]}


def erase(ports: SignInPorts, account_id: str) -> None:
    """Remove what is kept of sign-ins and of payments by date; a freeze stays with its reason."""
    ports.committer.commit(list(ports.sign_ins.forget(account_id)))
