"""What claiming coupons needs from outside, beyond what orders need."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from chalicelib.coupons.ports import CouponsPorts
from chalicelib.coupons.rules.codes import CodeBatch
from chalicelib.coupons.rules.scans import Poster, Scans
from chalicelib.kit.auth import Actor
from chalicelib.kit.errors import Problem
from chalicelib.kit.files import Files
from chalicelib.kit.pagination import Page
from chalicelib.kit.transaction import Action
from chalicelib.risk.ports import RiskPorts


@dataclass(frozen=True)
class Known:
    """What is known of a code: the batch that it is of, and the coupon that it was brought for, if it was."""

    batch_id: str
    coupon_id: str | None


class CodeStore(Protocol):
    """Where codes, posters and tallies are kept. Codes are known by an index, and secrets of batches are sealed."""

    def open_batch(self, batch: CodeBatch, seed: bytes) -> Action:
        """Return the write of a new batch."""
        ...

    def reserve_codes(self, campaign_id: str, number: int, most: int | None) -> Action:
        """Return the write that counts codes on their campaign; refused with `Invalid` where there would be more than
        `most`.
        """
        ...

    def release_codes(self, campaign_id: str, number: int) -> Action:
        """Return the write that no longer counts codes on their campaign: they are good for nothing."""
        ...

    def batch(self, batch_id: str) -> CodeBatch | None:
        """Return a batch, read consistently; None where there is none."""
        ...

    def seed(self, batch: CodeBatch) -> bytes | None:
        """Return a batch's secret, None once it is gone."""
        ...

    def batches(self, campaign_id: str, after: Mapping[str, Any] | None, limit: int) -> Page[CodeBatch]:
        """Return some of a campaign's batches, newest first."""
        ...

    def write_codes(self, batch_id: str, indexes: Iterable[str]) -> None:
        """Write codes, over those that are there: they never change."""
        ...

    def move_batch(self, batch: CodeBatch) -> Action:
        """Return the write of a batch's next version, provided that it follows the one that stands. Its secret goes
        with the last state that needs it.
        """
        ...

    def known(self, index: str) -> Known | None:
        """Return what is known of a code, read consistently; None where there is none."""
        ...

    def use_code(self, index: str, coupon_id: str) -> Action:
        """Return the write that a code was brought; refused with `Contention` where it was before."""
        ...

    def open_poster(self, poster: Poster) -> Action:
        """Return the write of a new poster."""
        ...

    def poster(self, poster_id: str) -> Poster | None:
        """Return a poster, read consistently; None where there is none."""
        ...

    def posters(self, campaign_id: str, after: Mapping[str, Any] | None, limit: int) -> Page[Poster]:
        """Return some of a campaign's posters, newest first."""
        ...

    def revoke_poster(self, poster: Poster) -> Action:
        """Return the write that takes a poster back."""
        ...

    def tally(self, what: str, most: int, until: datetime, refusal: Callable[[], Problem]) -> Action:
        """Return the write that counts one more of something, `most` in all until a moment; refused otherwise."""
        ...


class Devices(Protocol):
    """Knows on which devices people are signed in."""

    def device_of(self, actor: Actor) -> str | None:
        """Return the index of the device that the session of a request was opened on; None where it named none. What
        a request itself says is not asked: a session is of one device for as long as it lives.
        """
        ...


@dataclass(frozen=True)
class ClaimPorts(CouponsPorts):
    """What the use cases of claiming are given.

    Attributes:
        blind: makes the index of what is secret or personal, of a kind (`kit.seal.Sealer.blind`).
    """

    codes: CodeStore
    devices: Devices
    files: Files
    risk: RiskPorts
    scans: Scans
    blind: Callable[[str, str], str]
