import re
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from chalicelib.kit import ids

SHAPE = re.compile(r"ord_[0-9a-hjkmnp-tv-z]{26}")


def test_ids_have_a_prefix_and_never_meet():
    made = {ids.new_id("ord") for _ in range(2000)}
    assert len(made) == 2000
    assert all(SHAPE.fullmatch(one) for one in made)


@given(st.lists(st.integers(0, 2**34), min_size=2, max_size=9), st.text(max_size=9))
def test_ids_of_moments_sort_as_they_do_and_follow_from_them(moments, part):
    aware = [datetime.fromtimestamp(one, UTC) for one in sorted(moments)]
    made = [ids.timed_id("evt", one, part) for one in aware]
    assert [one[:14] for one in made] == sorted(one[:14] for one in made)
    assert made == [ids.timed_id("evt", one, part) for one in aware]
    assert all(SHAPE.fullmatch(one.replace("evt", "ord")) for one in made)
    assert all(one.startswith(ids.time_part("evt", at)) for one, at in zip(made, aware, strict=True))
    assert ids.timed_id("evt", aware[0], part) != ids.timed_id("evt", aware[0], part, "x")


@given(st.lists(st.integers(0, 2**47), min_size=2, max_size=9, unique=True))
def test_later_ids_sort_later(moments):
    made = []
    for milliseconds in sorted(moments):
        with_clock = ids.time.time_ns
        try:
            ids.time.time_ns = lambda at=milliseconds: at * 1_000_000
            made.append(ids.new_id("ord"))
        finally:
            ids.time.time_ns = with_clock
    assert made == sorted(made)


@given(
    st.lists(st.text(alphabet="ab#", max_size=4), max_size=4), st.lists(st.text(alphabet="ab#", max_size=4), max_size=4)
)
def test_derived_ids_meet_when_their_parts_do(one, other):
    assert SHAPE.fullmatch(ids.derived_id("ord", *one))
    assert (ids.derived_id("ord", *one) == ids.derived_id("ord", *other)) is ("\x1f".join(one) == "\x1f".join(other))
