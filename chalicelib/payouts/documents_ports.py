"""What the documents of a merchant's money need from outside."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Protocol

from chalicelib.kit.errors import Conflict
from chalicelib.kit.i18n import Language, Text
from chalicelib.payouts.rules.documents import Invoice, Statement
from chalicelib.payouts.rules.payout import Payout


class Documents(Protocol):
    """Makes documents that people read and keep: the same bytes of the same content, always."""

    def statement(self, statement: Statement, language: Language) -> bytes: ...

    def invoice(self, invoice: Invoice, language: Language) -> bytes: ...


class BankFiles(Protocol):
    """Makes files that a bank carries out."""

    def credit_transfers(
        self, batch_id: str, payouts: Sequence[Payout], created_at: datetime, execute_on: date
    ) -> bytes:
        """Return the order to pay; of the same batch always the same bytes.

        Raises:
            ValueError: there is no payout, or one has no bank account that could be, pays nothing or is there twice.
        """
        ...


class InvoiceRefused(Conflict):
    """The e-invoice system will not have it: a repeat changes nothing."""

    code = "invoice-refused"
    title = Text("The e-invoice system refused the invoice", "电子发票系统拒绝开票")
    detail = Text("It answered {reason}.", "返回：{reason}。")


class EInvoices(Protocol):
    """A tax authority's or a provider's system for invoices."""

    def issue(self, invoice: Invoice) -> str:
        """Have an invoice issued and return the system's reference; by its number once, however often it is asked.

        Raises:
            Unavailable: no answer; a repeat is safe.
            InvoiceRefused: the answer is no.
        """
        ...
