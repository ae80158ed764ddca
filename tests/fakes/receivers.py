"""A receiver of webhooks on this machine: a real server over plain http, that verifies what it gets by the specification's
own library as it comes, keeps it, and answers as told.
"""

import http.server
import json
import threading
from contextlib import contextmanager
from datetime import UTC, datetime

from standardwebhooks import Webhook, WebhookVerificationError


class Receiver:
    """What a merchant runs.

    Attributes:
        secret: with which it verifies and answers; None before it was told.
        got: (id, what the library made of it) of each event, in the order of their coming; challenges are no events.
        refused: how many requests the library did not verify.
        answers: (status, headers) of the next ones; then 200.
        answers_challenges: whether it signs nonces.
    """

    def __init__(self, url):
        self.url, self.secret = url, None
        self.got, self.answers, self.refused = [], [], 0
        self.answers_challenges = True

    def take(self, headers, body):
        """Return status, headers and body of the answer."""
        verifier = Webhook(self.secret)
        try:
            told = verifier.verify(body, headers)
        except WebhookVerificationError:
            self.refused += 1
            return 401, {}, b""
        if told["type"] == "webhook.challenge":
            at = datetime.fromtimestamp(int(headers["webhook-timestamp"]), UTC)
            said = verifier.sign(headers["webhook-id"], at, told["data"]["nonce"]) if self.answers_challenges else ""
            return 200, {}, json.dumps({"signature": said, "nonce": told["data"]["nonce"]}).encode()
        self.got.append((headers["webhook-id"], told))
        status, more = self.answers.pop(0) if self.answers else (200, {})
        return status, more, b"thank you\n"

    def ids(self):
        """Return the ids of the events."""
        return [event_id for event_id, _ in self.got]

    def types(self):
        """Return the types of the events."""
        return [told["type"] for _, told in self.got]


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
