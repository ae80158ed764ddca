"""The accounts table.

| row | pk | sk | dies |
|---|---|---|---|
| account | account id | `ACCOUNT` | |
| phone: whose it is, and that it is taken | `PHO#<blind phone>` | `PHONE` | |
| session | account id | `SES#<session id>` | 30 days after its last refresh |
| code | `COD#<blind phone>` | `CODE` | after 5 minutes |
| budget: codes sent in an hour | `BUD#<kind>#<blind phone or address>#<window>` | `BUDGET` | with its window |

Nothing in a row can be read back as a phone number, name or address: the account's fields are sealed to their row, the
keys are blind indexes, and a code is kept as an HMAC with its phone.

| pattern | requests | units |
|---|---|---|
| read an account, its contact | 1 GetItem, consistent | 1 read |
| ask for a code | 1 transaction of 3 | 6 write |
| sign in, known phone | 1 UpdateItem, 2 GetItem, 1 transaction of 2 | 5 write, 2 read |
| sign in, new phone | 1 UpdateItem, 1 GetItem, 1 transaction of 4 | 9 write, 1 read |
| wrong code | 1 UpdateItem | 1 write |
| refresh | 1 GetItem, 1 transaction of 1 | 1 read, 2 write |
| sign out | 1 DeleteItem | 1 write |
| change profile or roles | 1 GetItem, 1 transaction of 1 | 1 read, 2 write |

DynamoDB bills a write that a condition refuses like one that it lets pass.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from pynamodb.attributes import JSONAttribute, NumberAttribute, UnicodeAttribute
from pynamodb.exceptions import UpdateError

from chalicelib.accounts import rules
from chalicelib.accounts.rules import Account, CodeNotAccepted, Session, Superseded
from chalicelib.kit.auth import Role
from chalicelib.kit.clock import iso, parse
from chalicelib.kit.dynamo import Row, TableMeta, delete, put, update
from chalicelib.kit.errors import TooMany
from chalicelib.kit.seal import SealedField, Sealer
from chalicelib.kit.transaction import Action, Contention

_ACCOUNT, _PHONE, _CODE, _BUDGET = "ACCOUNT", "PHONE", "CODE", "BUDGET"
SEALED = (
    SealedField("accounts", "phone", "accounts|{pk}|phone", _ACCOUNT),
    SealedField("accounts", "name", "accounts|{pk}|name", _ACCOUNT),
)


class _Meta(TableMeta):
    table = "accounts"


class AccountRow(Row):
    class Meta(_Meta):
        pass

    phone = UnicodeAttribute()  # sealed
    name = UnicodeAttribute(null=True)  # sealed
    language = UnicodeAttribute()
    roles = JSONAttribute()
    version = NumberAttribute()
    created_at = UnicodeAttribute()
    epoch = NumberAttribute()


class PhoneRow(Row):
    class Meta(_Meta):
        pass

    account_id = UnicodeAttribute()


class SessionRow(Row):
    class Meta(_Meta):
        pass

    epoch = NumberAttribute()
    generation = NumberAttribute()
    refreshed_at = UnicodeAttribute()


class CodeRow(Row):
    class Meta(_Meta):
        pass

    digest = UnicodeAttribute()
    tries = NumberAttribute(default=0)


class BudgetRow(Row):
    class Meta(_Meta):
        pass

    spent = NumberAttribute()


class AccountsTable:
    """See `ports.AccountStore`."""

    def __init__(self, sealer: Sealer) -> None:
        self._sealer = sealer

    def account(self, account_id: str) -> Account | None:
        try:
            row = AccountRow.get(account_id, _ACCOUNT, consistent_read=True)
        except AccountRow.DoesNotExist:
            return None
        return Account(
            id=row.pk,
            phone=self._sealer.open(row.phone, _place(row.pk, "phone")),
            name=self._sealer.open(row.name, _place(row.pk, "name")) if row.name else None,
            language="zh-CN" if row.language == "zh-CN" else "en",
            roles=frozenset(map(Role, row.roles)),
            version=int(row.version),
            created_at=parse(row.created_at),
            epoch=int(row.epoch),
        )

    def account_id_of(self, phone: str) -> str | None:
        try:
            return PhoneRow.get(self._phone_key(phone), _PHONE, consistent_read=True).account_id
        except PhoneRow.DoesNotExist:
            return None

    def create(self, account: Account) -> Sequence[Action]:
        phone = PhoneRow(self._phone_key(account.phone), _PHONE, account_id=account.id)
        return [put(phone, PhoneRow.pk.does_not_exist()), put(self._row(account), AccountRow.pk.does_not_exist())]

    def replace(self, account: Account) -> Action:
        return put(self._row(account), AccountRow.version == account.version - 1)

    def spend(self, kind: str, who: str, window: tuple[int, int], budget: int) -> Action:
        number, left = window
        row = BudgetRow(f"BUD#{kind}#{self._sealer.blind(who, kind)}#{number}", _BUDGET)
        ends = (number + 1) * int(rules.BUDGET_WINDOW.total_seconds())
        return update(
            row,
            [BudgetRow.spent.add(1), BudgetRow.expires_at.set(ends)],
            BudgetRow.spent.does_not_exist() | (BudgetRow.spent < budget),
            lambda _standing: TooMany(retry_after=left),
        )

    def put_code(self, phone: str, code: str, until: datetime) -> Action:
        row = CodeRow(self._code_key(phone), _CODE, digest=self._digest(phone, code), tries=0)
        row.expires_at = int(until.timestamp())
        return put(row)

    def count_try(self, phone: str, code: str, now: datetime) -> bool:
        row = CodeRow(self._code_key(phone), _CODE)
        # DynamoDB may remove a row long after it has run out: the time is a condition too.
        live = (CodeRow.expires_at > int(now.timestamp())) & (CodeRow.tries < rules.CODE_TRIES)
        try:
            row.update([CodeRow.tries.add(1)], condition=live)
        except UpdateError as error:
            if error.cause_response_code == "ConditionalCheckFailedException":
                return False
            if error.cause_response_code == "TransactionConflictException":
                raise Contention from error
            raise
        return rules.same(row.digest, self._digest(phone, code))

    def use_code(self, phone: str, code: str) -> Action:
        row = CodeRow(self._code_key(phone), _CODE)
        return delete(row, CodeRow.digest == self._digest(phone, code), lambda _standing: CodeNotAccepted())

    def open_session(self, session: Session) -> Action:
        return put(_session_row(session), SessionRow.pk.does_not_exist())

    def rotate(self, session: Session) -> Action:
        present = (
            (SessionRow.generation == session.generation - 1)
            & (SessionRow.epoch == session.epoch)
            & (SessionRow.expires_at >= int(session.refreshed_at.timestamp()))
        )
        return put(_session_row(session), present, lambda standing: Superseded(_session(standing)))

    def close_session(self, account_id: str, session_id: str) -> None:
        SessionRow(account_id, f"SES#{session_id}").delete()

    def _row(self, account: Account) -> AccountRow:
        return AccountRow(
            account.id,
            _ACCOUNT,
            phone=self._sealer.seal(account.phone, _place(account.id, "phone")),
            name=self._sealer.seal(account.name, _place(account.id, "name")) if account.name else None,
            language=account.language,
            roles=sorted(account.roles),
            version=account.version,
            created_at=iso(account.created_at),
            epoch=account.epoch,
        )

    def _phone_key(self, phone: str) -> str:
        return f"PHO#{self._sealer.blind(phone, 'phone')}"

    def _code_key(self, phone: str) -> str:
        return f"COD#{self._sealer.blind(phone, 'phone')}"

    def _digest(self, phone: str, code: str) -> str:
        return self._sealer.blind(f"{phone}|{code}", "code")


def _place(account_id: str, attribute: str) -> str:
    return f"accounts|{account_id}|{attribute}"


def _session_row(session: Session) -> SessionRow:
    row = SessionRow(
        session.account_id,
        f"SES#{session.id}",
        epoch=session.epoch,
        generation=session.generation,
        refreshed_at=iso(session.refreshed_at),
    )
    row.expires_at = int((session.refreshed_at + rules.SESSION_LIFE).timestamp())
    return row


def _session(row: Any) -> Session | None:
    if row is None:
        return None
    return Session(
        account_id=row.pk,
        id=row.sk.removeprefix("SES#"),
        epoch=int(row.epoch),
        generation=int(row.generation),
        refreshed_at=parse(row.refreshed_at),
    )
