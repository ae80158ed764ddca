"""Bank accounts at rest."""

from dataclasses import replace

import pytest
from cryptography.exceptions import InvalidTag

from chalicelib import wiring
from chalicelib.kit.transaction import retrying
from chalicelib.settlement import use_cases
from chalicelib.settlement.ports import BankAccount, Naming, Route, Terms, Tier
from chalicelib.settlement.store import SettlementTable
from chalicelib.settlement.store.rows import TermsRow
from tests.chalicelib.settlement.world import RUN, M, accrue, agree

BANK = BankAccount("阿玲", "DE89370400440532013000", "COBADEFF", "DE")


def test_a_bank_account_is_sealed_to_its_merchant_and_opened_for_who_pays(clock):
    store = wiring.settlement().store
    retrying(lambda: wiring.committer().commit([store.put_terms(M, Terms(bank=BANK, version=1))]))
    row = TermsRow.get(f"MERCHANT#{M}", "TERMS")
    assert not any(part in str(row.attribute_values) for part in ("阿玲", "DE8937", "COBADEFF"))
    moved = TermsRow("MERCHANT#acc_thief", "TERMS", terms=row.terms, bank=row.bank, version=1, gsi1pk="x", gsi1sk="y")
    moved.save()
    with pytest.raises(InvalidTag):
        store.terms("acc_thief")


def test_settling_and_selling_need_no_key(clock):
    agree(bank=BANK, route=Route.BANK, bank_named=Naming(("acc_admin",), RUN), tiers={"CNY": (Tier(1, 2),)})

    def no_key():
        raise AssertionError("asked for")

    keyless = replace(wiring.settlement(), store=SettlementTable(no_key))
    assert keyless.store.conditions(M).bank_named == Naming(("acc_admin",), RUN)
    assert use_cases.share_of(keyless, M, "CNY").commission_bps == 800
    accrue(1)
    assert use_cases.settle(keyless, RUN).lines == 1
    with pytest.raises(AssertionError, match="asked for"):
        use_cases.terms_of(keyless, M)
