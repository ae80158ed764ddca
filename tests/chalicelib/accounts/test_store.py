"""What each access pattern costs, and that nothing stored tells who somebody is."""

import io
import json
from collections import defaultdict

import pytest
from botocore.exceptions import ClientError
from pynamodb.exceptions import UpdateError

from chalicelib import wiring
from chalicelib.accounts import rules, use_cases
from chalicelib.accounts.ports import Kind, Visitor
from chalicelib.accounts.rules import CodeNotAccepted
from chalicelib.accounts.store import CodeRow
from chalicelib.audit.ports import Why
from chalicelib.kit.auth import Actor, Role
from chalicelib.kit.dynamo import meter
from chalicelib.kit.observability import log
from chalicelib.kit.transaction import Contention
from chalicelib.settings import settings
from tests.emulators import Emulator

PHONE = "+8613800138000"
ON_PHONE = rules.receiver(phone=PHONE)
HERE = "203.0.113.9"


def cost(work):
    """Return requests, read units and write units of `work`."""
    with meter.measure() as usage:
        work()
    return usage.requests, usage.read_units, usage.write_units


def test_what_each_pattern_costs(ports):
    wiring.committer()
    signed_in = []

    def sign_in():
        visitor = Visitor("en", HERE, "d" * 32)
        signed_in.append(use_cases.sign_in(ports, ON_PHONE, ports.senders[Kind.PHONE].last(PHONE), visitor))

    def refused():
        try:
            use_cases.sign_in(ports, ON_PHONE, "not it", Visitor("en"))
        except CodeNotAccepted:
            return
        raise AssertionError

    assert cost(lambda: use_cases.request_code(ports, ON_PHONE, Visitor("en", HERE))) == (1, 0, 14)
    assert cost(sign_in) == (7, 5.5, 15)
    use_cases.request_code(ports, ON_PHONE, Visitor("en", HERE))
    assert cost(refused) == (1, 0, 1)
    assert cost(sign_in) == (6, 6.5, 9)
    actor = ports.tokens.read(signed_in[-1].access_token, ports.clock.now())
    assert cost(lambda: use_cases.contact(ports, actor.account_id)) == (1, 1, 0)
    assert cost(lambda: use_cases.refresh(ports, signed_in[-1].refresh_token)) == (2, 2, 2)
    assert cost(lambda: use_cases.StandingSessions(ports).must_stand(actor)) == (1, 2, 0)
    assert cost(lambda: use_cases.my_sessions(ports, actor)) == (2, 2, 0)
    assert cost(lambda: use_cases.change_profile(ports, actor, name="王小明")) == (2, 1, 2)
    assert cost(lambda: use_cases.sign_out(ports, actor)) == (1, 0, 1)


def test_nothing_stored_or_logged_tells_who_somebody_is(tables: Emulator, ports, monkeypatch):
    logged = io.StringIO()
    monkeypatch.setattr(log.registered_handler, "stream", logged)
    use_cases.request_code(ports, ON_PHONE, Visitor("zh-CN", HERE))
    code = ports.senders[Kind.PHONE].last(PHONE)
    signed_in = use_cases.sign_in(ports, ON_PHONE, code, Visitor("zh-CN"))
    actor = ports.tokens.read(signed_in.access_token, ports.clock.now())
    use_cases.change_profile(ports, actor, name="Wang Xiaoming")
    use_cases.grant_role(ports, Role.MERCHANT, phone_text=PHONE)
    use_cases.set_roles(
        ports,
        Actor("acc_admin", frozenset({Role.ADMIN}), "ses", methods=("sms", "otp")),
        actor.account_id,
        frozenset({Role.CUSTOMER, Role.MERCHANT}),
        Why("hired"),
    )
    use_cases.request_code(ports, ON_PHONE, Visitor("zh-CN", HERE))

    rows = tables.dynamodb.scan(TableName=f"{settings().table_prefix}-accounts")["Items"]
    assert len(rows) in {10, 11}  # account, phone, session, code, five budgets, one or two counters of cost
    written = json.dumps(rows) + logged.getvalue()
    assert "role granted" in written
    for secret in (PHONE[3:], "Wang", "Xiaoming", HERE, code, signed_in.refresh_token.rpartition(".")[2]):
        assert secret not in written


@pytest.mark.parametrize(
    ("code", "meaning"), [("TransactionConflictException", Contention), ("AccessDeniedException", UpdateError)]
)
def test_a_try_that_could_not_be_counted_is_not_a_wrong_code(ports, monkeypatch, code, meaning):
    def refuse(*_, **__):
        raise UpdateError("refused", cause=ClientError({"Error": {"Code": code}}, "UpdateItem"))

    monkeypatch.setattr(CodeRow, "update", refuse)
    with pytest.raises(meaning):
        ports.store.count_try("sign-in", ON_PHONE, "123456", ports.clock.now())


def test_rows_that_die_say_when(tables: Emulator, ports):
    use_cases.request_code(ports, ON_PHONE, Visitor("en", HERE))
    use_cases.sign_in(ports, ON_PHONE, ports.senders[Kind.PHONE].last(PHONE), Visitor("en"))
    use_cases.request_code(ports, ON_PHONE, Visitor("en", HERE))
    rows = tables.dynamodb.scan(TableName=f"{settings().table_prefix}-accounts")["Items"]
    now = int(ports.clock.now().timestamp())
    left = defaultdict(set)
    for row in rows:
        if "expires_at" in row:
            left[row["sk"]["S"].partition("#")[0]].add(int(row["expires_at"]["N"]) - now)
    assert left == {"CODE": {300}, "BUDGET": {1800, 52200}, "SES": {30 * 86400}}
