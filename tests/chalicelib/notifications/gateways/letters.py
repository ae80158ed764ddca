"""What the tests of senders share: letters, and providers that answer as told and keep what they were asked."""

import json
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import boto3
from botocore.stub import Stubber

from chalicelib.kit.exchange import Answer
from chalicelib.notifications.ports import Letter

TO, MAIL_TO = "+8613800000001", "ming@example.com"
LETTER = Letter(
    id="ntc_1",
    kind="order.confirmed.customer",
    account_id="acc_1",
    language="zh-CN",
    title="预约已确认",
    body="【邻里】阿明理发店：剪发，5月1日 14:30，¥88.00。",
    template={"shop": "阿明理发店", "what": "剪发", "amount": "¥88.00"},
    unread=3,
)
ENGLISH = replace(LETTER, language="en", title="Booking confirmed", body="Linli: A Ming's, haircut, 1 May, 14:30.")


class Replies:
    """An `Exchange` that answers with what it was given, one after the other, and keeps what it was asked."""

    def __init__(self, *answers, status=200):
        self.answers, self.status, self.asked = list(answers), status, []

    def __call__(self, method, url, headers, body, most):
        self.asked.append((method, url, dict(headers), body))
        told = self.answers.pop(0)
        if isinstance(told, Exception):
            raise told
        return Answer(self.status, {}, told if isinstance(told, bytes) else json.dumps(told).encode())


class Listening:
    """A server on loopback that keeps each request as its bytes came; a context manager."""

    def __init__(self, *answers):
        self.answers, self.got = list(answers), []
        here = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                here.got.append((self.path, {name.lower(): one for name, one in self.headers.items()}, body))
                told = json.dumps(here.answers.pop(0)).encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(told)))
                self.end_headers()
                self.wfile.write(told)

            def log_message(self, *_):
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.host = f"127.0.0.1:{self._server.server_port}"
        self._thread = Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


def stubbed(service):
    """Return a client that holds each request against the service's own description, and its stub."""
    client = boto3.client(service, region_name="eu-west-1", aws_access_key_id="test", aws_secret_access_key="test")
    return client, Stubber(client)
