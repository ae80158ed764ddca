"""What can be had: when an offering is free, and whom and what to give where the customer does not mind."""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import product
from zoneinfo import ZoneInfo

from chalicelib.booking.rules.days import Claim, Diary
from chalicelib.booking.rules.plans import Groups, Plan, bookable
from chalicelib.booking.rules.problems import SlotTaken
from chalicelib.shops.ports import Choice

HINTS = 3  # free times that a refusal names


@dataclass(frozen=True)
class FreeTime:
    """A time that can be had, and the people of whom each can serve it."""

    start: datetime
    end: datetime
    staff_ids: tuple[str, ...]


def free_times(plan: Plan, diary: Diary, now: datetime) -> tuple[FreeTime, ...]:
    """Return every time of a plan that can be served, with all people who can, in order."""
    found, starts = [], bookable(plan.starts, now, plan.shop.terms)
    if starts:
        # Once for all: that every row was read that any of them stands on.
        diary.must_know(plan.resource_ids, plan.claim("", starts[0]).start, plan.claim("", starts[-1]).end)
    for start in starts:
        able = serving(plan, start, lambda one: diary.has_room(one.resource_id, one.start, one.end))
        if one_of_each(able) is not None:
            people = able[0] if plan.staffed else ()
            found.append(FreeTime(start, plan.ends(start), _matching(people, able)))
    return tuple(found)


def serving(plan: Plan, start: datetime, is_free: Callable[[Claim], bool]) -> Groups:
    """Return, group by group, who and what is at work and free at a start."""
    same = plan.claim("", start)
    return tuple(
        tuple(one for one in group if plan.works(one, start) and is_free(Claim(one, same.start, same.end)))
        for group in plan.groups
    )


def one_of_each(able: Groups) -> tuple[str, ...] | None:
    """Return one of each group, none of them twice, the first of a group where that can be; None where it cannot be.

    Augmenting paths (Kuhn, "The Hungarian method for the assignment problem", 1955): groups may share members.
    """
    given: dict[str, int] = {}

    def give(group: int, tried: set[str]) -> bool:
        for one in able[group]:
            if one not in tried:
                tried.add(one)
                if one not in given or give(given[one], tried):
                    given[one] = group
                    return True
        return False

    if not all(give(group, set()) for group in range(len(able))):
        return None
    return tuple(sorted(given, key=given.__getitem__))


def _matching(people: Sequence[str], able: Groups) -> tuple[str, ...]:
    """Return whom of the people leaves enough for the other groups: everybody, where no person is also a thing."""
    if not any(set(people).intersection(group) for group in able[1:]):
        return tuple(people)
    return tuple(one for one in people if one_of_each(((one,), *able[1:])) is not None)


def choose(
    plan: Plan, start: datetime, diary: Diary, seed: str, preferred: str | None = None
) -> tuple[Claim, ...] | None:
    """Return a claim of one free resource of each group, the people's first; None where there is none. Whom to give is
    the shop's choice: whoever is `preferred`, then whoever has the least to do on that date or is left with the fewest
    gaps. Among equals `seed` decides (such as the line's id): the same request has the same answer, but not all
    requests press on the same member of the staff.
    """
    given = one_of_each(_ranked(plan, start, diary, seed, preferred))
    return None if given is None else tuple(plan.claim(one, start) for one in given)


def ways(
    plan: Plan, start: datetime, diary: Diary, seed: str, preferred: str | None = None
) -> Iterator[tuple[Claim, ...]]:
    """Yield all that `choose` could return, the better ones first."""
    for given in product(*_ranked(plan, start, diary, seed, preferred)):
        if len(set(given)) == len(given):
            yield tuple(plan.claim(one, start) for one in given)


def _ranked(plan: Plan, start: datetime, diary: Diary, seed: str, preferred: str | None) -> Groups:
    def rank(one: str) -> tuple[bool, float, bytes]:
        compact = plan.shop.terms.choice is Choice.COMPACT
        cost = _gaps(plan, plan.claim(one, start), diary) if compact else diary.load(one, plan.span).total_seconds()
        return one != preferred, cost, _lot(seed, one)

    return tuple(tuple(sorted(group, key=rank)) for group in serving(plan, start, diary.is_free))


def taken(plan: Plan, start: datetime, diary: Diary, now: datetime) -> SlotTaken:
    """Return the answer that a time is taken, with the next free ones of that date, else the last before."""
    zone = ZoneInfo(plan.shop.zone)
    free = [one.start for one in free_times(plan, diary, now)]
    later = [at for at in free if at > start][:HINTS]
    return SlotTaken(start.astimezone(zone), [at.astimezone(zone) for at in later or free[-HINTS:]])


def _gaps(plan: Plan, claim: Claim, diary: Diary) -> float:
    """Return how many more stretches of free time a claim leaves a resource with: one where it stands alone, none at
    an edge, one less where it fills a gap.
    """
    edges = diary.busy(claim.resource_id)
    shifts = plan.at_work.get(claim.resource_id, plan.open)
    begins = any(one.end == claim.start for one in edges) or any(_within(one.start, claim) for one in shifts)
    ends = any(one.start == claim.end for one in edges) or any(_within(one.end, claim) for one in shifts)
    return 1.0 - begins - ends


def _within(at: datetime, claim: Claim) -> bool:
    return claim.start <= at <= claim.end


def _lot(seed: str, resource_id: str) -> bytes:
    return hashlib.sha256(f"{seed}\0{resource_id}".encode()).digest()
