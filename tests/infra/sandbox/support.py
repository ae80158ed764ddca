"""What the sandbox's tests share: a receiver of webhooks, clients, and the shortest ways to pay."""

import threading

import stripe

from infra.sandbox.httpd import LoopbackServer, Request, Response, json_response
from infra.sandbox.stripe import StripeSandbox

SECRET = "whsec_test"
FAST = (0.01, 0.01, 0.01)


class Receiver:
    """A webhook endpoint that verifies with the SDK and answers what it is told to."""

    def __init__(self) -> None:
        self.events: list[stripe.Event] = []
        self.rejected: list[str] = []
        self.answers: list[int] = []
        self._client = stripe.StripeClient("sk_test_x")
        self._lock = threading.Lock()
        self._server = LoopbackServer(self._answer)
        self.url = f"{self._server.url}/hooks?tenant=1"

    def _answer(self, request: Request) -> Response:
        assert request.query == "tenant=1"
        with self._lock:
            try:
                event = self._client.construct_event(request.body, request.headers["stripe-signature"], SECRET)
            except stripe.SignatureVerificationError as error:
                self.rejected.append(str(error))
                return json_response(400, {})
            status = self.answers.pop(0) if self.answers else 200
            if status == 200:
                self.events.append(event)
            return json_response(status, {})

    @property
    def types(self) -> list[str]:
        return [event.type for event in self.events]

    def close(self) -> None:
        self._server.close()


def client_for(url: str, key: str = StripeSandbox.api_key, retries: int = 0) -> stripe.StripeClient:
    return stripe.StripeClient(
        key, base_addresses={"api": url}, http_client=stripe.RequestsClient(timeout=(3, 8)), max_network_retries=retries
    )


PAY = {"amount": 12_300, "currency": "cny", "confirm": True, "return_url": "https://linli.example/back"}


def card(client, token="pm_card_visa", **more):
    return client.v1.payment_intents.create({**PAY, "payment_method": token, **more})


def wallet(client, kind, **more):
    options = {"wechat_pay": {"client": "web"}} if kind == "wechat_pay" else {}
    return client.v1.payment_intents.create(
        {**PAY, "payment_method_data": {"type": kind}, "payment_method_options": options, **more}
    )
