"""The sandbox's pages: what happened so far, and the page on which a payer agrees or refuses. All text is escaped."""

from datetime import UTC, datetime
from html import escape

from infra.sandbox import amounts
from infra.sandbox.state import Json
from infra.sandbox.world import World

SHOWN = 50
STYLE = """
:root{color-scheme:light dark;--bg:#f5f6fa;--card:#fff;--text:#1d2433;--soft:#667;--line:#e3e6ee;--accent:#4b49d6}
@media(prefers-color-scheme:dark){:root{--bg:#14161d;--card:#1d212b;--text:#e8eaf0;--soft:#9aa2b5;--line:#2d3340;
--accent:#8f8dff}}
*{box-sizing:border-box}body{margin:0;background:var(--bg);color:var(--text);font:15px/1.5 system-ui,sans-serif}
main{max-width:1080px;margin:0 auto;padding:32px 20px}h1{font-size:22px;margin:0}h2{font-size:16px;margin:32px 0 8px}
p.note{color:var(--soft);margin:4px 0 0}a{color:var(--accent)}
section{background:var(--card);border:1px solid var(--line);border-radius:12px;overflow-x:auto}
table{border-collapse:collapse;width:100%}th,td{padding:9px 14px;text-align:left;
border-top:1px solid var(--line);white-space:nowrap}th{border:0;color:var(--soft);font-weight:500;font-size:13px}
td.n{text-align:right;font-variant-numeric:tabular-nums}code{font:13px ui-monospace,monospace}
.tag{border-radius:99px;padding:2px 10px;font-size:12.5px;background:#8882;white-space:nowrap}
.good{background:#1a9c5c22;color:#14824c}.bad{background:#d33a4a22;color:#c22f3f}
.wait{background:#c98a0022;color:#a06d00}
.pay{max-width:420px;margin:8vh auto;padding:32px;text-align:center}
.pay .sum{font-size:34px;font-weight:650;margin:12px 0}
button{font:inherit;font-weight:600;border:1px solid var(--line);border-radius:10px;padding:11px 18px;margin:6px 4px 0;
cursor:pointer;background:var(--card);color:var(--text)}button.go{background:var(--accent);border-color:var(--accent);
color:#fff}.empty{padding:22px;color:var(--soft)}.text{white-space:pre-wrap;max-width:620px}
"""
_GOOD = {"succeeded", "delivered", "won", "warning_closed", "paid", "sent"}
_BAD = {"failed", "canceled", "lost", "reversed"}
_NAMES = {"alipay": "Alipay 支付宝", "wechat_pay": "WeChat Pay 微信支付", "card": "Card 银行卡"}


def document(title: str, body: str, refresh: int | None = None) -> str:
    """A whole HTML page around `body`, which is HTML; `refresh` is in seconds."""
    again = f'<meta http-equiv="refresh" content="{refresh}">' if refresh else ""
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8">{again}'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{escape(title)}</title><style>{STYLE}</style></head><body>{body}</body></html>"
    )


def table(heads: list[str], rows: list[list[str]], empty: str) -> str:
    """A table of cells that are HTML already."""
    if not rows:
        return f'<section><div class="empty">{escape(empty)}</div></section>'
    head = "".join(f"<th>{escape(name)}</th>" for name in heads)
    lines = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in rows)
    return f"<section><table><tr>{head}</tr>{lines}</table></section>"


def clock_time(seconds: float) -> str:
    """A time of day in UTC, as HTML."""
    moment = datetime.fromtimestamp(seconds, UTC)
    return f'<time title="{moment:%Y-%m-%d}">{moment:%H:%M:%S}</time>'


def index(world: World) -> str:
    """The newest of what moves money, and of deliveries."""
    payments = [
        _payment(world, intent) for _, intent in zip(range(SHOWN), world.newest("payment_intent"), strict=False)
    ]
    refunds = [
        [clock_time(r["created"]), _code(r["id"]), _sum(r), tag(r["status"]), _code(r["payment_intent"])]
        for _, r in zip(range(SHOWN), world.newest("refund"), strict=False)
    ]
    disputes = [
        [clock_time(d["created"]), _code(d["id"]), _sum(d), tag(d["status"]), escape(d["reason"])]
        for _, d in zip(range(SHOWN), world.newest("dispute"), strict=False)
    ]
    newest = list(world.state.deliveries.values())[: -SHOWN - 1 : -1]
    deliveries = [
        [_code(d["event"]), escape(d["type"]), tag(d["status"]), str(len(d["attempts"])), escape(_last(d))]
        for d in newest
    ]
    url = world.state.settings.webhook_url
    target = f"Webhooks go to <code>{escape(url)}</code>" if url else "No webhook URL is set: events are only recorded"
    body = (
        '<main><h1>Stripe sandbox</h1><p class="note">No money moves here, and nothing proves that Stripe does the '
        "same. "
        f"{target}.</p><h2>Payments</h2>"
        + table(["Time", "PaymentIntent", "Amount", "Status", "Method", ""], payments, "No payment yet.")
        + "<h2>Refunds</h2>"
        + table(["Time", "Refund", "Amount", "Status", "PaymentIntent"], refunds, "No refund yet.")
        + "<h2>Disputes</h2>"
        + table(["Time", "Dispute", "Amount", "Status", "Reason"], disputes, "No dispute yet.")
        + "<h2>Transfers and payouts</h2>"
        + table(["Time", "Transfer or payout", "Amount", "Status", "To"], _sent(world), "Nothing sent yet.")
        + "<h2>Webhook deliveries</h2>"
        + table(["Event", "Type", "Status", "Attempts", "Last answer"], deliveries, "No event delivered yet.")
        + "</main>"
    )
    return document("Stripe sandbox", body, refresh=5)


def pay(world: World, intent: Json, problem: str | None = None) -> str:
    """The page on which a payer agrees or refuses; before that, one on which to choose a way to pay."""
    kind = "card"
    if intent["payment_method"] is not None:
        kind = world.table("payment_method")[intent["payment_method"]]["type"]
    text = intent["description"] or "Payment"
    buttons = ""
    if intent["status"] == "requires_action":
        buttons = _button("approve", "Approve 同意付款", go=True) + _button("decline", "Decline 拒绝")
        heading = _NAMES[kind] if kind != "card" else "Your bank asks 银行验证"
    else:
        heading = "Sandbox checkout"
        if intent["status"] in ("requires_payment_method", "requires_confirmation"):
            buttons = _checkout(intent)
    note = f'<p class="bad tag">{escape(problem)}</p>' if problem else ""
    body = (
        f'<main><section class="pay"><h1>{escape(heading)}</h1><p class="note">{escape(text)}</p>'
        f'<div class="sum">{amounts.show(intent["amount"], intent["currency"])}</div>{tag(intent["status"])}{note}'
        f'<form method="post">{buttons}</form><p class="note"><code>{escape(intent["id"])}</code></p></section></main>'
    )
    return document("Pay", body)


def tag(status: str) -> str:
    """A status as a coloured label."""
    colour = "good" if status in _GOOD else "bad" if status in _BAD else "wait"
    return f'<span class="tag {colour}">{escape(status.replace("_", " "))}</span>'


def _checkout(intent: Json) -> str:
    ways = {
        "pm_card_visa": "Card that pays",
        "pm_card_authenticationRequired": "Card that asks",
        "pm_card_chargeDeclined": "Card that is declined",
        "alipay": _NAMES["alipay"],
        "wechat_pay": _NAMES["wechat_pay"],
    }
    allowed = intent["payment_method_types"]
    return "".join(
        _button(f"pay:{token}", label, go=token == "pm_card_visa")  # noqa: S105 - a test card's public name
        for token, label in ways.items()
        if (token if token in _NAMES else "card") in allowed
    )


def _button(action: str, label: str, *, go: bool = False) -> str:
    return f'<button name="action" value="{action}"{" class=go" if go else ""}>{escape(label)}</button>'


def _payment(world: World, intent: Json) -> list[str]:
    method = world.table("payment_method").get(intent["payment_method"] or "")
    kind = _NAMES[method["type"]] if method else ""
    link = f'<a href="/pay/{escape(intent["id"])}">open</a>'
    return [clock_time(intent["created"]), _code(intent["id"]), _sum(intent), tag(intent["status"]), kind, link]


def _sent(world: World) -> list[list[str]]:
    """The newest transfers and payouts together."""
    kinds = (world.newest("transfer"), world.newest("payout"))
    newest = sorted((item for kind in kinds for item in kind), key=lambda item: item["created"], reverse=True)[:SHOWN]
    return [
        [
            clock_time(item["created"]),
            _code(item["id"]),
            _sum(item),
            tag(item.get("status") or ("reversed" if item["reversed"] else "sent")),
            _code(item["destination"]),
        ]
        for item in newest
    ]


def _sum(item: Json) -> str:
    return amounts.show(item["amount"], item["currency"])


def _code(text: str) -> str:
    return f"<code>{escape(text)}</code>"


def _last(delivery: Json) -> str:
    if not delivery["attempts"]:
        return ""
    attempt = delivery["attempts"][-1]
    return str(attempt["status_code"] or attempt["error"])
