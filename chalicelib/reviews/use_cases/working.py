"""The worker of photographs and films: makes what readers see of what an author sent.

| what may go wrong | what happens |
|---|---|
| the message comes twice, or late | only a row that is `working` on this very medium is worked |
| two work on it at once | both write the same files under the same keys; one marks it, the other finds it marked |
| it dies between writing files and marking | the message comes again and does the same over |
| the file ends the process by force | `tries` were counted before: after three the file is refused, unread |
| it was sent again after it was looked at | storage no longer has that content: refused, and its author is told so |
| storage does not answer | the try is given back, the message comes again |
| the classifier does not answer | the try is given back, the row waits and is worked again until it does (`again.py`) |
| the review is erased, or the medium taken away, meanwhile | nothing is marked, and what was written is deleted |
"""

from dataclasses import replace

from chalicelib.kit.files import JPEG, FilesDown, Replaced
from chalicelib.kit.observability import log, metric
from chalicelib.kit.outbox import Message
from chalicelib.kit.transaction import Action, retrying
from chalicelib.reviews import messages
from chalicelib.reviews.media_ports import ClassifierDown, Medium, WorkPorts
from chalicelib.reviews.ports import Review, State
from chalicelib.reviews.rules import Event, mp4, webm
from chalicelib.reviews.rules import after as state_after
from chalicelib.reviews.rules import media as rules
from chalicelib.reviews.rules.film import Fault, Unfit
from chalicelib.reviews.rules.media import MediaState, Shown
from chalicelib.reviews.use_cases.media import forget_media

REMOVED = "moderation.forget_media"
"""What moderation says when a removed review cannot come back any more."""
IMAGE = "image"
"""Why a review is held: a classifier saw something in a photograph."""


def work_media(ports: WorkPorts, message: Message) -> None:
    """Work a message of the queue `media`.

    Raises:
        FilesDown: it must come again.
    """
    told = message.payload
    if message.type == messages.MEDIA_GONE:
        prefix = rules.folder_of(str(told["review_id"]))
        _delete(ports, f"{prefix}{told['medium_id']}/" if told["medium_id"] else prefix)
        return
    if message.type in {messages.FORGET_MEDIA, REMOVED}:
        retrying(lambda: ports.committer.commit(forget_media(ports, str(told["review_id"]))))
        _delete(ports, rules.uploads_of(str(told["review_id"])))
        return
    medium = retrying(lambda: _begun(ports, str(told["review_id"]), str(told["place"]), str(told["medium_id"])))
    if medium is None:
        log.info("nothing to do for this medium", medium_id=told["medium_id"])
        _delete_left(ports, str(told["review_id"]), str(told["medium_id"]))
    elif medium.tries > rules.MOST_TRIES:
        _refused(ports, medium, Fault.UNREADABLE)
    else:
        _worked(ports, medium)


def _begun(ports: WorkPorts, review_id: str, place: str, medium_id: str) -> Medium | None:
    """Count one more try; None where there is nothing to do."""
    stands = ports.media.medium(review_id, place)
    if stands is None or stands.id != medium_id or stands.state is not MediaState.WORKING:
        return None
    begun = replace(stands, tries=stands.tries + 1, version=stands.version + 1)
    ports.committer.commit([ports.media.put_medium(begun, stands)])
    return begun


def _worked(ports: WorkPorts, medium: Medium) -> None:
    try:
        shown, largest = _drawn_before(ports, medium) or _made(ports, medium)
    except Unfit as error:
        _refused(ports, medium, error.fault)
    except Replaced:
        _refused(ports, medium, Fault.REPLACED)
    except FilesDown:
        retrying(lambda: _changed(ports, medium, tries=medium.tries - 1))
        raise
    else:
        _looked_at(ports, medium, shown, largest)


def _looked_at(ports: WorkPorts, medium: Medium, shown: Shown, largest: bytes | None) -> None:
    """Let readers see what is drawn, as far as a classifier says; where it says nothing, it waits."""
    try:
        labels = tuple(ports.classifier.labels(largest)) if largest else ()
    except ClassifierDown as down:
        log.warning("a photograph waits for a classifier", medium_id=medium.id, reason=str(down))
        if not retrying(lambda: _unseen(ports, medium, shown)):
            _delete(ports, medium.folder)
            ports.files.delete(medium.upload)
        return
    if retrying(lambda: _marked(ports, medium, shown, labels)):
        metric("MediaReady", media=medium.media)
    else:
        _delete(ports, medium.folder)
    ports.files.delete(medium.upload)


def _drawn_before(ports: WorkPorts, medium: Medium) -> tuple[Shown, bytes | None] | None:
    """Return what was drawn before a classifier did not answer; None where it is to be drawn."""
    if medium.drawn is None:
        return None
    largest = rules.file_of(medium.review_id, medium.drawn, medium.drawn.sizes[-1][0])
    stored = ports.files.head(largest)
    return None if stored is None else (medium.drawn, ports.files.read(largest, stored.tag))


def _made(ports: WorkPorts, medium: Medium) -> tuple[Shown, bytes | None]:
    """Write the files that readers see; return what they are, and the largest of a photograph."""
    content = ports.files.read(medium.upload, medium.tag)
    if medium.is_film:
        stripped = mp4.stripped if medium.media == rules.MP4 else webm.stripped
        clean, film = stripped(content, rules.MOST_SECONDS, rules.MOST_FILM_PIXELS)
        shown = Shown(medium.id, medium.place, medium.media, ((film.width, film.height),), film.millis)
        ports.files.put(rules.file_of(medium.review_id, shown, film.width), clean, medium.media)
        return shown, None
    drawn = ports.painter.drawn(content, medium.media, rules.WIDTHS, rules.MOST_PIXELS)
    shown = Shown(medium.id, medium.place, JPEG, tuple((one.width, one.height) for one in drawn))
    for one in drawn:
        ports.files.put(rules.file_of(medium.review_id, shown, one.width), one.content, JPEG)
    return shown, drawn[-1].content


def _marked(ports: WorkPorts, medium: Medium, shown: Shown, labels: tuple[str, ...]) -> bool:
    """Let readers see it, or hold its review where a classifier warns; say whether there is still something to see."""
    stands, review = ports.media.medium(medium.review_id, medium.place), ports.store.review(medium.review_id)
    if stands is None or stands.id != medium.id or review is None or review.state is State.REMOVED:
        return False
    if stands.state is MediaState.READY:
        return True
    ready = replace(
        stands, state=MediaState.READY, drawn=None, unseen_since=None, again_at=None, version=stands.version + 1
    )  # fmt: skip
    ports.committer.commit([ports.media.put_medium(ready, stands), *_shown(ports, review, shown, labels)])
    return True


def _shown(ports: WorkPorts, review: Review, shown: Shown, labels: tuple[str, ...]) -> list[Action]:
    now = ports.clock.now()
    others = [one for one in review.media if one.place != shown.place]
    media = tuple(sorted((*others, shown), key=lambda one: one.place))
    new = replace(review.uncleared(), media=media, version=review.version + 1)
    told = []
    if labels:
        reasons = tuple(f"{IMAGE}:{label}" for label in labels)
        log.warning("a photograph is to be looked at", review_id=review.id, labels=", ".join(labels))
        told.append(ports.outbox.put(messages.flagged(review.id, reasons, now)))
        if review.state is not State.HELD:
            held = state_after(review.state, Event.HOLD, opened=review.opened)
            new = replace(new, state=held, reasons=reasons)
    if State.SHOWN in (review.state, new.state):
        told.append(ports.outbox.put(messages.rating_changed(new, now)))
    return [*ports.store.change(review, new), *told]


def _refused(ports: WorkPorts, medium: Medium, fault: Fault) -> None:
    log.warning("a medium is refused", medium_id=medium.id, media=medium.media, reason=fault)
    metric("MediaRefused", reason=fault)
    done = {"state": MediaState.REFUSED, "fault": fault, "drawn": None, "unseen_since": None, "again_at": None}
    retrying(lambda: _changed(ports, medium, **done))
    ports.files.delete(medium.upload)


def _changed(ports: WorkPorts, medium: Medium, **changes: object) -> None:
    """Change what stands, unless it is another by now, or done."""
    stands = ports.media.medium(medium.review_id, medium.place)
    if stands is not None and stands.id == medium.id and stands.state is MediaState.WORKING:
        new = replace(stands, version=stands.version + 1, **changes)  # type: ignore[arg-type] # names are Medium's
        ports.committer.commit([ports.media.put_medium(new, stands)])


def _unseen(ports: WorkPorts, medium: Medium, drawn: Shown) -> bool:
    """Have it wait, unless it is done; say whether it is still there, or was taken away while it was drawn."""
    stands = ports.media.medium(medium.review_id, medium.place)
    if stands is None or stands.id != medium.id:
        return False
    if stands.state is MediaState.WORKING:
        ports.committer.commit([ports.media.put_medium(stands.unseen(drawn, ports.clock.now()), stands)])
    return True


def _delete_left(ports: WorkPorts, review_id: str, medium_id: str) -> None:
    """Delete what a try that died wrote of a medium that was taken away since: after that was told, perhaps."""
    if all(one.id != medium_id for one in ports.media.media(review_id)):
        _delete(ports, f"{rules.folder_of(review_id)}{medium_id}/")


def _delete(ports: WorkPorts, prefix: str) -> None:
    for key in list(ports.files.below(prefix)):
        ports.files.delete(key)
