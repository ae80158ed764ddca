"""Sealing and verifying, on entries and a vault in memory: crashes, two at once, late entries, and every tampering."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.audit import use_cases
from chalicelib.audit.ports import Kind, SealingPorts
from chalicelib.audit.rules import FIRST, SHARDS, holds, late_name, root_of, sealed, shard_name
from chalicelib.audit.use_cases.seal import Unfollowed
from chalicelib.kit.errors import NotFound
from tests.fakes.seals import Died, FakeSealStore, FakeVault, Row, altered
from tests.fakes.time import FakeClock

DAY = date(2030, 5, 1)
NIGHT = datetime(2030, 5, 2, 3, 15, tzinfo=UTC)
PUTS = 2 * SHARDS + 1  # parts, late ones, the seal


def after(number):
    return DAY + timedelta(days=number)


def row(number, day=DAY, **other):
    told = {"place": f"{day}T08#aud_{number}", "object": f"shop:{number % 3}", "day": day, "shard": number % SHARDS}
    return Row(**{**told, "text": "x", **other})


def made(rows=(), now=NIGHT):
    ports = SealingPorts(FakeSealStore(), FakeVault(), FakeClock(now))
    ports.store.note(*rows)
    return ports


def night(ports, number=0, **options):
    now = NIGHT + timedelta(days=number)
    ports.clock.move(seconds=(now - ports.clock.now()).total_seconds())
    return use_cases.seal_due(ports, now, **options)


def findings(ports, day=DAY):
    return [(one.kind, one.what) for one in use_cases.verify(ports, day).findings]


def named(leaf_row):
    return str(leaf_row.leaf)


def test_a_days_entries_are_sealed_and_follow_the_day_before():
    rows = [row(number) for number in range(5)]
    ports = made([*rows, row(9, after(1)), row(8, after(2))])
    assert night(ports) == {"sealed": 1, "left": 0}
    assert night(ports) == {"sealed": 0, "left": 0}
    first = ports.vault.seal_of(DAY)
    assert (first.count, first.late, first.previous) == (5, 0, FIRST)
    assert night(ports, 2) == {"sealed": 2, "left": 0}  # a night that did not run is caught up on
    second, third = ports.vault.seal_of(after(1)), ports.vault.seal_of(after(2))
    assert (second.previous, third.previous) == (first.chain, second.chain)
    assert ports.store.seals == ports.vault.seals
    assert all(use_cases.verify(ports, after(number)).is_good for number in range(3))
    assert findings(ports, after(3)) == [(Kind.NOT_SEALED, "no seal in the bucket")]


def test_an_empty_day_is_sealed_too_and_so_is_the_first():
    ports = made()
    assert night(ports) == {"sealed": 1, "left": 0}
    assert (ports.vault.days(), ports.vault.seal_of(DAY).count) == ([DAY], 0)
    assert use_cases.verify(ports, DAY).is_good


def test_the_chain_begins_where_the_entries_do():
    ports = made([row(1, after(-6))])
    assert night(ports)["sealed"] == 7
    assert ports.vault.days()[0] == after(-6)


def test_no_day_is_over_because_somebody_says_so():
    ports = made([row(1)], now=NIGHT - timedelta(days=1))
    use_cases.seal_due(ports, NIGHT + timedelta(days=9))
    assert ports.vault.days() == [after(-1)]


@pytest.mark.parametrize("puts", range(PUTS + 1))
def test_a_run_may_die_after_any_write(puts):
    """The last of them: the seal stands in the bucket and not in the table."""
    rows = [row(number) for number in range(20)]
    ports = made(rows)
    ports.vault.fail_after = puts
    if puts < PUTS:
        with pytest.raises(Died):
            night(ports)
    else:
        ports.store.tell = None
        with pytest.raises(TypeError):
            night(ports)
        del ports.store.tell
    ports.vault.fail_after = None
    came = row(50)
    ports.store.note(came)  # before the day is taken up again
    night(ports, 1)
    whole = {ports.vault.seal_of(DAY).count, ports.vault.seal_of(after(1)).late}
    is_late = puts > came.shard
    assert whole == ({20, 1} if is_late else {21, 0})
    assert findings(ports) == ([(Kind.LATE, named(came))] if is_late else [])
    assert findings(ports, after(1)) == []


def test_two_runs_at_once_put_the_same():
    ports = made([row(number) for number in range(9)])
    other = SealingPorts(ports.store, ports.vault, ports.clock)
    put, begun = ports.vault.put_part, []

    def between(day, name, leaves):
        if not begun:
            begun.append(name)
            use_cases.seal_day(other, DAY)
        return put(day, name, leaves)

    ports.vault.put_part = between
    assert use_cases.seal_day(ports, DAY) == ports.vault.seal_of(DAY)
    assert findings(ports) == []


def test_a_run_that_has_no_time_left_goes_on_where_it_stopped():
    ports = made([row(number) for number in range(20)])
    night(ports, -1)
    whole, read = ports.store.leaves, []

    def slow(day, shard):
        read.append((day, shard))
        ports.clock.move(minutes=4)
        return whole(day, shard)

    ports.store.leaves = slow
    night(ports)
    runs = 1
    while use_cases.seal_due(ports, ports.clock.now(), timedelta(minutes=13))["left"]:
        runs += 1
        assert runs < 5
    assert sorted(read) == [(day, shard) for day in (after(-1), DAY) for shard in range(SHARDS)]
    assert ports.vault.seal_of(DAY).count == 20


def test_a_day_is_not_sealed_without_the_one_before():
    ports = made([row(1)])
    night(ports, -2)
    with pytest.raises(Unfollowed):
        use_cases.seal_day(ports, DAY)
    assert ports.vault.days() == [after(-2)]


def test_a_late_entry_is_in_the_next_seal_and_only_there():
    ports = made([row(1)])
    night(ports)
    late = row(2)
    ports.store.note(late)
    assert findings(ports) == [(Kind.ADDED, named(late))]
    assert not use_cases.verify(ports, DAY).is_good
    night(ports, 2)
    assert [ports.vault.seal_of(after(number)).late for number in range(3)] == [0, 1, 0]
    assert ports.vault.part(after(1), late_name(late.shard)) == (late.leaf,)
    assert findings(ports) == [(Kind.LATE, named(late))]
    assert all(use_cases.verify(ports, after(number)).is_good for number in range(3))
    for changed, kind in ((altered(late), Kind.ALTERED), (None, Kind.MISSING)):
        ports.store.note(late)
        ports.store.rows.pop(late.key)
        if changed:
            ports.store.note(changed)
            assert findings(ports) == [(kind, named(changed))]
        assert [kind for kind, _ in findings(ports, after(1))] == [kind]


@pytest.mark.parametrize("what", ["altered", "missing", "late", "another seal"])
def test_a_night_that_meets_tampering_says_so(what, capsys):
    ports = made([row(1), row(2)])
    night(ports)
    if what == "altered":
        ports.store.note(altered(row(1)))
    elif what == "missing":
        ports.store.rows.pop(row(1).key)
    elif what == "late":
        ports.store.note(row(3))
    else:
        ports.store.seals[DAY] = replace(ports.vault.seal_of(DAY), count=1)
    capsys.readouterr()
    night(ports, 1)
    assert capsys.readouterr().out.count('"AuditAltered":1') == 1


def test_a_night_says_what_it_could_not_seal(capsys):
    ports = made()
    night(ports, -2)
    assert '"AuditSealed"' in capsys.readouterr().out
    ports.store.leaves = None
    with pytest.raises(TypeError):
        night(ports)
    told = capsys.readouterr().out
    assert '"AuditUnsealed":2' in told
    assert '"AuditSealed"' not in told


numbers = st.integers(0, 30)


@given(st.sets(numbers, min_size=1), st.sets(numbers), st.data())
@settings(max_examples=40, deadline=None)
def test_no_tampering_goes_unseen(some, others, data):
    """Whatever is done to one entry, its day's verdict says which and what; and those of other days nothing."""
    rows = [row(number) for number in some] + [row(number, after(1)) for number in others]
    ports = made(rows)
    night(ports, 1)
    assert findings(ports) == findings(ports, after(1)) == []
    victim = data.draw(st.sampled_from(rows))
    how = data.draw(st.sampled_from(["altered", "missing", "added", "moved", "renamed", "hidden"]))
    ports.store.rows.pop(victim.key)
    changed = {
        "altered": altered(victim),
        "added": replace(victim, place=f"{victim.place}x"),
        "moved": replace(victim, day=after(0 if victim.day == after(1) else 1)),
        "renamed": replace(victim, object="shop:9"),
        "hidden": replace(victim, shard=99),
    }.get(how)
    if changed is not None:
        ports.store.note(changed)
    if how == "added":
        ports.store.note(victim)
    here, there = findings(ports, victim.day), findings(ports, after(0 if victim.day == after(1) else 1))
    missing = (Kind.MISSING, named(victim))
    assert (
        here
        == {
            "altered": [(Kind.ALTERED, named(victim if changed is None else changed))],
            "missing": [missing],
            "added": [(Kind.ADDED, named(changed or victim))],
            "moved": [missing],
            "renamed": [missing, (Kind.ADDED, named(changed or victim))],
            "hidden": [missing],
        }[how]
    )
    assert there == ([(Kind.ADDED, named(changed))] if how == "moved" else [])


def resealed(ports, day, leaves_of):
    """Seal a day anew in the vault and the table, as somebody who may do all of that would."""
    for (its, name), leaves in list(ports.vault.parts.items()):
        if its == day:
            ports.vault.parts[its, name] = leaves_of(leaves)
    leaves = [leaf for shard in range(SHARDS) for leaf in ports.vault.parts[day, shard_name(shard)]]
    before = ports.vault.seals.get(day - timedelta(days=1))
    ports.vault.seals[day] = sealed(day, len(leaves), 0, root_of([leaf.hash for leaf in leaves]), before)
    ports.store.seals[day] = ports.vault.seals[day]


def test_sealing_a_day_anew_breaks_the_chain():
    ports = made([row(1), row(9), row(17), row(2, after(1))])
    night(ports, 1)
    ports.store.rows.pop(row(1).key)
    resealed(ports, DAY, lambda leaves: tuple(one for one in leaves if one.entry_id != "aud_1"))
    assert findings(ports) == []
    assert findings(ports, after(1)) == [(Kind.CHAIN, "it does not follow from the seal of 2030-05-01")]


def test_what_the_vault_holds_is_looked_at_too():
    def fresh():
        ports = made([row(1), row(9), row(2, after(1))])
        night(ports, 1)
        return ports

    ports = fresh()
    ports.vault.parts[DAY, shard_name(1)] = tuple(reversed(ports.vault.parts[DAY, shard_name(1)]))
    assert [kind for kind, _ in findings(ports)] == [Kind.LEAVES]
    ports = fresh()
    del ports.vault.parts[DAY, late_name(1)]
    assert findings(ports) == [(Kind.LEAVES, "part late-01 is not in the bucket")]
    ports = fresh()
    ports.vault.seals[DAY] = replace(ports.vault.seals[DAY], day=DAY, previous="11" * 32)
    assert [kind for kind, _ in findings(ports)] == [Kind.CHAIN, Kind.CHAIN, Kind.ROW]
    ports = fresh()
    del ports.vault.seals[DAY]
    assert findings(ports, after(1)) == [(Kind.CHAIN, "the seal of the day before is not there")]
    ports = fresh()
    ports.vault.again[DAY] = ["seals/2030-05-01.json"]
    del ports.store.seals[DAY]
    assert findings(ports) == [
        (Kind.REWRITTEN, "seals/2030-05-01.json"),
        (Kind.ROW, "the table has no seal"),
    ]


def test_rows_that_no_seal_will_cover_are_found():
    ports = made([row(1)])
    night(ports)
    strange = [row(2, after(-9)), row(3, after(9)), row(4, None)]
    ports.store.note(row(5, after(1)), *strange)
    found = list(use_cases.outside(ports))
    assert {one.what for one in found} == {named(one) for one in strange}
    assert all(one.kind == Kind.OUTSIDE and one.is_bad for one in found)


@pytest.mark.parametrize("number", [0, 7, 30])
def test_an_entry_is_proved_to_be_in_a_seal(number):
    ports = made([row(one) for one in range(30)])
    night(ports)
    ports.store.note(row(30))
    night(ports, 1)
    proof = use_cases.prove(ports, f"aud_{number}", DAY)
    assert holds(proof)
    assert proof.content == row(number).content.decode()
    assert proof.seal == ports.vault.seal_of(after(1) if number == 30 else DAY)
    ports.store.rows.pop(row(number).key)
    with pytest.raises(NotFound):
        use_cases.prove(ports, f"aud_{number}", DAY)
    ports.store.note(altered(row(number)))
    assert not holds(use_cases.prove(ports, f"aud_{number}", DAY))
