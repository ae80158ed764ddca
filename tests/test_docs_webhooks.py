"""What `docs/webhooks.md` shows its readers works, and its figures are those of the code."""

import re
import runpy
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from werkzeug.serving import make_server

from chalicelib.webhooks.gateways.loopback import LoopbackCaller
from chalicelib.webhooks.rules import delivery, endpoint
from chalicelib.webhooks.rules.events import CHALLENGE, SCHEMA, text
from chalicelib.webhooks.rules.signing import headers, is_answer, new_secret

TEXT = (Path(__file__).resolve().parents[1] / "docs" / "webhooks.md").read_text(encoding="utf-8")
EVENT = "evt_01jd8x2n7v4k9x3c6z0b8d1f2g"


@pytest.fixture
def sample(tmp_path):
    """The sample receiver as it stands there, on a port of this machine; yields its secret and its address."""
    (code,) = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)
    secret, path = new_secret(), tmp_path / "receiver.py"
    path.write_text(code.replace('"whsec_..."', repr(secret)), encoding="utf-8")
    server = make_server("127.0.0.1", 0, runpy.run_path(str(path))["app"])
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield secret, f"http://127.0.0.1:{server.port}/linli"
    server.shutdown()
    server.server_close()


def send(sample, kind, data, *, secret=None, at=None):
    signed_by, url = sample
    now = datetime.now(UTC)
    body = text(kind, now, data)
    return LoopbackCaller().call(url, headers(EVENT, at or now, body, (secret or signed_by,)), body, 5.0), now


def test_the_sample_verifies_answers_a_challenge_and_takes_an_event_once(sample, capsys):
    answer, now = send(sample, CHALLENGE, {"nonce": "n0nce", "schema": SCHEMA})
    (said,) = re.findall(r'"signature": ?"([^"]+)"', answer.body)
    assert is_answer(said, sample[0], EVENT, now, "n0nce")
    for _ in range(2):
        assert send(sample, "order.confirmed", {"order_id": "ord_1"})[0].status == 204
    assert capsys.readouterr().out.count("ord_1") == 1
    assert send(sample, "order.confirmed", {}, secret=new_secret())[0].status == 401
    assert send(sample, "order.confirmed", {}, at=datetime.now(UTC) - timedelta(minutes=6))[0].status == 401


@pytest.mark.parametrize(
    ("said", "is_so"),
    [
        ("two hours, for three days", (delivery.wait(99, lambda *_: 1.0), delivery.RETRIED) == (timedelta(hours=2), timedelta(days=3))),
        ("After three failures in a row", endpoint.OPENS == 3),
        ("Answer 2xx within three seconds", delivery.SLOW == 3),
        ("wait ten seconds for the answer", delivery.TIMEOUT == 10),
        ("at first it waits four seconds", delivery.FIRST == 4),
        ("for a quarter of an hour", timedelta(minutes=15) == delivery.SLOW_FOR),
        ("half a minute after it was made", timedelta(seconds=31) == endpoint.HEARD_OF),
        ("has five seconds to answer", endpoint.CHALLENGE_WITHIN == 5),
        ("At most ten endpoints", endpoint.MOST == 10),
        ("took nothing for three days", timedelta(days=3) == endpoint.FAILING),
        ("kept for 14 days", timedelta(days=14) == delivery.KEPT),
        ("the first 256 bytes", delivery.MOST_ANSWER == 256),
        ("For 24 hours events carry two signatures", timedelta(hours=24) == endpoint.OVERLAP),
    ],
)  # fmt: skip
def test_the_page_says_what_the_code_does(said, is_so):
    assert said in TEXT
    assert is_so
