"""Another data key, and what was sealed with the one before, on real DynamoDB semantics."""

import json
from dataclasses import replace

import pytest

from chalicelib import wiring
from chalicelib.accounts import use_cases as accounts
from chalicelib.accounts.store import AccountsTable
from chalicelib.accounts.store.accounts import AccountRow
from chalicelib.kit.auth import Actor, Role
from chalicelib.kit.dynamo import meter
from chalicelib.kit.seal import Sealer
from chalicelib.privacy.use_cases import reseal, walk
from chalicelib.settlement.ports import BankAccount, Terms
from chalicelib.settlement.store import SettlementTable
from chalicelib.settlement.store.rows import TermsRow
from tests.emulators import DYNOXIDE

KEYS = {1: b"\x01" * 32, 2: b"\x02" * 32}
OLD, BOTH, NEW = (Sealer(keys, max(keys), b"index") for keys in ({1: KEYS[1]}, KEYS, {2: KEYS[2]}))
PHONES = [f"+861390000{number:04}" for number in range(6)]
BANK = BankAccount("阿玲", "DE89370400440532013000", "COBADEFF", "DE")


def sealed_with(sealer):
    return replace(wiring.accounts(), store=AccountsTable(sealer))


def people(sealer):
    made = [accounts.grant_role(sealed_with(sealer), Role.MERCHANT, phone_text=phone) for phone in PHONES]
    for one in made[:2]:
        accounts.change_profile(sealed_with(sealer), one_self(one), name="张伟")
    return made


def one_self(account):
    return Actor(account.id, account.roles, "ses_1")


def ports(rows=None):
    made = replace(wiring.resealing(), sealer=BOTH)
    return replace(made, rows=rows(made.rows)) if rows else made


def whole(ports, *, look=False, pages=100):
    after, seen = None, []
    while True:
        seen.append(walk(ports, after, pages, look=look))
        after = json.loads(json.dumps(seen[-1].next))  # it travels
        if after is None:
            return seen


@pytest.mark.store
def test_everything_is_sealed_anew_once_and_says_what_it_said(tables):
    made = people(OLD)
    terms = SettlementTable(lambda: OLD).put_terms(made[0].id, Terms(bank=BANK, version=1))
    wiring.committer().commit([terms])
    before = TermsRow.get(f"MERCHANT#{made[0].id}", "TERMS").attribute_values
    looked = whole(ports(), look=True)[0]
    assert (looked.fields, looked.resealed, looked.current) == ({1: 9}, 0, 2)
    (done,) = whole(ports())
    assert (done.fields, done.resealed, done.unreadable, done.next) == ({2: 9}, 9, 0, None)
    (again,) = whole(ports())
    assert (again.fields, again.resealed) == ({2: 9}, 0)
    found = [sealed_with(NEW).store.account(one.id) for one in made]
    assert [one.phone for one in found] == PHONES
    assert [one.name for one in found] == ["张伟", "张伟", None, None, None, None]
    assert SettlementTable(lambda: NEW).terms(made[0].id).bank == BANK
    after = TermsRow.get(f"MERCHANT#{made[0].id}", "TERMS").attribute_values
    assert {name: value for name, value in after.items() if name != "bank"} == {
        name: value for name, value in before.items() if name != "bank"
    }


@pytest.mark.store
def test_a_walk_that_died_goes_on_where_it_was(tables, monkeypatch):
    people(OLD)
    monkeypatch.setattr(reseal, "ROWS_A_PAGE", 4)
    seen = whole(ports(), pages=1)
    assert len(seen) > 5
    assert sum(one.resealed for one in seen) == 8
    assert whole(ports(), look=True)[0].fields == {2: 8}


class Disturbed:
    """Rows that somebody else writes just before we do, so many times."""

    def __init__(self, rows, disturb, times=1):
        self._rows, self._disturb, self._left = rows, disturb, times

    def __getattr__(self, name):
        return getattr(self._rows, name)

    def replace(self, table, row, fields):
        if self._left:
            self._left -= 1
            self._disturb(row)
        return self._rows.replace(table, row, fields)


@pytest.mark.store
def test_what_others_write_meanwhile_is_never_lost(tables):
    (one, *_) = people(OLD)

    def marry(row):
        # A container that has not read the new key yet.
        accounts.change_profile(sealed_with(OLD), one_self(replace(one, id=row.pk)), name="李娜")

    done = walk(ports(lambda rows: Disturbed(rows, marry, times=2)), None, 100, look=False)
    assert done.fields[1] == 0
    stands = [sealed_with(NEW).store.account(row.pk).name for row in AccountRow.scan(AccountRow.sk == "ACCOUNT")]
    assert stands.count("李娜") == 1


def test_who_is_disturbed_again_and_again_says_what_is_left(tables):
    people(OLD)

    def rename(row):
        accounts.change_profile(sealed_with(OLD), one_self(replace(people_of(row), id=row.pk)), name=f"n{rename.n}")
        rename.n += 1

    rename.n = 0

    def people_of(row):
        return sealed_with(BOTH).store.account(row.pk)

    done = walk(ports(lambda rows: Disturbed(rows, rename, times=4)), None, 100, look=False)
    assert done.fields[1] == 2
    assert whole(ports())[0].fields.keys() == {2}


def test_a_row_that_goes_meanwhile_is_no_harm(tables):
    people(OLD)
    gone = Disturbed(wiring.resealing().rows, lambda row: AccountRow(row.pk, row.sk).delete())
    assert walk(ports(lambda _: gone), None, 100, look=False).fields[1] == 0


def test_what_does_not_open_is_counted_and_stays(tables):
    (one, *_) = people(OLD)
    row = AccountRow.get(one.id, "ACCOUNT")
    broken = OLD.seal("+8613900000000", "accounts|acc_else|identities")
    row.update([AccountRow.identities.set(broken)])
    done = walk(ports(), None, 100, look=False)
    assert (done.unreadable, done.fields) == (1, {1: 1, 2: 7})
    assert AccountRow.get(one.id, "ACCOUNT").identities == broken


def test_what_it_costs(tables):
    people(OLD)
    if tables.name != DYNOXIDE:
        pytest.skip("capacity is told right by dynoxide alone")
    with meter.measure() as first:
        walk(ports(), None, 100, look=False)
    with meter.measure() as second:
        walk(ports(), None, 100, look=False)
    pages = len({one.table for one in wiring.sealed_fields()})
    assert (second.requests, second.write_units) == (pages, 0)
    assert (first.requests, first.write_units) == (pages + 6, 6)  # both fields of a row in one write


def test_a_payouts_bank_account_is_found_where_it_was_sealed():
    """The registry's place is the store's: no row of each kind is needed for that."""
    fields = {(one.table, one.attribute): one for one in wiring.sealed_fields()}
    assert fields["payouts", "bank"].place_in("PAYOUT#pyo_1", "PAYOUT") == "payouts|PAYOUT#pyo_1|bank"
    assert fields["calendars", "url"].place_in("SHOP#shp_1", "CAL#cal_1") == "calendars|cal_1|url"
