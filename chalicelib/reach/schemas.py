"""Where somebody is reached, over the wire."""

from collections.abc import Sequence
from typing import Annotated, Literal, Self

from pydantic import Field

from chalicelib.kit.http import Wire
from chalicelib.kit.wire import Moment
from chalicelib.reach import ports
from chalicelib.reach.use_cases import Agreed, Wish

Token = Annotated[
    str,
    Field(
        min_length=8,
        max_length=4096,
        pattern=r"^[\x21-\x7e]+$",
        description="As the phone's system gave it to the app: APNs in hexadecimal, or FCM's registration token.",
        examples=["740f4707bebcf74f9b7c25d48e3358945f6aa01da5ddb387462c7eaf61bb78ad"],
    ),
]


Model = Annotated[
    str,
    Field(
        pattern=r"^[A-Za-z0-9][A-Za-z0-9 ,._()/-]{0,39}$",
        description="What it is, to tell your phones apart; not the name that its owner gave it.",
        examples=["iPhone17,2"],
    ),
]


class DeviceIn(Wire):
    """A phone to push to. Told at each start of the app: the same again changes nothing."""

    platform: ports.Platform = Field(
        description="`apns`: iOS; `apns_sandbox`: an app that is built for development; `fcm`: Android.",
        examples=["apns"],
    )
    token: Token
    model: Model | None = None

    def wish(self) -> Wish:
        """Return it as the domain knows it."""
        return Wish(self.platform, self.token, self.model)


class Device(Wire):
    """A phone that is pushed to for as long as the session stands in which it was told."""

    id: str = Field(examples=["dev_5h1w8q2n7v4k9x3c6z0b8d1f2g"])
    platform: ports.Platform = Field(examples=["apns"])
    model: Model | None
    registered_at: Moment
    used_at: Moment = Field(description="When its app told it last, within a day.")

    @classmethod
    def of(cls, device: ports.Device) -> Self:
        return cls(
            id=device.id,
            platform=device.platform,
            model=device.model,
            registered_at=device.registered_at,
            used_at=device.used_at,
        )


class Devices(Wire):
    """Your phones that are pushed to, the one used last first; ten at most."""

    items: list[Device]

    @classmethod
    def of(cls, devices: Sequence[ports.Device]) -> Self:
        return cls(items=[Device.of(one) for one in devices])


TemplateId = Annotated[
    str,
    Field(min_length=1, max_length=64, pattern=r"^[\w-]+$", examples=["Yw2bfnLgSGvqzvT8UFVJWlzfSNnvh9NUq3OYVIVbXvk"]),
]


class WechatAgreement(Wire):
    """A WeChat message that can be agreed to, by template."""

    app: str = Field(description="The mini program's appid.", examples=["wx1234567890abcdef"])
    template_id: TemplateId
    kinds: list[str] = Field(
        description="The notices that it is for; `*`: all others.", examples=[["order.confirmed.customer"]]
    )
    left: int = Field(ge=0, description="How many of its messages you still take.", examples=[2])


class WechatAgreements(Wire):
    """What can be agreed to at WeChat, and what is left of it."""

    items: list[WechatAgreement]

    @classmethod
    def of(cls, agreed: Sequence[Agreed]) -> Self:
        return cls(
            items=[
                WechatAgreement(
                    app=one.template.app, template_id=one.template.id, kinds=list(one.template.kinds), left=one.left
                )
                for one in agreed
            ]
        )


class WechatAgreed(Wire):
    """What `wx.requestSubscribeMessage` was answered with `accept`: one message more of each."""

    template_ids: list[TemplateId] = Field(min_length=1, max_length=5)


class AlibabaTaken(Wire):
    """What Alibaba Cloud wants to read."""

    code: Literal[0] = 0
    msg: Literal["OK"] = "OK"


class TopicTaken(Wire):
    """That it was taken."""

    received: Literal[True] = True


class TencentTaken(Wire):
    """What Tencent Cloud wants to read."""

    result: Literal[0] = 0
    errmsg: Literal["OK"] = "OK"
