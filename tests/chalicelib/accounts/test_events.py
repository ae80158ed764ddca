import json
from pathlib import Path

import pytest

from chalicelib import wiring
from chalicelib.accounts import events
from chalicelib.kit.auth import Role
from chalicelib.kit.errors import Invalid, NotFound

EVENT = json.loads((Path(__file__).parents[2] / "events/accounts-grant-role.json").read_text())


def test_an_operator_grants_a_role(ports):
    told = events.grant_role(EVENT, None)
    assert told["roles"] == ["admin", "customer"]
    assert wiring.accounts().store.account(told["account_id"]).roles == {Role.ADMIN, Role.CUSTOMER}
    more = events.grant_role({"account_id": told["account_id"], "role": "merchant"}, None)
    assert more["roles"] == ["admin", "customer", "merchant"]


@pytest.mark.parametrize(
    ("event", "problem"),
    [
        ({"phone": "12", "role": "admin"}, Invalid),
        ({"account_id": "acc_none", "role": "admin"}, NotFound),
        ({"phone": "+8613800138000", "role": "king"}, ValueError),
        ({"role": "admin"}, KeyError),
    ],
)
def test_what_cannot_be_granted_fails(ports, event, problem):
    with pytest.raises(problem):
        events.grant_role(event, None)


RESET = json.loads((Path(__file__).parents[2] / "events/accounts-reset-factors.json").read_text())


def test_an_operator_takes_all_factors_from_an_account(ports):
    account_id = events.grant_role({"phone": "+8613800138000", "role": "merchant"}, None)["account_id"]
    told = {"account_id": account_id, "has_factor": False, "roles": ["customer", "merchant"]}
    assert events.reset_factors(RESET | {"account_id": account_id}, None) == told
    assert events.reset_factors({"phone": "+8613800138000", "reason": "again"}, None) == told
    for event, problem in (
        (RESET | {"account_id": "acc_none"}, NotFound),
        ({"phone": "+8613900139000", "reason": "x"}, NotFound),
        (RESET | {"reason": " "}, Invalid),
        ({"account_id": account_id}, KeyError),
    ):
        with pytest.raises(problem):
            events.reset_factors(event, None)
