"""Passwords, each in a row of its own below its account."""

from typing import Any

from pynamodb.attributes import NumberAttribute, UnicodeAttribute

from chalicelib.accounts.rules import Account, Password, PasswordNotAccepted
from chalicelib.accounts.store.accounts import PASSWORD, AccountRow, AccountsMeta, beside_account
from chalicelib.kit.clock import iso, parse
from chalicelib.kit.dynamo import Row, check, delete, put
from chalicelib.kit.seal import Sealer
from chalicelib.kit.transaction import Action


class PasswordRow(Row):
    class Meta(AccountsMeta):
        pass

    phc = UnicodeAttribute()  # sealed: who has the table alone cannot even guess
    version = NumberAttribute()
    set_at = UnicodeAttribute()


class PasswordRows:
    """The part of `ports.AccountStore` about passwords."""

    _sealer: Sealer

    def _account(self, row: AccountRow) -> Account:
        raise NotImplementedError

    def with_password(self, account_id: str) -> tuple[Account | None, Password | None]:
        account, password = beside_account(account_id, PASSWORD)
        return (
            self._account(AccountRow.from_raw_data(account)) if account else None,
            self._password(PasswordRow.from_raw_data(password)) if password else None,
        )

    def put_password(self, account_id: str, password: Password) -> Action:
        return put(self._password_row(account_id, password))

    def hash_again(self, account_id: str, password: Password) -> Action:
        stands = PasswordRow.version == password.version
        return put(self._password_row(account_id, password), stands, _changed)

    def password_stands(self, account_id: str, password: Password) -> Action:
        return check(PasswordRow(account_id, PASSWORD), PasswordRow.version == password.version, _changed)

    def drop_password(self, account_id: str) -> Action:
        return delete(PasswordRow(account_id, PASSWORD))

    def _password(self, row: PasswordRow) -> Password:
        return Password(self._sealer.open(row.phc, _place(row.pk)), int(row.version), parse(row.set_at))

    def _password_row(self, account_id: str, password: Password) -> PasswordRow:
        sealed = self._sealer.seal(password.phc, _place(account_id))
        return PasswordRow(account_id, PASSWORD, phc=sealed, version=password.version, set_at=iso(password.set_at))


def _changed(_standing: Any) -> Exception:
    return PasswordNotAccepted()


def _place(account_id: str) -> str:
    return f"accounts|{account_id}|phc"
