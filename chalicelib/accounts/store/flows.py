"""Ways to others' sign-in pages and back. A row tells nothing that could be used: state and binding are kept as blind
values, nonce and verifier are not kept but follow from the state and a key that the table does not have.
"""

import secrets
from datetime import datetime

from pynamodb.attributes import BooleanAttribute, UnicodeAttribute
from pynamodb.exceptions import UpdateError

from chalicelib.accounts.rules import FLOW_LIFE, Flow
from chalicelib.accounts.store.accounts import AccountsMeta
from chalicelib.kit.dynamo import Row, code_of, put
from chalicelib.kit.seal import Sealer
from chalicelib.kit.transaction import Action, Contention

_FLOW = "FLOW"
_BYTES = 32


class FlowRow(Row):
    class Meta(AccountsMeta):
        pass

    binding = UnicodeAttribute()
    provider = UnicodeAttribute()
    redirect_uri = UnicodeAttribute()
    account_id = UnicodeAttribute(null=True)
    used = BooleanAttribute(null=True)


class FlowRows:
    """The part of `ports.AccountStore` about ways to others and back."""

    _sealer: Sealer

    def begin_flow(self, provider: str, redirect_uri: str, account_id: str, now: datetime) -> tuple[Flow, Action]:
        state, binding = (secrets.token_urlsafe(_BYTES) for _ in range(2))
        row = FlowRow(
            self._flow_key(state),
            _FLOW,
            binding=self._sealer.blind(binding, "flow-binding"),
            provider=provider,
            redirect_uri=redirect_uri,
            account_id=account_id or None,
        )
        row.expires_at = int((now + FLOW_LIFE).timestamp())
        return self._flow(row, state, binding), put(row, FlowRow.pk.does_not_exist())

    def take_flow(self, provider: str, state: str, binding: str, account_id: str, now: datetime) -> Flow | None:
        row = FlowRow(self._flow_key(state), _FLOW)
        mine = FlowRow.account_id == account_id if account_id else FlowRow.account_id.does_not_exist()
        # DynamoDB may remove a row long after it has run out: the time is a condition too.
        standing = (
            FlowRow.used.does_not_exist()
            & (FlowRow.expires_at > int(now.timestamp()))
            & (FlowRow.binding == self._sealer.blind(binding, "flow-binding"))
            & (FlowRow.provider == provider)
            & mine
        )
        try:
            row.update([FlowRow.used.set(True)], condition=standing)
        except UpdateError as error:
            if code_of(error) == "ConditionalCheckFailedException":
                return None
            if code_of(error) == "TransactionConflictException":
                raise Contention from error
            raise
        return self._flow(row, state, binding)

    def _flow(self, row: FlowRow, state: str, binding: str) -> Flow:
        # 40 hex digits are 160 bits; a verifier has 43 characters at least (RFC 7636, 4.1).
        halves = [self._sealer.blind(state, f"flow-verifier-{number}") for number in range(2)]
        return Flow(
            state=state,
            binding=binding,
            provider=row.provider,
            redirect_uri=row.redirect_uri,
            account_id=row.account_id or "",
            nonce=self._sealer.blind(state, "flow-nonce"),
            verifier="".join(halves),
        )

    def _flow_key(self, state: str) -> str:
        return f"FLW#{self._sealer.blind(state, 'flow-state')}"
