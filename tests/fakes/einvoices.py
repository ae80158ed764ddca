"""An e-invoice system in memory: what `chalicelib.payouts.documents_ports.EInvoices` promises, with its moods."""

from chalicelib.kit.errors import Unavailable
from chalicelib.payouts.documents_ports import InvoiceRefused


class FakeEInvoices:
    """Issues by number; `silent` answers are lost after the work is done."""

    def __init__(self) -> None:
        self.issued = {}
        self.asked = 0
        self.silent = 0
        self.refusing = False

    def issue(self, invoice):
        self.asked += 1
        if self.refusing:
            raise InvoiceRefused(reason="HTTP 422")
        reference, _ = self.issued.setdefault(invoice.number, (f"EINV-{len(self.issued) + 1}", invoice))
        if self.silent:
            self.silent -= 1
            raise Unavailable
        return reference
