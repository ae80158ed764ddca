import json
import urllib.request
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import pytest
from botocore.exceptions import ClientError, ConnectTimeoutError

from chalicelib.kit import aws
from chalicelib.notifications.gateways.inbox import InboxSender
from chalicelib.notifications.gateways.ses import SesSender
from chalicelib.notifications.gateways.sns import SnsSender
from chalicelib.notifications.ports import AddressGone, Channel, Letter, SenderDown, Undeliverable
from infra.sandbox.inbox import Inbox

LETTER = Letter("ntc_1", "order.confirmed.customer", "acc_1", "zh-CN", "预订已确认", "【邻里】已确认")
TO, MAIL_TO = "+8613800000001", "ming@example.com"


@pytest.fixture
def inbox():
    class Handler(BaseHTTPRequestHandler):
        got = []  # noqa: RUF012 - one server, one list
        status = 201

        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            self.got.append((self.path, self.headers["Content-Type"], json.loads(body)))
            self.send_response(self.status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_):
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    Handler.url = f"http://127.0.0.1:{server.server_port}"
    yield Handler
    server.shutdown()
    thread.join()
    server.server_close()


def test_the_inbox_gets_all_it_asks_for(inbox):
    assert InboxSender(f"{inbox.url}/", Channel.SMS).send(LETTER, TO) == "ntc_1"
    assert inbox.got == [
        (
            "/messages",
            "application/json",
            {
                "id": "ntc_1",
                "channel": "sms",
                "to": TO,
                "subject": "预订已确认",
                "body": "【邻里】已确认",
                "kind": "order.confirmed.customer",
            },
        )
    ]


def test_the_sandboxs_inbox_keeps_an_id_once():
    with Inbox() as inbox:
        for _ in range(2):
            InboxSender(inbox.url, Channel.SMS).send(LETTER, TO)
        with urllib.request.urlopen(f"{inbox.url}/messages?to={TO.replace('+', '%2B')}", timeout=5) as answer:
            kept = json.load(answer)
    (messages,) = [one for one in kept.values() if isinstance(one, list)]
    assert [(one["id"], one["body"]) for one in messages] == [("ntc_1", "【邻里】已确认")]


@pytest.mark.parametrize("channel", Channel)
def test_the_sandboxs_inbox_takes_every_channel(channel):
    with Inbox() as inbox:
        InboxSender(inbox.url, channel).send(LETTER, TO)
        assert [one.channel for one in inbox.messages(TO)] == [channel]


@pytest.mark.parametrize("status", [400, 500, 503])
def test_an_inbox_that_refuses_is_down(inbox, status):
    inbox.status = status
    with pytest.raises(SenderDown, match=str(status)):
        InboxSender(inbox.url, Channel.SMS).send(LETTER, TO)


def test_an_inbox_that_is_not_there_is_down():
    with pytest.raises(SenderDown):
        InboxSender("http://127.0.0.1:9", Channel.SMS).send(LETTER, TO)


def test_the_inbox_is_spoken_to_by_http_alone():
    with pytest.raises(ValueError, match="HTTP"):
        InboxSender("file:///etc/passwd", Channel.SMS)


@pytest.fixture
def sns(monkeypatch):
    class Client:
        said = None
        error = None

        def publish(self, **said):
            self.said = said
            if self.error:
                raise self.error
            return {"MessageId": "m-1"}

    made = Client()
    monkeypatch.setattr(aws, "client", lambda service: {"sns": made}[service])
    return made


def test_sns_is_told_number_and_text(sns):
    assert SnsSender().send(LETTER, TO) == "m-1"
    assert (sns.said["PhoneNumber"], sns.said["Message"]) == (TO, "【邻里】已确认")
    assert sns.said["MessageAttributes"]["AWS.SNS.SMS.SMSType"]["StringValue"] == "Transactional"


@pytest.mark.parametrize(
    ("code", "meaning"),
    [
        ("InvalidParameter", Undeliverable),
        ("OptedOutException", AddressGone),
        ("Throttled", SenderDown),
        ("InternalError", SenderDown),
        ("KMSThrottling", SenderDown),
    ],
)
def test_errors_of_sns_are_told_apart_and_do_not_repeat_the_number(sns, code, meaning):
    sns.error = ClientError({"Error": {"Code": code, "Message": f"no {TO}"}}, "Publish")
    with pytest.raises(meaning) as raised:
        SnsSender().send(LETTER, TO)
    assert type(raised.value) is meaning
    assert TO not in str(raised.value)


def test_no_answer_from_sns_means_later(sns):
    sns.error = ConnectTimeoutError(endpoint_url="https://sns")
    with pytest.raises(SenderDown):
        SnsSender().send(LETTER, TO)


@pytest.mark.parametrize(
    ("refused", "meant"),
    [
        (ClientError({"Error": {"Code": "MessageRejected", "Message": MAIL_TO}}, "SendEmail"), Undeliverable),
        (ClientError({"Error": {"Code": "TooManyRequestsException"}}, "SendEmail"), SenderDown),
        (ConnectTimeoutError(endpoint_url="https://email"), SenderDown),
    ],
)
def test_what_ses_refuses_is_told_apart_and_never_names_the_address(monkeypatch, refused, meant):
    class Ses:
        def send_email(self, **_):
            raise refused

    monkeypatch.setattr(aws, "client", lambda service: {"sesv2": Ses()}[service])
    with pytest.raises(meant) as said:
        SesSender("no-reply@linli.example").send(LETTER, MAIL_TO)
    assert MAIL_TO not in str(said.value)


def test_ses_gets_a_letter_of_text(monkeypatch):
    sent = []

    class Ses:
        def send_email(self, **letter):
            sent.append(letter)
            return {"MessageId": "m-2"}

    monkeypatch.setattr(aws, "client", lambda service: {"sesv2": Ses()}[service])
    assert SesSender("no-reply@linli.example").send(LETTER, MAIL_TO) == "m-2"
    (letter,) = sent
    assert (letter["FromEmailAddress"], letter["Destination"]) == ("no-reply@linli.example", {"ToAddresses": [MAIL_TO]})
    assert letter["Content"]["Simple"]["Subject"]["Data"] == "预订已确认"
    assert letter["Content"]["Simple"]["Body"]["Text"] == {"Data": "【邻里】已确认", "Charset": "UTF-8"}
