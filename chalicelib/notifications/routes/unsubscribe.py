"""The way out of a mail: for mail programs, which post to its address (RFC 8058), and for people, who get a page."""

from chalicelib import wiring
from chalicelib.kit.auth import PUBLIC
from chalicelib.kit.http import Call, Reply, endpoint
from chalicelib.notifications import page, use_cases
from chalicelib.notifications.routes.blueprint import TAG, bp

_PATH = "/v1/unsubscribe/{link}"
_HTML = "text/html; charset=utf-8"
_LARGEST = 4096  # what mail programs post is one field


@endpoint(
    bp, "GET", _PATH, summary="A page that asks whether to stop a kind of notice", tag=TAG, needs=PUBLIC, media=_HTML,
    errors=(use_cases.BadLink,),
)  # fmt: skip
def ask(call: Call, link: str) -> Reply:
    _account, kind = use_cases.stoppable(wiring.notifications(), link)
    return _page(call, page.asking(kind, call.language))


@endpoint(
    bp, "POST", _PATH, summary="Stop a kind of notice by the address in its mail", tag=TAG, needs=PUBLIC, media=_HTML,
    errors=(use_cases.BadLink,), accepts="*/*", max_body=_LARGEST,
)  # fmt: skip
def stop(call: Call, link: str) -> Reply:
    kind = use_cases.stop(wiring.notifications(), link)
    return _page(call, page.stopped(kind, call.language))


def _page(call: Call, html: str) -> Reply:
    headers = {
        "Content-Language": call.language,
        "Content-Security-Policy": page.CONTENT_SECURITY_POLICY,
        "Cache-Control": "no-store",
        "Referrer-Policy": "no-referrer",  # the address is the right to stop
    }
    return Reply(html, content_type=_HTML, headers=headers)
