"""Signing in at others: WeChat, and OpenID providers."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from chalicelib.accounts.elsewhere_ports import ElsewherePorts
from chalicelib.accounts.ports import Account, AccountPorts, Identity, Kind, Visitor
from chalicelib.accounts.rules import (
    MOST_IDENTITIES,
    OIDC,
    WECHAT,
    Begun,
    EmailKnown,
    Flow,
    FlowOver,
    OidcUser,
    RedirectRefused,
    Return,
    UnknownProvider,
    WechatUser,
)
from chalicelib.accounts.use_cases.base import existing, following
from chalicelib.accounts.use_cases.enter import SignedIn, created, let_in, new_account
from chalicelib.audit import use_cases as audit
from chalicelib.audit.ports import Entry
from chalicelib.kit.transaction import Action, contended, retrying

_NOBODY = ""  # whom a sign-in links to


def begin_wechat(ports: ElsewherePorts, appid: str, redirect_uri: str, account_id: str = _NOBODY) -> Begun:
    """Return the way to WeChat's page and back; with an account it will be linked to that.

    Raises:
        UnknownProvider: no app of ours that has a page.
        RedirectRefused: browsers do not come back there.
    """
    if not ports.wechat.kind(appid).has_page:
        raise UnknownProvider
    if not ports.wechat.may_return(appid, redirect_uri):
        raise RedirectRefused
    return _begin(ports, _wechat(appid), redirect_uri, account_id, lambda flow: ports.wechat.page(appid, flow))


def sign_in_wechat(ports: ElsewherePorts, appid: str, back: Return, visitor: Visitor) -> SignedIn:
    """Turn a code of WeChat's into a session; the first time the account is made. Who is known by one of two names is
    known by both from then on.

    Raises:
        UnknownProvider, CodeRefused, TurnedAway, ProviderDown: see `elsewhere_ports.WechatLogin`.
        FlowOver: it is a web app's, and was not begun here.
        SignInFrozen: nobody may sign in to the account.
    """
    user = wechat_user(ports, appid, back, _NOBODY)

    def attempt() -> SignedIn:
        account, changes = _wechat_account(ports.accounts, user, visitor)
        return let_in(ports.accounts, account, visitor, (WECHAT,), changes)

    return retrying(attempt)


def wechat_user(ports: ElsewherePorts, appid: str, back: Return, account_id: str) -> WechatUser:
    """Return whom WeChat tells. A page must have begun it; the other kinds get their code from WeChat's own app."""
    if ports.wechat.kind(appid).has_page:
        _take(ports, _wechat(appid), back, account_id)
    return ports.wechat.user(appid, back.code)


def _wechat_account(ports: AccountPorts, user: WechatUser, visitor: Visitor) -> tuple[Account, Sequence[Action]]:
    """Return the account of a WeChat user, and what it is known by from now on. Where two names lead to two accounts,
    because they came before WeChat told that they are one person, the unionid decides.
    """
    owners = {subject: ports.store.account_id_of(Kind.WECHAT, subject) for subject in user.subjects}
    account_id = next(filter(None, owners.values()), None)
    now = ports.clock.now()
    unknown = tuple(Identity(Kind.WECHAT, subject, now) for subject, owner in owners.items() if owner is None)
    if account_id is None:
        account = replace(new_account(ports, Kind.WECHAT, user.subjects[0], visitor.language), identities=unknown)
        return account, created(ports, account, visitor)
    account = existing(ports, account_id)
    more = unknown[: MOST_IDENTITIES - len(account.identities)]
    if not more:
        return account, ()
    changed, write = following(ports, account, identities=(*account.identities, *more))
    # Whoever took a name meanwhile is this very person, signing in once more: decided again.
    taken = [replace(ports.store.take_identity(account.id, one), refused=contended) for one in more]
    entry = Entry(account.id, "accounts.link", f"account:{account.id}", Kind.WECHAT.value, visitor.source_ip)
    return changed, [write, *taken, *audit.noted(ports.audit, entry, now)]


def begin_oidc(ports: ElsewherePorts, name: str, redirect_uri: str, account_id: str = _NOBODY) -> Begun:
    """Return the way to a provider's page and back; with an account it will be linked to that.

    Raises:
        UnknownProvider: nobody has the name.
        RedirectRefused: browsers do not come back there.
        ProviderDown: it does not say where its page is.
    """
    if not ports.oidc.may_return(name, redirect_uri):
        raise RedirectRefused
    return _begin(ports, _oidc(name), redirect_uri, account_id, lambda flow: ports.oidc.page(name, flow))


def sign_in_oidc(ports: ElsewherePorts, name: str, back: Return, visitor: Visitor) -> SignedIn:
    """Turn what a browser brought back into a session; the first time the account is made.

    Raises:
        FlowOver: it was not begun here, or is over.
        SignInFrozen: nobody may sign in to the account.
        EmailKnown: it would be a new account, and another one has the e-mail address.
        UnknownProvider, CodeRefused, NotBelieved, ProviderDown: see `elsewhere_ports.OidcLogin`.
    """
    user = oidc_user(ports, name, back, _NOBODY)

    def attempt() -> SignedIn:
        account, changes = _oidc_account(ports.accounts, user, visitor)
        return let_in(ports.accounts, account, visitor, (OIDC,), changes)

    return retrying(attempt)


def _oidc_account(ports: AccountPorts, user: OidcUser, visitor: Visitor) -> tuple[Account, Sequence[Action]]:
    account_id = ports.store.account_id_of(Kind.OIDC, user.key)
    if account_id:
        return existing(ports, account_id), ()
    account = new_account(ports, Kind.OIDC, user.key, visitor.language)
    if user.email is not None:
        if ports.store.account_id_of(Kind.EMAIL, user.email):
            raise EmailKnown
        address = Identity(Kind.EMAIL, user.email, account.created_at)
        account = replace(account, identities=(*account.identities, address))
    return account, created(ports, account, visitor)


def oidc_user(ports: ElsewherePorts, name: str, back: Return, account_id: str) -> OidcUser:
    """Return whom a provider tells. The flow is over before the provider is asked: it is good for one answer."""
    flow = _take(ports, _oidc(name), back, account_id)
    return ports.oidc.user(name, flow, back, ports.accounts.clock.now())


def _begin(
    ports: ElsewherePorts, provider: str, redirect_uri: str, account_id: str, page: Callable[[Flow], str]
) -> Begun:
    accounts = ports.accounts
    flow, write = accounts.store.begin_flow(provider, redirect_uri, account_id, accounts.clock.now())
    begun = Begun(page(flow), flow.state, flow.binding)
    accounts.committer.commit([write])
    return begun


def _take(ports: ElsewherePorts, provider: str, back: Return, account_id: str) -> Flow:
    accounts = ports.accounts
    flow = retrying(
        lambda: accounts.store.take_flow(provider, back.state, back.binding, account_id, accounts.clock.now())
    )
    if flow is None:
        raise FlowOver
    return flow


def _wechat(appid: str) -> str:
    return f"wechat:{appid}"


def _oidc(name: str) -> str:
    return f"oidc:{name}"
