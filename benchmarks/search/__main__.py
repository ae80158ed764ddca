"""What a search costs, ours and others'.

    make bench-search                 # all, some minutes
    python -m benchmarks.search --quick

Prints tables, writes `.local/bench-search.json`, and ends with 1 where a bar is missed.
"""

import argparse
import json
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from rich.console import Console
from rich.table import Table as Sheet

from benchmarks.search import data, dynamodb_geo, emulated, memory, others
from benchmarks.search.data import AIRPORTS, SHANGHAI, WORLD, Place
from benchmarks.search.neighbours import Neighbours, neighbours
from benchmarks.search.questions import Figures, Question, Ranked, ours, ranked, timed
from benchmarks.search.table import Table
from chalicelib.search.ports import Card
from infra.local.environments import ROOT

WORDS = {SHANGHAI: ("地铁", "静安", "迪士尼", "loft"), WORLD: ("mall", "airport"), AIRPORTS: ("heli", "field")}
ONE, TEN, TWENTY, HUNDRED = "within 1 km", "within 10 km", "nearest 20 in 50 km", "nearest 100 in 50 km"
RARE, WORD = "nearest 20 of a category", "nearest 20 by word in 10 km"


def questions(name: str, some: Sequence[Card]) -> list[Question]:
    """Return what is asked of a set; the category is the smallest of at least a hundred shops."""
    sizes = Counter(category for card in some for category in card.categories)
    rare = min((size, category) for category, size in sizes.items() if size >= min(100, len(some) // 4))[1]
    return [
        Question(ONE, 1000), Question(TEN, 10_000), Question(TWENTY, 50_000, 20), Question(HUNDRED, 50_000, 100),
        Question(f"{RARE} ({rare})", 50_000, 20, category=rare),
        *(Question(f"{WORD} ({word})", 10_000, 20, words=word) for word in WORDS[name]),
    ]  # fmt: skip


def bars(name: str, results: dict[str, Figures]) -> list[tuple[str, float, float]]:
    """Return what is to be kept: its name, the figure, the most that it may be."""
    twenty, ten = results[TWENTY], results[TEN]
    wanted = [
        ("wrong answers", float(sum(one.wrong for one in results.values())), 0.0),
        ("nearest 20: read units", twenty.units, 3.0),
        ("nearest 20: round trips, mean", twenty.trips, 1.01),
        ("nearest 20: round trips, most", float(twenty.most_trips), 2.0),
        ("nearest 20: queries", twenty.queries, 3.0),
        *((f"{one}: read units", results[one].units, 4.0) for one in results if one.startswith(WORD)),
    ]
    if name == SHANGHAI:
        wanted += [("nearest 20: x lower bound", twenty.ratio, 2.5), ("within 10 km: x lower bound", ten.ratio, 1.1)]
    if name == WORLD:
        wanted += [("within 10 km: x lower bound", ten.ratio, 1.5)]
    return [(f"{name}: {what}", value, most) for what, value, most in wanted]


def sheet_of(title: str, results: dict[str, Figures]) -> Sheet:
    names = "question|wrong|results|queries|trips|RCU|bound|x|KB|x|plan ms|all ms"
    sheet = Sheet(*names.split("|"), title=title)
    for name, one in results.items():
        bytes_ratio = one.bytes / one.least_bytes if one.least_bytes else 0
        sheet.add_row(
            name, str(one.wrong), f"{one.results:.1f}", f"{one.queries:.2f}", f"{one.trips:.3f} / {one.most_trips}",
            f"{one.units:.2f}", f"{one.least:.2f}", f"{one.ratio:.3f}", f"{one.bytes / 1024:.1f}", f"{bytes_ratio:.2f}",
            f"{one.planning_ms:.2f}", f"{one.total_ms:.2f}",
        )  # fmt: skip
    return sheet


def compared(
    some: Sequence[Card], table: Table, asked: Sequence[Question], places: Sequence[Place], right: Sequence[Ranked]
) -> dict[str, Any]:
    """Return what others do with the same questions."""
    found: dict[str, Any] = {}
    engine = Neighbours(table, some)
    tree = others.rtree(some)
    with others.redis(some) as redis:
        for question in asked:
            row = asdict(neighbours(engine, table, question, places, right))
            row.pop("spread")
            found[question.name] = {"neighbours": row}
            for name, search in (("rtree", tree), ("redis", redis)):
                if search is not None:
                    wrong, took = timed(lambda place, s=search, q=question: s(place, q), question, places, right)
                    found[question.name][name] = {"wrong": wrong, "median_ms": took, "searches": len(places)}
    return found


def one_set(name: str, number: int, most: int | None, console: Console, *, with_others: bool) -> dict[str, Any]:
    """Measure a set."""
    some, is_real = data.cards(name, most)
    table, places = Table(some, words=True), data.places(some, number)
    right = ranked(some, places)
    asked = questions(name, some)
    results = {question.name: ours(table, question, places, right) for question in asked}
    kind = "real" if is_real else "made up"
    console.print(
        sheet_of(f"{name} ({kind}): {len(some):,} shops, rows of {table.mean:.0f} bytes, {number} places", results)
    )
    told: dict[str, Any] = {"shops": len(some), "real": is_real, "row_bytes": table.mean, "places": number}
    told["ours"] = {key: {**asdict(one), "ratio": one.ratio} for key, one in results.items()}
    for one in told["ours"].values():
        one.pop("spread")
    told["bars"] = bars(name, results)
    told["memory"] = memory.warm(some, places, right)
    console.print(f"memory, warm, nearest 20: {_said(told['memory'])}")
    told["simulated"] = memory.simulate(table, places, 1_000_000, (100, 1000, 5000), told["memory"]["load_units"])
    for row in told["simulated"]:
        console.print(f"  {_said(row)}  (read units a second of the hottest partition; {memory.LIMIT} are given)")
    if with_others:
        told["others"] = compared(some, table, asked[:4], places, right)
        for question, engines in told["others"].items():
            for engine, row in engines.items():
                console.print(f"  {question}, {engine}: {_said(row)}")
    if name == WORLD:
        told["grown"] = _grown(some, table, places, right, asked[1:3], console)
        told["bars"] += told["grown"]
    return told


def _grown(
    some: Sequence[Card], table: Table, places: Sequence[Place], right: Sequence[Ranked], asked: Sequence[Question],
    console: Console,
) -> list[tuple[str, float, float]]:  # fmt: skip
    """Ask again with ten times as many shops in the world; return how much that costs more."""
    more = Table([*some, *data.elsewhere(list(some), 9)])
    told = []
    for question in asked:
        before, after = ours(table, question, places, right), ours(more, question, places, right)
        for what in ("units", "queries", "trips"):
            ratio = getattr(after, what) / getattr(before, what)
            told.append((f"ten times the shops: {question.name}, {what}", ratio, 1.1))
            console.print(f"  ten times the shops, {question.name}, {what}: x{ratio:.3f}")
    return told


def _said(row: Any) -> str:
    return ", ".join(
        f"{key} {value:,.2f}" if isinstance(value, float) else f"{key} {value}" for key, value in row.items()
    )


def on_an_emulator(console: Console, *, quick: bool) -> dict[str, Any]:
    """Check the prices against an emulator's, measure writes, and run dynamodbgeo."""
    told: dict[str, Any] = {}
    some, _ = data.cards(SHANGHAI, 150 if quick else 3000)
    asked = [Question(ONE, 1000), Question(TEN, 10_000), Question(TWENTY, 50_000, 20), Question(HUNDRED, 50_000, 100)]
    with emulated.emulator() as emulator:
        number, differ = emulated.check(some, asked, data.places(some, 5 if quick else 60))
        console.print(
            f"the same searches on an emulator: {number}, of which {differ} differ in results, queries or RCU"
        )
        told["checked"], told["differ"] = number, differ
        told["writes"] = emulated.writes()
        console.print(f"write units of a typical shop: {_said(told['writes'])}")
        if not quick:
            everybody, _ = data.cards(SHANGHAI)
            places = data.places(everybody, 30)
            right = ranked(everybody, places)
            told["dynamodbgeo"] = {}
            for question in asked[:3]:
                row = dynamodb_geo.run(emulator.endpoint, everybody, question, places, right)
                told["dynamodbgeo"][question.name] = row
                console.print(f"  {question.name}, dynamodbgeo: {_said(row)}")
    return told


def main(arguments: Sequence[str]) -> int:
    """Run all; 1 where a bar is missed."""
    parser = argparse.ArgumentParser(prog="bench-search")
    parser.add_argument("--quick", action="store_true", help="few places, few shops, no other engines")
    options = parser.parse_args(arguments)
    console = Console(width=160)
    number, most = (4, 300) if options.quick else (1000, None)
    told: dict[str, Any] = {
        name: one_set(name, number, most, console, with_others=not options.quick) for name in data.SETS
    }
    told["emulator"] = on_an_emulator(console, quick=options.quick)
    every = [bar for name in data.SETS for bar in told[name]["bars"]]
    every.append(("model and emulator differ", float(told["emulator"]["differ"]), 0.0))
    missed = [bar for bar in every if bar[1] > bar[2]]
    for what, value, limit in missed:
        console.print(f"missed: {what}: {value:.3f}, at most {limit}")
    console.print(f"{len(every) - len(missed)} of {len(every)} bars kept")
    path = ROOT / ".local" / ("bench-search-quick.json" if options.quick else "bench-search.json")
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(told, indent=1, ensure_ascii=False))
    return 1 if missed and not options.quick else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
