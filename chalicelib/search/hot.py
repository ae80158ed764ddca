"""Answers from memory: a warm function keeps the cards of the partitions that it is asked about most.

What is kept are segments (many cards in one row, as of the last packing) and the changes since. Changes are rows of the
same transaction as the cards, so with them memory is as right as the rows. They are asked for again when the last time
is more than `Policy.stale` seconds ago: one query, and nothing in between. So an answer from memory is at most that
much older than one from rows.

Memory never guesses: an answer counts only up to the nearest thing that is not in it or not fresh. That is fetched when
the partition is worth it (`Policy.worth` searches within `Policy.window` seconds); else there is no answer and the
caller reads rows. A search looks at what lies within `nearest.LOCAL_M`; what needs more is answered from rows.

Changes are sorted by the clocks of those who wrote them, and a transaction may take a while: `_OVERLAP` before the last
look is read again each time, and of two changes of a shop the one with the higher stamp counts.
"""

import time
from collections import OrderedDict, deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from chalicelib.kit.clock import Clock
from chalicelib.search import curve, partitions, segment
from chalicelib.search.distance import haversine
from chalicelib.search.index_ports import Change, Manifest, Packs
from chalicelib.search.nearest import LOCAL_M
from chalicelib.search.outward import Centre, hav, outward
from chalicelib.search.ports import EVERYTHING, Hit, Query, category_of, everything
from chalicelib.search.segment import Segment

_OVERLAP = timedelta(seconds=60)  # longer than any transaction takes, retries and clocks that differ included
_OLDEST = timedelta(days=3)  # of a manifest: changes are kept twice as long
_TOGETHER = 1.0  # seconds that the partitions of one answer may be apart: a shop that moves is in one of them
_SMALL = 200  # cards of a partition without segments that is still kept
_ROUNDING = 1e-9  # relative; angles that differ by less may stand for the same distance
_NEGLIGIBLE = 1e-15  # haversine of about 0.4 m at the antipode, where angles are least exact
_MOST_FETCHES = 24  # for one search; what needs more is quicker by rows, or does not fit into memory
_MOST_CARDS = 8000  # that one search loads, some 100 read units; the next one goes on
_CAPS = (partitions.NORTH, partitions.SOUTH)
_SQUARES = 2  # levels below what holds a segment, at which it is outlined


@dataclass(frozen=True)
class Policy:
    """What is kept in memory, and for how long it is believed.

    Attributes:
        stale: seconds until changes are asked for again; the answers' greatest age.
        worth: searches around a partition within `window` seconds that make it worth loading.
        most: segments in memory; the partitions that were asked for longest ago go first.
        refused: seconds until a partition that cannot be kept is looked at again: large, and not packed of late.
    """

    stale: float = 5.0
    worth: int = 8
    window: float = 60.0
    most: int = 64
    refused: float = 30.0


@dataclass
class _Kept:
    """A partition in memory.

    Attributes:
        manifest: of its segments; None where it has none and `segments` is all of it.
        segments: None for each that is not loaded.
        looked: when changes were asked for, by the wall clock; `checked` the same by the monotonic one.
    """

    manifest: Manifest | None
    segments: list[Segment | None]
    looked: datetime
    checked: float
    changes: dict[str, Change] = field(default_factory=dict)
    changed: Segment = field(default_factory=lambda: segment.of(()))
    outlines: dict[int, list[curve.Square]] = field(default_factory=dict)

    def hear(self, changes: Iterable[Change]) -> None:
        news = False
        for change in changes:
            known = self.changes.get(change.shop_id)
            if known is None or known.stamp < change.stamp:
                self.changes[change.shop_id] = change
                news = True
        if news:
            self.changed = segment.of(change.card for change in self.changes.values() if change.card)

    def outline(self, number: int) -> list[curve.Square]:
        """Return squares that hold a segment which is not loaded. Shops at one position may fill several, so it may
        reach up to where the next one begins, or be that position alone.
        """
        if number not in self.outlines and self.manifest:
            firsts = (*self.manifest.firsts, None)
            low = firsts[number] if number else None
            self.outlines[number] = curve.outline(self.manifest.firsts[0], low, firsts[number + 1], _SQUARES)
        return self.outlines[number]


@dataclass(frozen=True)
class _Shelf:
    """A segment as `outward` and `_collect` see it."""

    segment: Segment
    kept: _Kept
    is_news: bool = False

    @property
    def cells(self) -> Sequence[int]:
        return self.segment.cells

    @property
    def places(self) -> Sequence[tuple[float, float]]:
        return self.segment.places

    levels = 0


_Gap = tuple[str, int | None]
"""A partition that is not in memory or not fresh (None), or the number of a segment of it that is not loaded."""


class Hot:
    """The memory of one container."""

    def __init__(
        self,
        packs: Packs,
        clock: Clock,
        policy: Policy | None = None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._packs, self._clock, self._monotonic = packs, clock, monotonic
        self._policy = policy or Policy()
        self._kept: OrderedDict[str, _Kept] = OrderedDict()
        self._asked: dict[str, deque[float]] = {}
        self._refused: dict[str, float] = {}  # partitions that cannot be kept, and since when that is known
        self._loaded = 0  # cards, ever

    def nearest(self, query: Query) -> list[Hit] | None:
        """Return what `nearest.nearest` would, or None where that is not in memory and not worth fetching.

        Raises:
            ValueError: the centre is no position.
        """
        category = category_of(query.index)
        if query.index != EVERYTHING and category is None:
            return None
        around = partitions.around(query.lat, query.lon, min(query.reach, LOCAL_M))
        is_hot = self._ask(around[0])
        if not is_hot and around[0] not in self._kept:
            return None
        loaded = self._loaded
        for _ in range(_MOST_FETCHES):
            shelves, limit, gap = self._shelves(query, around)
            found = _collect(query, category, shelves, limit)
            if found is not None:
                return found if len(found) >= query.count or query.reach <= LOCAL_M else None
            if gap is None or self._loaded - loaded >= _MOST_CARDS or not self._fetch(*gap, is_hot):
                break
        return None

    def _ask(self, partition: str) -> bool:
        """Write down that a partition was asked for; tell whether that is often."""
        now, times = self._monotonic(), self._asked.setdefault(partition, deque(maxlen=self._policy.worth))
        times.append(now)
        if len(self._asked) > 10 * self._policy.most:
            self._asked.pop(next(iter(self._asked)))
        return len(times) == self._policy.worth and now - times[0] <= self._policy.window

    def _shelves(self, query: Query, around: Sequence[str]) -> tuple[list[_Shelf], float, _Gap | None]:
        """Return what is in memory, up to which haversine it is complete, and what is missing there."""
        centre, now = Centre(query.lat, query.lon), self._monotonic()
        shelves: list[_Shelf] = []
        limit = float("inf")
        gap: _Gap | None = None
        nearest = self._kept.get(around[0])
        for name in around:
            kept = self._kept.get(name)
            behind = name if kept is None or now - kept.checked > self._policy.stale else None
            if kept and nearest and not behind and abs(kept.checked - nearest.checked) > _TOGETHER:
                behind = name if kept.checked < nearest.checked else around[0]
            if kept is None or behind:
                edge = hav(partitions.nearest_point(query.lat, query.lon, name)) * (1 - _ROUNDING)
                if edge < limit:
                    limit, gap = edge, (behind or name, None)
                break  # the others are farther away
            self._kept.move_to_end(name)
            shelves.append(_Shelf(kept.changed, kept, is_news=True))
            for number, one in enumerate(kept.segments):
                if one is not None:
                    shelves.append(_Shelf(one, kept))
                    continue
                # A polar cap is many squares of the curve: its segments may be anywhere.
                edge = 0.0 if name in _CAPS else min(map(centre.bound, kept.outline(number)))
                if edge < limit:
                    limit, gap = edge, (name, number)
        return shelves, limit, gap

    def _fetch(self, partition: str, number: int | None, is_hot: bool) -> bool:  # noqa: FBT001 - passed on
        """Get what is missing; False where it is not worth it or is not there."""
        kept = self._kept.get(partition)
        if kept is None:
            since = self._refused.get(partition)
            if not is_hot or (since is not None and self._monotonic() - since <= self._policy.refused):
                return False
            if not self._load(partition):
                self._refuse(partition)
            return partition in self._kept
        if number is None:
            return self._refresh(partition, kept)
        if not is_hot or kept.manifest is None:
            return False
        found = self._packs.segments(partition, kept.manifest, [number])
        if found is None:
            del self._kept[partition]
            return False
        kept.segments[number] = found[0]
        self._loaded += len(found[0].cells)
        self._make_room()
        return True

    def _refuse(self, partition: str) -> None:
        """Remember for a while that a partition cannot be kept: finding out takes two requests."""
        self._refused[partition] = self._monotonic()
        if len(self._refused) > 10 * self._policy.most:
            self._refused.pop(next(iter(self._refused)))

    def _refresh(self, partition: str, kept: _Kept) -> bool:
        now, checked = self._clock.now(), self._monotonic()
        news = self._packs.news(partition, kept.looked - _OVERLAP)
        if (news.manifest and news.manifest.version) != (kept.manifest and kept.manifest.version):
            return self._load(partition, news.manifest)
        if kept.manifest and now - kept.manifest.since > _OLDEST:
            del self._kept[partition]
            return False
        kept.hear(news.changes)
        kept.looked, kept.checked = now, checked
        return True

    def _load(self, partition: str, manifest: Manifest | None = None) -> bool:
        """Begin to keep a partition, with the changes since it was packed, or with all of its rows."""
        now, checked = self._clock.now(), self._monotonic()
        self._kept.pop(partition, None)
        if manifest is None:
            manifest = self._packs.news(partition, now - _OVERLAP).manifest
        if manifest is None:
            cards = self._packs.whole(partition, _SMALL)
            if cards is None:
                return False
            kept = _Kept(None, [segment.of(cards)], now, checked)
            kept.hear(self._packs.news(partition, now - _OVERLAP).changes)
        elif now - manifest.since > _OLDEST:
            return False
        else:
            kept = _Kept(manifest, [None] * len(manifest.firsts), now, checked)
            kept.hear(self._packs.news(partition, manifest.since).changes)
        self._kept[partition] = kept
        self._make_room()
        return True

    def _make_room(self) -> None:
        loaded = sum(one is not None for kept in self._kept.values() for one in kept.segments)
        while loaded > self._policy.most and len(self._kept) > 1:
            _, gone = self._kept.popitem(last=False)
            loaded -= sum(one is not None for one in gone.segments)


def _collect(query: Query, category: str | None, shelves: Sequence[_Shelf], limit: float) -> list[Hit] | None:
    """Return the first hits of a search, all of them where there are fewer; None where `limit` is met before."""
    picky = category is not None or query.accepts is not everything
    last = hav(min(query.reach, LOCAL_M)) * (1 + _ROUNDING) + _NEGLIGIBLE
    beyond = hav(query.after[0]) * (1 - _ROUNDING) - _NEGLIGIBLE if query.after else -1.0
    whole, met = last, dict[str, int]()
    hits: dict[str, Hit] = {}
    for angle, number, index in outward(query.lat, query.lon, shelves, beyond):
        if angle > min(last, limit):
            break
        shelf = shelves[number]
        shop_id = shelf.segment.ids[index]
        if not shelf.is_news and shop_id in shelf.kept.changes:
            continue
        card = shelf.segment.card(index)
        if met.setdefault(shop_id, card.stamp) > card.stamp:
            continue
        met[shop_id] = card.stamp
        if hits.pop(shop_id, None):  # it has moved to another partition; both say that they have it
            last = whole
        if picky and not ((category is None or category in card.categories) and query.accepts(card)):
            continue
        hit = Hit(haversine(query.lat, query.lon, card.lat, card.lon), card)
        if hit.distance <= query.reach and (query.after is None or hit.rank > query.after):
            hits[shop_id] = hit
            if len(hits) == query.count:
                last = min(last, angle * (1 + _ROUNDING) + _NEGLIGIBLE)
    if limit <= last:
        return None
    return sorted(hits.values(), key=lambda hit: hit.rank)[: query.count]
