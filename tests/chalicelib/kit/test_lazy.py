from functools import cache

import pytest

from chalicelib.kit.lazy import Lazy


def test_what_nobody_asks_for_is_not_made():
    made = []

    @cache
    def maker():
        made.append("a")
        return object()

    lazy = Lazy({"a": maker, "b": lambda: 1 / 0})
    assert "a" in lazy
    assert "c" not in lazy
    assert (list(lazy), len(lazy), made) == (["a", "b"], 2, [])
    assert lazy["a"] is lazy["a"]
    assert made == ["a"]
    with pytest.raises(KeyError):
        lazy["c"]
    assert lazy.get("c") is None
