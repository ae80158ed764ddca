"""The page that somebody sees who stops a kind of notice by the address in its mail. It has no script."""

import base64
import hashlib
from html import escape

from chalicelib.kit.i18n import Language, Text
from chalicelib.notifications import templates

_STYLE = (
    "body{margin:0;background:#f4f4f1;color:#222;font:16px/1.6 -apple-system,'Segoe UI','PingFang SC',sans-serif}"
    "main{max-width:32rem;margin:10vh auto;padding:1rem 2rem 2rem;background:#fff;border-radius:8px}"
    "h1{font-size:1.25rem}"
    "button{font:inherit;border:0;border-radius:6px;background:#17624f;color:#fff;padding:.5rem 1.25rem}"
)
CONTENT_SECURITY_POLICY = (
    "default-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; "
    f"style-src 'sha256-{base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()}'"
)
_QUESTION = Text("No more of these?", "不再接收此类通知？")
_ABOUT = Text(
    "You will get no more mails, text messages or pushes about {kind}. You can still read them in the app.",
    "您将不再收到“{kind}”类邮件、短信和推送，仍可在应用内查看。",
)
_STOP = Text("Stop them", "确认退订")
_STOPPED = Text("You get no more of these", "已退订")
_AGAIN = Text(
    "Notices about {kind} are switched off. You can switch them on again in the app.",
    "“{kind}”类通知已关闭，您可以在应用内重新开启。",
)


def asking(kind: str, language: Language) -> str:
    """Return the page with the button: to open an address stops nothing, for programs open what they find in mails."""
    button = f'<form method="post"><button>{_STOP.render(language)}</button></form>'
    return _page(_QUESTION.render(language), f"<p>{_about(_ABOUT, kind, language)}</p>{button}", language)


def stopped(kind: str, language: Language) -> str:
    """Return the page that says that it is done."""
    return _page(_STOPPED.render(language), f"<p>{_about(_AGAIN, kind, language)}</p>", language)


def _about(text: Text, kind: str, language: Language) -> str:
    return escape(text.render(language, kind=templates.name(kind, language)))


def _page(title: str, body: str, language: Language) -> str:
    return (
        f'<!doctype html><html lang="{language}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width"><meta name="robots" content="noindex">'
        f"<title>{title}</title><style>{_STYLE}</style></head><body><main><h1>{title}</h1>{body}</main></body></html>"
    )
