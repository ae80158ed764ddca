"""What a case is about: a review, or the reply to one. Each has an id of its own, and a case of its own."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from chalicelib.reviews import use_cases as reviews
from chalicelib.reviews.ports import RatingPorts, ReplyState, Review, State, replied_review


@dataclass(frozen=True)
class Subject:
    """What is judged.

    Attributes:
        id: of the review, or of the reply.
        review: the review, or the one that is answered.
        is_reply: which of the two.
    """

    id: str
    review: Review
    is_reply: bool

    @property
    def text(self) -> str:
        """Its words."""
        reply = self.review.reply
        return reply.text if self.is_reply and reply is not None else self.review.text

    @property
    def language(self) -> str:
        """What its author says that it is written in; of a reply nobody says it."""
        return "" if self.is_reply else self.review.language

    @property
    def content(self) -> str:
        """The digest of what it says and shows."""
        reply = self.review.reply
        return reply.content if self.is_reply and reply is not None else self.review.content

    @property
    def author_id(self) -> str:
        """Who wrote it."""
        reply = self.review.reply
        return reply.author_id if self.is_reply and reply is not None else self.review.author_id

    @property
    def is_held(self) -> bool:
        """Say whether it waits for somebody's decision."""
        reply = self.review.reply
        if self.is_reply:
            return reply is not None and reply.state is ReplyState.HELD
        return self.review.state is State.HELD

    @property
    def is_removed(self) -> bool:
        """Say whether there is nothing to judge any more."""
        reply = self.review.reply
        if self.is_reply:
            return reply is None or reply.state is ReplyState.REMOVED
        return self.review.state is State.REMOVED

    @property
    def parties(self) -> tuple[str, ...]:
        """Who does not decide about it: who wrote it, and of whom it speaks."""
        return tuple(filter(None, (self.author_id, self.review.author_id, self.review.guest_id)))


def subject(ports: RatingPorts, id_: str) -> Subject | None:
    """Return what has this id, read consistently; None where there is none."""
    answered = replied_review(id_)
    review = reviews.review(ports, answered or id_)
    if review is None or (answered is not None and review.reply is None):
        return None
    return Subject(id_, review, answered is not None)


def subjects(ports: RatingPorts, ids: Sequence[str]) -> Mapping[str, Subject]:
    """Return by id what there is of some (100 at most), likewise: one request."""
    answers = {id_: replied_review(id_) for id_ in ids}
    known = reviews.reviews(ports, [answered or id_ for id_, answered in answers.items()]) if ids else {}
    found = {id_: (known.get(answered or id_), answered) for id_, answered in answers.items()}
    return {
        id_: Subject(id_, review, answered is not None)
        for id_, (review, answered) in found.items()
        if review is not None and (answered is None or review.reply is not None)
    }
