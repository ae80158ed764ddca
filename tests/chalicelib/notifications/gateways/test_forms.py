from dataclasses import replace
from datetime import timedelta

import pytest

from chalicelib.kit.texting import Form, Forms, TextRefused, Verdict
from chalicelib.notifications.gateways.forms import FormSender
from chalicelib.notifications.ports import AddressBusy, AddressGone, SenderDown, Undeliverable
from tests.chalicelib.notifications.gateways.letters import ENGLISH, LETTER, TO

FORMS = Forms.of(
    {
        "order.confirmed.customer": {"zh-CN": {"code": "SMS_1", "params": ["shop", "what"]}},
        "*": {"*": {"code": "SMS_9", "params": ["text"]}, "en": {"code": "SMS_8", "params": ["title"]}},
    }
)


class Client:
    def __init__(self, refusal=None):
        self.refusal, self.asked = refusal, []

    def send(self, to, form, values, ref):
        self.asked.append((to, form.code, {name: values[name] for name in form.params}, ref))
        if self.refusal:
            raise self.refusal
        return "9"


def test_a_letter_goes_out_in_the_form_of_its_kind_and_language():
    client = Client()
    assert FormSender("x", client, FORMS).send(LETTER, TO) == "9"
    assert client.asked == [(TO, "SMS_1", {"shop": "阿明理发店", "what": "剪发"}, "ntc_1")]


def test_a_kind_without_a_form_in_its_language_takes_that_for_every_kind():
    client = Client()
    FormSender("x", client, FORMS).send(ENGLISH, TO)
    assert client.asked == [(TO, "SMS_8", {"title": "Booking confirmed"}, "ntc_1")]


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ("【邻里】您的预订已确认", "您的预订已确认"),
        ("[Linli] Booked.", "Booked."),
        ("预订【已确认】", "预订【已确认】"),
        ("Booked.", "Booked."),
    ],
)
def test_a_whole_text_goes_without_our_sign_since_the_provider_adds_its_own(body, told):
    client = Client()
    FormSender("x", client, FORMS).send(replace(LETTER, kind="claim.asked.merchant", body=body), TO)
    assert client.asked[0][2] == {"text": told}


def test_the_form_for_every_language_is_the_last_choice():
    assert FORMS.form("claim.asked.merchant", "zh-CN") == Form("SMS_9", ("text",))


def test_without_a_form_nothing_is_sent():
    client = Client()
    with pytest.raises(Undeliverable) as said:
        FormSender("x", client, Forms()).send(LETTER, TO)
    assert not isinstance(said.value, AddressGone)
    assert client.asked == []


@pytest.mark.parametrize(
    ("verdict", "meaning"),
    [
        (Verdict.GONE, AddressGone),
        (Verdict.NEVER, Undeliverable),
        (Verdict.BUSY, AddressBusy),
        (Verdict.LATER, SenderDown),
    ],
)
def test_a_refusal_is_told_as_what_it_means(verdict, meaning):
    with pytest.raises(meaning) as said:
        FormSender("x", Client(TextRefused("isv.X", verdict)), FORMS).send(LETTER, TO)
    assert type(said.value) is meaning


def test_a_provider_is_left_alone_for_as_long_as_it_asks():
    with pytest.raises(SenderDown) as said:
        FormSender("x", Client(TextRefused("isv.X", Verdict.LATER, 3600)), FORMS).send(LETTER, TO)
    assert said.value.retry_after == timedelta(hours=1)
