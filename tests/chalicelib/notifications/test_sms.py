import pytest

from chalicelib.notifications.sms import parts, shortened


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("", 1),
        ("a" * 160, 1),
        ("a" * 161, 2),
        ("a" * 306, 2),
        ("a" * 307, 3),
        ("[" * 80, 1),
        ("[" * 81, 2),
        ("邻" * 70, 1),
        ("邻" * 71, 2),
        ("邻" * 134, 2),
        ("邻" * 135, 3),
        ("a" * 70 + "邻", 2),
        ("😀" * 35, 1),
        ("😀" * 36, 2),
    ],
)
def test_parts_are_counted_as_networks_count_them(text, number):
    assert parts(text) == number


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("abcd", "abcd"),
        ("abcde", "abc…"),
        ("💇💇", "💇💇"),
        ("💇💇💇", "💇…"),
        ("ab💇d", "ab…"),
        ("发廊发廊发", "发廊发…"),
    ],
)
def test_a_text_is_shortened_by_what_it_is_paid_by(text, left):
    assert shortened(text, 4) == left
