"""Why somebody should look at a review, and why it may be removed. No I/O."""

from enum import StrEnum

from chalicelib.kit.i18n import Text


class Reason(StrEnum):
    """Why a review is held until a person has looked at it."""

    FORBIDDEN = "forbidden-words"
    CONTACT = "contact"
    LINK = "link"
    REPETITION = "repetition"
    SHOUTING = "shouting"
    TOXIC = "toxic"
    IMAGE = "image"
    REPORTED = "reported"
    BURST = "burst"
    SAME_DEVICE = "same-device"
    SAME_NETWORK = "same-network"
    SELF_REVIEW = "self-review"
    RING = "ring"
    REFUNDED = "refunded"
    NEW_ACCOUNT = "new-account"
    FREE = "free"


OF_CONTENT = frozenset(
    {Reason.FORBIDDEN, Reason.CONTACT, Reason.LINK, Reason.REPETITION, Reason.SHOUTING, Reason.TOXIC, Reason.IMAGE}
)
"""Reasons that lie in what is said and shown: who looked at that has judged them, whether they were known or not."""


def is_of_content(reason: str) -> bool:
    """Say whether a reason, or one with what a classifier calls it, is one of `OF_CONTENT`."""
    return reason.partition(":")[0] in OF_CONTENT


class Code(StrEnum):
    """What a person finds: of those that remove, the author is told which."""

    FINE = "fine"  # nothing is wrong with it
    ABUSE = "abuse"
    ADVERTISING = "advertising"
    PERSONAL = "personal-data"
    FAKE = "fake"
    ILLEGAL = "illegal"
    OFF_TOPIC = "off-topic"


WORDS = {
    Code.ABUSE: Text("it insults or threatens somebody", "含有辱骂或威胁内容"),
    Code.ADVERTISING: Text("it advertises", "含有广告内容"),
    Code.PERSONAL: Text("it tells somebody's personal data", "泄露了他人个人信息"),
    Code.FAKE: Text("it does not tell of a visit of your own", "不是基于真实消费体验"),
    Code.ILLEGAL: Text("it is against the law", "含有违法内容"),
    Code.OFF_TOPIC: Text("it is not about the shop", "与该店铺无关"),
}
"""What authors are told, in a sentence that begins elsewhere."""
