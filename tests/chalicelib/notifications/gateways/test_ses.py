from dataclasses import replace
from datetime import timedelta
from email.header import decode_header
from email.utils import parseaddr

import pytest
from botocore.exceptions import ConnectTimeoutError
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.kit import aws
from chalicelib.notifications.gateways.ses import SesSender, headers
from chalicelib.notifications.ports import AddressGone, SenderDown, Undeliverable
from tests.chalicelib.notifications.gateways.letters import ENGLISH, LETTER, MAIL_TO, stubbed

SENDER = SesSender("no-reply@linli.example", "linli-test-mail")
OUT = "https://api.linli.example/v1/unsubscribe/abc.def_ghi-jkl?kind=order.completed.customer"
WHOLE = replace(LETTER, html="<p>阿明理发店</p>", unsubscribe=OUT)


@pytest.fixture
def ses(monkeypatch):
    client, stub = stubbed("sesv2")
    monkeypatch.setattr(aws, "client", lambda service: {"sesv2": client}[service])
    with stub:
        yield stub
        stub.assert_no_pending_responses()


def named(letter):
    return {one["Name"]: one["Value"] for one in headers(letter)}


@pytest.mark.parametrize(("letter", "name"), [(LETTER, "邻里"), (ENGLISH, "Linli")])
def test_ses_gets_subject_text_page_and_headers_in_both_languages(ses, letter, name):
    letter = replace(letter, html="<p>hello</p>", unsubscribe=OUT)
    asked = SENDER.request(letter, MAIL_TO)
    ses.add_response("send_email", {"MessageId": "0100"}, asked)
    assert SENDER.send(letter, MAIL_TO) == "0100"
    shown, address = parseaddr(asked["FromEmailAddress"])
    ((words, charset),) = decode_header(shown)
    assert ((words.decode(charset) if charset else words), address) == (name, "no-reply@linli.example")
    simple = asked["Content"]["Simple"]
    assert simple["Subject"] == {"Data": letter.title, "Charset": "UTF-8"}
    assert simple["Body"] == {
        "Text": {"Data": letter.body, "Charset": "UTF-8"},
        "Html": {"Data": "<p>hello</p>", "Charset": "UTF-8"},
    }
    assert named(letter)["Content-Language"] == letter.language
    assert (asked["Destination"], asked["ConfigurationSetName"]) == ({"ToAddresses": [MAIL_TO]}, "linli-test-mail")
    assert asked["EmailTags"] == [{"Name": "kind", "Value": "order_confirmed_customer"}]


def test_a_mail_reader_is_told_how_to_leave_by_one_click():
    told = named(WHOLE)
    assert told["List-Unsubscribe"] == f"<{OUT}>"
    assert told["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


@pytest.mark.parametrize(
    "address",
    [
        None,
        "",
        "http://linli.example/out",
        "https://linli.example/out>\r\nBcc: all@example.com",
        "https://linli.example/a b",
        "https://linli.example/<out>",
        "https://linli.example/退订",
        f"https://linli.example/{'x' * 900}",
    ],
)
def test_where_there_is_no_way_out_or_a_broken_one_no_header_says_so(address):
    told = named(replace(WHOLE, unsubscribe=address))
    assert not {name for name in told if name.startswith("List-")}


def test_without_a_page_and_a_set_there_are_none(ses):
    asked = SesSender("no-reply@linli.example").request(LETTER, MAIL_TO)
    assert "ConfigurationSetName" not in asked
    assert list(asked["Content"]["Simple"]["Body"]) == ["Text"]
    ses.add_response("send_email", {"MessageId": "1"}, asked)
    SesSender("no-reply@linli.example").send(LETTER, MAIL_TO)


@given(title=st.text(max_size=300), out=st.text(max_size=60), kind=st.text(max_size=60))
def test_no_text_of_a_letter_ends_a_line_of_the_head(title, out, kind):
    asked = SENDER.request(replace(WHOLE, title=title, unsubscribe=f"https://{out}", kind=kind), MAIL_TO)
    head = [asked["FromEmailAddress"], asked["Content"]["Simple"]["Subject"]["Data"], asked["EmailTags"][0]["Value"]]
    added = asked["Content"]["Simple"]["Headers"]
    assert all(len(one["Name"]) + len(one["Value"]) <= 996 and one["Value"].isascii() for one in added)  # SES's bounds
    head += [one["Value"] for one in added]
    for line in head:
        assert len(line.splitlines()) <= 1, repr(line)
        assert not any(ord(sign) < 32 or ord(sign) == 127 for sign in line), repr(line)


@pytest.mark.parametrize(
    "to", ["ming@example.com\r\nBcc: all@example.com", "a@example.com, b@example.com", "<a@example.com>", "nobody", ""]
)
def test_an_address_that_is_more_than_one_is_none(ses, to):
    with pytest.raises(AddressGone) as said:
        SENDER.send(WHOLE, to)
    assert "example" not in str(said.value)


@pytest.mark.parametrize(
    ("code", "meaning", "wait"),
    [
        ("MessageRejected", Undeliverable, None),
        ("BadRequestException", Undeliverable, None),
        ("TooManyRequestsException", SenderDown, timedelta(seconds=5)),
        ("LimitExceededException", SenderDown, timedelta(minutes=10)),
        ("AccountSuspendedException", SenderDown, None),
        ("SendingPausedException", SenderDown, None),
        ("MailFromDomainNotVerifiedException", SenderDown, None),
        ("NotFoundException", SenderDown, None),
        ("NobodyKnowsThisOne", SenderDown, None),
    ],
)
def test_what_ses_refuses_is_told_apart_and_never_names_the_address(ses, code, meaning, wait, record_property):
    record_property("channels", "1 refusals")
    ses.add_client_error("send_email", code, MAIL_TO)
    with pytest.raises(meaning) as said:
        SENDER.send(WHOLE, MAIL_TO)
    assert (type(said.value), getattr(said.value, "retry_after", None)) == (meaning, wait)
    assert MAIL_TO not in str(said.value)


def test_no_answer_means_later(monkeypatch):
    class Dead:
        def send_email(self, **_):
            raise ConnectTimeoutError(endpoint_url="https://email")

    monkeypatch.setattr(aws, "client", lambda _service: Dead())
    with pytest.raises(SenderDown):
        SENDER.send(WHOLE, MAIL_TO)
