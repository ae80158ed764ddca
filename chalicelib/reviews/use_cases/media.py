"""What an author does with photographs and films of a review. A file goes straight to storage; it is shown to nobody
until the worker has made what readers see of it (`working`).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from chalicelib.kit.auth import Actor
from chalicelib.kit.errors import NotFound
from chalicelib.kit.files import JPEG, Files, Replaced, UploadForm
from chalicelib.kit.idempotency import Once
from chalicelib.kit.ids import new_id
from chalicelib.kit.transaction import Action, retrying
from chalicelib.reviews import messages
from chalicelib.reviews.media_ports import MediaPorts, Medium
from chalicelib.reviews.ports import Review, Side, State
from chalicelib.reviews.rules import NotInState
from chalicelib.reviews.rules import media as rules
from chalicelib.reviews.rules.media import MediaState, Shown

LINK_LIFE = timedelta(hours=1)


@dataclass(frozen=True)
class Form:
    """A form that takes one file, and what the file will be called."""

    medium_id: str
    form: UploadForm
    expires_at: datetime


def begin_upload(ports: MediaPorts, actor: Actor, review_id: str, media: str) -> Form:
    """Return a form for one file of a type of `rules.PHOTOS` or `rules.FILMS`: for the review's author. A repeat
    returns another one, as long as there is a place.

    Raises:
        NotFound: no such review, or not the actor's. NotInState: it was removed. EnoughMedia: no place is free.
    """

    def attempt() -> Medium:
        _own(ports, actor, review_id)
        now = ports.clock.now()
        place, stands = rules.free_place(media, ports.media.media(review_id), now)
        medium = Medium(review_id, place, new_id("med"), actor.account_id, media, now)
        ports.committer.commit([ports.media.put_medium(medium, stands)])
        return medium

    medium = retrying(attempt)
    form = ports.files.upload_form(medium.upload, media, rules.MOST_BYTES[media], rules.FORM_LIFE)
    return Form(medium.id, form, medium.at + rules.FORM_LIFE)


def add_media(ports: MediaPorts, actor: Actor, review_id: str, medium_id: str, once: Once) -> Medium:
    """Register a file that was sent by the form, once it begins as what it was said to be, and have it worked on.

    Raises:
        NotFound, NotInState: as `begin_upload`.
        MediaMissing: nothing came, it is registered, or its place went to another. MediaRefused: it is something else.
    """

    def attempt() -> Medium:
        _own(ports, actor, review_id)
        stands = next((one for one in ports.media.media(review_id) if one.id == medium_id), None)
        if stands is None or stands.state is not MediaState.EXPECTED:
            raise rules.MediaMissing
        tag = _looked_at(ports, stands)
        medium = replace(stands, state=MediaState.WORKING, tag=tag, version=stands.version + 1)
        sent = messages.media_sent(medium, ports.clock.now())
        ports.committer.commit(
            [
                ports.media.put_medium(medium, stands),
                ports.outbox.put(sent),
                ports.idempotency.remember(once, medium),
            ]
        )
        return medium

    return retrying(attempt)


def sent_media(ports: MediaPorts, actor: Actor, review_id: str) -> Sequence[Medium]:
    """Return what the author of a review sent for it, by place, with what became of each.

    Raises:
        NotFound: no such review, or not the actor's.
    """
    _mine(ports, actor, review_id)
    return ports.media.media(review_id)


def take_media_away(ports: MediaPorts, actor: Actor, review_id: str, medium_id: str) -> None:
    """Take a photograph or film out of a review, and have its files deleted: for the review's author.

    Raises:
        NotFound: no such review or medium, or not the actor's.
    """

    def attempt() -> None:
        review = _mine(ports, actor, review_id)
        stands = next((one for one in ports.media.media(review_id) if one.id == medium_id), None)
        if stands is None:
            raise NotFound("medium")
        actions = [ports.media.drop_medium(stands), _gone(ports, review_id, medium_id)]
        ports.committer.commit([*actions, *without(ports, review, medium_id)])

    retrying(attempt)


def without(ports: MediaPorts, review: Review, medium_id: str) -> list[Action]:
    """Return the writes of a review without one of its photographs or films; none where it does not show it."""
    left = tuple(one for one in review.media if one.id != medium_id)
    if left == review.media:
        return []
    return ports.store.change(review, replace(review, media=left, version=review.version + 1))


def forget_media(ports: MediaPorts, review_id: str) -> list[Action]:
    """Return the writes that take all photographs and films from a review, and have their files deleted."""
    review, rows = ports.store.review(review_id), ports.media.media(review_id)
    actions = [ports.media.drop_medium(one) for one in rows]
    if review is not None and review.media:
        actions += ports.store.change(review, replace(review, media=(), version=review.version + 1))
    return [*actions, _gone(ports, review_id, None)] if actions else []


def media_links(files: Files, review_id: str, shown: Shown) -> Sequence[str]:
    """Return an address for each of the files of what a review shows, in the order of its sizes: no request."""
    kind = shown.media if shown.media in rules.FILMS else JPEG
    keys = [rules.file_of(review_id, shown, width) for width, _ in shown.sizes]
    return [files.show_link(key, kind, LINK_LIFE) for key in keys]


def _gone(ports: MediaPorts, review_id: str, medium_id: str | None) -> Action:
    return ports.outbox.put(messages.media_gone(review_id, medium_id, ports.clock.now()))


def _looked_at(ports: MediaPorts, medium: Medium) -> str:
    stored = ports.files.head(medium.upload)
    if stored is None:
        raise rules.MediaMissing
    try:
        first = ports.files.first_bytes(medium.upload, rules.FIRST, stored.tag)
    except Replaced as error:
        raise rules.MediaMissing from error
    rules.must_be(medium.media, rules.kind_of(first), stored.size)
    return stored.tag


def _mine(ports: MediaPorts, actor: Actor, review_id: str) -> Review:
    review = ports.store.review(review_id)
    if review is None or review.author_id != actor.account_id or review.side is not Side.CUSTOMER:
        raise NotFound("review")  # nobody shows pictures of a guest
    return review


def _own(ports: MediaPorts, actor: Actor, review_id: str) -> Review:
    review = _mine(ports, actor, review_id)
    if review.state is State.REMOVED:
        raise NotInState
    return review
