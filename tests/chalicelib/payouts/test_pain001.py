"""The bank's file is valid by the standard's own schema (which sepaxml brings), pays what it should, and says it in the
letters that banks take.
"""

import re
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
import sepaxml
import xmlschema
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.kit.ids import derived_id
from chalicelib.kit.money import Money
from chalicelib.payouts.gateways.pain001 import NAMESPACE, Pain001, bank_id, is_iban, latin
from chalicelib.payouts.rules import Payout, PayoutState
from chalicelib.settlement.ports import BankAccount, Route

AT = datetime(2026, 11, 24, 2, 30, 5, tzinfo=UTC)
DAY = date(2026, 11, 25)
OWN = BankAccount("邻里 (Shanghai) Ltd", "DE89 3704 0044 0532 0130 00", "COBADEFFXXX", "DE")
EURO = BankAccount("Café Müller & Söhne", "FR1420041010050500013M02606", "BNPAFRPP", "FR")
CHINA = BankAccount("上海邻里理发", "6222 0202 0011 2233 445", "102290000000", "CN")
LETTERS = set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/-?:().,'+ ")


@pytest.fixture(scope="module")
def schema():
    return xmlschema.XMLSchema(Path(sepaxml.__file__).with_name("schemas") / "pain.001.001.09.xsd")


def payout(id_="po_1", amount=12_30, currency="EUR", bank=EURO, settlements=("set_20261123_eur",)):
    return Payout(id_, "shop_1", Money(amount, currency), Route.BANK, PayoutState.READY, AT, settlements, bank=bank)


def written(payouts, *, gateway=None, batch="batch_20261124"):
    return (gateway or Pain001(OWN)).credit_transfers(batch, payouts, AT, DAY)


def texts(content, path):
    """Return the texts at a path, whose steps have no namespace."""
    steps = "/".join(step if step == "." else f"{{{NAMESPACE}}}{step}" for step in path.split("/"))
    return [element.text for element in ET.fromstring(content).iterfind(f".//{steps}")]


def test_it_is_valid_and_pays_each_payout_once(schema):
    content = written(
        [payout(), payout("po_2", 5_00, "CNY", CHINA), payout("po_3", 700, "JPY"), payout("po_4", 1, "KWD")]
    )
    schema.validate(content.decode())
    assert texts(content, "GrpHdr/MsgId") == ["batch+20261124"]
    assert texts(content, "GrpHdr/CreDtTm") == ["2026-11-24T02:30:05Z"]
    assert texts(content, "GrpHdr/NbOfTxs") == ["4"]
    assert texts(content, "GrpHdr/CtrlSum") == ["717.301"]
    assert texts(content, "PmtInf/CtrlSum") == ["5.00", "12.30", "700", "0.001"]
    assert texts(content, "ReqdExctnDt/Dt") == ["2026-11-25"] * 4
    assert texts(content, "EndToEndId") == ["po+2", "po+1", "po+3", "po+4"]
    amounts = [(one.get("Ccy"), one.text) for one in ET.fromstring(content).iter(f"{{{NAMESPACE}}}InstdAmt")]
    assert amounts == [("CNY", "5.00"), ("EUR", "12.30"), ("JPY", "700"), ("KWD", "0.001")]


def test_accounts_and_banks_are_named_by_the_kind_of_number_that_they_have(schema):
    content = written(
        [payout(), payout("po_2", bank=CHINA), payout("po_3", bank=replace(CHINA, bank="", country="LA"))]
    )
    schema.validate(content.decode())
    assert texts(content, "DbtrAcct/Id/IBAN") == ["DE89370400440532013000"]
    assert texts(content, "CdtrAcct/Id/IBAN") == ["FR1420041010050500013M02606"]
    assert texts(content, "CdtrAcct/Id/Othr/Id") == ["6222020200112233445"] * 2
    assert texts(content, "CdtrAgt/FinInstnId/BICFI") == ["BNPAFRPP"]
    assert texts(content, "ClrSysMmbId/ClrSysId/Cd") == ["CNAPS"]
    assert texts(content, "ClrSysMmbId/MmbId") == ["102290000000"]
    assert texts(content, "CdtrAgt/FinInstnId/Othr/Id") == ["NOTPROVIDED"]


def test_names_are_in_the_banks_letters(schema):
    content = written([payout(), payout("po_2", bank=CHINA)])
    schema.validate(content.decode())
    assert texts(content, "Cdtr/Nm") == ["Cafe Muller Sohne", "ShangHaiLinLiLiFa"]
    assert texts(content, "InitgPty/Nm") == ["LinLi (Shanghai) Ltd"]


def test_sepa_says_so_and_shares_charges_as_sepa_does(schema):
    content = written([payout()], gateway=Pain001(OWN, service_level="SEPA"))
    schema.validate(content.decode())
    assert texts(content, "SvcLvl/Cd") == ["SEPA"]
    assert texts(content, "ChrgBr") == ["SLEV"]
    assert texts(written([payout()]), "ChrgBr") == ["SHAR"]


def test_the_same_batch_is_the_same_file():
    assert written([payout()]) == written([payout()])
    assert written([payout()]) != written([payout()], batch="batch_20261125")


@given(
    st.lists(
        st.builds(
            payout,
            st.from_regex(r"po_[a-z0-9]{1,40}", fullmatch=True),
            st.integers(1, 10**11),
            st.sampled_from(["EUR", "JPY", "KWD"]),
            st.builds(replace, st.sampled_from([EURO, CHINA]), holder=st.text(max_size=90)),
        ),
        min_size=1, max_size=4, unique_by=lambda one: one.id,
    )
)  # fmt: skip
@settings(max_examples=25, deadline=None)
def test_whatever_merchants_are_called_the_file_is_valid(schema, payouts):
    content = written(payouts)
    schema.validate(content.decode())
    for name in ("Nm", "EndToEndId", "MsgId", "PmtInfId", "Ustrd"):
        assert all(set(text) <= LETTERS for text in texts(content, name))
    (total,) = texts(content, "GrpHdr/CtrlSum")
    assert Decimal(total) == sum(map(Decimal, texts(content, "InstdAmt")))


IDS = st.one_of(st.from_regex(r"[A-Za-z0-9_.:-]{1,60}", fullmatch=True), st.text(min_size=1, max_size=60))


@given(st.sets(IDS, min_size=2, max_size=8))
def test_ids_fit_and_two_are_never_one(ids):
    theirs = {bank_id(one) for one in ids}
    assert len(theirs) == len(ids)
    assert all(len(one) <= 35 and set(one) <= LETTERS for one in theirs)


def test_an_id_of_ours_can_be_read_back_and_a_long_one_keeps_its_beginning():
    ours = derived_id("po", "set_1")
    assert bank_id(ours).replace("+", "_") == ours
    long = f"{ours}:and:more"
    assert bank_id(long).startswith(ours[:12].replace("_", "+"))
    assert len(bank_id(long)) == 35


@given(st.text(max_size=200), st.integers(1, 140))
def test_a_name_is_never_empty_and_never_means_more_than_it_says(text, most):
    name = latin(text, most)
    assert 1 <= len(name) <= most
    assert set(name) <= LETTERS
    assert not name.startswith("/")
    assert "//" not in name


@pytest.mark.parametrize(
    ("number", "said"),
    [
        ("DE89370400440532013000", True),
        ("GB82WEST12345698765432", True),
        ("DE89370400440532013001", False),
        ("6222020200112233445", False),
        ("", False),
    ],
)
def test_an_iban_has_the_right_check_digits(number, said):
    assert is_iban(number) is said


@pytest.mark.parametrize(
    "wrong",
    [
        [],
        [payout(bank=None)],
        [payout(amount=0)],
        [payout(), payout()],
        [payout(bank=replace(CHINA, number="1" * 35))],
        [payout(bank=replace(CHINA, number=" - "))],
        [payout(bank=replace(CHINA, number="12<34"))],
        [payout(bank=replace(CHINA, bank="9" * 36))],
    ],
)
def test_what_a_bank_could_not_pay_makes_no_file(wrong):
    with pytest.raises(ValueError, match=r"nothing is to be paid|cannot go|would be one|no number of") as refused:
        written(wrong)
    assert not re.search("11111|12<34|99999", str(refused.value))  # it goes to the log
