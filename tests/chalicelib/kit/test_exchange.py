"""One exchange with somebody else's server leaves one line, in which nothing of the query or the body stands."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from chalicelib.kit import exchange
from chalicelib.kit.errors import Unavailable
from chalicelib.kit.exchange import Http


class Server(BaseHTTPRequestHandler):
    def do_POST(self):
        self.send_response(404)
        self.send_header("Request-Id", "theirs-1")
        self.end_headers()
        self.wfile.write(b"x" * 100)

    def log_message(self, *_):
        pass


@pytest.fixture
def server():
    made = ThreadingHTTPServer(("127.0.0.1", 0), Server)
    threading.Thread(target=made.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{made.server_port}"
    made.shutdown()
    made.server_close()


@pytest.fixture
def told(monkeypatch):
    found = []
    monkeypatch.setattr(
        exchange, "asked", lambda _started, status, theirs, **call: found.append((status, theirs, call))
    )
    return found


def test_an_answer_is_told_with_the_id_that_they_gave_it(server, told):
    answer = Http()("POST", f"{server}/v3/pay?secret=hidden", {}, b"body", 1000)
    assert (answer.status, answer.headers["request-id"]) == (404, "theirs-1")
    assert told == [(404, "theirs-1", {"provider": "127.0.0.1", "method": "POST", "path": "/v3/pay"})]


@pytest.mark.parametrize("fault", ["nobody listens", "too much"])
def test_no_answer_is_told_as_none(server, told, fault):
    url, most = ("http://127.0.0.1:9/x", 1000) if fault == "nobody listens" else (f"{server}/x", 10)
    with pytest.raises(Unavailable):
        Http(connect=0.5)("POST", url, {}, None, most)
    assert told == [(None, None, {"provider": "127.0.0.1", "method": "POST", "path": "/x"})]
