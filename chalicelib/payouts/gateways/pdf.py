"""Statements and invoices as PDF, A4, in Chinese and English. Imported only where one is asked for."""

from zoneinfo import ZoneInfo

from chalicelib.kit.i18n import Language, Text
from chalicelib.payouts.gateways.pdf_layout import ACCENT, ACROSS, LEFT, MUTED, Column, Flow, Row
from chalicelib.payouts.rules.documents import FIGURES, Invoice, Item, Party, Statement, figures, major
from chalicelib.settlement.ports import Due, DueKind, Sums

_KINDS = {
    DueKind.SERVICE: Text("Service", "服务收入"),
    DueKind.CANCELLATION_FEE: Text("Cancellation fee", "取消费"),
    DueKind.NO_SHOW_FEE: Text("No-show fee", "爽约费"),
    DueKind.REFUND: Text("Refund", "退款"),
    DueKind.DISPUTE: Text("Dispute", "争议扣款"),
    DueKind.DISPUTE_RETURNED: Text("Dispute returned", "争议返还"),
    DueKind.COUPON: Text("Coupon adjusted", "优惠券调整"),
    DueKind.SUBSCRIPTION: Text("Subscription", "订阅费"),
    DueKind.RESERVE: Text("Reserve kept", "预留保证金"),
    DueKind.RESERVE_RELEASED: Text("Reserve released", "保证金释放"),
    DueKind.PAYOUT_RETURNED: Text("Payout returned", "打款退回"),
}
_ITEMS = {
    Item.COMMISSION: Text("Commission on sales", "销售佣金"),
    Item.FIXED_FEE: Text("Fixed fees of sales", "单笔固定费用"),
    Item.SUBSCRIPTION: Text("Subscription", "订阅费"),
}
_WORDS = {
    "statement": Text("Settlement statement", "结算单"),
    "invoice": Text("Invoice", "服务费账单"),
    "credit": Text("Credit note", "服务费红字账单"),
    "number": Text("Number", "编号"),
    "period": Text("Period", "账期"),
    "period_end": Text("Period ends", "账期截止"),
    "issued": Text("Issued", "开具日期"),
    "currency": Text("Currency", "币种"),
    "zone": Text("Time zone", "时区"),
    "merchant": Text("Merchant", "商户"),
    "opening": Text("Opening balance", "期初余额"),
    "settlement": Text("This settlement", "本期结算"),
    "paid": Text("Paid out", "已打款"),
    "closing": Text("Carried forward", "结转余额"),
    "paid_line": Text(
        "Paid out {amount} on {date}, payout {payout}, bank reference: {reference}.",
        "已于 {date} 打款 {amount}，打款单号 {payout}，银行流水号：{reference}。",
    ),
    "carried_line": Text(
        "Nothing was paid out: {amount} is carried forward to the next settlement.",
        "本期未打款：{amount} 结转至下期。",
    ),
    "no_reference": Text("not known yet", "暂无"),
    "by_kind": Text("By kind", "分类汇总"),
    "lines": Text("Every line", "逐笔明细"),
    "kind": Text("Kind", "类型"),
    "count": Text("Lines", "笔数"),
    "date": Text("Date", "日期"),
    "what": Text("For", "事由"),
    "gross": Text("Gross", "交易额"),
    "platform_discount": Text("Platform discount", "平台补贴"),
    "commission": Text("Commission", "佣金"),
    "fixed_fee": Text("Fixed fee", "固定费用"),
    "tax": Text("Tax", "税费"),
    "reserved": Text("Reserved", "预留"),
    "payable": Text("Payable", "应结"),
    "total": Text("Total", "合计"),
    "net": Text("Net", "不含税金额"),
    "order": Text("order {id}", "订单 {id}"),
    "line": Text("line {id}", "明细 {id}"),
    "payment": Text("payment {id}", "支付 {id}"),
    "formula": Text(
        "Payable = gross + platform discount - commission - fixed fee - tax - reserved. "
        "What goes back has the opposite sign.",
        "应结 = 交易额 + 平台补贴 - 佣金 - 固定费用 - 税费 - 预留。退回的金额符号相反。",
    ),
    "from": Text("From", "开具方"),
    "to": Text("To", "接收方"),
    "tax_id": Text("Tax ID {id}", "税号 {id}"),
    "amount": Text("Amount", "金额"),
    "settled": Text(
        "Settled in full: the total was taken from your sales when they were settled. There is nothing to pay.",
        "已结清：上述金额已在结算时从销售款中扣除，无需另行支付。",
    ),
    "credited": Text(
        "Settled in full: more was given back than taken, and the difference was paid with your settlements.",
        "已结清：退还金额大于收取金额，差额已随结算款支付。",
    ),
    "page": Text("Page {{page}} of {{pages}}", "第 {{page}} 页，共 {{pages}} 页"),
}
_FACTS = 190.0  # how wide the column of facts beside the title is


class PdfDocuments:
    """See `payouts.documents_ports.Documents`.

    Args:
        brand: whose documents these are, as it stands at their head.
        tax: what invoices call the tax on what the platform takes.
    """

    def __init__(self, brand: str, tax: Text = _WORDS["tax"]) -> None:
        self._brand, self._tax = brand, tax

    def statement(self, statement: Statement, language: Language) -> bytes:
        about, say = statement.settlement, _Words(language)
        title = say("statement")
        flow = Flow(f"{self._brand} · {title} · {statement.merchant_name} · {about.id}")
        facts = [("number", about.id), ("period_end", about.period), ("currency", about.currency)]
        _head(flow, say, self._brand, title, [*facts, ("zone", statement.zone)])
        flow.paragraph(say("merchant"), 7.5, MUTED)
        flow.paragraph(statement.merchant_name, 12, bold=True, width=ACROSS - _FACTS)
        flow.paragraph(statement.merchant_id, 7.5, MUTED)
        flow.y += 12
        paid = statement.paid.amount if statement.paid else 0
        balances = {
            "opening": statement.opening,
            "settlement": about.sums.payable,
            "paid": -paid,
            "closing": statement.closing,
        }
        flow.cards([(say(name), _money(amount, about.currency)) for name, amount in balances.items()])
        flow.y += 6
        flow.paragraph(_payout_line(statement, say), 8.2)
        flow.heading(say("by_kind"))
        _subtotals(flow, statement, say)
        flow.heading(say("lines"))
        _lines(flow, statement, say)
        flow.y += 6
        flow.paragraph(say("formula"), 7, MUTED)
        flow.feet(f"{statement.merchant_id} · {about.id}", say("page"))
        return flow.pages.file(f"{title} {about.id}", language)

    def invoice(self, invoice: Invoice, language: Language) -> bytes:
        say = _Words(language)
        title = say("credit" if invoice.is_credit else "invoice")
        flow = Flow(f"{self._brand} · {title} · {invoice.number}")
        facts = [("number", invoice.number), ("period", invoice.period), ("issued", invoice.issued_on.isoformat())]
        _head(flow, say, self._brand, title, [*facts, ("currency", invoice.currency)])
        top, half = flow.y, ACROSS / 2 - 12
        bottoms = []
        for x, name, party in ((LEFT, "from", invoice.seller), (LEFT + ACROSS / 2 + 12, "to", invoice.buyer)):
            flow.y = top
            _party(flow, say, x, half, say(name), party)
            bottoms.append(flow.y)
        flow.y = max(bottoms) + 10
        columns = [Column(say("what"), ACROSS - 138), Column(say("amount"), 120, right=True)]
        charges = [(_ITEMS[item].render(language), amount) for item, amount in invoice.charges]
        charges += [(say("net"), invoice.net), (self._tax.render(language), invoice.tax)]
        rows = [Row((name, _grouped(amount, invoice.currency))) for name, amount in charges]
        flow.table(columns, rows, (say("total"), _money(invoice.total, invoice.currency)))
        flow.y += 10
        flow.paragraph(say("credited" if invoice.is_credit else "settled"), 8.2)
        flow.feet(f"{invoice.merchant_id} · {invoice.number}", say("page"))
        return flow.pages.file(f"{title} {invoice.number}", language)


class _Words:
    """The document's words in one language."""

    def __init__(self, language: Language) -> None:
        self.language = language

    def __call__(self, name: str, /, **parameters: str) -> str:
        return _WORDS[name].render(self.language, **parameters)

    def kind(self, kind: DueKind) -> str:
        return _KINDS[kind].render(self.language)


def _head(flow: Flow, say: _Words, brand: str, title: str, facts: list[tuple[str, str]]) -> None:
    """The brand, the title and, beside them, what the document is about."""
    x, top = LEFT + ACROSS - _FACTS, flow.y
    flow.line(LEFT, top + 9, brand, 11, ACCENT, bold=True, width=ACROSS - _FACTS - 12)
    flow.line(LEFT, top + 36, title, 21, bold=True, width=ACROSS - _FACTS - 12)
    for row, (name, value) in enumerate(facts):
        y = top + 8 + row * 13
        flow.line(x, y, say(name), 7.5, MUTED, width=56)
        flow.line(x + 60, y, value, 8.2, right=True, width=_FACTS - 60)
    flow.y = top + max(48, 8 + 13 * len(facts))
    flow.rule(ACCENT, 1.2)
    flow.y += 10


def _party(flow: Flow, say: _Words, x: float, width: float, label: str, party: Party) -> None:
    flow.paragraph(label, 7.5, MUTED, x=x, width=width)
    flow.paragraph(party.name, 10.5, bold=True, x=x, width=width)
    for line in party.address:
        flow.paragraph(line, 8, x=x, width=width)
    if party.tax_id:
        flow.paragraph(say("tax_id", id=party.tax_id), 8, MUTED, x=x, width=width)


def _payout_line(statement: Statement, say: _Words) -> str:
    paid, currency = statement.paid, statement.currency
    if paid is None:
        return say("carried_line", amount=_money(statement.closing, currency))
    return say(
        "paid_line",
        amount=_money(paid.amount, currency),
        date=paid.at.astimezone(ZoneInfo(statement.zone)).date().isoformat(),
        payout=paid.payout_id,
        reference=paid.reference or say("no_reference"),
    )


def _subtotals(flow: Flow, statement: Statement, say: _Words) -> None:
    columns = [Column(say("kind"), 98), Column(say("count"), 36, right=True), *_figures(say)]
    rows = [
        Row((say.kind(kind), str(total.lines), *_amounts(total, statement.currency)))
        for kind, total in statement.subtotals().items()
    ]
    total = statement.settlement.sums
    flow.table(columns, rows, (say("total"), str(total.lines), *_amounts(total, statement.currency)))


def _lines(flow: Flow, statement: Statement, say: _Words) -> None:
    zone = ZoneInfo(statement.zone)
    columns = [Column(say("date"), 65), Column(say("what"), 69), *_figures(say)]
    rows = (
        Row(
            (f"{due.due_at.astimezone(zone):%Y-%m-%d %H:%M}", say.kind(due.kind), *_amounts(due, statement.currency)),
            _traces(due, say),
        )
        for due in statement.dues
    )
    flow.table(columns, rows, (say("total"), "", *_amounts(statement.settlement.sums, statement.currency)))


def _traces(due: Due, say: _Words) -> str:
    """What a line of the statement comes from, so that it can be found."""
    known = {"order": due.order_id, "line": due.line_id if due.line_id != due.id else None, "payment": due.payment_id}
    return " · ".join([due.id, *(say(name, id=id_) for name, id_ in known.items() if id_)])


def _figures(say: _Words) -> list[Column]:
    return [Column(say(name), 45, right=True) for name in FIGURES]


def _amounts(of: Due | Sums, currency: str) -> list[str]:
    return [_grouped(amount, currency) for amount in figures(of)]


def _grouped(amount: int, currency: str) -> str:
    """Return an amount as people read it: `-1,234.50`."""
    whole, point, part = major(amount, currency).partition(".")
    return f"{int(whole):,}{point}{part}" if int(whole) else f"{whole}{point}{part}"


def _money(amount: int, currency: str) -> str:
    return f"{currency} {_grouped(amount, currency)}"
