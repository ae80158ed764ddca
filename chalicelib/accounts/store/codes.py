"""Codes that were sent, and how many."""

from datetime import datetime

from pynamodb.attributes import NumberAttribute, UnicodeAttribute
from pynamodb.exceptions import UpdateError

from chalicelib.accounts import rules
from chalicelib.accounts.rules import CodeNotAccepted
from chalicelib.accounts.store.accounts import AccountsMeta
from chalicelib.kit.dynamo import Row, delete, put, update
from chalicelib.kit.errors import TooMany
from chalicelib.kit.seal import Sealer
from chalicelib.kit.transaction import Action, Contention

_CODE, _BUDGET = "CODE", "BUDGET"


class CodeRow(Row):
    class Meta(AccountsMeta):
        pass

    digest = UnicodeAttribute()
    tries = NumberAttribute(default=0)


class BudgetRow(Row):
    class Meta(AccountsMeta):
        pass

    spent = NumberAttribute()


class CodeRows:
    """The part of `ports.AccountStore` about codes. A receiver is a phone or an e-mail address in its normal form."""

    _sealer: Sealer

    def spend(self, kind: str, who: str, window: tuple[int, int], budget: int) -> Action:
        number, left = window
        row = BudgetRow(f"BUD#{kind}#{self._sealer.blind(who, kind)}#{number}", _BUDGET)
        return update(
            row,
            [BudgetRow.spent.add(1), BudgetRow.expires_at.set(rules.window_ends(number))],
            BudgetRow.spent.does_not_exist() | (BudgetRow.spent < budget),
            lambda _standing: TooMany(retry_after=left),
        )

    def put_code(self, purpose: str, receiver: str, code: str, until: datetime) -> Action:
        row = CodeRow(self._code_key(purpose, receiver), _CODE, digest=self._digest(purpose, receiver, code), tries=0)
        row.expires_at = int(until.timestamp())
        return put(row)

    def count_try(self, purpose: str, receiver: str, code: str, now: datetime) -> bool:
        row = CodeRow(self._code_key(purpose, receiver), _CODE)
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
        return rules.same(row.digest, self._digest(purpose, receiver, code))

    def use_code(self, purpose: str, receiver: str, code: str) -> Action:
        row = CodeRow(self._code_key(purpose, receiver), _CODE)
        digest = self._digest(purpose, receiver, code)
        return delete(row, CodeRow.digest == digest, lambda _standing: CodeNotAccepted())

    def _code_key(self, purpose: str, receiver: str) -> str:
        return f"COD#{purpose}#{self._sealer.blind(receiver, 'code-receiver')}"

    def _digest(self, purpose: str, receiver: str, code: str) -> str:
        return self._sealer.blind(f"{purpose}|{receiver}|{code}", "code")
