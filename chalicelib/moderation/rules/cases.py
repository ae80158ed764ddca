"""What becomes of a review, or of the reply to one, that somebody is to look at. No I/O.

| | sign | decide: show | decide: remove | appeal |
|---|---|---|---|---|
| (none) | waiting | | | |
| waiting | more reasons | cleared | removed; upheld where it was appealed before | |
| cleared | waiting, for a new reason | | | |
| removed | | | | appealed, once, within 30 days, by its author |
| appealed | more reasons | restored | upheld | |
| restored | waiting, for a new reason | | | |
| upheld | | | | |

A reason that a person has cleared does not bring the case back, unless they saw something else: other words, or a
photograph that came later. Nor does one that lies in the very words and photographs that they saw, though it is told
for the first time: a classifier that was down for a day says later what somebody has judged by then.

Who decides has taken it: for a quarter of an hour it is theirs, and nobody else's; after that others may take it. They
say what they have seen, by its digest; where that is no longer what the review says and shows, nothing is decided, and
they look again. An appeal is never decided by who removed.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from chalicelib.kit.errors import Conflict, invalid
from chalicelib.kit.i18n import Text
from chalicelib.moderation.rules.reasons import Code, is_of_content
from chalicelib.reviews.ports import replied_review

LEASE = timedelta(minutes=15)
APPEAL_WITHIN = timedelta(days=30)
LONGEST_APPEAL, LONGEST_NOTE = 1_000, 500  # characters


class CaseState(StrEnum):
    """See the table above."""

    WAITING = "waiting"
    CLEARED = "cleared"
    REMOVED = "removed"
    APPEALED = "appealed"
    RESTORED = "restored"
    UPHELD = "upheld"


OPEN = frozenset({CaseState.WAITING, CaseState.APPEALED})


class Outcome(StrEnum):
    """What a person decides."""

    SHOW = "show"
    REMOVE = "remove"


@dataclass(frozen=True)
class Case:
    """A review, or the reply to one, that somebody is to look at, or has.

    Attributes:
        review_id: which; a reply has an id of its own, see `reviews.ports.reply_id`.
        shop_id, merchant_id, author_id: of whom, by whom.
        reasons: why; a reason, or one with what a classifier calls it: `image:violence`.
        since: when it began to wait as it stands: for a first look, or for its appeal.
        cleared: reasons that a person found nothing in.
        taken_by, taken_until: whose it is, and until when.
        code, note, decided_by, decided_at: what was decided last, why, by whom. The note is for the operator's people.
        seen: the digest of what they saw; None where that was not kept yet.
        removed_by: who removed it.
        appeal: what its author wrote, appealed_at: when.
        forgotten: its photographs and films are deleted.
        version: rises with every change.
    """

    review_id: str
    shop_id: str
    merchant_id: str
    author_id: str
    reasons: tuple[str, ...]
    since: datetime
    state: CaseState = CaseState.WAITING
    cleared: tuple[str, ...] = ()
    taken_by: str | None = None
    taken_until: datetime | None = None
    code: Code | None = None
    note: str | None = None
    decided_by: str | None = None
    decided_at: datetime | None = None
    seen: str | None = None
    removed_by: str | None = None
    appeal: str | None = None
    appealed_at: datetime | None = None
    forgotten: bool = False
    version: int = 1

    @property
    def is_reply(self) -> bool:
        """Say whether it is about what a merchant answered."""
        return replied_review(self.review_id) is not None

    @property
    def appeal_until(self) -> datetime | None:
        """Until when its author may appeal; None where there is nothing to appeal against, or no more."""
        if self.state is not CaseState.REMOVED or self.decided_at is None or self.appealed_at is not None:
            return None
        return self.decided_at + APPEAL_WITHIN

    @property
    def forget_at(self) -> datetime | None:
        """When what it shows may be deleted: nothing can bring it back; None where it may come back, or is gone."""
        if self.forgotten or self.decided_at is None or self.is_reply:
            return None
        if self.state is CaseState.UPHELD:
            return self.decided_at
        return self.appeal_until

    def is_taken(self, now: datetime) -> bool:
        """Say whether it is somebody's now."""
        return self.taken_until is not None and now < self.taken_until


def signed(
    case: Case, reasons: Iterable[str], now: datetime, *, anew: bool = False, content: str | None = None
) -> Case | None:
    """Return a case with more reasons: open again where it was decided; None where there is nothing new to look at.

    Args:
        case: as it stands.
        reasons: what was found.
        now: when.
        anew: whoever cleared a reason saw something else.
        content: the digest of what the reasons were found in.
    """
    known = {*(case.reasons if case.state in OPEN else ()), *(() if anew else case.cleared)}
    new = sorted(set(reasons) - known)
    if not anew and case.state not in OPEN and content is not None and content == case.seen:
        new = [one for one in new if not is_of_content(one)]
    if not new or case.state in {CaseState.REMOVED, CaseState.UPHELD}:
        return None
    if case.state in OPEN:
        more = tuple(sorted({*case.reasons, *new}))
        return replace(case, reasons=more, taken_until=None, version=case.version + 1)
    return replace(
        case, state=CaseState.WAITING, reasons=tuple(new), since=now, taken_by=None, taken_until=None,
        version=case.version + 1,
    )  # fmt: skip


def taken(case: Case, by: str, now: datetime) -> Case:
    """Return a case that is somebody's for `LEASE`; who has it already has it for longer.

    Raises:
        CaseClosed: nobody waits for it. CaseTaken: it is another's. SamePerson: they removed it.
    """
    _must_be_open(case)
    if case.is_taken(now) and case.taken_by != by:
        raise CaseTaken
    if case.state is CaseState.APPEALED and case.removed_by == by:
        raise SamePerson
    return replace(case, taken_by=by, taken_until=now + LEASE, version=case.version + 1)


def must_have_seen(seen: str, content: str) -> None:
    """Let pass who says the digest of what stands there.

    Raises:
        CaseChanged: they have seen something else.
    """
    if seen != content:
        raise CaseChanged


def decided(case: Case, by: str, outcome: Outcome, code: Code, note: str, seen: str, now: datetime) -> Case:
    """Return a case that is decided; `seen` is the digest of what was looked at.

    Raises:
        CaseClosed: nobody waits for it. CaseNotTaken: it is not theirs now. SamePerson: they removed it.
        Invalid: nothing is wrong with it, and it is to be removed; or the other way round.
    """
    _must_be_open(case)
    if (code is Code.FINE) != (outcome is Outcome.SHOW):
        raise invalid("code", "`fine` goes with `show`, and with nothing else")
    if case.taken_by != by or not case.is_taken(now):
        raise CaseNotTaken
    if case.state is CaseState.APPEALED and case.removed_by == by:
        raise SamePerson
    shows = outcome is Outcome.SHOW
    if case.appealed_at is not None:
        is_appeal = case.state is CaseState.APPEALED
        state = (CaseState.RESTORED if is_appeal else CaseState.CLEARED) if shows else CaseState.UPHELD
    else:
        state = CaseState.CLEARED if shows else CaseState.REMOVED
    cleared = {*case.cleared, *case.reasons} if shows else set(case.cleared)
    return replace(
        case, state=state, cleared=tuple(sorted(cleared)), taken_by=None, taken_until=None, code=code, note=note,
        decided_by=by, decided_at=now, seen=seen, removed_by=case.removed_by if shows else by, version=case.version + 1,
    )  # fmt: skip


def appealed(case: Case, text: str, now: datetime) -> Case:
    """Return a case whose author says that the removal was wrong.

    Raises:
        AppealOver: it was not removed, was appealed before, or too long ago.
    """
    if case.appeal_until is None or now >= case.appeal_until:
        raise AppealOver
    return replace(
        case, state=CaseState.APPEALED, appeal=text, appealed_at=now, since=now, taken_by=None, taken_until=None,
        version=case.version + 1,
    )  # fmt: skip


def _must_be_open(case: Case) -> None:
    if case.state not in OPEN:
        raise CaseClosed


class CaseClosed(Conflict):
    code = "moderation-closed"
    title = Text("It is decided", "该案件已处理")
    detail = Text("Nobody waits for this case.", "该案件无需处理。")


class CaseTaken(Conflict):
    code = "moderation-taken"
    title = Text("Somebody else looks at it", "该案件正由他人处理")
    detail = Text("Take another one, or this one later.", "请处理其他案件，或稍后再试。")


class CaseNotTaken(Conflict):
    code = "moderation-not-taken"
    title = Text("It is not yours", "您尚未领取该案件")
    detail = Text("Take it first; it is yours for a quarter of an hour.", "请先领取，领取后 15 分钟内由您处理。")


class CaseChanged(Conflict):
    code = "moderation-changed"
    title = Text("It is not what you saw", "内容已变更")
    detail = Text(
        "Words or photographs changed since you looked. Look again.", "您查看后文字或图片已变更，请重新查看。"
    )


class SamePerson(Conflict):
    code = "moderation-same-person"
    title = Text("Somebody else has to decide the appeal", "申诉须由他人处理")
    detail = Text("You removed the review.", "该评价由您移除，申诉须由其他人员处理。")


class AppealOver(Conflict):
    code = "appeal-over"
    title = Text("There is nothing to appeal against", "无法申诉")
    detail = Text("A removal can be appealed against once, within {days} days.", "评价被移除后 {days} 天内可申诉一次。")

    def __init__(self) -> None:
        super().__init__(days=APPEAL_WITHIN.days)
