"""What people say of shops, and what they show. See the package."""

from functools import cache
from typing import TYPE_CHECKING

from chalicelib import settings as _settings
from chalicelib import wiring

if TYPE_CHECKING:
    from chalicelib.reviews.media_ports import ImageClassifier, MediaPorts, WorkPorts
    from chalicelib.reviews.ports import RatingPorts, ReviewPorts, StatePorts


@cache
def ratings() -> "RatingPorts":
    from chalicelib.reviews.ports import RatingPorts
    from chalicelib.reviews.store import ReviewStore

    return RatingPorts(store=ReviewStore())


@cache
def review_states() -> "StatePorts":
    """Return what a change of a review's state needs, without keys to personal data."""
    from chalicelib.reviews.ports import StatePorts
    from chalicelib.reviews.store import ReviewStore

    return StatePorts(store=ReviewStore(), clock=wiring.clock(), committer=wiring.committer(), outbox=wiring.outbox())


@cache
def reviews() -> "ReviewPorts":
    from chalicelib.reviews.ports import ReviewPorts
    from chalicelib.reviews.store import ReviewStore, VoiceStore

    return ReviewPorts(
        store=ReviewStore(),
        voices=VoiceStore(),
        clock=wiring.clock(),
        committer=wiring.committer(),
        outbox=wiring.outbox(),
        idempotency=wiring.idempotency(),
        accounts=wiring.accounts(),
        shops=wiring.shops(),
        orders=wiring.orders(),
        booking=wiring.booking(),
    )


@cache
def review_media() -> "MediaPorts":
    """Return what photographs and films of reviews need."""
    from chalicelib.reviews.media_ports import MediaPorts
    from chalicelib.reviews.store import MediaTable, ReviewStore

    return MediaPorts(
        store=ReviewStore(),
        clock=wiring.clock(),
        outbox=wiring.outbox(),
        media=MediaTable(),
        files=wiring.files(),
        committer=wiring.committer(),
        idempotency=wiring.idempotency(),
    )


@cache
def media_work() -> "WorkPorts":
    """Return what the worker of photographs and films needs: the only place that loads Pillow."""
    from chalicelib.reviews.gateways.pillow import PillowPainter
    from chalicelib.reviews.media_ports import WorkPorts

    return WorkPorts(**vars(wiring.review_media()), painter=PillowPainter(), classifier=_looker())


def _looker() -> "ImageClassifier":
    from chalicelib.reviews.gateways.rekognition import NobodyLooks, RekognitionClassifier

    return RekognitionClassifier() if "images" in _settings.settings().classifiers else NobodyLooks()
