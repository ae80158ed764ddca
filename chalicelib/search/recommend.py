"""Near you, and like what you booked: what is recommended to somebody, and why. No I/O.

    score = taste × rating × nearness

- *Taste* of a category is the sum over what was booked of it of 2^(-age / `HALF_LIFE`), as a part of all; a shop has
  the most that one of its categories has, and at least `NEW`, so that the unknown is not shut out.
- *Rating* is `filters.bayesian` over 5.
- *Nearness* is 1 / (1 + distance / `WALK_M`): a shop one `WALK_M` away counts half.

Shops that were visited before are at most one in `AGAIN_ONE_IN`: they are known already.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from chalicelib.kit.i18n import Language, Text
from chalicelib.search.filters import bayesian
from chalicelib.search.ports import Card, Hit

HALF_LIFE = timedelta(days=90)
WALK_M = 1500.0
NEW = 0.1
NEAR_M = 1000.0  # what is near is said to be so
WELL_RATED, WELL_KNOWN = 4.5, 5  # stars by `bayesian`, and reviews, of what is said to be popular
AGAIN_ONE_IN = 3
TASTES = 3


class Why(StrEnum):
    """Why a shop is recommended."""

    LIKE = "like"
    AGAIN = "again"
    POPULAR = "popular"
    NEAR = "near"


_WORDS = {
    Why.LIKE: Text("Because you booked {title}", "因为您预订过{title}"),
    Why.AGAIN: Text("You were here before: {title}", "您曾光顾：{title}"),
    Why.POPULAR: Text("Well rated near you", "您附近的高分商户"),
    Why.NEAR: Text("Near you", "就在您附近"),
}


@dataclass(frozen=True)
class Visit:
    """Something that somebody has booked, and has not cancelled.

    Attributes:
        shop_id: where.
        title: what.
        at: when it was, or is to be.
        categories: of the shop.
    """

    shop_id: str
    title: str
    at: datetime
    categories: tuple[str, ...]


@dataclass(frozen=True)
class Reason:
    """A reason, and the visit that it speaks of."""

    why: Why
    visit: Visit | None = None

    def text(self, language: Language) -> str:
        """Return it in words."""
        return _WORDS[self.why].render(language, title=self.visit.title if self.visit else "")


@dataclass(frozen=True)
class Suggestion:
    """A shop that is recommended, how much, and why: the strongest reason first."""

    hit: Hit
    score: float
    reasons: tuple[Reason, ...]


def tastes(visits: Iterable[Visit], now: datetime) -> dict[str, float]:
    """Return how much somebody likes each category, as parts of 1, most first; nothing where nothing was booked."""
    weights: dict[str, float] = {}
    for visit in visits:
        age = max(now - visit.at, timedelta())
        for category in visit.categories:
            weights[category] = weights.get(category, 0.0) + 0.5 ** (age / HALF_LIFE)
    total = sum(weights.values())
    ranked = sorted(weights.items(), key=lambda pair: (-pair[1], pair[0]))
    return {category: weight / total for category, weight in ranked}


def recommend(hits: Iterable[Hit], visits: Sequence[Visit], now: datetime, limit: int) -> list[Suggestion]:
    """Return what to recommend, the best first; equals by id.

    Args:
        hits: shops around; the same one may come several times.
        visits: newest first.
        now: the moment.
        limit: how many at most.
    """
    liked = tastes(visits, now)
    known = {visit.shop_id: visit for visit in reversed(visits)}
    around = {hit.card.shop_id: hit for hit in hits}
    ranked = sorted(
        (_suggestion(hit, liked, visits, known, now) for hit in around.values()),
        key=lambda one: (-one.score, one.hit.card.shop_id),
    )
    again = 0
    chosen: list[Suggestion] = []
    for one in ranked:
        is_known = one.hit.card.shop_id in known
        if is_known and again >= max(limit // AGAIN_ONE_IN, 1):
            continue
        again += is_known
        chosen.append(one)
        if len(chosen) == limit:
            break
    return chosen


def score(hit: Hit, liked: Mapping[str, float], now: datetime) -> float:
    """Return how much a shop is recommended to somebody with these tastes; see the module."""
    taste = max([NEW, *(liked.get(category, 0.0) for category in hit.card.categories)])
    return taste * bayesian(hit.card, now) / 5 / (1 + hit.distance / WALK_M)


def _suggestion(
    hit: Hit, liked: Mapping[str, float], visits: Sequence[Visit], known: Mapping[str, Visit], now: datetime
) -> Suggestion:
    card = hit.card
    reasons = []
    if card.shop_id in known:
        reasons.append(Reason(Why.AGAIN, known[card.shop_id]))
    like = _alike(card, liked, visits)
    if like is not None:
        reasons.append(Reason(Why.LIKE, like))
    if card.rating_count >= WELL_KNOWN and bayesian(card, now) >= WELL_RATED:
        reasons.append(Reason(Why.POPULAR))
    if hit.distance <= NEAR_M or not reasons:
        reasons.append(Reason(Why.NEAR))
    return Suggestion(hit, score(hit, liked, now), tuple(reasons))


def _alike(card: Card, liked: Mapping[str, float], visits: Sequence[Visit]) -> Visit | None:
    """Return the newest visit to another shop of the category that somebody likes most of a shop's."""
    shared = [category for category in card.categories if category in liked]
    if not shared:
        return None
    most = max(shared, key=lambda category: (liked[category], category))
    return next((one for one in visits if most in one.categories and one.shop_id != card.shop_id), None)
