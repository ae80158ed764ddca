"""What a merchant's digest names."""

from collections.abc import Mapping

from chalicelib.kit.i18n import Language
from chalicelib.kit.outbox import Message
from chalicelib.notifications import templates
from chalicelib.notifications.ports import NotificationPorts
from chalicelib.notifications.words.types import Words


def of_digest(_ports: NotificationPorts, message: Message) -> Words:
    numbers: Mapping[str, int] = message.payload["numbers"]

    def told(language: Language) -> str:
        lines = ((templates.template(kind).digest, number) for kind, number in sorted(numbers.items()))
        named = [line.render(language, number=number) for line, number in lines if line is not None]
        return ("；" if language == "zh-CN" else "; ").join(named)

    return lambda language: {"list": told(language)}
