"""The payer's page as a form: approve, decline, or confirm with a test card or a wallet."""

from urllib.parse import parse_qs, urlencode

from infra.sandbox import intents, pages
from infra.sandbox.errors import ApiError
from infra.sandbox.httpd import Request, Response, html_response, json_response
from infra.sandbox.methods import WALLETS
from infra.sandbox.next_actions import return_url
from infra.sandbox.state import Json
from infra.sandbox.world import World


def answer(world: World, request: Request) -> Response:
    """GET and POST /pay/{payment_intent}; a POST carries the form field `action`.

    Browsers are sent on to the return URL; a caller that does not ask for HTML gets the PaymentIntent as JSON.
    """
    html = "text/html" in request.headers.get("accept", "")
    with world.lock:
        try:
            intent = world.find("payment_intent", request.path.removeprefix("/pay/"))
        except ApiError as error:
            return json_response(error.status, error.body())
        if request.method != "POST":
            return html_response(200, pages.pay(world, intent))
        back = return_url(intent)
        try:
            _act(world, intent, _action(request), f"{world.base_url}/pay/{intent['id']}")
        except ApiError as error:
            return html_response(error.status, pages.pay(world, intent, str(error))) if html else _refused(error)
        if not html:
            return json_response(200, intent)
    return Response(303, b"", "text/plain", {"Location": _back(intent, back) or request.path})


def _act(world: World, intent: Json, action: str, page: str) -> None:
    verb, _, token = action.partition(":")
    if verb == "approve":
        intents.approve(world, intent)
    elif verb == "decline":
        intents.decline(world, intent)
    elif verb == "pay":
        method: Json = {"payment_method": token}
        if token in WALLETS:
            method = {
                "payment_method_data": {"type": token},
                "payment_method_options": {"wechat_pay": {"client": "web"}},
            }
        intents.confirm(world, intent, method | {"return_url": page})
    else:
        raise ApiError("action must be approve, decline or pay:<payment method>.", param="action")


def _action(request: Request) -> str:
    fields = parse_qs(request.body.decode(errors="replace"))
    return fields.get("action", [""])[-1]


def _back(intent: Json, url: str | None) -> str | None:
    if url is None:
        return None
    known = {
        "payment_intent": intent["id"],
        "payment_intent_client_secret": intent["client_secret"],
        "redirect_status": "succeeded" if intent["status"] == "succeeded" else "failed",
    }
    return f"{url}{'&' if '?' in url else '?'}{urlencode(known)}"


def _refused(error: ApiError) -> Response:
    return json_response(error.status, error.body())
