"""Calling endpoints at a server on this machine, which stands for one on the internet."""

import pytest

from chalicelib.kit.addresses import is_public
from chalicelib.kit.outbound import Outbound
from chalicelib.webhooks.gateways.https import HttpsCaller
from chalicelib.webhooks.gateways.loopback import LoopbackCaller
from chalicelib.webhooks.rules.delivery import Verdict
from tests.fakes.receivers import receiving
from tests.fakes.strangers import HOST, TEXT, certificate, outbound, server  # noqa: F401 - fixtures

# ruff: noqa: F811 - the fixtures
HEADERS = {"Content-Type": "application/json", "webhook-id": "evt_1"}
INNER = [
    "127.0.0.1", "10.1.2.3", "172.20.0.1", "192.168.1.1", "100.64.0.1", "169.254.169.254", "0.0.0.0", "224.0.0.1",
    "::1", "::", "::ffff:10.0.0.1", "::ffff:8.8.8.8", "64:ff9b::a00:1", "64:ff9b:1::a00:1", "2002:a00:1::1", "fe80::1",
    "fe80::1%eth0", "fd00:ec2::254", "fc00::1", "2001:0:4136:e378::1", "ff02::1", "2001:db8::1",
]  # fmt: skip


@pytest.fixture
def caller(outbound):
    return lambda **other: HttpsCaller(outbound(**other))


def call(caller, path, seconds=3.0):
    return caller.call(f"https://{HOST}/{path}", HEADERS, '{"a":"饭"}', seconds)


def test_what_is_sent_arrives_letter_by_letter(caller, server):
    answer = call(caller(), "good?x=1")
    assert (answer.status, answer.body, answer.verdict) == (200, TEXT, Verdict.TAKEN)
    assert answer.ms >= 0
    ((path, headers),) = server.seen
    assert (path, server.bodies) == ("/good?x=1", ['{"a":"饭"}'.encode()])
    assert headers["webhook-id"] == "evt_1"
    assert headers["User-Agent"] == "Linli tests"


@pytest.mark.parametrize("address", INNER)
def test_no_address_inside_of_any_network_is_called(caller, server, address):
    assert not is_public(address)
    answer = call(caller(resolve=lambda host: ["127.0.0.1", address], is_allowed=is_public), "good")
    assert (answer.status, answer.reason) == (None, "refused-address")
    assert server.seen == []


def test_a_name_that_leads_elsewhere_the_second_time_changes_nothing(caller):
    answers = iter([["127.0.0.1"], ["169.254.169.254"]])
    assert call(caller(resolve=lambda host: next(answers)), "good").status == 200
    assert next(answers) == ["169.254.169.254"]


@pytest.mark.parametrize("path", ["hop/0", "inwards", "plain", "sideways"])
def test_redirections_are_not_followed(caller, server, path):
    answer = call(caller(), path)
    assert (300 <= answer.status < 400, answer.verdict) == (True, Verdict.FAILED)
    assert len(server.seen) == 1


@pytest.mark.parametrize("path", ["large", "endless"])
def test_of_a_long_answer_the_beginning_is_read(caller, path):
    answer = call(caller(), path)
    assert (answer.status, answer.body) == (200, "x" * 4096)


@pytest.mark.parametrize("path", ["silence", "drip", "nonsense"])
def test_who_does_not_answer_in_time_or_not_in_http_is_unreachable(caller, path):
    answer = call(caller(), path, 0.4)
    assert (answer.status, answer.reason, answer.verdict) == (None, "unreachable", Verdict.FAILED)


def test_a_server_that_is_somebody_else_is_not_told(caller, server):
    other = caller(resolve=lambda host: ["127.0.0.1"])
    answer = other.call("https://till.example.com/good", HEADERS, "{}", 3.0)
    assert answer.reason == "unreachable"
    assert server.seen == []


@pytest.mark.parametrize("url", ["https://127.0.0.1/good", "https://localhost/good", "https://2130706433/good"])
def test_nothing_on_this_machine_is_called(server, url):
    found = HttpsCaller(Outbound("", port=server.server_address[1])).call(url, HEADERS, "{}", 3.0)
    assert found.status is None
    assert server.seen == []


def test_with_loopback_this_machine_is_called_by_plain_http_and_nothing_else_is(caller, server):
    loopback = LoopbackCaller(caller())
    with receiving() as receiver:
        receiver.take = lambda headers, body: (202, {"Retry-After": "7"}, body + b"!" * 9000)
        answer = loopback.call(receiver.url, HEADERS, '{"a":"饭"}', 3.0)
        assert (answer.status, answer.retry_after, len(answer.body.encode())) == (202, "7", 4096)
    assert loopback.call(receiver.url, HEADERS, "{}", 3.0).reason == "unreachable"
    assert loopback.call(f"https://{HOST}/good", HEADERS, "{}", 3.0).status == 200
    elsewhere = LoopbackCaller(HttpsCaller())
    for url in ("http://10.0.0.1:80/", "http://127.0.0.2:80/", "http://example.com:80/"):
        assert elsewhere.call(url, HEADERS, "{}", 0.5).reason == "refused-address", url
