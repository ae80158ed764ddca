"""The inbox's page: each message as its channel shows it, in its own language. All text is escaped.

A mail's page comes from elsewhere: it is shown in a frame that may run no script, send no form, open nothing and knows
no origin (`sandbox` without any word), under the rules of the page itself, which load nothing.
"""

from collections.abc import Sequence
from html import escape

from infra.sandbox import pages
from infra.sandbox.messages import Message

NAMES = {"sms": "SMS 短信", "email": "Mail 邮件", "push": "Push 推送", "wechat": "WeChat 微信"}
_STYLE = """
<style>.grid{display:grid;grid-template-columns:repeat(auto-fill,minmax(320px,1fr));gap:16px;margin-top:16px}
article{background:var(--card);border:1px solid var(--line);border-radius:12px;padding:14px 16px;min-width:0}
article header{display:flex;gap:8px;align-items:center;font-size:13px;color:var(--soft);flex-wrap:wrap}
article header time{margin-left:auto}article h3{font-size:15px;margin:10px 0 4px;overflow-wrap:anywhere}
article p{margin:0;white-space:pre-wrap;overflow-wrap:anywhere}article footer{margin-top:10px;font-size:13px;
color:var(--soft);overflow-wrap:anywhere}.sms p{background:#8882;border-radius:14px;padding:10px 14px;margin-top:10px}
.wechat{border-left:4px solid #1aad19}.push{border-left:4px solid var(--accent)}
iframe{width:100%;height:340px;border:1px solid var(--line);border-radius:8px;margin-top:10px;background:#fff}
nav{margin-top:12px}nav a{margin-right:12px}</style>"""


def page(messages: Sequence[Message], channel: str | None = None) -> str:
    """Return the page with the newest messages, of one channel or all."""
    shown = [one for one in messages if channel in (None, one.channel)][: pages.SHOWN]
    cards = "".join(map(card, shown)) or '<article class="empty">Nothing was sent yet. 暂无消息。</article>'
    links = "".join(f'<a href="/?channel={name}">{label}</a>' for name, label in NAMES.items())
    body = (
        f"{_STYLE}<main><h1>Inbox 收件箱</h1>"
        '<p class="note">What would have gone out, newest first. 本应发出的消息，最新在前。</p>'
        f'<nav><a href="/">All 全部</a>{links}</nav><div class="grid">{cards}</div></main>'
    )
    return pages.document("Inbox 收件箱", body, refresh=5)


def card(message: Message) -> str:
    """Return one message as HTML."""
    title = f"<h3>{escape(message.subject)}</h3>" if message.subject and message.channel != "sms" else ""
    return (
        f'<article class="{message.channel}" lang="{escape(message.language or "und")}">'
        f'<header><span class="tag">{NAMES[message.channel]}</span>{_words(message)}'
        f"{pages.clock_time(message.at)}</header>{title}{_content(message)}"
        f"<footer><code>{escape(message.to)}</code>{_more(message)}</footer></article>"
    )


def _words(message: Message) -> str:
    told = [message.kind, message.language]
    return "".join(f"<span>{escape(one)}</span>" for one in told if one)


def _content(message: Message) -> str:
    if message.html is None:
        return f"<p>{escape(message.body)}</p>"
    return f'<iframe sandbox referrerpolicy="no-referrer" title="mail" srcdoc="{escape(message.html)}"></iframe>'


def _more(message: Message) -> str:
    """Where it leads, as words: nobody clicks by mistake."""
    told = {"→": message.link, "List-Unsubscribe:": message.unsubscribe}
    return "".join(f"<br>{name} {escape(value)}" for name, value in told.items() if value)
