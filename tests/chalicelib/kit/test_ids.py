import re

from hypothesis import given
from hypothesis import strategies as st

from chalicelib.kit import ids

SHAPE = re.compile(r"ord_[0-9a-hjkmnp-tv-z]{26}")


def test_ids_have_a_prefix_and_never_meet():
    made = {ids.new_id("ord") for _ in range(2000)}
    assert len(made) == 2000
    assert all(SHAPE.fullmatch(one) for one in made)


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
