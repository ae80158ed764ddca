"""The ways to sign in to one's own account: which there are, another one, one less.

Whoever changes them has signed in a moment ago. WeChat is one way, whatever it calls somebody in each of our apps.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from chalicelib.accounts import rules
from chalicelib.accounts.elsewhere_ports import ElsewherePorts
from chalicelib.accounts.ports import Account, AccountPorts, Identity, Kind, Receiver, Visitor
from chalicelib.accounts.rules import Begun, Return
from chalicelib.accounts.use_cases.base import existing
from chalicelib.accounts.use_cases.codes import proved, request_code
from chalicelib.accounts.use_cases.elsewhere import begin_oidc, begin_wechat, oidc_user, wechat_user
from chalicelib.accounts.use_cases.identities import link, link_all, unlink_all
from chalicelib.kit.auth import Actor


@dataclass(frozen=True)
class Way:
    """One way to sign in, as its owner is shown it.

    Attributes:
        id: for addresses.
        kind: what it is.
        shown: enough to recognise it by; nobody else could use it.
        linked_at: since when.
    """

    id: str
    kind: Kind
    shown: str
    linked_at: datetime


def ways(ports: AccountPorts, actor: Actor) -> Sequence[Way]:
    """Return the ways to sign in to the actor's account, the oldest first."""
    return ways_of(ports, existing(ports, actor.account_id))


def ways_of(ports: AccountPorts, account: Account) -> Sequence[Way]:
    """Return the ways to sign in to an account."""
    first = {rules.way(one): one for one in sorted(account.identities, key=lambda one: one.linked_at, reverse=True)}
    found = [Way(_handle(ports, account.id, one), one.kind, rules.shown(one), one.linked_at) for one in first.values()]
    return sorted(found, key=lambda one: one.linked_at)


def request_link_code(ports: AccountPorts, actor: Actor, receiver: Receiver, visitor: Visitor) -> None:
    """Send a code to a phone or an e-mail address that the actor wants to sign in by. Whose it is already is told to
    who has the code.

    Raises:
        SignInAgain: the sign-in is not fresh.
        TooMany, CountryNotServed, SmsPaused, CodeNotSent: see `codes.request_code`.
    """
    actor.must_be_fresh(ports.clock.now())
    request_code(ports, receiver, visitor, _purpose(actor), rules.LINK_TEXT)


def link_by_code(ports: AccountPorts, actor: Actor, receiver: Receiver, code: str, visitor: Visitor) -> Sequence[Way]:
    """Let a phone or an e-mail address lead to the actor's account, in the place of the one before.

    Raises:
        SignInAgain: the sign-in is not fresh.
        CodeNotAccepted: wrong, run out, used, tried too often, or sent for another account.
        IdentityTaken: it leads to another account.
    """
    actor.must_be_fresh(ports.clock.now())
    proof = proved(ports, receiver, code, _purpose(actor))
    return ways_of(ports, link(ports, actor, receiver.kind, receiver.subject, visitor.source_ip, proof))


def begin_link_wechat(ports: ElsewherePorts, actor: Actor, appid: str, redirect_uri: str) -> Begun:
    """Return the way to WeChat's page and back, for this account alone; see `begin_wechat`."""
    actor.must_be_fresh(ports.accounts.clock.now())
    return begin_wechat(ports, appid, redirect_uri, actor.account_id)


def link_wechat(ports: ElsewherePorts, actor: Actor, appid: str, back: Return, visitor: Visitor) -> Sequence[Way]:
    """Let a WeChat user lead to the actor's account.

    Raises:
        SignInAgain: the sign-in is not fresh.
        IdentityTaken: it leads to another account.
        FlowOver: it is a web app's, and was not begun by this account.
        UnknownProvider, CodeRefused, TurnedAway, ProviderDown: see `elsewhere_ports.WechatLogin`.
    """
    actor.must_be_fresh(ports.accounts.clock.now())
    user = wechat_user(ports, appid, back, actor.account_id)
    return ways_of(ports.accounts, link_all(ports.accounts, actor, Kind.WECHAT, user.subjects, visitor.source_ip))


def begin_link_oidc(ports: ElsewherePorts, actor: Actor, name: str, redirect_uri: str) -> Begun:
    """Return the way to a provider's page and back, for this account alone; see `begin_oidc`."""
    actor.must_be_fresh(ports.accounts.clock.now())
    return begin_oidc(ports, name, redirect_uri, actor.account_id)


def link_oidc(ports: ElsewherePorts, actor: Actor, name: str, back: Return, visitor: Visitor) -> Sequence[Way]:
    """Let who came back from a provider lead to the actor's account.

    Raises:
        SignInAgain: the sign-in is not fresh.
        IdentityTaken: it leads to another account.
        FlowOver: it was not begun by this account, or is over.
        UnknownProvider, CodeRefused, NotBelieved, ProviderDown: see `elsewhere_ports.OidcLogin`.
    """
    actor.must_be_fresh(ports.accounts.clock.now())
    user = oidc_user(ports, name, back, actor.account_id)
    return ways_of(ports.accounts, link(ports.accounts, actor, Kind.OIDC, user.key, visitor.source_ip))


def unlink_way(ports: AccountPorts, actor: Actor, way_id: str, source_ip: str | None) -> Account:
    """Take a way to sign in away.

    Raises:
        SignInAgain: the sign-in is not fresh.
        NotALogin: the account has no such way.
        LastIdentity: no other would be left.
    """
    actor.must_be_fresh(ports.clock.now())
    return unlink_all(ports, actor, lambda one: _handle(ports, actor.account_id, one) == way_id, source_ip)


def _handle(ports: AccountPorts, account_id: str, identity: Identity) -> str:
    return ports.store.handle(account_id, *rules.way(identity))


def _purpose(actor: Actor) -> str:
    """Return the purpose of a code for a link: one that was sent for an account is good for no other."""
    return f"link/{actor.account_id}"
