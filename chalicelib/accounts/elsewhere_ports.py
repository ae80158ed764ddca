"""Who else may say who somebody is."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from chalicelib.accounts.ports import AccountPorts
from chalicelib.accounts.rules import AppKind, Flow, OidcUser, Return, WechatUser


class WechatLogin(Protocol):
    """WeChat, for each app that the operator has there."""

    def kind(self, appid: str) -> AppKind:
        """Return where an app lives.

        Raises:
            UnknownProvider: it is none of ours.
        """
        ...

    def page(self, appid: str, flow: Flow) -> str:
        """Return the address of WeChat's page for an app of kind WEB.

        Raises:
            UnknownProvider: it is none of ours, or of another kind.
        """
        ...

    def may_return(self, appid: str, redirect_uri: str) -> bool:
        """Say whether browsers may come back to an address."""
        ...

    def user(self, appid: str, code: str) -> WechatUser:
        """Return who a code is of; it is used up.

        Raises:
            UnknownProvider: the app is none of ours.
            CodeRefused: used, run out or none of this app's.
            TurnedAway: WeChat does not let this user sign in.
            ProviderDown: WeChat is busy, is asked too often, or does not answer.
        """
        ...


class OidcLogin(Protocol):
    """The OpenID providers that the operator trusts, by name."""

    def may_return(self, name: str, redirect_uri: str) -> bool:
        """Say whether browsers may come back to an address.

        Raises:
            UnknownProvider: nobody has the name.
        """
        ...

    def page(self, name: str, flow: Flow) -> str:
        """Return the address of a provider's sign-in page.

        Raises:
            UnknownProvider: nobody has the name.
            ProviderDown: it does not say where.
        """
        ...

    def user(self, name: str, flow: Flow, back: Return, now: datetime) -> OidcUser:
        """Return who came back; the code is used up.

        Raises:
            UnknownProvider: nobody has the name.
            CodeRefused: used, run out or not this flow's.
            NotBelieved: another provider answered, or its token does not hold.
            ProviderDown: it does not answer, or not as it should.
        """
        ...


@dataclass(frozen=True)
class ElsewherePorts:
    """What signing in at others needs."""

    accounts: AccountPorts
    wechat: WechatLogin
    oidc: OidcLogin
