import pytest
from botocore.exceptions import ReadTimeoutError

from chalicelib.kit import aws
from chalicelib.kit.addresses import AddressRefused
from chalicelib.kit.errors import Unavailable
from chalicelib.kit.outbound import Answer, TooMuch, Unreachable
from chalicelib.reach.gateways.topics import SigningCertificates, confirming
from tests.chalicelib.notifications.gateways.letters import stubbed
from tests.chalicelib.reach.world import CERTIFICATE, TOPIC


class Out:
    """The guarded client, answering as told."""

    def __init__(self, *answers):
        self.answers, self.asked = list(answers), []

    def send(self, url, question):
        self.asked.append((url, question.most_hops))
        told = self.answers.pop(0)
        if isinstance(told, Exception):
            raise told
        return told


def test_a_certificate_is_fetched_once_and_no_redirection_is_followed():
    out = Out(Answer(200, {}, b"pem"))
    certificates = SigningCertificates(out)
    assert [certificates(CERTIFICATE), certificates(CERTIFICATE)] == [b"pem", b"pem"]
    assert out.asked == [(CERTIFICATE, 0)]


def test_what_is_kept_does_not_grow():
    certificates = SigningCertificates(Out(*[Answer(200, {}, b"pem")] * 20))
    for number in range(20):
        certificates(f"{CERTIFICATE}{number}")
    assert len(certificates._kept) <= 8


@pytest.mark.parametrize(
    "answer", [AddressRefused(), Unreachable(), TooMuch(), Answer(302, {}, b""), Answer(500, {}, b"")]
)
def test_one_that_cannot_be_had_is_asked_for_again(answer):
    certificates = SigningCertificates(Out(answer, Answer(200, {}, b"pem")))
    with pytest.raises(Unavailable):
        certificates(CERTIFICATE)
    assert certificates(CERTIFICATE) == b"pem"


def test_a_subscription_is_confirmed_so_that_no_stranger_ends_it(monkeypatch):
    client, stub = stubbed("sns")
    monkeypatch.setattr(aws, "client", lambda service: {"sns": client}[service])
    wanted = {"TopicArn": TOPIC, "Token": "token-1", "AuthenticateOnUnsubscribe": "true"}
    with stub:
        stub.add_response("confirm_subscription", {"SubscriptionArn": f"{TOPIC}:1"}, wanted)
        confirming(TOPIC)("token-1")
        stub.add_client_error("confirm_subscription", "InternalError", "")
        with pytest.raises(Unavailable):
            confirming(TOPIC)("token-1")
        stub.assert_no_pending_responses()


def test_no_answer_to_a_confirmation_means_later(monkeypatch):
    class Dead:
        def confirm_subscription(self, **_):
            raise ReadTimeoutError(endpoint_url="https://sns")

    monkeypatch.setattr(aws, "client", lambda _service: Dead())
    with pytest.raises(Unavailable):
        confirming(TOPIC)("token-1")
