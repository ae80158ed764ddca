"""What somebody asks for about their data: a copy, or to be erased. No I/O.

GDPR arts. 12, 15, 17 and 20, PIPL arts. 45 and 47: a copy in a common form without undue delay; erasure, except for
what a law has kept, such as the books.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from chalicelib.kit.auth import ACCESS_LIFE
from chalicelib.kit.errors import Conflict, Forbidden, TooMany
from chalicelib.kit.i18n import Text

KEPT = timedelta(days=7)  # a copy can be fetched; its file dies as long after it was written (`infra.template_data`)
LISTED = timedelta(days=90)
GIVEN_UP = timedelta(days=1)  # a copy that is not ready by then no longer keeps anybody from asking for another
MOST_COPIES, WITHIN = 3, timedelta(days=30)
LINK_LIFE = timedelta(minutes=5)
COOLING_OFF = timedelta(days=7)
FRESH = timedelta(minutes=10)
TOKENS_DIE = 2 * ACCESS_LIFE  # after the sessions end nobody acts as the account any more


class ExportState(StrEnum):
    """Where a copy stands."""

    WAITING = "waiting"
    READY = "ready"
    OVER = "over"


class ErasureState(StrEnum):
    """Where an erasure stands."""

    COOLING_OFF = "cooling_off"
    WITHDRAWN = "withdrawn"
    CLOSED = "closed"  # the account is empty; what hangs on it goes once no access token is good any more
    ERASED = "erased"


class CopyOnItsWay(Conflict):
    code = "export-in-progress"
    title = Text("A copy is being made", "正在生成副本")
    detail = Text("You will be told when it is ready.", "完成后将通知您。")


class CopiesEnough(TooMany):
    code = "too-many-exports"
    title = Text("Enough copies for now", "副本次数已达上限")
    detail = Text(
        "Three within 30 days; the newest can be fetched for 7 days.", "30 天内最多三次；最新副本 7 天内可下载。"
    )


class StillOpen(Conflict):
    code = "erasure-not-yet"
    title = Text("Something is still open", "尚有未结事项")
    detail = Text(
        "What it is stands under errors, and in GET /v1/me/erasure in your language.",
        "未结事项见 errors，或通过 GET /v1/me/erasure 查看。",
    )


class SignInAgain(Forbidden):
    code = "sign-in-again"
    title = Text("Sign in again", "请重新登录")
    detail = Text("This needs a sign-in of the last 10 minutes.", "此操作需要在 10 分钟内登录过。")


class CannotWithdraw(Conflict):
    code = "erasure-not-open"
    title = Text("There is nothing to withdraw", "没有可撤回的注销申请")
    detail = Text("No erasure is asked for, or it has begun.", "未申请注销，或注销已开始。")


@dataclass(frozen=True)
class Export:
    """A copy that somebody asked for.

    Attributes:
        id: `exp_...`.
        ready_at: when it could be fetched; None until then.
        size: of the file, in bytes.
    """

    id: str
    account_id: str
    asked_at: datetime
    ready_at: datetime | None = None
    size: int = 0

    def state_at(self, now: datetime) -> ExportState:
        """Return its state; that it is over nobody writes."""
        if self.ready_at is None:
            return ExportState.WAITING if now < self.asked_at + GIVEN_UP else ExportState.OVER
        return ExportState.READY if now < self.ready_at + KEPT else ExportState.OVER

    @property
    def key(self) -> str:
        """Where its file lies."""
        return f"exports/{self.account_id}/{self.id}.zip"


@dataclass(frozen=True)
class Erasure:
    """Somebody asked to be erased.

    Attributes:
        due_at: when the next step is to be done.
        done: the domains that have erased their part.
        version: rises with every write.
    """

    account_id: str
    asked_at: datetime
    due_at: datetime
    state: ErasureState = ErasureState.COOLING_OFF
    done: tuple[str, ...] = ()
    version: int = 1


def check_copies(known: Sequence[Export], now: datetime) -> None:
    """Let somebody ask for another copy.

    Raises:
        CopyOnItsWay: one is being made. CopiesEnough: there were `MOST_COPIES` `WITHIN` some time.
    """
    if any(one.state_at(now) is ExportState.WAITING for one in known):
        raise CopyOnItsWay
    recent = sorted(one.asked_at for one in known if now - one.asked_at < WITHIN)
    if len(recent) >= MOST_COPIES:
        wait = recent[-MOST_COPIES] + WITHIN - now
        raise CopiesEnough(retry_after=int(wait.total_seconds()) + 1)


def asked(standing: Erasure | None, account_id: str, now: datetime) -> Erasure:
    """Return the erasure that somebody asks for; the one that stands where it was asked for before."""
    if standing is not None and standing.state is not ErasureState.WITHDRAWN:
        return standing
    return Erasure(account_id, now, now + COOLING_OFF, version=standing.version + 1 if standing else 1)


def withdrawn(standing: Erasure | None) -> Erasure:
    """Return an erasure that is asked for no more.

    Raises:
        CannotWithdraw: there is none, or it has begun.
    """
    if standing is None or standing.state is not ErasureState.COOLING_OFF:
        raise CannotWithdraw
    return replace(standing, state=ErasureState.WITHDRAWN, version=standing.version + 1)
