from dataclasses import replace
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from chalicelib.reach.ports import Book, Device, Platform
from chalicelib.reach.rules.devices import MOST_DEVICES, is_fresh, parted, with_device, without
from tests.chalicelib.reach.world import START


def device(number=1, **change):
    made = Device(
        f"dev_{number}", f"digest-{number}", Platform.FCM, f"arn:endpoint/GCM/app/{number}", "ses_1", None, START,
        START + timedelta(minutes=number),
    )  # fmt: skip
    return replace(made, **change)


@given(st.lists(st.integers(0, 20), max_size=40))
def test_a_book_has_each_token_once_and_ten_at_most_the_ones_used_last(numbers):
    book = Book("acc_1")
    for turn, number in enumerate(numbers):
        used = START + timedelta(minutes=turn)
        before = book
        book, gone = with_device(book, device(number, used_at=used))
        assert book.version == before.version + 1
        assert book.devices[0].digest == f"digest-{number}"
        digests = [one.digest for one in book.devices]
        assert len(digests) == len(set(digests)) <= MOST_DEVICES
        assert list(book.devices) == sorted(book.devices, key=lambda one: one.used_at, reverse=True)
        assert all(one.used_at <= book.devices[-1].used_at for one in gone)


def test_a_device_goes_by_its_token():
    book = Book("acc_1", (device(1), device(2)), 2)
    assert [one.id for one in without(book, "digest-1").devices] == ["dev_2"]


def test_an_address_is_parted_as_it_was_made():
    one = device()
    assert parted(one.address) == (one.id, one.endpoint)


def test_what_was_told_lately_is_not_asked_for_again():
    one = device()
    assert is_fresh(one, "ses_1", None, one.used_at + timedelta(hours=23))
    assert not is_fresh(one, "ses_1", None, one.used_at + timedelta(hours=25))
    assert not is_fresh(one, "ses_1", None, one.used_at - timedelta(seconds=1)), "a clock that went back"
    assert not is_fresh(one, "ses_2", None, one.used_at)
    assert not is_fresh(one, "ses_1", "phone", one.used_at)
    assert not is_fresh(None, "ses_1", None, one.used_at)


def test_where_a_phone_is_reached_is_not_shown():
    assert "endpoint/GCM" not in repr(device())
