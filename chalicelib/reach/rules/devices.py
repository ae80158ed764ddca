"""Phones that take push, and how many messages somebody agreed to at WeChat. No I/O."""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum

from chalicelib.kit.errors import Conflict, Invalid
from chalicelib.kit.i18n import Text

MOST_DEVICES = 10  # of an account; a further one takes the place of that which was used least lately
FRESH = timedelta(days=1)  # apps register at every start: within it nothing is asked or written anew
MOST_CONSENTS = 50  # of one template that we count; more than anybody is told of before they agree again


class Platform(StrEnum):
    """Whose service takes a push to a phone."""

    APNS = "apns"
    APNS_SANDBOX = "apns_sandbox"  # apps that are built for development
    FCM = "fcm"


class PushNotServed(Conflict):
    code = "push-not-served"
    title = Text("There is no push to these phones here", "暂不支持此类设备的推送")
    detail = Text("Notices come by your other channels.", "通知将通过您的其他渠道送达。")


class TokenRefused(Invalid):
    code = "device-token-refused"
    title = Text("The push service does not know this token", "推送服务不认可该设备令牌")
    detail = Text("Ask the phone's system for a new one.", "请向手机系统重新获取推送令牌。")


class TemplateUnknown(Invalid):
    code = "wechat-template-unknown"
    title = Text("No such WeChat template is used here", "未使用该微信消息模板")
    detail = Text("Ask for those that are listed.", "请使用列表中的模板。")


@dataclass(frozen=True)
class Device:
    """A phone, as one app on it.

    Attributes:
        id: `dev_...`; another one once it has been gone.
        digest: what its token is known by; nobody reads the token back.
        platform: whose service it is reached through.
        endpoint: where that is at SNS.
        session_id: the session that it was registered in: it ends with that.
        model: what it is, to tell phones apart; None where the app told none. Its owner's name for it is not kept.
        registered_at: when it was first told.
        used_at: when it last was, within a day.
    """

    id: str
    digest: str
    platform: Platform
    endpoint: str = field(repr=False)
    session_id: str
    model: str | None
    registered_at: datetime
    used_at: datetime

    @property
    def address(self) -> str:
        """What a sender is given: with the id, so that an address that was given up is not this one's any more."""
        return f"{self.id}/{self.endpoint}"


def parted(address: str) -> tuple[str, str]:
    """Return a device's id and its endpoint."""
    device_id, _, endpoint = address.partition("/")
    return device_id, endpoint


@dataclass(frozen=True)
class Book:
    """An account's devices, the one used last first.

    Attributes:
        version: rises with every change; 0 before the first.
    """

    account_id: str
    devices: tuple[Device, ...] = ()
    version: int = 0

    def of(self, digest: str) -> Device | None:
        """Return the device of a token."""
        return next((one for one in self.devices if one.digest == digest), None)

    def device(self, device_id: str) -> Device | None:
        """Return a device by its id."""
        return next((one for one in self.devices if one.id == device_id), None)


def is_fresh(known: Device | None, session_id: str, model: str | None, now: datetime) -> bool:
    """Say whether what is told of a device is what is known, and was told lately."""
    if known is None or (known.session_id, known.model) != (session_id, model):
        return False
    return timedelta(0) <= now - known.used_at < FRESH


def with_device(book: Book, device: Device) -> tuple[Book, tuple[Device, ...]]:
    """Return a book with a device as its first, in the place of one of the same token, and those that had to go."""
    others = [one for one in book.devices if one.digest != device.digest]
    others.sort(key=lambda one: one.used_at, reverse=True)
    kept, gone = others[: MOST_DEVICES - 1], others[MOST_DEVICES - 1 :]
    return replace(book, devices=(device, *kept), version=book.version + 1), tuple(gone)


def without(book: Book, *digests: str) -> Book:
    """Return a book without the devices of some tokens."""
    kept = tuple(one for one in book.devices if one.digest not in digests)
    return replace(book, devices=kept, version=book.version + 1)
