"""What moderation tells."""

from datetime import datetime

from chalicelib.kit.outbox import MEDIA, NOTIFICATIONS, Message
from chalicelib.moderation.rules.cases import Case, CaseState
from chalicelib.moderation.rules.reasons import WORDS

FORGET = "moderation.forget_media"
_TOLD = {
    CaseState.REMOVED: "moderation.removed",
    CaseState.UPHELD: "moderation.upheld",
    CaseState.RESTORED: "moderation.restored",
}


def decided(case: Case, at: datetime) -> Message | None:
    """Somebody decided: the author is told of a removal, with its reason, and of what became of an appeal. Nobody is
    told that nothing was wrong.
    """
    kind = _TOLD.get(case.state)
    if kind is None:
        return None
    why = WORDS.get(case.code) if case.code else None
    payload = {
        "review_id": case.review_id,
        "shop_id": case.shop_id,
        "customer_id": case.author_id,
        "code": str(case.code),
        "reason": {"en": why.en, "zh-CN": why.zh} if why else {},
    }
    return Message(kind, (NOTIFICATIONS,), payload, at, case.version)


def forget_media(case: Case, at: datetime) -> Message:
    """A removed review cannot come back: what it showed may be deleted."""
    return Message(FORGET, (MEDIA,), {"review_id": case.review_id}, at, case.version)
