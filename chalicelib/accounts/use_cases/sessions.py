"""Signed-in devices: going on, seeing them, ending them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from chalicelib.accounts import rules
from chalicelib.accounts.ports import Account, AccountPorts
from chalicelib.accounts.rules import Session, SessionOver, Superseded
from chalicelib.accounts.use_cases.enter import SignedIn, is_half, signed_in
from chalicelib.kit.auth import Actor
from chalicelib.kit.errors import SecondFactorNeeded
from chalicelib.kit.observability import log
from chalicelib.kit.transaction import Action, retrying


def refresh(ports: AccountPorts, refresh_token: str) -> SignedIn:
    """Exchange a refresh token for a new pair, with the account's roles as they are now.

    Clients that do so several times at once are all given the same new refresh token. A token that was replaced longer
    than `rules.GRACE` ago has been copied: its session ends.

    Raises:
        SessionOver: forged, run out, revoked or copied.
    """
    account_id, session_id, generation = ports.refresh_tokens.read(refresh_token)

    def attempt() -> SignedIn:
        account, standing = ports.store.with_session(account_id, session_id)
        if account is None or standing is None:
            raise SessionOver
        session = replace(standing, epoch=account.epoch, generation=generation + 1, refreshed_at=ports.clock.now())
        try:
            ports.committer.commit([ports.store.rotate(session)])
        except Superseded as error:
            _admit_or_revoke(ports, error.standing, account, generation)
        return signed_in(ports, account, session)

    return retrying(attempt)


def _admit_or_revoke(ports: AccountPorts, standing: Session | None, account: Account, generation: int) -> None:
    now = ports.clock.now()
    if standing is None or not stands(ports, account, standing):
        raise SessionOver
    if not rules.within_grace(standing, generation, now):
        log.warning("refresh token used again", account_id=account.id, session_id=standing.id)
        ports.store.close_session(account.id, standing.id)
        raise SessionOver


def stands(ports: AccountPorts, account: Account, session: Session) -> bool:
    """Say whether a session was not ended and has not run out."""
    return session.epoch == account.epoch and ports.clock.now() <= session.ends_at


def standing(ports: AccountPorts, actor: Actor) -> tuple[Account, Session]:
    """Return the account and the session of a request.

    Raises:
        SessionOver: it does not stand.
    """
    account, session = ports.store.with_session(actor.account_id, actor.session_id)
    if account is None or session is None or not stands(ports, account, session):
        raise SessionOver
    return account, session


def standing_whole(ports: AccountPorts, actor: Actor) -> tuple[Account, Session]:
    """Return the account and the session of a request that changes how one signs in: the request was let in on a token,
    and a second factor may have been enrolled since, elsewhere.

    Raises:
        SessionOver: it does not stand.
        SecondFactorNeeded: the account has a second factor by now that the session has not shown.
    """
    account, session = standing(ports, actor)
    if is_half(account, session):
        raise SecondFactorNeeded
    return account, session


def sign_out(ports: AccountPorts, actor: Actor) -> None:
    """End the session of a request; its access tokens stay good until they run out (`kit.auth.ACCESS_LIFE`), but not
    where it matters (`kit.permissions.LIVE`).
    """
    ports.store.close_session(actor.account_id, actor.session_id)


def my_sessions(ports: AccountPorts, actor: Actor) -> Sequence[Session]:
    """Return the actor's sessions that stand, the one refreshed last first."""
    account = ports.store.account(actor.account_id)
    if account is None:
        return []
    standing = [one for one in ports.store.sessions(actor.account_id) if stands(ports, account, one)]
    return sorted(standing, key=lambda one: one.refreshed_at, reverse=True)


def standing_sessions(ports: AccountPorts, account_id: str) -> frozenset[str]:
    """Return the ids of an account's sessions that stand."""
    account = ports.store.account(account_id)
    if account is None:
        return frozenset()
    return frozenset(one.id for one in ports.store.sessions(account_id) if stands(ports, account, one))


def revoke(ports: AccountPorts, actor: Actor, session_id: str) -> None:
    """End one of the actor's sessions; no harm when it is over."""
    ports.store.close_session(actor.account_id, session_id)


def revoke_others(ports: AccountPorts, actor: Actor) -> None:
    """End all of the actor's sessions but the one of this request."""
    for one in ports.store.sessions(actor.account_id):
        if one.id != actor.session_id:
            ports.store.close_session(actor.account_id, one.id)


def ending_sessions(ports: AccountPorts, account_id: str) -> list[Action]:
    """Return the writes that end all sessions of an account, for the transaction of what ends them."""
    return [ports.store.end_sessions(account_id)]


@dataclass(frozen=True)
class StandingSessions:
    """Whether a session stands, whatever the token of its request says; ends them too, for other domains."""

    ports: AccountPorts

    def must_stand(self, actor: Actor) -> None:
        """Let a request pass whose session stands now, whatever its token says.

        Raises:
            SessionOver: it was revoked, or the account's sessions were ended.
            SecondFactorNeeded: a second factor was enrolled elsewhere, and this session has not shown it.
        """
        whose = actor.agent_id or actor.account_id
        account, session = retrying(lambda: self.ports.store.with_session(whose, actor.session_id))
        if account is None or session is None or not stands(self.ports, account, session):
            raise SessionOver
        if is_half(account, session) and not actor.is_half:
            raise SecondFactorNeeded

    def device_of(self, actor: Actor) -> str | None:
        """Return the index of the device that a request's session was opened on; None where it named none, the session
        is over, or somebody else acts as this account: what they hold is not the customer's.
        """
        if actor.agent_id is not None:
            return None
        _, session = retrying(lambda: self.ports.store.with_session(actor.account_id, actor.session_id))
        return None if session is None else session.device

    def end_all(self, account_id: str) -> list[Action]:
        """Return the writes that end every session of an account at once; none where there is no such account."""
        return ending_sessions(self.ports, account_id) if self.ports.store.account(account_id) else []
