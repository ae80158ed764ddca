"""Every operation about second factors and passkeys once, so that it succeeds, with a software authenticator."""

from collections.abc import Callable
from typing import Any

import pyotp

from infra.targets import DEVELOPMENT_ORIGINS
from tests.e2e.town import Town
from tests.fakes.authenticator import Authenticator

Good = Callable[..., Any]


class FactorWalk:
    """Somebody who protects their account; `ids` are the values of path parameters."""

    def __init__(self, town: Town, good: Good, _fresh: Callable[[], dict[str, str]]) -> None:
        self.town, self.good = town, good
        self.person = town.person()
        self.ids: dict[str, str] = {}

    def go(self) -> None:
        """Enrol an app and two passkeys, show each kind of factor, and take the app and one passkey away."""
        offer = self.good("accounts_offer_totp", self.person)
        body = {"code": pyotp.TOTP(offer["secret"]).now()}
        codes = self.good("accounts_confirm_totp", self.person, body)["recovery_codes"]
        devices = [self._registered() for _ in range(2)]
        self.good("accounts_rename_passkey", self.person, {"name": "办公室"}, passkey_id=self.ids["passkey_id"])
        asked = self.good("accounts_begin_showing")
        entered = self.good("accounts_sign_in_by_passkey", body={"credential": devices[0].get(asked)})
        assert (entered["second_factor"], entered["account"]["id"]) == (False, self.person.id)
        self.good("accounts_show_factor", self.person, {"recovery_code": codes[0]})
        asked = self.good("accounts_begin_showing")
        self.good("accounts_show_factor", self.person, {"credential": devices[1].get(asked)})
        assert len(self.good("accounts_new_recovery_codes", self.person)["codes"]) == len(codes)
        gone, kept = self.good("accounts_factors", self.person)["passkeys"]
        self.good("accounts_remove_passkey", self.person, passkey_id=gone["id"])
        self.good("accounts_remove_totp", self.person)
        self.ids["passkey_id"] = kept["id"]

    def _registered(self) -> Authenticator:
        device = Authenticator(origin=DEVELOPMENT_ORIGINS[0])
        made = device.create(self.good("accounts_begin_registration", self.person))
        wish = {"name": "手机", "credential": made}
        self.ids["passkey_id"] = self.good("accounts_register_passkey", self.person, wish)["passkey"]["id"]
        return device
