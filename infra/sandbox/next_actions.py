"""What a payer is asked to do: where a wallet's or a bank's page is. All of them are the sandbox's own page."""

import base64

from infra.sandbox.errors import ApiError, required
from infra.sandbox.methods import Method
from infra.sandbox.state import Json
from infra.sandbox.world import World

QR_PLACEHOLDER = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="160" height="160"><rect width="160" height="160" fill="#eee"/>'
    '<text x="80" y="84" text-anchor="middle" font-family="sans-serif" font-size="12">open the page</text></svg>'
)
"""In place of the QR code: the sandbox has nothing that a phone could scan on loopback."""


def next_action(world: World, intent: Json, method: Method, return_url: str | None, options: Json) -> Json:
    """The `next_action` while a PaymentIntent waits for its payer. Raises ApiError (400) for what is missing."""
    url = f"{world.base_url}/pay/{intent['id']}?client_secret={intent['client_secret']}"
    if method.type == "wechat_pay":
        return _wechat(url, world.state.settings.wechat_code or url, options)
    if return_url is None and method.type == "alipay":
        raise required("return_url")
    if return_url is not None and return_url.partition(":")[0].lower() in ("javascript", "data", "vbscript"):
        raise ApiError("Invalid return_url.", code="url_invalid", param="return_url")
    action = {"url": url, "return_url": return_url}
    if method.type == "alipay" and world.state.settings.alipay_action == "alipay_handle_redirect":
        native = {"native_url": url, "native_data": url}
        return {"type": "alipay_handle_redirect", "alipay_handle_redirect": action | native}
    return {"type": "redirect_to_url", "redirect_to_url": action}


def _wechat(url: str, content: str, options: Json) -> Json:
    client = options.get("wechat_pay", {}).get("client")
    if client is None:
        raise required("payment_method_options[wechat_pay][client]")
    if client == "ios":
        return {"type": "wechat_pay_redirect_to_ios_app", "wechat_pay_redirect_to_ios_app": {"native_url": url}}
    if client == "android":
        fields = ("app_id", "nonce_str", "package", "partner_id", "prepay_id", "sign", "timestamp")
        values = dict.fromkeys(fields, "sandbox") | {"prepay_id": url}
        return {"type": "wechat_pay_redirect_to_android_app", "wechat_pay_redirect_to_android_app": values}
    image = "data:image/svg+xml;base64," + base64.b64encode(QR_PLACEHOLDER.encode()).decode()
    code = {
        "data": content,
        "hosted_instructions_url": url,
        "image_data_url": image,
        "image_url_png": image,
        "image_url_svg": image,
    }
    return {"type": "wechat_pay_display_qr_code", "wechat_pay_display_qr_code": code}


def return_url(intent: Json) -> str | None:
    """Where the payer goes after the page, when the call that confirmed said so."""
    action = intent["next_action"] or {}
    part = action.get(action.get("type", ""), {})
    url: str | None = part.get("return_url")
    return url
