import threading
from html.parser import HTMLParser

import pytest
import requests

from infra.sandbox import inbox as command
from infra.sandbox.inbox import Inbox
from infra.sandbox.inbox_page import NAMES

CODE = {"channel": "sms", "to": "+8613800000000", "kind": "login_code", "body": "Your code is 123456", "code": "123456"}


@pytest.fixture
def inbox():
    with Inbox(clock=lambda: 1_800_000_000.0) as made:
        yield made


def send(inbox, **change):
    return requests.post(f"{inbox.url}/messages", json=CODE | change, timeout=5)


def get(inbox, path, **params):
    return requests.get(inbox.url + path, params=params, timeout=5)


def test_the_same_id_is_stored_once(inbox):
    first, again = send(inbox, id="msg_1"), send(inbox, id="msg_1", body="changed")
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()
    assert first.json()["at"] == 1_800_000_000.0
    assert send(inbox).json()["id"] != send(inbox).json()["id"]


def test_newest_first_and_filtered(inbox):
    send(inbox)
    send(inbox, channel="email", to="a@example.com", kind="receipt", subject="Receipt", language="zh-CN")
    send(inbox, kind="receipt")

    def numbers(**params):
        return [message["seq"] for message in get(inbox, "/messages", **params).json()["data"]]

    assert numbers() == [3, 2, 1]
    assert numbers(to=CODE["to"]) == [3, 1]
    assert requests.get(f"{inbox.url}/messages?to={CODE['to']}", timeout=5).json()["data"][0]["seq"] == 3
    assert numbers(kind="receipt") == [3, 2]
    assert numbers(channel="email") == [2]
    assert numbers(since=1, limit=1) == [3]
    assert requests.delete(f"{inbox.url}/messages", timeout=5).status_code == 200
    assert numbers() == []
    assert send(inbox).json()["seq"] == 4


def test_waiting_needs_no_sleep(inbox):
    first = send(inbox).json()
    answers = []
    waiter = threading.Thread(
        target=lambda: answers.append(get(inbox, "/messages/wait", to=CODE["to"], after=first["seq"], timeout=5))
    )
    waiter.start()
    send(inbox, to="+1")
    send(inbox, kind="login_code", body="second")
    waiter.join()
    assert answers[0].json()["body"] == "second"
    assert get(inbox, "/messages/wait", kind="login_code").json()["seq"] == first["seq"]
    assert get(inbox, "/messages/wait", to="nobody", timeout=0).status_code == 408


def test_who_waits_is_let_go_when_the_inbox_closes():
    inbox = Inbox()
    answers = []
    waiter = threading.Thread(target=lambda: answers.append(inbox.wait(timeout=60)))
    waiter.start()
    inbox.close()
    waiter.join(5)
    assert answers == [None]


@pytest.mark.parametrize(("kind", "stored"), [("error", 0), ("drop", 0), ("lost_answer", 1)])
def test_the_next_posts_fail(inbox, kind, stored):
    requests.post(f"{inbox.url}/failures", json={"times": 2, "kind": kind}, timeout=5)
    for _ in range(2):
        if kind == "error":
            assert send(inbox, id="m").status_code == 503
        else:
            with pytest.raises(requests.ConnectionError):
                send(inbox, id="m")
    assert len(inbox.messages()) == stored
    assert send(inbox, id="m").status_code == (200 if stored else 201)
    requests.post(f"{inbox.url}/failures", json={}, timeout=5)
    requests.delete(f"{inbox.url}/failures", timeout=5)
    assert send(inbox).status_code == 201


@pytest.mark.parametrize("change", [{"channel": "pigeon"}, {"to": ""}, {"colour": "red"}])
def test_what_is_no_message(inbox, change):
    answer = send(inbox, **change)
    assert answer.status_code == 400
    assert next(iter(change)) in answer.json()["error"]


def test_what_is_no_question(inbox):
    assert get(inbox, "/messages", limit="many").status_code == 400
    assert get(inbox, "/nothing").status_code == 404
    assert requests.get(inbox.url, headers={"Host": "evil.example"}, timeout=5).status_code == 403
    assert get(inbox, "/health").json() == {"ok": True}


def test_the_page_escapes(inbox):
    assert "Nothing was sent yet." in get(inbox, "/").text
    evil = "<script>alert(1)</script>"
    send(inbox, channel="push", to=evil, body=evil, subject=evil, kind=evil, language=evil[:20], link=evil)
    page = get(inbox, "/").text
    assert "<script" not in page
    assert page.count("&lt;script&gt;") == 7
    assert 'http-equiv="refresh"' in page


class Frames(HTMLParser):
    """The frames of a page, by their attributes as a browser reads them, and all tags."""

    def __init__(self, page):
        super().__init__()
        self.frames, self.tags = [], []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        if tag == "iframe":
            self.frames.append(dict(attrs))


@pytest.mark.parametrize("more", ["", "</iframe><script>alert(1)</script>", '"><script>alert(1)</script><x y="'])
def test_a_mails_page_is_shown_in_a_frame_that_may_do_nothing(inbox, more):
    html = f"<!doctype html><p style='color:red'>您的预订已确认 &amp; paid</p>{more}"
    send(inbox, channel="email", subject="预订已确认", html=html, unsubscribe="https://linli.example/out")
    answer = get(inbox, "/")
    seen = Frames(answer.text)
    [frame] = seen.frames
    assert frame["srcdoc"] == html
    assert frame["sandbox"] is None, "a word in it would allow something"
    assert "script" not in seen.tags
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert "script-src" not in answer.headers["Content-Security-Policy"]
    assert "https://linli.example/out" in answer.text


def test_each_message_is_shown_as_its_channel_does_and_in_its_language(inbox):
    for channel, language in (("sms", "zh-CN"), ("push", "en"), ("wechat", "zh-CN"), ("email", "en")):
        send(inbox, channel=channel, language=language, subject=f"title-{channel}", body=f"body-{channel}")
    page = get(inbox, "/").text
    for channel, name in NAMES.items():
        assert f'<article class="{channel}"' in page
        assert name in page
        assert f"body-{channel}" in page
    assert page.count('lang="zh-CN"') == page.count('lang="en"><header>') == 2
    assert get(inbox, "/", channel="push").text.count("<article") == 1


def test_a_letter_that_goes_to_several_places_is_there_for_each(inbox):
    for channel, to in (("push", "phone-1"), ("push", "phone-2"), ("sms", "+8613800000001"), ("push", "phone-1")):
        send(inbox, channel=channel, to=to, id="ntc_1")
    assert len(inbox.messages()) == 3


def test_messages_outlive_a_restart(tmp_path):
    file = tmp_path / "inbox.json"
    with Inbox(state=file) as first:
        send(first, id="msg_1")
    with Inbox(state=file) as second:
        assert send(second, id="msg_1").status_code == 200
        assert send(second).json()["seq"] == 2


def test_old_messages_go(inbox, monkeypatch):
    monkeypatch.setattr(command, "KEPT", 2)
    for number in range(3):
        send(inbox, id=str(number))
    assert [message.id for message in inbox.messages()] == ["2", "1"]
    assert send(inbox, id="0").status_code == 201


def test_a_taken_port_is_one_clear_line(inbox, capsys):
    assert command.main(["--port", str(inbox.port)], threading.Event()) == 1
    assert "cannot listen on port" in capsys.readouterr().err


def test_the_command(capsys):
    stop = threading.Event()
    stop.set()
    assert command.main(["--port", "0"], stop) == 0
    assert "Inbox on http" in capsys.readouterr().out
