"""What readers say of a review: votes and reports, one of each a reader."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from chalicelib.kit.clock import iso
from chalicelib.kit.dynamo import delete, put, update
from chalicelib.kit.transaction import Action
from chalicelib.reviews.ports import Voice, VoiceKind
from chalicelib.reviews.rules import Review, State
from chalicelib.reviews.rules.reports import Origin
from chalicelib.reviews.store.rows import REVIEW, ReviewRow, VoiceRow, as_read, helpful_key, votes_as_read

REPORTS_KEPT = timedelta(days=365)
"""How long it is known who reported what, and from where: what counted stands in the review."""


class VoiceStore:
    """See `reviews.ports.VoiceStore`."""

    def vote(self, review: Review, account_id: str, at: datetime) -> list[Action]:
        row = _row(VoiceKind.VOTE, review.id, account_id, at)
        return [put(row, VoiceRow.pk.does_not_exist()), self._count(review, 1)]

    def unvote(self, review: Review, account_id: str) -> list[Action]:
        row = VoiceRow(*_key(VoiceKind.VOTE, review.id, account_id))
        return [delete(row, VoiceRow.pk.exists()), self._count(review, -1)]

    def _count(self, review: Review, number: int) -> Action:
        """Return the write of a count, on the condition that it is what was read: the place in the list by votes is
        made of it.
        """
        helpful = review.helpful + number
        changes = [ReviewRow.helpful.set(helpful)]
        standing = ReviewRow.state == str(review.state) if review.version else as_read(review)
        condition = votes_as_read(review) & standing
        if review.state is State.SHOWN:
            changes.append(ReviewRow.gsi2pk.set(f"SHOP#{review.shop_id}"))  # the oldest have none
            changes.append(ReviewRow.gsi2sk.set(helpful_key(review, helpful)))
        return update(ReviewRow(review.id, REVIEW), changes, condition)

    def report(self, review: Review, account_id: str, reason: str, at: datetime, origin: Origin | None) -> Action:
        row = _row(VoiceKind.REPORT, review.id, account_id, at, reason)
        row.expires_at = int((at + REPORTS_KEPT).timestamp())
        if origin is not None:
            row.counts, row.devices, row.network = True, set(origin.devices) or None, origin.network
        return put(row, VoiceRow.pk.does_not_exist())

    def origins(self, review_id: str) -> Sequence[Origin]:
        reports = VoiceRow.sk.startswith(f"{VoiceKind.REPORT}#")
        rows = VoiceRow.query(review_id, reports, VoiceRow.counts == True, consistent_read=True)  # noqa: E712
        newest = sorted(rows, key=lambda row: row.at, reverse=True)
        return [Origin(frozenset(row.devices or ()), row.network) for row in newest]

    def reported_since(self, account_id: str, since: datetime) -> int:
        reports = VoiceRow.by_account.query(f"BY#{account_id}", VoiceRow.gsi1sk.startswith(f"{VoiceKind.REPORT}#"))
        return sum(row.at > iso(since) for row in reports)

    def has(self, kind: VoiceKind, review_id: str, account_id: str) -> bool:
        try:
            VoiceRow.get(*_key(kind, review_id, account_id), consistent_read=True)
        except VoiceRow.DoesNotExist:
            return False
        return True

    def of_account(self, account_id: str) -> Iterator[Voice]:
        for row in VoiceRow.by_account.query(f"BY#{account_id}"):
            kind = VoiceKind(row.sk.partition("#")[0])
            yield Voice(kind, row.pk, row.at, row.reason)

    def take_back(self, kind: VoiceKind, review_id: str, account_id: str) -> Action:
        return delete(VoiceRow(*_key(kind, review_id, account_id)))


def _key(kind: VoiceKind, review_id: str, account_id: str) -> tuple[str, str]:
    return review_id, f"{kind}#{account_id}"


def _row(kind: VoiceKind, review_id: str, account_id: str, at: datetime, reason: str | None = None) -> VoiceRow:
    return VoiceRow(
        *_key(kind, review_id, account_id),
        at=iso(at),
        reason=reason,
        gsi1pk=f"BY#{account_id}",
        gsi1sk=f"{kind}#{review_id}",
    )
