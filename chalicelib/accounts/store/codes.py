"""Codes that were sent, and how many."""

from collections.abc import Sequence
from datetime import datetime
from math import ceil
from typing import Any

from pynamodb.attributes import NumberAttribute, UnicodeAttribute
from pynamodb.exceptions import UpdateError

from chalicelib.accounts import rules
from chalicelib.accounts.rules import Budget, CodeNotAccepted, Receiver
from chalicelib.accounts.store.accounts import AccountsMeta
from chalicelib.kit.dynamo import Row, code_of, delete, put, update
from chalicelib.kit.errors import TooMany
from chalicelib.kit.seal import Sealer
from chalicelib.kit.transaction import Action, Contention

_CODE, _BUDGET = "CODE", "BUDGET"
_MILLIS = 1000


class CodeRow(Row):
    class Meta(AccountsMeta):
        pass

    digest = UnicodeAttribute()
    sent_at = NumberAttribute()  # milliseconds since 1970
    tries = NumberAttribute(default=0)


class BudgetRow(Row):
    class Meta(AccountsMeta):
        pass

    spent = NumberAttribute()


class CodeRows:
    """The part of `ports.AccountStore` about codes."""

    _sealer: Sealer

    def spend(self, budget: Budget, refused: type[Exception] | None = None) -> Action:
        row = BudgetRow(self._budget_key(budget), _BUDGET)
        has_room: Any = BudgetRow.spent <= budget.most - budget.amount
        if budget.amount <= budget.most:
            has_room = BudgetRow.spent.does_not_exist() | has_room
        return update(
            row,
            [BudgetRow.spent.add(budget.amount), BudgetRow.expires_at.set(budget.window.ends)],
            has_room,
            lambda _standing: refused() if refused else TooMany(retry_after=budget.window.left),
        )

    def has_room(self, budgets: Sequence[Budget]) -> Sequence[bool]:
        keys = [(self._budget_key(one), _BUDGET) for one in budgets]
        spent = {row.pk: int(row.spent) for row in BudgetRow.batch_get(keys, consistent_read=True)}
        return [spent.get(pk, 0) + one.amount <= one.most for (pk, _), one in zip(keys, budgets, strict=True)]

    def give_back(self, budget: Budget) -> Action:
        row = BudgetRow(self._budget_key(budget), _BUDGET)
        return update(row, [BudgetRow.spent.add(-budget.amount)], BudgetRow.spent >= budget.amount)

    def put_code(self, purpose: str, receiver: Receiver, code: str, now: datetime) -> Action:
        row = CodeRow(
            self._code_key(purpose, receiver),
            _CODE,
            digest=self._digest(purpose, receiver, code),
            sent_at=int(now.timestamp() * _MILLIS),
            tries=0,
        )
        row.expires_at = int((now + rules.CODE_LIFE).timestamp())
        gap = int(rules.RESEND_AFTER.total_seconds() * _MILLIS)

        def too_soon(standing: CodeRow | None) -> Exception:
            # Where the write does not say how the row stands, the whole time is a fair guess.
            left = int(standing.sent_at) + gap - row.sent_at if standing else gap
            return TooMany(retry_after=max(1, ceil(left / _MILLIS)))

        return put(row, CodeRow.pk.does_not_exist() | (CodeRow.sent_at <= row.sent_at - gap), too_soon)

    def count_try(self, purpose: str, receiver: Receiver, code: str, now: datetime) -> bool:
        row = CodeRow(self._code_key(purpose, receiver), _CODE)
        # DynamoDB may remove a row long after it has run out: the time is a condition too.
        live = (CodeRow.expires_at > int(now.timestamp())) & (CodeRow.tries < rules.CODE_TRIES)
        try:
            row.update([CodeRow.tries.add(1)], condition=live)
        except UpdateError as error:
            if code_of(error) == "ConditionalCheckFailedException":
                return False
            if code_of(error) == "TransactionConflictException":
                raise Contention from error
            raise
        return rules.same(row.digest, self._digest(purpose, receiver, code))

    def use_code(self, purpose: str, receiver: Receiver, code: str) -> Action:
        row = CodeRow(self._code_key(purpose, receiver), _CODE)
        digest = self._digest(purpose, receiver, code)
        return delete(row, CodeRow.digest == digest, lambda _standing: CodeNotAccepted())

    def _budget_key(self, budget: Budget) -> str:
        window = budget.window
        return f"BUD#{budget.kind}#{self._sealer.blind(budget.who, budget.kind)}#{window.length}#{window.number}"

    def _code_key(self, purpose: str, receiver: Receiver) -> str:
        return f"COD#{purpose}#{self._sealer.blind(f'{receiver.kind}|{receiver.subject}', 'code-receiver')}"

    def _digest(self, purpose: str, receiver: Receiver, code: str) -> str:
        return self._sealer.blind(f"{purpose}|{receiver.kind}|{receiver.subject}|{code}", "code")
