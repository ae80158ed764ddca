"""Accounts and what they are known by."""

import json
from collections.abc import Sequence
from typing import Any

from pynamodb.attributes import BooleanAttribute, JSONAttribute, NumberAttribute, UnicodeAttribute

from chalicelib.accounts.rules import Account, Identity, IdentityTaken, Kind
from chalicelib.kit.auth import Role
from chalicelib.kit.clock import iso, iso_or_none, parse, parse_or_none
from chalicelib.kit.dynamo import Row, TableMeta, delete, put, update
from chalicelib.kit.seal import SealedField, Sealer
from chalicelib.kit.transaction import Action, Contention

ACCOUNT, IDENTITY, PASSWORD = "ACCOUNT", "IDENTITY", "PASSWORD"
_FORMER = "former"  # among the sealed identities: a phone that was one until lately
SEALED = (
    SealedField("accounts", "identities", "accounts|{pk}|identities", ACCOUNT),
    SealedField("accounts", "name", "accounts|{pk}|name", ACCOUNT),
    SealedField("accounts", "phc", "accounts|{pk}|phc", PASSWORD),
)


class AccountsMeta(TableMeta):
    """Of every row of this table."""

    table = "accounts"


class AccountRow(Row):
    class Meta(AccountsMeta):
        pass

    identities = UnicodeAttribute()  # sealed
    name = UnicodeAttribute(null=True)  # sealed
    language = UnicodeAttribute()
    roles = JSONAttribute()
    version = NumberAttribute()
    created_at = UnicodeAttribute()
    epoch = NumberAttribute()
    has_factor = BooleanAttribute(default=False)
    memberships = JSONAttribute(default=dict)
    secured_at = UnicodeAttribute(null=True)


class IdentityRow(Row):
    class Meta(AccountsMeta):
        pass

    account_id = UnicodeAttribute()


def beside_account(account_id: str, sk: str) -> tuple[Any, Any]:
    """Return the raw rows of an account and of what is kept below it, read consistently in one request.

    Raises:
        Contention: the database is too busy to answer.
    """
    # Rows of two classes in one request, which PynamoDB's models cannot ask for; its own type of keys is wrong.
    connection: Any = AccountRow._get_connection()  # noqa: SLF001
    keys = [{"pk": account_id, "sk": one} for one in (ACCOUNT, sk)]
    answer = connection.batch_get_item(keys, consistent_read=True)
    if answer.get("UnprocessedKeys"):
        raise Contention
    found = {item["sk"]["S"]: item for items in answer["Responses"].values() for item in items}
    return found.get(ACCOUNT), found.get(sk)


class AccountRows:
    """The part of `ports.AccountStore` about accounts."""

    def __init__(self, sealer: Sealer) -> None:
        self._sealer = sealer

    def account(self, account_id: str) -> Account | None:
        try:
            return self._account(AccountRow.get(account_id, ACCOUNT, consistent_read=True))
        except AccountRow.DoesNotExist:
            return None

    def account_id_of(self, kind: Kind, subject: str) -> str | None:
        try:
            return IdentityRow.get(self._identity_key(kind, subject), IDENTITY, consistent_read=True).account_id
        except IdentityRow.DoesNotExist:
            return None

    def create(self, account: Account) -> Sequence[Action]:
        taken = [
            put(self._identity_row(account.id, one), IdentityRow.pk.does_not_exist()) for one in account.identities
        ]
        return [*taken, put(self._row(account), AccountRow.pk.does_not_exist())]

    def replace(self, account: Account) -> Action:
        return put(self._row(account), AccountRow.version == account.version - 1)

    def take_identity(self, account_id: str, identity: Identity) -> Action:
        row = self._identity_row(account_id, identity)
        return put(row, IdentityRow.pk.does_not_exist(), lambda _standing: IdentityTaken())

    def free_identity(self, account_id: str, identity: Identity) -> Action:
        row = self._identity_row(account_id, identity)
        return delete(row, IdentityRow.account_id == account_id)

    def handle(self, account_id: str, kind: Kind, subject: str) -> str:
        return f"idn_{self._sealer.blind(subject, f'handle|{account_id}|{kind}')[:32]}"

    def end_sessions(self, account_id: str) -> Action:
        changes = [AccountRow.epoch.add(1), AccountRow.version.add(1)]
        return update(AccountRow(account_id, ACCOUNT), changes, AccountRow.pk.exists())

    def _account(self, row: AccountRow) -> Account:
        told = json.loads(self._sealer.open(row.identities, _place(row.pk, "identities")))
        identities = [one for one in told if one[0] != _FORMER]
        former = tuple(Identity(Kind.PHONE, subject, parse(at)) for kind, subject, at in told if kind == _FORMER)
        return Account(
            id=row.pk,
            identities=tuple(Identity(Kind(kind), subject, parse(at)) for kind, subject, at in identities),
            name=self._sealer.open(row.name, _place(row.pk, "name")) if row.name else None,
            language="zh-CN" if row.language == "zh-CN" else "en",
            roles=frozenset(map(Role, row.roles)),
            version=int(row.version),
            created_at=parse(row.created_at),
            epoch=int(row.epoch),
            has_factor=row.has_factor,
            memberships={merchant: Role(role) for merchant, role in row.memberships.items()},
            secured_at=parse_or_none(row.secured_at),
            former=former,
        )

    def _row(self, account: Account) -> AccountRow:
        identities = [(one.kind.value, one.subject, iso(one.linked_at)) for one in account.identities]
        identities += [(_FORMER, one.subject, iso(one.linked_at)) for one in account.former]
        return AccountRow(
            account.id,
            ACCOUNT,
            identities=self._sealer.seal(json.dumps(identities), _place(account.id, "identities")),
            name=self._sealer.seal(account.name, _place(account.id, "name")) if account.name else None,
            language=account.language,
            roles=sorted(account.roles),
            version=account.version,
            created_at=iso(account.created_at),
            epoch=account.epoch,
            has_factor=account.has_factor,
            memberships=dict(account.memberships),
            secured_at=iso_or_none(account.secured_at),
        )

    def _identity_row(self, account_id: str, identity: Identity) -> IdentityRow:
        return IdentityRow(self._identity_key(identity.kind, identity.subject), IDENTITY, account_id=account_id)

    def _identity_key(self, kind: Kind, subject: str) -> str:
        return f"IDN#{kind}#{self._sealer.blind(subject, kind)}"


def _place(account_id: str, attribute: str) -> str:
    return f"accounts|{account_id}|{attribute}"
