"""Signed-in devices."""

from collections.abc import Sequence
from typing import Any

from pynamodb.attributes import JSONAttribute, NumberAttribute, UnicodeAttribute

from chalicelib.accounts.rules import Account, Session, Superseded
from chalicelib.accounts.store.accounts import AccountRow, AccountsMeta, beside_account
from chalicelib.kit.clock import iso, parse
from chalicelib.kit.dynamo import Row, put
from chalicelib.kit.transaction import Action

_PREFIX = "SES#"


class SessionRow(Row):
    class Meta(AccountsMeta):
        pass

    epoch = NumberAttribute()
    generation = NumberAttribute()
    refreshed_at = UnicodeAttribute()
    opened_at = UnicodeAttribute()
    methods = JSONAttribute()
    agent = UnicodeAttribute(null=True)
    device = UnicodeAttribute(null=True)


class SessionRows:
    """The part of `ports.AccountStore` about sessions."""

    def _account(self, row: AccountRow) -> Account:
        raise NotImplementedError

    def with_session(self, account_id: str, session_id: str) -> tuple[Account | None, Session | None]:
        account, session = beside_account(account_id, f"{_PREFIX}{session_id}")
        return (
            self._account(AccountRow.from_raw_data(account)) if account else None,
            _session(SessionRow.from_raw_data(session)) if session else None,
        )

    def sessions(self, account_id: str) -> Sequence[Session]:
        rows = SessionRow.query(account_id, SessionRow.sk.startswith(_PREFIX), consistent_read=True)
        return [session for session in map(_session, rows) if session is not None]

    def open_session(self, session: Session) -> Action:
        return put(_row(session), SessionRow.pk.does_not_exist())

    def rotate(self, session: Session) -> Action:
        present = (
            (SessionRow.generation == session.generation - 1)
            & (SessionRow.epoch == session.epoch)
            & (SessionRow.expires_at >= int(session.refreshed_at.timestamp()))
        )
        return put(_row(session), present, lambda standing: Superseded(_session(standing)))

    def renew(self, before: Session, after: Session) -> Action:
        same = (
            (SessionRow.generation == before.generation)
            & (SessionRow.epoch == before.epoch)
            & (SessionRow.expires_at >= int(after.refreshed_at.timestamp()))
        )
        return put(_row(after), same)

    def close_session(self, account_id: str, session_id: str) -> None:
        SessionRow(account_id, f"{_PREFIX}{session_id}").delete()


def _row(session: Session) -> SessionRow:
    row = SessionRow(
        session.account_id,
        f"{_PREFIX}{session.id}",
        epoch=session.epoch,
        generation=session.generation,
        refreshed_at=iso(session.refreshed_at),
        opened_at=iso(session.opened_at),
        methods=list(session.methods),
        agent=session.agent,
        device=session.device,
    )
    row.expires_at = int(session.ends_at.timestamp())
    return row


def _session(row: Any) -> Session | None:
    if row is None:
        return None
    return Session(
        account_id=row.pk,
        id=row.sk.removeprefix(_PREFIX),
        epoch=int(row.epoch),
        generation=int(row.generation),
        refreshed_at=parse(row.refreshed_at),
        opened_at=parse(row.opened_at),
        methods=tuple(row.methods),
        agent=row.agent,
        device=row.device,
    )
