"""What photographs and films of reviews need from outside."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from chalicelib.kit.files import Files
from chalicelib.kit.idempotency import Idempotency
from chalicelib.kit.transaction import Action, Committer
from chalicelib.reviews.ports import StatePorts, UnseenStore
from chalicelib.reviews.rules.media import Medium

__all__ = ["ClassifierDown", "ImageClassifier", "MediaPorts", "MediaStore", "Medium", "Painter", "Picture", "WorkPorts"]


class ClassifierDown(Exception):  # noqa: N818 - a state of affairs
    """Who is asked does not answer; a repeat may succeed."""


@dataclass(frozen=True)
class Picture:
    """A photograph as it is shown: a JPEG of so many pixels."""

    width: int
    height: int
    content: bytes


class Painter(Protocol):
    """Who draws photographs anew."""

    def drawn(self, content: bytes, media: str, widths: tuple[int, ...], most_pixels: int) -> tuple[Picture, ...]:
        """Return a photograph in some widths, the smallest first, upright, and with nothing but its pixels; in fewer
        where it is no wider itself.

        Raises:
            Unfit: it cannot be read, or has more pixels than allowed.
        """
        ...


class ImageClassifier(Protocol):
    """Who says whether somebody should look at a photograph before others do."""

    def labels(self, jpeg: bytes) -> Sequence[str]:
        """Return what is wrong with it, by words of its own; none where nothing is.

        Raises:
            ClassifierDown: nobody knows now.
        """
        ...


class MediaStore(UnseenStore, Protocol):
    """Where photographs and films on their way are kept."""

    def media(self, review_id: str) -> Sequence[Medium]:
        """Return those of a review, read consistently, by place."""
        ...

    def medium(self, review_id: str, place: str) -> Medium | None:
        """Return the one at a place, read consistently."""
        ...

    def drop_medium(self, medium: Medium) -> Action:
        """Return the removal of one; refused with `Contention` where it is no longer what it was."""
        ...


@dataclass(frozen=True)
class MediaPorts(StatePorts):
    """What adding media, and taking them away, needs."""

    media: MediaStore
    files: Files
    committer: Committer
    idempotency: Idempotency


@dataclass(frozen=True)
class WorkPorts(MediaPorts):
    """What the worker needs."""

    painter: Painter
    classifier: ImageClassifier
