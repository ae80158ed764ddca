"""Where a merchant's money goes."""

from collections.abc import Sequence
from dataclasses import replace

from chalicelib.kit.i18n import Text
from chalicelib.kit.personal import Matter, Told, plain
from chalicelib.kit.transaction import retrying
from chalicelib.ledger import use_cases as ledger
from chalicelib.ledger.ports import merchant_account, reserve_account
from chalicelib.settlement.ports import SettlementPorts


def personal_data(ports: SettlementPorts, account_id: str) -> Told:
    """Return the account that they have named for payouts."""
    terms = ports.store.terms(account_id)
    return {"payout_accounts": [plain(terms.bank)] if terms and terms.bank else []}


def open_matters(ports: SettlementPorts, account_id: str) -> Sequence[Matter]:
    """Return money that a merchant is owed, or owes, by currency."""
    names = (merchant_account(account_id), reserve_account(account_id))
    owed = {currency for name in names for currency, amount in ledger.balance(ports.ledger, name).items() if amount} | {
        due.currency for due in ports.store.waiting_of(account_id)
    }
    text = Text("Money of your sales is not settled yet.", "尚有未结清的销售款项。")
    return [Matter("merchant-balance", text, tuple(sorted(owed)))] if owed else []


def erase(ports: SettlementPorts, account_id: str) -> None:
    """Remove it. The terms stay: what was sold was sold under them."""

    def attempt() -> None:
        terms = ports.store.terms(account_id)
        if terms is not None and terms.bank is not None:
            gone = replace(terms, bank=None, version=terms.version + 1)
            ports.committer.commit([ports.store.put_terms(account_id, gone)])

    retrying(attempt)
