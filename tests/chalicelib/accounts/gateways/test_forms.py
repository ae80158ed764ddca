import io

import pytest

from chalicelib.accounts.gateways.forms import FormCodeSender
from chalicelib.accounts.rules import CodeNotSent
from chalicelib.kit.observability import log
from chalicelib.kit.texting import Forms, TextRefused, Verdict

PHONE = "+8613800138000"
FORMS = Forms.of({"login_code": {"*": {"code": "SMS_1", "params": ["code"]}}})


class Client:
    def __init__(self, refusal=None):
        self.refusal, self.asked = refusal, []

    def send(self, to, form, values, ref):
        self.asked.append((to, form.code, values, ref))
        if self.refusal:
            raise self.refusal
        return "9"


def test_a_code_goes_out_in_its_template():
    client = Client()
    FormCodeSender(client, FORMS).send(PHONE, "046213", "zh-CN")
    ((to, form, values, _),) = client.asked
    assert (to, form, values["code"]) == (PHONE, "SMS_1", "046213")
    assert values["text"] == "登录验证码 046213，5 分钟内有效，请勿告诉他人。", "the provider adds its own sign"


def test_no_two_codes_have_the_same_number():
    client = Client()
    for _ in range(2):
        FormCodeSender(client, FORMS).send(PHONE, "046213", "en")
    assert len({ref for *_, ref in client.asked}) == 2


@pytest.mark.parametrize("verdict", Verdict)
def test_a_refusal_is_told_and_logged_without_the_number(monkeypatch, verdict):
    logged = io.StringIO()
    monkeypatch.setattr(log.registered_handler, "stream", logged)
    with pytest.raises(CodeNotSent):
        FormCodeSender(Client(TextRefused("isv.X", verdict)), FORMS).send(PHONE, "046213", "en")
    assert "isv.X" in logged.getvalue()
    assert "138001380" not in logged.getvalue()


def test_without_a_template_no_code_is_sent():
    client = Client()
    with pytest.raises(CodeNotSent):
        FormCodeSender(client, Forms()).send(PHONE, "046213", "en")
    assert client.asked == []
