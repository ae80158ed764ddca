"""What second factors need from outside."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from chalicelib.accounts.ports import AccountPorts
from chalicelib.accounts.rules import Factors, Passkey, Totp
from chalicelib.accounts.rules.passkeys import Site
from chalicelib.kit.transaction import Action


class FactorStore(Protocol):
    """Where second factors and the challenges of passkeys are kept; secrets are sealed, codes are HMACs."""

    def factors(self, account_id: str) -> Factors:
        """Return all that an account has, read consistently in one request."""
        ...

    def offer_totp(self, account_id: str, totp: Totp, until: datetime) -> Action:
        """Return the write of an app's secret that is no factor yet; refused with `TotpExists` where one is."""
        ...

    def confirm_totp(self, account_id: str, totp: Totp, counter: int, now: datetime) -> Action:
        """Return the write that makes this offered secret a factor, whose first code is used up; contended where
        another was offered, or confirmed.
        """
        ...

    def use_totp(self, account_id: str, totp: Totp, counter: int, now: datetime) -> Action:
        """Return the write that a code, and all before it, is used up; refused with `FactorNotAccepted`."""
        ...

    def remove_totp(self, account_id: str, totp: Totp) -> Action: ...

    def put_recovery_codes(self, account_id: str, codes: Sequence[str], now: datetime) -> Action:
        """Return the write of an account's recovery codes in the place of all before."""
        ...

    def use_recovery_code(self, account_id: str, code: str) -> Action:
        """Return the removal of a recovery code: of all who hold it, one succeeds; refused with `FactorNotAccepted`."""
        ...

    def drop_recovery_codes(self, account_id: str) -> Action: ...

    def passkey_id(self, credential_id: bytes) -> str:
        """Return the blind index of a credential's id."""
        ...

    def passkey_owner(self, credential_id: bytes) -> str | None:
        """Return whose a passkey is, read consistently; None where nobody's."""
        ...

    def passkey(self, account_id: str, passkey_id: str) -> Passkey | None:
        """Return a passkey of an account's, read consistently."""
        ...

    def put_passkey(self, account_id: str, passkey: Passkey) -> Sequence[Action]:
        """Return the writes of a new passkey; refused with `PasskeyTaken` where anybody has it."""
        ...

    def use_passkey(self, account_id: str, passkey: Passkey, now: datetime) -> Action:
        """Return the write of a passkey's counter, which must rise where it counts; contended where it does not."""
        ...

    def rename_passkey(self, account_id: str, passkey: Passkey) -> Action: ...

    def remove_passkey(self, account_id: str, passkey: Passkey) -> Sequence[Action]: ...

    def put_challenge(self, purpose: str, challenge: str, until: datetime) -> Action: ...

    def use_challenge(self, purpose: str, challenge: str, now: datetime) -> Action:
        """Return the removal of a challenge: of all who answer it, one succeeds; refused with `FactorNotAccepted`."""
        ...


@dataclass(frozen=True)
class FactorPorts(AccountPorts):
    """What second factors need on top.

    Attributes:
        factors: where they are kept.
        site: what passkeys are for; None where they are not offered.
    """

    factors: FactorStore = field(kw_only=True)
    site: Site | None = field(kw_only=True)
