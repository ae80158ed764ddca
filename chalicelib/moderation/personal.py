"""What moderation says of a person. Decisions stay with their codes, for the operator answers for them; what the person
wrote goes, and so does what signs remember of them. Of replies, and of appeals for them, that is the merchant alone:
what somebody else wrote for one is the merchant's word, as in `reviews.personal`.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

from chalicelib.kit.personal import Told, plain
from chalicelib.kit.transaction import retrying
from chalicelib.moderation.ports import Case, ModerationPorts

_ALL = 1_000  # more than anybody writes while signs remember it
_KEPT = timedelta(days=366)
_HIDDEN = (
    "reasons", "cleared", "note", "taken_by", "taken_until", "decided_by", "removed_by", "version", "forgotten",
)  # fmt: skip


def personal_data(ports: ModerationPorts, account_id: str) -> Told:
    """Return what became of what they wrote; who looked, what they noted, and how it came to be looked at is not theirs
    to know: it would tell how to get around it.
    """
    return {"moderation": [plain(one, *_HIDDEN) for one in _own(ports, account_id)]}


def erase(ports: ModerationPorts, account_id: str) -> None:
    """Remove what they wrote, and what is remembered of when and from where."""
    for one in _own(ports, account_id):
        retrying(lambda review_id=one.review_id: _silence(ports, review_id))  # type: ignore[misc] # bound to this turn
    since = ports.clock.now() - _KEPT
    ports.store.forget(ports.store.of_author(account_id, since, _ALL))


def _own(ports: ModerationPorts, account_id: str) -> Iterator[Case]:
    for one in ports.store.of_person(account_id):
        if not one.is_reply or one.merchant_id == account_id:
            yield one


def _silence(ports: ModerationPorts, review_id: str) -> None:
    stands = ports.store.case(review_id)
    if stands is not None and stands.appeal:
        ports.committer.commit([ports.store.put(replace(stands, appeal="", version=stands.version + 1))])
