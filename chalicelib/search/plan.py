"""What to read: which stretches of the curve to ask for in one query, by what the directories say is there.

A query costs half a read unit for each 4 KB begun. Rows between two runs are worth reading where that costs less than
a query of its own.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from chalicelib.search.budget import Price
from chalicelib.search.cover import Run
from chalicelib.search.directory import Directory

BLOCK = 4096  # bytes that half a read unit buys
_PAGE = 1 << 20  # bytes that one answer has at most
_UNIT = 0.5
_QUERY = 0.05  # read units that one query fewer is worth beside: a connection, a response to parse
_PIECES = 24  # that are weighed exactly; where there are more, the smallest gaps are closed first


@dataclass(frozen=True)
class _Piece:
    """A run, how many bytes its rows have, and how many lie between it and the next one."""

    run: Run
    size: int
    gap: int = 0


def fetches(runs: Iterable[Run], directories: Mapping[str, Directory], share: float = 1.0) -> list[Run]:
    """Return the runs to query: they hold `runs`, sorted and disjoint, and cost the least that the directories know of.

    Args:
        runs: what must be read, sorted and disjoint.
        directories: by partition; one without has so few rows that one query for all of its runs is best.
        share: part of the directories' shops that the index in question has.
    """
    chosen: list[Run] = []
    for partition, same in groupby(runs, key=lambda run: run.partition):
        pieces = list(same)
        directory = directories.get(partition)
        if directory is None or len(pieces) == 1:
            chosen.append(Run(partition, pieces[0].low, pieces[-1].high))
        else:
            chosen += _cheapest(_weighed(pieces, directory), share)
    return chosen


def price(runs: Iterable[Run], directories: Mapping[str, Directory]) -> Price:
    """Return about what querying some runs costs, by what the directories know of; see `fetches`."""
    requests, units = 0, 0.0
    for run in runs:
        directory = directories.get(run.partition)
        size = directory.weight(run.low, run.high) if directory else 0
        requests += 1 + size // _PAGE
        units += _UNIT * max(1, math.ceil(size / BLOCK))
    return Price(requests, units)


def _weighed(runs: Sequence[Run], directory: Directory) -> list[_Piece]:
    """Return pieces with the runs that nothing lies between joined, at most `_PIECES`."""
    pieces: list[_Piece] = []
    for run in runs:
        piece = _Piece(run, directory.weight(run.low, run.high))
        gap = directory.weight(pieces[-1].run.high, run.low) if pieces else 0
        if pieces and not gap:
            pieces[-1] = _joined(pieces[-1], piece)
            continue
        if pieces:
            pieces[-1] = replace(pieces[-1], gap=gap)
        pieces.append(piece)
    while len(pieces) > _PIECES:
        at = min(range(len(pieces) - 1), key=lambda index: pieces[index].gap)
        pieces[at : at + 2] = [_joined(pieces[at], pieces[at + 1])]
    return pieces


def _joined(left: _Piece, right: _Piece) -> _Piece:
    return _Piece(Run(left.run.partition, left.run.low, right.run.high), left.size + left.gap + right.size, right.gap)


def _cheapest(pieces: Sequence[_Piece], share: float) -> list[Run]:
    """Return the pieces joined so that the expected cost is least: the best split of a sequence, from the left."""
    best: list[tuple[float, int]] = [(0.0, 0)]
    for end in range(1, len(pieces) + 1):
        choices = []
        size = 0
        for start in range(end - 1, -1, -1):
            size += pieces[start].size + (pieces[start].gap if start < end - 1 else 0)
            choices.append((best[start][0] + _cost(size * share), start))
        best.append(min(choices))
    runs: list[Run] = []
    end = len(pieces)
    while end:
        start = best[end][1]
        runs.append(Run(pieces[start].run.partition, pieces[start].run.low, pieces[end - 1].run.high))
        end = start
    return runs[::-1]


def _cost(size: float) -> float:
    """Return about what a query of so many bytes costs."""
    return _UNIT * max(1, math.ceil(size / BLOCK)) + _QUERY
