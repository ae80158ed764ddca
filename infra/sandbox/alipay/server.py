"""The sandbox as a whole: gateway.do, the payer's page, bills and control endpoints behind one port."""

import time
from collections.abc import Callable, Sequence
from html import escape
from urllib.parse import parse_qs

from infra.sandbox import pages
from infra.sandbox.alipay import bills
from infra.sandbox.alipay.control import Control
from infra.sandbox.alipay.gateway import Gateway
from infra.sandbox.alipay.keys import Keys
from infra.sandbox.alipay.notices import RETRY_SECONDS, Notices
from infra.sandbox.alipay.world import RefusedError, World, yuan
from infra.sandbox.base import Sandbox
from infra.sandbox.faults import Faults
from infra.sandbox.httpd import Request, Response, html_response, json_response
from infra.sandbox.scheduler import Scheduler

BUYER = "2088000000000100"


class AlipaySandbox(Sandbox):
    """A running sandbox; a context manager that stops it. Port 0 takes a free one; `clock` gives seconds since the
    epoch. Raises OSError when the port is taken.
    """

    def __init__(
        self,
        keys: Keys | None = None,
        *,
        port: int = 0,
        clock: Callable[[], float] = time.time,
        retry_seconds: Sequence[float] = RETRY_SECONDS,
    ) -> None:
        self.keys = keys or Keys.generate()
        self.world = World(clock)
        scheduler, faults = Scheduler(workers=2), Faults()
        self.notices = Notices(self.world, self.keys, scheduler, retry_seconds)
        self.world.happened = self.notices.record
        self._gateway = Gateway(self.world, self.keys, faults)
        controls = Control(self.world, self.keys, self.notices, self._gateway, faults, scheduler)
        super().__init__(self.world, controls, port=port)

    def routed(self, request: Request) -> Response | None:
        if request.path == "/gateway.do":
            return self._gateway.answer(request)
        if request.path.startswith("/bills/") and request.method == "GET":
            date = request.path.removeprefix("/bills/").removesuffix(".zip")
            return Response(200, bills.archive(self.world, date), "application/zip")
        if request.path.startswith("/pay/"):
            with self.world.lock:
                return self._paid(request)
        return json_response(404, {"error": "Nothing is here."})

    def _paid(self, request: Request) -> Response:
        """The page on which a buyer pays: looking at it opens the trade; a POST with `action=pay` pays."""
        try:
            trade = self.world.known(request.path.removeprefix("/pay/"), opened=False)
            trade.opened = trade.opened or trade.status == "WAIT_BUYER_PAY"
            if request.method != "POST":
                return html_response(200, _page(trade.total, trade.status, trade.out_trade_no))
            if parse_qs(request.body.decode(errors="replace")).get("action") == ["pay"]:
                self.world.pay(trade, BUYER)
            else:
                self.world.close(trade)
        except RefusedError as error:
            return html_response(400, pages.document("Pay", f"<main><p>{escape(error.sub_code)}</p></main>"))
        return Response(303, b"", "text/plain", {"Location": trade.return_url or request.path})


def _page(total: int, status: str, out_trade_no: str) -> str:
    buttons = (
        '<button name="action" value="pay" class=go>Pay 付款</button><button name="action" value="close">Close</button>'
    )
    body = (
        '<main><section class="pay"><h1>Alipay 支付宝</h1><p class="note">No money moves here.</p>'
        f'<div class="sum">¥{yuan(total)}</div>{pages.tag(status.lower())}'
        f'<form method="post">{buttons if status == "WAIT_BUYER_PAY" else ""}</form>'
        f'<p class="note"><code>{escape(out_trade_no)}</code></p></section></main>'
    )
    return pages.document("Pay", body)
