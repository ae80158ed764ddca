"""A receiver of webhooks on this machine: a real server over plain http, that keeps what it got and answers as told."""

import http.server
import json
import threading
from contextlib import contextmanager
from datetime import UTC, datetime

from standardwebhooks import Webhook


class Receiver:
    """What a merchant runs.

    Attributes:
        secret: with which it verifies and answers; None before it was told.
        got: headers and body of each request, in the order of their coming.
        answers: (status, headers) of the next ones; then 200.
    """

    def __init__(self, url):
        self.url, self.secret = url, None
        self.got, self.answers = [], []
        self.answers_challenges = True

    def take(self, headers, body):
        """Return status, headers and body of the answer."""
        self.got.append((headers, body))
        told = json.loads(body)
        if told["type"] == "webhook.challenge" and self.secret is not None and self.answers_challenges:
            at = datetime.fromtimestamp(int(headers["webhook-timestamp"]), UTC)
            said = Webhook(self.secret).sign(headers["webhook-id"], at, told["data"]["nonce"])
            return 200, {}, json.dumps({"signature": said}).encode()
        status, more = self.answers.pop(0) if self.answers else (200, {})
        return status, more, b"thank you\n"

    def events(self, secret=None):
        """Return what it got besides challenges, each verified by the specification's own library."""
        verified = [Webhook(secret or self.secret).verify(body, headers) for headers, body in self.got]
        return [one for one in verified if one["type"] != "webhook.challenge"]

    def ids(self):
        """Return the ids of what it got besides challenges."""
        return [headers["webhook-id"] for headers, body in self.got if b'"webhook.challenge"' not in body]


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        headers = {name.lower(): value for name, value in self.headers.items()}
        status, more, said = self.server.receiver.take(headers, body)
        self.send_response(status)
        for name, value in {**more, "Content-Length": str(len(said))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(said)

    def log_message(self, *_):
        pass


@contextmanager
def receiving():
    """Yield a receiver that listens on a port of its own."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.daemon_threads = True
    server.receiver = Receiver(f"http://127.0.0.1:{server.server_address[1]}/linli")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield server.receiver
    finally:
        server.shutdown()
        server.server_close()
