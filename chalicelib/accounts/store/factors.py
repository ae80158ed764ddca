"""Second factors, and the challenges of passkeys."""

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from pynamodb.attributes import BooleanAttribute, NumberAttribute, UnicodeAttribute, UnicodeSetAttribute

from chalicelib.accounts.rules import FactorNotAccepted, Factors, Passkey, PasskeyTaken, Totp, TotpExists
from chalicelib.accounts.rules.passkeys import raw, text
from chalicelib.accounts.store.accounts import AccountsMeta
from chalicelib.kit.clock import iso, iso_or_none, parse, parse_or_none
from chalicelib.kit.dynamo import Row, delete, put, update
from chalicelib.kit.seal import SealedField, Sealer
from chalicelib.kit.transaction import Action

_PREFIX = "FAC#"
_TOTP, _RECOVERY, _KEY = f"{_PREFIX}TOTP", f"{_PREFIX}RECOVERY", f"{_PREFIX}KEY#"
_OWNER, _CHALLENGE = "PASSKEY", "CHALLENGE"
SEALED = (SealedField("accounts", "secret", "accounts|{pk}|secret|{sk}", _PREFIX),)


class FactorRow(Row):
    """A factor: an app's secret, the recovery codes, or a passkey."""

    class Meta(AccountsMeta):
        pass

    secret = UnicodeAttribute(null=True)  # sealed: of an app the secret, of a passkey what it is
    counter = NumberAttribute(null=True)
    codes = UnicodeSetAttribute(null=True)  # HMACs of recovery codes
    synced = BooleanAttribute(null=True)
    backed_up = BooleanAttribute(null=True)
    created_at = UnicodeAttribute()
    confirmed_at = UnicodeAttribute(null=True)
    used_at = UnicodeAttribute(null=True)


class OwnerRow(Row):
    """Whose a passkey is, by its blind index alone."""

    class Meta(AccountsMeta):
        pass

    account_id = UnicodeAttribute()


class ChallengeRow(Row):
    class Meta(AccountsMeta):
        pass

    purpose = UnicodeAttribute()


class FactorRows:
    """See `factor_ports.FactorStore`."""

    def __init__(self, sealer: Sealer) -> None:
        self._sealer = sealer

    def factors(self, account_id: str) -> Factors:
        found = Factors()
        for row in FactorRow.query(account_id, FactorRow.sk.startswith(_PREFIX), consistent_read=True):
            if row.sk == _TOTP:
                found = replace(found, totp=self._totp(row))
            elif row.sk == _RECOVERY:
                found = replace(found, codes_left=len(row.codes or ()))
            else:
                found = replace(found, passkeys=(*found.passkeys, self._passkey(row)))
        return replace(found, passkeys=tuple(sorted(found.passkeys, key=lambda one: one.created_at)))

    def offer_totp(self, account_id: str, totp: Totp, until: datetime) -> Action:
        row = FactorRow(
            account_id,
            _TOTP,
            secret=self._sealer.seal(totp.secret, _place(account_id, _TOTP)),
            counter=totp.counter,
            created_at=iso(totp.offered_at),
        )
        row.expires_at = int(until.timestamp())
        return put(row, FactorRow.confirmed_at.does_not_exist(), lambda _standing: TotpExists())

    def confirm_totp(self, account_id: str, totp: Totp, counter: int, now: datetime) -> Action:
        changes = [
            FactorRow.confirmed_at.set(iso(now)),
            FactorRow.counter.set(counter),
            FactorRow.expires_at.remove(),
        ]
        same = FactorRow.created_at == iso(totp.offered_at)
        return update(FactorRow(account_id, _TOTP), changes, same & FactorRow.confirmed_at.does_not_exist())

    def use_totp(self, account_id: str, totp: Totp, counter: int, now: datetime) -> Action:
        changes = [FactorRow.counter.set(counter), FactorRow.used_at.set(iso(now))]
        unused = (FactorRow.created_at == iso(totp.offered_at)) & (FactorRow.counter < counter)
        return update(FactorRow(account_id, _TOTP), changes, unused, lambda _standing: FactorNotAccepted("totp"))

    def remove_totp(self, account_id: str, totp: Totp) -> Action:
        return delete(FactorRow(account_id, _TOTP), FactorRow.created_at == iso(totp.offered_at))

    def put_recovery_codes(self, account_id: str, codes: Sequence[str], now: datetime) -> Action:
        digests = {self._digest(account_id, one) for one in codes}
        return put(FactorRow(account_id, _RECOVERY, codes=digests, created_at=iso(now)))

    def use_recovery_code(self, account_id: str, code: str) -> Action:
        digest = self._digest(account_id, code)
        return update(
            FactorRow(account_id, _RECOVERY),
            [FactorRow.codes.delete({digest})],
            FactorRow.codes.contains(digest),
            lambda _standing: FactorNotAccepted("recovery_code"),
        )

    def drop_recovery_codes(self, account_id: str) -> Action:
        return delete(FactorRow(account_id, _RECOVERY))

    def passkey_id(self, credential_id: bytes) -> str:
        return self._sealer.blind(text(credential_id), "passkey")

    def passkey_owner(self, credential_id: bytes) -> str | None:
        try:
            row = OwnerRow.get(f"PSK#{self.passkey_id(credential_id)}", _OWNER, consistent_read=True)
        except OwnerRow.DoesNotExist:
            return None
        return row.account_id

    def passkey(self, account_id: str, passkey_id: str) -> Passkey | None:
        try:
            return self._passkey(FactorRow.get(account_id, f"{_KEY}{passkey_id}", consistent_read=True))
        except FactorRow.DoesNotExist:
            return None

    def put_passkey(self, account_id: str, passkey: Passkey) -> Sequence[Action]:
        row = FactorRow(
            account_id,
            f"{_KEY}{passkey.id}",
            secret=self._sealed(account_id, passkey),
            counter=passkey.counter,
            synced=passkey.is_synced,
            backed_up=passkey.is_backed_up,
            created_at=iso(passkey.created_at),
            used_at=iso_or_none(passkey.used_at),
        )
        owner = OwnerRow(f"PSK#{passkey.id}", _OWNER, account_id=account_id)
        return [put(owner, OwnerRow.pk.does_not_exist(), lambda _standing: PasskeyTaken()), put(row)]

    def use_passkey(self, account_id: str, passkey: Passkey, now: datetime) -> Action:
        changes = [
            FactorRow.counter.set(passkey.counter),
            FactorRow.backed_up.set(passkey.is_backed_up),
            FactorRow.used_at.set(iso(now)),
        ]
        rises = FactorRow.counter == 0 if passkey.counter == 0 else FactorRow.counter < passkey.counter
        return update(FactorRow(account_id, f"{_KEY}{passkey.id}"), changes, rises)

    def rename_passkey(self, account_id: str, passkey: Passkey) -> Action:
        changes = [FactorRow.secret.set(self._sealed(account_id, passkey))]
        return update(FactorRow(account_id, f"{_KEY}{passkey.id}"), changes, FactorRow.pk.exists())

    def remove_passkey(self, account_id: str, passkey: Passkey) -> Sequence[Action]:
        return [
            delete(FactorRow(account_id, f"{_KEY}{passkey.id}"), FactorRow.pk.exists()),
            delete(OwnerRow(f"PSK#{passkey.id}", _OWNER), OwnerRow.account_id == account_id),
        ]

    def put_challenge(self, purpose: str, challenge: str, until: datetime) -> Action:
        row = ChallengeRow(self._challenge_key(challenge), _CHALLENGE, purpose=purpose)
        row.expires_at = int(until.timestamp())
        return put(row)

    def use_challenge(self, purpose: str, challenge: str, now: datetime) -> Action:
        # DynamoDB may remove a row long after it has run out: the time is a condition too.
        good = (ChallengeRow.purpose == purpose) & (ChallengeRow.expires_at > int(now.timestamp()))
        row = ChallengeRow(self._challenge_key(challenge), _CHALLENGE)
        return delete(row, good, lambda _standing: FactorNotAccepted())

    def _totp(self, row: FactorRow) -> Totp:
        secret = self._sealer.open(row.secret, _place(row.pk, row.sk))
        return Totp(secret, int(row.counter), parse(row.created_at), parse_or_none(row.confirmed_at))

    def _passkey(self, row: FactorRow) -> Passkey:
        told = json.loads(self._sealer.open(row.secret, _place(row.pk, row.sk)))
        return Passkey(
            id=row.sk.removeprefix(_KEY),
            credential_id=raw(told["id"]),
            public_key=raw(told["key"]),
            name=told["name"],
            counter=int(row.counter),
            is_synced=bool(row.synced),
            is_backed_up=bool(row.backed_up),
            created_at=parse(row.created_at),
            used_at=parse_or_none(row.used_at),
        )

    def _sealed(self, account_id: str, passkey: Passkey) -> str:
        told = {"id": text(passkey.credential_id), "key": text(passkey.public_key), "name": passkey.name}
        return self._sealer.seal(json.dumps(told, ensure_ascii=False), _place(account_id, f"{_KEY}{passkey.id}"))

    def _challenge_key(self, challenge: str) -> str:
        return f"CHL#{self._sealer.blind(challenge, 'challenge')}"

    def _digest(self, account_id: str, code: str) -> str:
        return self._sealer.blind(f"{account_id} {code}", "recovery-code")


def _place(account_id: str, sk: str) -> str:
    return f"accounts|{account_id}|secret|{sk.removeprefix(_PREFIX)}"
