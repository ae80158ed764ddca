"""Phones, agreements at WeChat, and what providers say became of what was sent."""

from chalice.app import Blueprint

from chalicelib import wiring
from chalicelib.kit.auth import PUBLIC, Permission
from chalicelib.kit.errors import Busy, Malformed, NotFound, Unavailable
from chalicelib.kit.http import Call, endpoint
from chalicelib.reach import schemas, use_cases
from chalicelib.reach.rules.devices import PushNotServed, TemplateUnknown, TokenRefused
from chalicelib.reach.rules.topics import NotFromTopic

bp = Blueprint(__name__)
_TAG = "notifications"
_DEVICES, _WECHAT = "/v1/me/devices", "/v1/me/wechat-agreements"
_LARGEST = 256 * 1024  # bytes of a receipt: the most that SNS posts


@endpoint(
    bp, "POST", _DEVICES, summary="Push to this phone from now on", tag=_TAG, needs=Permission.NOTICE_OWN,
    body=schemas.DeviceIn, returns=schemas.Device, errors=(PushNotServed, TokenRefused, Unavailable, Busy),
)  # fmt: skip
def register_device(call: Call) -> schemas.Device:
    return schemas.Device.of(use_cases.register(wiring.reach(), call.actor, call.body.wish()))


@endpoint(
    bp, "GET", _DEVICES, summary="My phones that are pushed to", tag=_TAG, needs=Permission.NOTICE_OWN,
    returns=schemas.Devices,
)  # fmt: skip
def devices(call: Call) -> schemas.Devices:
    return schemas.Devices.of(use_cases.devices(wiring.reach(), call.actor))


@endpoint(
    bp, "DELETE", _DEVICES + "/{device_id}", summary="Push to a phone no longer", tag=_TAG,
    needs=Permission.NOTICE_OWN, status=204, errors=(NotFound, Busy),
)  # fmt: skip
def forget_device(call: Call, device_id: str) -> None:
    use_cases.forget(wiring.reach(), call.actor, device_id)


@endpoint(
    bp, "GET", _WECHAT, summary="WeChat messages that I can agree to, and what is left", tag=_TAG,
    needs=Permission.NOTICE_OWN, returns=schemas.WechatAgreements,
)  # fmt: skip
def wechat_agreements(call: Call) -> schemas.WechatAgreements:
    return schemas.WechatAgreements.of(use_cases.agreed(wiring.reach(), call.actor))


@endpoint(
    bp, "POST", _WECHAT, summary="I agreed to WeChat messages", tag=_TAG, needs=Permission.NOTICE_OWN,
    body=schemas.WechatAgreed, returns=schemas.WechatAgreements, status=201, idempotent=True,
    errors=(TemplateUnknown, Busy),
)  # fmt: skip
def agree_at_wechat(call: Call) -> schemas.WechatAgreements:
    once = call.once(schemas.WechatAgreements.of)
    agreed = use_cases.agree(wiring.reach(), call.actor, call.body.template_ids, once)
    return schemas.WechatAgreements.of(agreed)


@endpoint(
    bp, "POST", "/v1/webhooks/topic", summary="What became of mail and push, as SNS signs it", tag=_TAG, needs=PUBLIC,
    returns=schemas.TopicTaken, errors=(NotFromTopic, Unavailable, Busy), max_body=_LARGEST, accepts="text/plain",
)  # fmt: skip
def topic_message(call: Call) -> schemas.TopicTaken:
    use_cases.take_topic(wiring.feedback(), call.raw_body)
    return schemas.TopicTaken()


@endpoint(
    bp, "POST", "/v1/webhooks/texts/alibaba/{receipt_key}", summary="What Alibaba Cloud did with texts", tag=_TAG,
    needs=PUBLIC, returns=schemas.AlibabaTaken, errors=(NotFound, Malformed, Busy), max_body=_LARGEST,
)  # fmt: skip
def alibaba_receipts(call: Call, receipt_key: str) -> schemas.AlibabaTaken:
    use_cases.take_receipts(wiring.feedback(), use_cases.Receipt.ALIBABA, receipt_key, call.raw_body)
    return schemas.AlibabaTaken()


@endpoint(
    bp, "POST", "/v1/webhooks/texts/tencent/{receipt_key}", summary="What Tencent Cloud did with texts", tag=_TAG,
    needs=PUBLIC, returns=schemas.TencentTaken, errors=(NotFound, Malformed, Busy), max_body=_LARGEST,
)  # fmt: skip
def tencent_receipts(call: Call, receipt_key: str) -> schemas.TencentTaken:
    use_cases.take_receipts(wiring.feedback(), use_cases.Receipt.TENCENT, receipt_key, call.raw_body)
    return schemas.TencentTaken()
