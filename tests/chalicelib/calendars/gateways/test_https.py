"""Reading calendars from a server on this machine, which stands for one on the internet."""

import socket
import ssl

import pytest

from chalicelib.calendars.gateways.https import HttpsFetcher
from chalicelib.calendars.ports import Fetched
from chalicelib.calendars.rules.faults import AddressRefused, AnsweredOtherwise, CalendarTooLarge, Unreachable
from chalicelib.kit.outbound import Outbound
from tests.fakes.strangers import HOST, OTHER, TEXT, certificate, outbound, server  # noqa: F401 - fixtures

# ruff: noqa: F811 - the fixtures


@pytest.fixture
def fetcher(outbound):
    return lambda **other: HttpsFetcher(outbound(**other))


def test_what_it_holds_and_that_it_has_not_changed(fetcher, server):
    url = f"https://{HOST}/good?key=1#x"
    assert fetcher().fetch(url, None) == Fetched(TEXT, '"1"')
    assert fetcher().fetch(url, '"1"') == Fetched(None, '"1"')
    (path, first), (_, second) = server.seen
    assert (path, first["Host"], "If-None-Match" in first) == ("/good?key=1", HOST, False)
    assert second["If-None-Match"] == '"1"'
    assert "Authorization" not in first


def test_the_address_that_was_checked_is_the_one_that_is_asked(fetcher):
    """DNS that answers otherwise the second time changes nothing: it is asked once."""
    answers = iter([["127.0.0.1"], ["127.0.0.2"]])
    assert fetcher(resolve=lambda host: next(answers)).fetch(f"https://{HOST}/good", None).text == TEXT
    assert next(answers) == ["127.0.0.2"]


@pytest.mark.parametrize("addresses", [["127.0.0.2"], ["127.0.0.1", "127.0.0.2"], ["169.254.169.254"]])
def test_a_host_with_an_inner_address_is_refused(fetcher, server, addresses):
    with pytest.raises(AddressRefused):
        fetcher(resolve=lambda host: addresses).fetch(f"https://{HOST}/good", None)
    assert server.seen == []


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "0x7f000001", "2130706433"])
def test_nothing_on_this_machine_is_read_unless_a_test_says_so(server, host):
    with pytest.raises((AddressRefused, Unreachable)):
        HttpsFetcher(Outbound("", port=server.server_address[1])).fetch(f"https://{host}/good", None)
    assert server.seen == []


def test_three_redirections_are_followed(fetcher, server):
    assert fetcher().fetch(f"https://{HOST}/hop/2", None).text == TEXT
    with pytest.raises(AnsweredOtherwise):
        fetcher().fetch(f"https://{HOST}/hop/3", None)


@pytest.mark.parametrize("path", ["inwards", "plain", "nowhere"])
def test_each_redirection_is_checked(fetcher, server, path):
    with pytest.raises(AddressRefused):
        fetcher().fetch(f"https://{HOST}/{path}", None)
    assert len(server.seen) == 1


@pytest.mark.parametrize(
    ("path", "fault"),
    [
        ("gone", AnsweredOtherwise),
        ("zipped", AnsweredOtherwise),
        ("large", CalendarTooLarge),
        ("endless", CalendarTooLarge),
        ("nonsense", Unreachable),
    ],
)
def test_what_is_answered_otherwise_is_told(fetcher, path, fault):
    with pytest.raises(fault):
        fetcher().fetch(f"https://{HOST}/{path}", None)


@pytest.mark.parametrize("path", ["silence", "drip"])
def test_nobody_keeps_it_waiting(fetcher, path):
    with pytest.raises(Unreachable):
        fetcher(seconds=0.5).fetch(f"https://{HOST}/{path}", None)


def test_a_server_that_is_somebody_else_is_not_believed(fetcher, server):
    with pytest.raises(Unreachable):
        fetcher(is_allowed=lambda address: True, resolve=lambda host: ["127.0.0.1"]).fetch(
            f"https://{OTHER}/good", None
        )
    with pytest.raises(Unreachable):
        fetcher(context=ssl.create_default_context()).fetch(f"https://{HOST}/good", None)
    assert server.seen == []


def test_who_is_not_there_does_not_answer(fetcher):
    with pytest.raises(Unreachable):
        fetcher(port=1).fetch(f"https://{HOST}/good", None)

    def nobody(host):
        raise socket.gaierror

    for resolve in (nobody, lambda host: []):
        with pytest.raises(Unreachable):
            fetcher(resolve=resolve).fetch(f"https://{HOST}/good", None)
