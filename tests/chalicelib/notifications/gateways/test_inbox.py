import json
import urllib.request
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import pytest

from chalicelib.notifications.gateways.inbox import InboxSender
from chalicelib.notifications.ports import Channel, Letter, SenderDown
from infra.sandbox.inbox import Inbox

LETTER = Letter("ntc_1", "order.confirmed.customer", "acc_1", "zh-CN", "预订已确认", "【邻里】已确认")
TO, MAIL_TO = "+8613800000001", "ming@example.com"


@pytest.fixture
def inbox():
    class Handler(BaseHTTPRequestHandler):
        got = []  # noqa: RUF012 - one server, one list
        status = 201

        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            self.got.append((self.path, self.headers["Content-Type"], json.loads(body)))
            self.send_response(self.status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_):
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    Handler.url = f"http://127.0.0.1:{server.server_port}"
    yield Handler
    server.shutdown()
    thread.join()
    server.server_close()


def test_the_inbox_gets_all_it_asks_for(inbox):
    letter = replace(
        LETTER, html="<p>您好</p>", link="https://linli.example/1", unsubscribe="https://linli.example/out"
    )
    assert InboxSender(f"{inbox.url}/", Channel.SMS).send(letter, TO) == "ntc_1"
    assert inbox.got == [
        (
            "/messages",
            "application/json",
            {
                "id": "ntc_1",
                "channel": "sms",
                "to": TO,
                "subject": "预订已确认",
                "body": "【邻里】已确认",
                "kind": "order.confirmed.customer",
                "language": "zh-CN",
                "html": "<p>您好</p>",
                "link": "https://linli.example/1",
                "unsubscribe": "https://linli.example/out",
            },
        )
    ]


def test_the_sandboxs_inbox_keeps_an_id_once():
    with Inbox() as inbox:
        for _ in range(2):
            InboxSender(inbox.url, Channel.SMS).send(LETTER, TO)
        with urllib.request.urlopen(f"{inbox.url}/messages?to={TO.replace('+', '%2B')}", timeout=5) as answer:
            kept = json.load(answer)
    (messages,) = [one for one in kept.values() if isinstance(one, list)]
    assert [(one["id"], one["body"]) for one in messages] == [("ntc_1", "【邻里】已确认")]


@pytest.mark.parametrize("channel", Channel)
def test_the_sandboxs_inbox_takes_every_channel(channel):
    with Inbox() as inbox:
        InboxSender(inbox.url, channel).send(LETTER, TO)
        assert [one.channel for one in inbox.messages(TO)] == [channel]


@pytest.mark.parametrize("status", [400, 500, 503])
def test_an_inbox_that_refuses_is_down(inbox, status):
    inbox.status = status
    with pytest.raises(SenderDown, match=str(status)):
        InboxSender(inbox.url, Channel.SMS).send(LETTER, TO)


def test_an_inbox_that_is_not_there_is_down():
    with pytest.raises(SenderDown):
        InboxSender("http://127.0.0.1:9", Channel.SMS).send(LETTER, TO)


def test_the_inbox_is_spoken_to_by_http_alone():
    with pytest.raises(ValueError, match="HTTP"):
        InboxSender("file:///etc/passwd", Channel.SMS)
