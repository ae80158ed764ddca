"""What vetting tells."""

from datetime import datetime

from chalicelib.kit.outbox import NOTIFICATIONS, Message
from chalicelib.vetting.rules.application import Application, State
from chalicelib.vetting.rules.standing import Licence, Standing

APPROVED, REJECTED, MORE_WANTED = "vetting.approved", "vetting.rejected", "vetting.more_wanted"
EXPIRING, LAPSED = "vetting.expiring", "vetting.lapsed"
_DECIDED = {State.APPROVED: APPROVED, State.REJECTED: REJECTED, State.MORE_WANTED: MORE_WANTED}


def decided(application: Application, at: datetime) -> Message:
    """Somebody decided about an application. What they said is read there: it may be personal."""
    return _told(_DECIDED[application.state], application.account_id, None, at, application.version)


def ends(standing: Standing, at: datetime) -> Message:
    """A licence ends soon, or has lapsed."""
    kind = LAPSED if standing.licence == Licence.LAPSED else EXPIRING
    until = standing.expires_on.isoformat() if standing.expires_on else None
    return _told(kind, standing.account_id, until, at, standing.version)


def _told(kind: str, account_id: str, until: str | None, at: datetime, version: int) -> Message:
    return Message(kind, (NOTIFICATIONS,), {"merchant_id": account_id, "until": until}, at, version)
