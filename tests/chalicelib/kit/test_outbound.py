"""Calling addresses that strangers gave us; what calendars make of it is in their own tests."""

import socket
import threading

import pytest

from chalicelib.kit import outbound as module
from chalicelib.kit.addresses import AddressRefused
from chalicelib.kit.outbound import Question, TooMuch, Unreachable
from tests.fakes.strangers import HOST, TEXT, certificate, outbound, server  # noqa: F401 - fixtures

# ruff: noqa: F811 - the fixtures
URL = f"https://{HOST}/good"
SECRETS = {"Authorization": "Bearer x", "X-Signature": "y", "Cookie": "z", "Accept": "text/calendar"}


def test_what_is_sent_and_what_comes_back(outbound, server):
    answer = outbound().send(URL, Question("POST", {"X-Signature": "s"}, b'{"a": 1}'))
    assert (answer.status, answer.body.decode(), answer.headers["etag"]) == (200, TEXT, '"1"')
    ((path, headers),) = server.seen
    assert (path, server.bodies) == ("/good", [b'{"a": 1}'])
    assert headers == {
        "Host": HOST,
        "Accept-Encoding": "identity",
        "User-Agent": "Linli tests",
        "X-Signature": "s",
        "Content-Length": "8",
    }


def test_redirections_are_followed_where_they_are_wanted_and_never_with_a_body(outbound, server):
    url = f"https://{HOST}/hop/2"
    assert outbound().send(url, Question(most_hops=3)).status == 200
    assert [outbound().send(url, Question(most_hops=hops)).status for hops in (0, 1, 2)] == [302, 302, 302]
    before = len(server.seen)
    assert outbound().send(url, Question("POST", body=b"x", most_hops=3)).status == 302
    assert len(server.seen) == before + 1


def test_secrets_stay_with_the_host_that_they_were_for(outbound, server):
    outbound().send(f"https://{HOST}/hop/0", Question(headers=SECRETS, most_hops=1))
    outbound().send(f"https://{HOST}/sideways", Question(headers=SECRETS, most_hops=1))
    (_, first), (_, same), (_, again), (_, other) = server.seen
    assert all(SECRETS.items() <= headers.items() for headers in (first, same, again))
    assert other["Host"] == f"www.{HOST}"
    assert other.keys() & SECRETS.keys() == {"Accept"}


def test_each_of_its_addresses_is_tried(outbound, server, monkeypatch):
    tried = []
    connect = socket.create_connection

    def only_the_last(address, timeout):
        tried.append(address[0])
        if address[0] != "127.0.0.1":
            raise OSError(101, "Network is unreachable")
        return connect(address, timeout=timeout)

    monkeypatch.setattr(module.socket, "create_connection", only_the_last)
    both = outbound(resolve=lambda _host: ["2606:4700::1111", "127.0.0.1"], is_allowed=lambda _address: True)
    assert both.send(URL, Question()).status == 200
    assert tried == ["2606:4700::1111", "127.0.0.1"]


def test_a_name_server_that_hangs_keeps_nobody_waiting(outbound):
    let_go, answered = threading.Event(), []

    def resolve(_host):
        let_go.wait(60)
        answered.append("late")
        return []

    with pytest.raises(Unreachable):
        outbound(resolve=resolve, seconds=0.2).send(URL, Question())
    assert not answered
    let_go.set()


@pytest.mark.parametrize(("most", "fits"), [(len(TEXT), True), (len(TEXT) - 1, False)])
def test_no_more_is_read_than_wanted(outbound, most, fits):
    if fits:
        assert outbound().send(URL, Question(most_bytes=most)).body.decode() == TEXT
    else:
        with pytest.raises(TooMuch):
            outbound().send(URL, Question(most_bytes=most))


@pytest.mark.parametrize(("most", "left"), [(5, TEXT[:5]), (len(TEXT), TEXT), (len(TEXT) + 1, TEXT)])
def test_the_beginning_is_enough_where_the_caller_says_so(outbound, most, left):
    assert outbound().send(URL, Question(most_bytes=most, cuts=True)).body.decode() == left


def test_a_caller_may_have_less_time_than_others(outbound):
    with pytest.raises(Unreachable):
        outbound(seconds=3_600).send(f"https://{HOST}/silence", Question(), 0.2)


def test_nothing_is_unpacked(outbound):
    answer = outbound().send(f"https://{HOST}/zipped", Question())
    assert (answer.headers["content-encoding"], answer.body) == ("gzip", b"x")


@pytest.mark.parametrize("name", ["X-A\r\nHost: inner", "X-A"])
def test_nobody_adds_a_line(outbound, server, name):
    with pytest.raises(Unreachable):
        outbound().send(URL, Question(headers={name: "a\r\nHost: inner"}))
    assert server.seen == []


def test_the_environment_has_no_say(outbound, server, monkeypatch):
    for name in ("https_proxy", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    assert outbound().send(URL, Question()).status == 200


@pytest.mark.parametrize("url", ["http://x/", "https://127.0.0.1/", "https://u:p@calendar.example/", "https://[::1]/"])
def test_addresses_are_checked_before_anything_is_asked(outbound, server, url):
    with pytest.raises(AddressRefused):
        outbound(resolve=lambda host: [host], is_allowed=module.is_public).send(url, Question())
    assert server.seen == []


def test_hosts_are_resolved_to_all_their_addresses(monkeypatch):
    found = [(socket.AF_INET, 1, 6, "", ("8.8.8.8", 443)), (socket.AF_INET6, 1, 6, "", ("2606:4700::1111", 443, 0, 0))]
    monkeypatch.setattr(module.socket, "getaddrinfo", lambda *_, **__: found)
    assert module.resolve(HOST) == ["8.8.8.8", "2606:4700::1111"]
