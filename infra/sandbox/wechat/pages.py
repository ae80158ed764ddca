"""The payer's page: what an H5 link and a QR code lead to."""

from html import escape
from urllib.parse import parse_qs

from infra.sandbox.amounts import show
from infra.sandbox.httpd import Request, Response, html_response, json_response
from infra.sandbox.wechat import orders
from infra.sandbox.wechat.world import Refusal, World


def answer(world: World, request: Request) -> Response:
    """GET and POST /pay/{out_trade_no}; a POST carries the form field `action`: pay, fail or close. It is sent on to
    `redirect_url`, where the query has one.
    """
    number = request.path.removeprefix("/pay/")
    with world.lock:
        try:
            if request.method != "POST":
                return html_response(200, _page(world, number))
            action = parse_qs(request.body.decode(errors="replace")).get("action", [""])[-1]
            if action == "pay":
                orders.pay(world, number)
            elif action in ("fail", "close"):
                orders.end(world, number, "PAYERROR" if action == "fail" else "CLOSED")
            else:
                raise Refusal(400, "PARAM_ERROR", "action must be pay, fail or close.")  # noqa: TRY301 - as below
        except Refusal as refusal:
            return json_response(refusal.status, refusal.body())
    back = parse_qs(request.query).get("redirect_url", [request.path])[-1]
    return Response(303, b"", "text/plain", {"Location": back})


def _page(world: World, number: str) -> str:
    found = orders.shown(world, number)
    order = world.order(number)["request"]
    buttons = "".join(
        f'<button name="action" value="{value}">{text}</button> '
        for value, text in (("pay", "支付"), ("fail", "支付失败"), ("close", "关闭"))
    )
    return (
        '<!doctype html><html lang="zh-CN"><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width"><title>微信支付沙箱</title>'
        f"<h1>{escape(order['description'])}</h1><p>{show(order['amount']['total'], 'cny')}</p>"
        f'<p>{escape(found["trade_state"])}</p><form method="post">{buttons}</form></html>'
    )
