"""Credit transfers for a bank: ISO 20022 pain.001.001.09, the version of SEPA and of most banks since 2025.

Written with the standard library and held against the standard's schema in the tests: the libraries there are cost too
much or cannot say what we need (docs/decisions/0028-documents.md). Texts are in the letters that every bank takes (the
Latin set of SWIFT and SEPA); names of other scripts are transliterated, so a bank that compares them with its own in
Chinese gets `bank_csv` instead.
"""

import base64
import hashlib
import re
import string
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import groupby
from typing import Any
from xml.etree import ElementTree as ET

from anyascii import anyascii

from chalicelib.payouts.rules.documents import major
from chalicelib.payouts.rules.payout import Payout
from chalicelib.settlement.ports import BankAccount

NAMESPACE = "urn:iso:std:iso:20022:tech:xsd:pain.001.001.09"
SEPA = "SEPA"
_ID, _ACCOUNT, _NAME, _TEXT = (
    35,
    34,
    70,
    140,
)  # letters of an id, an account, a name (SEPA's; the standard has 140) and a remittance text
_KEPT = 12  # letters of an id that is too long which stay readable
# EPC217-08, 1.4: the set that every bank takes.
_LETTERS = frozenset(string.ascii_letters + string.digits + "/-?:().,'+ ")
_OWN_ID = re.compile(r"[A-Za-z0-9_.:-]+")
_IBAN = re.compile(r"[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}")
_BIC = re.compile(r"[A-Z0-9]{4}[A-Z]{2}[A-Z0-9]{2}([A-Z0-9]{3})?")
# ISO 20022 ExternalClearingSystemIdentification1Code: what a bank's code is where it is no BIC.
_CLEARING = {
    "AT": "ATBLZ", "AU": "AUBSB", "CA": "CACPA", "CH": "CHBCC", "CN": "CNAPS", "DE": "DEBLZ", "ES": "ESNCC",
    "GB": "GBDSC", "HK": "HKNCC", "IE": "IENCC", "IN": "INFSC", "IT": "ITNCC", "JP": "JPZGN", "NZ": "NZNCC",
    "PL": "PLKNR", "PT": "PTNCC", "SE": "SESBA", "SG": "SGIBG", "TH": "THCBC", "TW": "TWNCC", "US": "USABA",
    "ZA": "ZANCC",
}  # fmt: skip


class Pain001:
    """See `payouts.documents_ports.BankFiles`.

    Args:
        debtor: the operator's own account.
        service_level: `SEPA` where all that it pays are euros within SEPA; None leaves it to the bank, and both sides
            bear their own charges.
    """

    def __init__(self, debtor: BankAccount, service_level: str | None = None) -> None:
        self._debtor = debtor
        self._service_level = service_level

    def credit_transfers(
        self, batch_id: str, payouts: Sequence[Payout], created_at: datetime, execute_on: date
    ) -> bytes:
        _check(payouts)
        document = ET.Element("Document", xmlns=NAMESPACE)
        order = ET.SubElement(document, "CstmrCdtTrfInitn")
        _write(
            order,
            {
                "GrpHdr": {
                    "MsgId": bank_id(batch_id),
                    "CreDtTm": f"{created_at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}",
                    "NbOfTxs": str(len(payouts)),
                    "CtrlSum": _total(payouts),
                    "InitgPty": {"Nm": latin(self._debtor.holder, _NAME)},
                }
            },
        )
        by_currency = sorted(payouts, key=lambda payout: payout.amount.currency)
        for currency, same in groupby(by_currency, key=lambda payout: payout.amount.currency):
            self._payments(order, f"{batch_id}:{currency}", list(same), execute_on)
        ET.indent(document)
        written: bytes = ET.tostring(document, encoding="UTF-8", xml_declaration=True)
        return written

    def _payments(self, order: ET.Element, id_: str, payouts: Sequence[Payout], execute_on: date) -> None:
        level = {"PmtTpInf": {"SvcLvl": {"Cd": self._service_level}}} if self._service_level else {}
        block = ET.SubElement(order, "PmtInf")
        _write(
            block,
            {
                "PmtInfId": bank_id(id_),
                "PmtMtd": "TRF",
                "BtchBookg": "true",
                "NbOfTxs": str(len(payouts)),
                "CtrlSum": _total(payouts),
                **level,
                "ReqdExctnDt": {"Dt": execute_on.isoformat()},
                "Dbtr": {"Nm": latin(self._debtor.holder, _NAME)},
                "DbtrAcct": _account(self._debtor),
                "DbtrAgt": _bank(self._debtor),
                "ChrgBr": "SLEV" if self._service_level == SEPA else "SHAR",
            },
        )
        for payout in payouts:
            _transfer(block, payout)


def bank_id(ours: str) -> str:
    """Return an id of ours as the bank keeps it: the id itself with `+` for `_`, which banks do not take and our ids do
    not have otherwise. One of more than 35 letters, or of others, keeps its beginning and ends in 110 bits of its hash.
    """
    if len(ours) <= _ID and _OWN_ID.fullmatch(ours):
        return ours.replace("_", "+")
    digest = base64.b32encode(hashlib.sha256(ours.encode()).digest()).decode()
    start = "".join(char if char in string.ascii_letters + string.digits else "+" for char in ours[:_KEPT])
    return f"{start}+{digest}"[:_ID]


def latin(text: str, most: int) -> str:
    """Return a text in the letters that every bank takes, `?` where none is left of it. It neither begins with a slash
    nor has two in a row, which mean something to banks.
    """
    letters = "".join(char if char in _LETTERS else " " for char in anyascii(text))
    cut = re.sub(r"/+", "/", " ".join(letters.split())).lstrip("/ ")[:most].rstrip("/ ")
    return cut or "?"


def is_iban(number: str) -> bool:
    """Say whether an account's number is an IBAN: its check digits are right (ISO 13616, ISO 7064 MOD 97-10)."""
    if not _IBAN.fullmatch(number):
        return False
    return int("".join(str(int(char, 36)) for char in number[4:] + number[:4])) % 97 == 1


def _check(payouts: Sequence[Payout]) -> None:
    if not payouts:
        raise ValueError("nothing is to be paid")
    for payout in payouts:
        if payout.bank is None or payout.amount.amount <= 0:
            raise ValueError(f"{payout.id} cannot go to a bank")
    if len({bank_id(payout.id) for payout in payouts}) != len(payouts):
        raise ValueError("two payouts of a file would be one to the bank")


def _transfer(block: ET.Element, payout: Payout) -> None:
    bank, amount = payout.bank, payout.amount
    if bank is None:  # `_check` has looked
        raise ValueError(f"{payout.id} cannot go to a bank")
    transfer = ET.SubElement(block, "CdtTrfTxInf")
    _write(transfer, {"PmtId": {"InstrId": bank_id(payout.id), "EndToEndId": bank_id(payout.id)}})
    instructed = ET.SubElement(ET.SubElement(transfer, "Amt"), "InstdAmt", Ccy=amount.currency)
    instructed.text = major(amount.amount, amount.currency)
    _write(
        transfer,
        {
            "CdtrAgt": _bank(bank),
            "Cdtr": {"Nm": latin(bank.holder, _NAME), "PstlAdr": {"Ctry": bank.country}},
            "CdtrAcct": _account(bank),
            "RmtInf": {"Ustrd": latin(" ".join(map(bank_id, payout.settlement_ids)) or payout.id, _TEXT)},
        },
    )


def _total(payouts: Iterable[Payout]) -> str:
    """The sum that the bank checks by: of the figures, whatever their currency (ISO 20022 ControlSum)."""
    figures = (Decimal(major(payout.amount.amount, payout.amount.currency)) for payout in payouts)
    return f"{sum(figures, Decimal()):f}"


def _account(account: BankAccount) -> dict[str, Any]:
    number = _plain(account.number)
    if is_iban(number.upper()):
        return {"Id": {"IBAN": number.upper()}}
    return {"Id": {"Othr": {"Id": _whole(number, _ACCOUNT)}}}


def _bank(account: BankAccount) -> dict[str, Any]:
    code = _plain(account.bank).upper()
    if _BIC.fullmatch(code):
        return {"FinInstnId": {"BICFI": code}}
    if not code:
        return {"FinInstnId": {"Othr": {"Id": "NOTPROVIDED"}}}
    system = {"ClrSysId": {"Cd": _CLEARING[account.country]}} if account.country in _CLEARING else {}
    return {"FinInstnId": {"ClrSysMmbId": {**system, "MmbId": _whole(code, _ID)}}}


def _plain(code: str) -> str:
    """Return a number that people write in groups without what parts them."""
    return re.sub(r"[\s-]", "", code)


def _whole(code: str, most: int) -> str:
    """Return a number as it is: cut or changed, it would be somebody else's. One that is none is not told: it goes to
    the log.
    """
    if not 0 < len(code) <= most or not set(code) <= _LETTERS:
        raise ValueError(f"{len(code)} characters that are no number of an account or a bank")
    return code


def _write(parent: ET.Element, content: dict[str, Any]) -> None:
    for name, value in content.items():
        child = ET.SubElement(parent, name)
        if isinstance(value, dict):
            _write(child, value)
        else:
            child.text = value
