"""What moderation tells."""

from datetime import datetime

from chalicelib.kit.outbox import MEDIA, MODERATION, NOTIFICATIONS, Message
from chalicelib.moderation.rules.cases import Case, CaseState
from chalicelib.moderation.rules.reasons import WORDS
from chalicelib.moderation.rules.waiting import Unjudged
from chalicelib.reviews.ports import replied_review

FORGET, AGAIN = "moderation.forget_media", "moderation.judge_again"
_TOLD = {
    CaseState.REMOVED: "moderation.removed",
    CaseState.UPHELD: "moderation.upheld",
    CaseState.RESTORED: "moderation.restored",
}
"""Of a reply `moderation.reply_removed` and so on, for its merchant."""


def decided(case: Case, at: datetime) -> Message | None:
    """Somebody decided: the author is told of a removal, with its reason, and of what became of an appeal. Nobody is
    told that nothing was wrong.
    """
    kind = _TOLD.get(case.state)
    if kind is None:
        return None
    why = WORDS.get(case.code) if case.code else None
    whose = {"merchant_id": case.merchant_id} if case.is_reply else {"customer_id": case.author_id}
    payload = {
        "review_id": replied_review(case.review_id) or case.review_id,
        "shop_id": case.shop_id,
        **whose,
        "code": str(case.code),
        "reason": {"en": why.en, "zh-CN": why.zh} if why else {},
    }
    if case.is_reply:
        kind = kind.replace(".", ".reply_")
    return Message(kind, (NOTIFICATIONS,), payload, at, case.version)


def forget_media(case: Case, at: datetime) -> Message:
    """A removed review cannot come back: what it showed may be deleted."""
    return Message(FORGET, (MEDIA,), {"review_id": case.review_id}, at, case.version)


def judge_again(waits: Unjudged, at: datetime) -> Message:
    """A classifier may answer by now."""
    return Message(AGAIN, (MODERATION,), {"review_id": waits.review_id}, at, waits.version)
