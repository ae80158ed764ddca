"""docs/capacity.md, from the figures."""

from collections.abc import Callable, Iterable, Sequence

from benchmarks.capacity import bill, runs
from benchmarks.capacity.limits import LIMITS, Limit
from benchmarks.capacity.measurements import measured
from benchmarks.capacity.model import PARTITION_WRITES, SCALES, Hot, Load, hot_keys, load
from benchmarks.capacity.runs import Run
from benchmarks.capacity.usage import (
    API,
    CANCELLED,
    CODES,
    HEADROOM,
    KEPT_KB,
    PEAK_SHARE,
    PROVIDER_MS,
    READ_MS,
    REVIEWS,
    WRITE_MS,
)
from benchmarks.mix import PER_BOOKING
from infra.prices import AS_OF
from infra.targets import ROOT

PAGE = ROOT / "docs" / "capacity.md"
_TEMPLATE = ROOT / "benchmarks" / "capacity" / "page.md"


def page() -> str:
    """Return the page."""
    loads = {per_hour: load(per_hour) for per_hour in SCALES}
    tables = {
        "MIX": _mix(),
        "PEAK": _peak(loads),
        "TABLES": _tables(loads),
        "KEYS": _keys(loads[SCALES[-1]]),
        "RUNS": _runs(),
        "LIMITS": _limits(),
        "BILL": _bill("each service", bill.serverless),
        "ALWAYS_ON": _bill("each part", bill.always_on),
        "CROSSING": f"{crossing():,.0f}",
        "RECONCILED": f"{_rounded(_most('reconciliation-run')):,.0f}",
        "AS_OF": AS_OF,
        "REGION": bill.REGION,
        "MEASURED_AT": measured()["machine"]["at"],
        "READ_MS": f"{READ_MS:g}", "WRITE_MS": f"{WRITE_MS:g}", "PROVIDER_MS": f"{PROVIDER_MS:g}",
        "HEADROOM": f"{HEADROOM:g}", "PEAK_SHARE": f"{PEAK_SHARE:.0%}", "KEPT_KB": f"{KEPT_KB:g}",
        "CANCELLED": f"{CANCELLED:.0%}", "CODES": f"{CODES:.0%}", "REVIEWS": f"{REVIEWS:.0%}",
        "PARTITION_WRITES": f"{PARTITION_WRITES:,}",
        "SMS": f"{bill.SMS_USD:g}",
        "RELAY_SHARDS": f"{runs.relay_shards(SCALES[-1]):.1f}",
        "TOLD": _bill("to reach people", bill.told, together=False),
    }  # fmt: skip
    text = _TEMPLATE.read_text(encoding="utf-8")
    for name, value in tables.items():
        text = text.replace("{" + name + "}", value)
    return text


def summary() -> list[list[str]]:
    """Return the figures that the READMEs quote, each for every scale."""
    loads = [load(one) for one in SCALES]
    return [
        [_number(one.calls[API] / 3_600) for one in loads],
        [str(sum(one.concurrency(name) for name in one.busy)) for one in loads],
        [_number(sum(one.writes.values()) / 3_600) for one in loads],
        [_money(sum(usd for _, usd in bill.serverless(one))) for one in SCALES],
        [_money(sum(usd for _, usd in bill.always_on(one))) for one in SCALES],
    ]


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = ["| " + " | ".join(head) + " |", "|---" + "|---:" * (len(head) - 1) + "|"]
    return "\n".join([*lines, *("| " + " | ".join(row) + " |" for row in rows)])


def _scales() -> list[str]:
    return [f"{per_hour:,}/h" for per_hour in SCALES]


def _mix() -> str:
    return _table(["request", "for one booking"], ([name, f"{times:g}"] for name, times in PER_BOOKING.items()))


def _peak(loads: dict[int, Load]) -> str:
    rows: list[tuple[str, Callable[[Load], str]]] = [
        ("requests of the API a second", lambda one: _number(one.calls[API] / 3_600)),
        ("calls of functions a second", lambda one: _number(sum(one.calls.values()) / 3_600)),
        ("requests to DynamoDB a second", lambda one: _number(one.requests / 3_600)),
        ("read units a second", lambda one: _number(sum(one.reads.values()) / 3_600)),
        ("write units a second", lambda one: _number(sum(one.writes.values()) / 3_600)),
        ("messages through the outbox a second", lambda one: _number(one.relayed / 3_600)),
        ("CPUs at work, all functions", lambda one: _number(sum(one.cpu.values()) / 3_600_000)),
    ]
    busiest = sorted(loads[SCALES[-1]].busy, key=lambda name: -loads[SCALES[-1]].busy[name])
    made = [[name, *(told(loads[one]) for one in SCALES)] for name, told in rows]
    made += [
        [f"messages to `{queue}` a second", *(_number(loads[one].messages[queue] / 3_600) for one in SCALES)]
        for queue, _ in loads[SCALES[-1]].messages.most_common()
    ]
    made += [[f"`{name}` at once", *(str(loads[one].concurrency(name)) for one in SCALES)] for name in busiest]
    return _table(["in the peak hour", *_scales()], made)


def _tables(loads: dict[int, Load]) -> str:
    last = loads[SCALES[-1]]
    names = sorted({*last.reads, *last.writes}, key=lambda name: -last.writes[name] - last.reads[name] / 5)

    def cell(made: Load, name: str) -> str:
        return f"{_number(made.reads[name] / 3_600)} / {_number(made.writes[name] / 3_600)}"

    rows = ([name, *(cell(loads[one], name) for one in SCALES)] for name in names)
    return _table(["read / write units a second", *_scales()], rows)


def _keys(last: Load) -> str:
    def row(one: Hot) -> list[str]:
        meets = "" if one.conflicts is None else f"{one.conflicts:.1%}"
        return [f"`{one.key}`", str(one.spread), _number(one.units), meets, "yes" if one.holds else "**no**"]

    head = ["key that all share", "of them", "write units a second on one", "transactions that meet another", "holds"]
    return _table(head, map(row, hot_keys(last)))


def _runs() -> str:
    def row(same: Sequence[Run]) -> list[str]:
        took = (_number(one.seconds) if one.holds else f"**{_number(one.seconds)}**" for one in same)
        return [same[0].what, f"{same[0].allowed:,.0f}", *took]

    by_scale = [runs.runs(one) for one in SCALES]
    return _table(["one run for all", "seconds there are", *_scales()], map(row, zip(*by_scale, strict=True)))


def _most(function: str) -> float:
    """Return the bookings an hour that a run of a function still manages."""
    one = next(run for run in runs.runs(SCALES[-1]) if run.function == function)
    return SCALES[-1] * one.allowed / one.seconds


def _limits() -> str:
    def row(one: Limit) -> list[str]:
        needed = (_number(one.needs(scale)) for scale in SCALES)
        missing = (one.needs(scale) > one.stands for scale in SCALES)
        marked = (f"**{told}**" if more else told for told, more in zip(needed, missing, strict=True))
        return [one.name, _number(one.stands), *marked, one.raised]

    return _table(["limit", "stands at", *_scales(), "raised by"], map(row, LIMITS))


def _bill(what: str, lines: Callable[[float], Iterable[tuple[str, float]]], *, together: bool = True) -> str:
    by_scale = [list(lines(one)) for one in SCALES]
    rows = []
    for place, (name, _) in enumerate(by_scale[-1]):
        names = {some[place][0] for some in by_scale}
        rows.append([name if len(names) == 1 else _either([some[place][0] for some in by_scale]),
                     *(_money(some[place][1]) for some in by_scale)])  # fmt: skip
    total = ["**together**", *(f"**{_money(sum(usd for _, usd in some))}**" for some in by_scale)]
    return _table([f"{what}, US dollars a month", *_scales()], [*rows, total] if together else rows)


def _either(names: Sequence[str]) -> str:
    return "; ".join(dict.fromkeys(names))


def crossing() -> float:
    """Return the bookings an hour, to two digits, from which the always-on stack is the cheaper one."""
    low, high = float(SCALES[0]), float(SCALES[-1])
    while high / low > 1.01:
        middle = (low * high) ** 0.5
        ours = sum(usd for _, usd in bill.serverless(middle))
        low, high = (middle, high) if ours < sum(usd for _, usd in bill.always_on(middle)) else (low, middle)
    return _rounded(low)


def _rounded(value: float) -> float:
    return float(f"{value:.2g}")


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.2g}" if value < 1 else f"{value:.1f}".removesuffix(".0")


def _money(value: float) -> str:
    return f"{value:,.0f}" if value >= 10 else f"{value:.2f}"
