import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from chalicelib.accounts.gateways.inbox import InboxCodeSender
from chalicelib.accounts.rules import CodeNotSent


@pytest.fixture
def inbox():
    """A server that takes one message and answers with `status`."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            self.server.taken.append((self.path, json.loads(body)))
            self.send_response(self.server.status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_):
            """Say nothing."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    server.taken, server.status = [], 201
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def sender_to(port, channel="sms"):
    return InboxCodeSender(f"http://127.0.0.1:{port}", channel)


def test_a_code_reaches_the_inbox(inbox):
    sender_to(inbox.server_port).send("+8613800138000", "046213", "zh-CN")
    path, message = inbox.taken[0]
    assert path == "/messages"
    assert "046213" in message.pop("body")
    assert message == {
        "kind": "login_code", "channel": "sms", "to": "+8613800138000", "language": "zh-CN", "code": "046213",
    }  # fmt: skip


def test_mail_has_a_subject(inbox):
    sender_to(inbox.server_port, "email").send("ming@example.com", "046213", "en")
    [(_, message)] = inbox.taken
    assert (message["channel"], message["to"], message["subject"]) == ("email", "ming@example.com", "Your sign-in code")


def test_an_inbox_that_refuses_is_told(inbox):
    inbox.status = 503
    with pytest.raises(CodeNotSent):
        sender_to(inbox.server_port).send("+8613800138000", "046213", "en")


def test_an_inbox_that_is_not_there_is_told(inbox):
    with pytest.raises(CodeNotSent):
        sender_to(1).send("+8613800138000", "046213", "en")
