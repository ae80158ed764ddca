"""Photographs and films from the form to the reader, with what may go wrong between: on real DynamoDB semantics."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from chalicelib import wiring
from chalicelib.kit.dynamo import meter
from chalicelib.kit.errors import NotFound
from chalicelib.kit.files import FilesDown
from chalicelib.kit.idempotency import Answer, Once
from chalicelib.kit.ids import new_id
from chalicelib.reviews import messages, personal, use_cases
from chalicelib.reviews.gateways.pillow import PillowPainter
from chalicelib.reviews.media_ports import ClassifierDown, WorkPorts
from chalicelib.reviews.ports import Review, Side, State
from chalicelib.reviews.rules import NotInState
from chalicelib.reviews.rules import media as rules
from chalicelib.reviews.rules.film import Fault
from chalicelib.reviews.rules.media import MediaState
from tests import racing
from tests.api import CUSTOMER, MERCHANT, OTHER, told
from tests.chalicelib.reviews.pictures import GPS_MARK, MARK, photo
from tests.chalicelib.reviews.world import NOW
from tests.emulators import DYNOXIDE
from tests.fakes.files import FakeFiles
from tests.fakes.time import FakeClock

JPEG, PNG, MP4 = "image/jpeg", "image/png", "video/mp4"
FILM = (Path(__file__).parent / "films" / "places.mp4").read_bytes()
REVIEW = Review(
    id="rev_1", shop_id="shp_1", merchant_id="acc_merchant", order_id="ord_1", line_id="lin_1",
    author_id=CUSTOMER.account_id, author="张*", stars=5, text="手艺很好", language="zh-CN", created_at=NOW,
)  # fmt: skip


def once():
    return Once("acc|POST /x", new_id("key"), "f", lambda _result: Answer(200, "{}"))


class Looker:
    """A classifier that says what it is told to say."""

    def __init__(self):
        self.says, self.is_down, self.seen = (), False, []

    def labels(self, jpeg):
        self.seen.append(jpeg)
        if self.is_down:
            raise ClassifierDown
        return self.says


class Media:
    """An author, a worker, a bucket in memory."""

    def __init__(self):
        self.files, self.looker, self.clock = FakeFiles(), Looker(), FakeClock(NOW)
        shared = vars(wiring.review_media()) | {"files": self.files, "clock": self.clock}
        self.ports = WorkPorts(**shared, painter=PillowPainter(), classifier=self.looker)
        self.put(REVIEW)

    def put(self, review):
        wiring.committer().commit(self.ports.store.write(review, None, None))

    def review(self):
        return self.ports.store.review("rev_1")

    def form(self, media=JPEG, actor=CUSTOMER):
        return use_cases.begin_upload(self.ports, actor, "rev_1", media)

    def sent(self, content=None, media=JPEG):
        """Send a file and register it; the message that the worker gets."""
        form = self.form(media)
        self.files.send(form.form.fields["key"], photo() if content is None else content, media)
        use_cases.add_media(self.ports, CUSTOMER, "rev_1", form.medium_id, once())
        [message] = [one for one in told(messages.MEDIA_SENT) if one.payload["medium_id"] == form.medium_id]
        return message

    def work(self, message):
        use_cases.work_media(self.ports, message)

    def rows(self):
        return use_cases.sent_media(self.ports, CUSTOMER, "rev_1")

    def kept(self):
        return sorted(self.files.kept)


@pytest.fixture
def media(tables):
    return Media()


@pytest.mark.store
def test_a_photograph_is_shown_once_it_is_drawn_anew(media):
    message = media.sent()
    assert [one.state for one in media.rows()] == [MediaState.WORKING]
    assert media.review().media == ()
    media.work(message)
    [medium] = media.rows()
    [shown] = media.review().media
    assert (medium.state, shown.sizes) == (MediaState.READY, ((320, 240), (640, 480)))
    assert media.kept() == [f"reviews/rev_1/{shown.id}/{width}.jpg" for width in (320, 640)]
    for content, _ in media.files.kept.values():
        assert MARK not in content
        assert GPS_MARK not in content
    links = use_cases.media_links(media.files, "rev_1", shown)
    assert [one.partition("?")[0].rpartition("/")[2] for one in links] == ["320.jpg", "640.jpg"]


@pytest.mark.store
def test_a_film_keeps_its_bits_and_loses_its_place(media):
    media.work(media.sent(FILM, MP4))
    [shown] = media.review().media
    assert (shown.place, shown.sizes, shown.millis) == ("v1", ((64, 48),), 1021)
    [content] = [content for content, _ in media.files.kept.values()]
    assert len(content) == len(FILM)
    assert b"+31.2304" not in content


def test_a_message_that_comes_twice_or_late_changes_nothing(media):
    message = media.sent()
    media.work(message)
    before = media.review(), media.kept()
    media.work(message)
    assert (media.review(), media.kept()) == before
    use_cases.take_media_away(media.ports, CUSTOMER, "rev_1", message.payload["medium_id"])
    media.work(message)
    assert media.review().media == ()


@pytest.mark.store
def test_two_workers_on_one_file_show_it_once(media):
    message = media.sent()
    racing.race([lambda: media.work(message)] * 4, (FilesDown,))
    assert [one.place for one in media.review().media] == ["p1"]
    assert [one.state for one in media.rows()] == [MediaState.READY]
    assert len(media.kept()) == 2


def test_a_worker_that_dies_between_writing_and_marking_is_made_good_by_the_repeat(media, monkeypatch):
    message = media.sent()
    with monkeypatch.context() as patched:
        patched.setattr(media.ports.store, "change", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            media.work(message)
    assert media.review().media == ()
    assert len(media.kept()) == 3  # what was sent, and what was drawn
    media.work(message)
    assert len(media.review().media) == 1
    assert len(media.kept()) == 2


@pytest.mark.parametrize(
    ("content", "kind", "fault"),
    [
        (b"\xff\xd8\xff\xe0" + bytes(50), JPEG, Fault.UNREADABLE),
        (photo()[:200], JPEG, Fault.UNREADABLE),
        (FILM[: len(FILM) // 2], MP4, Fault.UNREADABLE),
    ],
)
def test_a_poisoned_file_is_refused_with_a_reason_and_not_tried_again(media, content, kind, fault):
    media.work(media.sent(content, kind))
    [medium] = media.rows()
    assert (medium.state, medium.fault) == (MediaState.REFUSED, fault)
    assert media.kept() == []
    assert media.review().media == ()
    media.work(media.sent())  # its place is another's now
    assert [one.place for one in media.review().media] == ["p1"]


def test_a_file_that_ends_the_process_by_force_is_given_up_after_three_tries(media):
    message = media.sent()

    class Killed(BaseException):
        """As when Lambda ends a process that used all its memory."""

    class Deadly:
        def drawn(self, *_):
            raise Killed

    deadly = replace(media.ports, painter=Deadly())
    for _ in range(rules.MOST_TRIES):
        with pytest.raises(Killed):
            use_cases.work_media(deadly, message)
    use_cases.work_media(deadly, message)
    [medium] = media.rows()
    assert (medium.state, medium.fault) == (MediaState.REFUSED, Fault.UNREADABLE)


def test_what_does_not_answer_costs_no_try(media):
    message = media.sent()
    media.looker.is_down = True
    for _ in range(rules.MOST_TRIES + 1):
        media.work(message)
    assert (media.rows()[0].state, media.rows()[0].tries) == (MediaState.WORKING, 0)
    assert media.review().media == ()
    media.looker.is_down = False
    media.files.is_down = True
    for _ in range(rules.MOST_TRIES + 1):
        with pytest.raises(FilesDown):
            media.work(message)
    media.files.is_down = False
    media.work(message)
    assert len(media.review().media) == 1


def test_what_is_sent_again_after_it_was_looked_at_is_refused(media):
    message = media.sent()
    [key] = media.kept()
    media.files.send(key, photo(colour=(0, 0, 200)), JPEG)
    media.work(message)
    assert media.rows()[0].fault is Fault.REPLACED


def test_a_photograph_that_a_classifier_warns_of_holds_its_review(media):
    message = media.sent()
    media.looker.says = ("violence",)
    media.work(message)
    review = media.review()
    assert (review.state, review.reasons, len(review.media)) == (State.HELD, ("image:violence",), 1)
    [flagged] = told(messages.FLAGGED)
    assert flagged.payload == {"review_id": "rev_1", "reasons": ["image:violence"]}
    assert media.ports.store.rating("shp_1").count == 0


def test_whoever_looked_has_not_decided_of_a_photograph_that_came_after(media):
    for decide in (lambda: use_cases.hold(media.ports, "rev_1", ["x"]), lambda: use_cases.show(media.ports, "rev_1")):
        wiring.committer().commit(decide())
    assert media.review().cleared
    media.work(media.sent())
    assert (media.review().state, media.review().cleared) == (State.SHOWN, False)  # readers' reports count again


def test_a_film_is_not_shown_to_who_looks_at_photographs(media):
    media.work(media.sent(FILM, MP4))
    assert media.looker.seen == []


@pytest.mark.parametrize(
    ("first", "problem"),
    [
        (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", rules.HeicRefused),
        (b"\0\0\0\x18ftypavif\0\0\0\0mif1avif", rules.HeicRefused),
        (b"RIFF\x24\0\0\0WEBPVP8 ", rules.WebpRefused),
        (b"\0\0\0\x14ftypqt  \0\0\0\0qt  ", rules.QuickTimeRefused),
        (photo(form="PNG")[:64], rules.MediaRefused),
        (b"GIF89a" + bytes(40), rules.MediaRefused),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", rules.MediaRefused),
        (b"%PDF-1.7" + bytes(40), rules.MediaRefused),
    ],
)
def test_the_bytes_say_what_a_file_is(media, first, problem):
    with pytest.raises(problem) as refused:
        media.sent(first)
    assert type(refused.value) is problem
    assert [one.state for one in media.rows()] == [MediaState.EXPECTED]


def test_places_are_counted_exactly_also_by_many_at_once(media):
    results = racing.race([media.form] * 9, (rules.EnoughMedia,))
    forms = [one for one in results if not isinstance(one, Exception)]
    assert len(forms) == rules.MOST_PHOTOS
    assert {one.place for one in media.rows()} == {f"p{number}" for number in range(1, rules.MOST_PHOTOS + 1)}
    media.form(MP4)
    with pytest.raises(rules.EnoughMedia):
        media.form(MP4)
    media.clock.move(minutes=10)
    media.form()  # nobody sent a file by the others


def test_a_file_is_registered_once_and_only_when_it_came(media):
    form = media.form()
    with pytest.raises(rules.MediaMissing):
        use_cases.add_media(media.ports, CUSTOMER, "rev_1", form.medium_id, once())
    media.files.send(form.form.fields["key"], photo(), JPEG)
    use_cases.add_media(media.ports, CUSTOMER, "rev_1", form.medium_id, once())
    with pytest.raises(rules.MediaMissing):
        use_cases.add_media(media.ports, CUSTOMER, "rev_1", form.medium_id, once())
    assert len(told(messages.MEDIA_SENT)) == 1


def test_nobody_else_sends_or_sees_anything(media):
    with pytest.raises(NotFound):
        media.form(actor=OTHER)
    with pytest.raises(NotFound):
        use_cases.sent_media(media.ports, OTHER, "rev_1")
    media.work(media.sent())
    with pytest.raises(NotFound):
        use_cases.take_media_away(media.ports, OTHER, "rev_1", media.rows()[0].id)


def test_what_is_taken_away_is_deleted(media):
    media.work(media.sent())
    [medium] = media.rows()
    use_cases.take_media_away(media.ports, CUSTOMER, "rev_1", medium.id)
    assert (media.review().media, media.rows()) == ((), [])
    [gone] = told(messages.MEDIA_GONE)
    media.work(gone)
    assert media.kept() == []


def test_what_is_removed_takes_no_more_and_is_forgotten_whole(media):
    media.work(media.sent())
    late = media.sent()
    wiring.committer().commit(use_cases.remove(media.ports, "rev_1", ["abuse"]))
    with pytest.raises(NotInState):
        media.form()
    media.work(late)
    assert len(media.review().media) == 1
    media.work(messages.forget_media("rev_1", media.clock.now()))
    assert (media.review().media, media.rows()) == ((), [])
    for gone in told(messages.MEDIA_GONE):
        media.work(gone)
    assert media.kept() == []


def test_its_state_and_its_place_stay_when_the_review_changes(media):
    media.work(media.sent())
    before = media.review().media
    wiring.committer().commit(use_cases.hold(media.ports, "rev_1", ["contact"]))
    wiring.committer().commit(use_cases.show(media.ports, "rev_1"))
    assert media.review().media == before
    media.clock.move(seconds=timedelta(minutes=1).total_seconds())
    media.work(media.sent(photo(100, 100)))
    assert [one.place for one in media.review().media] == ["p1", "p2"]


def test_an_erasure_takes_every_file_also_what_nobody_saw_yet(media):
    media.work(media.sent())
    media.sent(photo(100, 100))  # registered, and not worked
    media.form(MP4)
    personal._silence(media.ports, "rev_1")  # as the erasure does for each of somebody's reviews
    assert media.review().media == ()
    for message in told(messages.FORGET_MEDIA):
        media.work(message)
    for message in told(messages.MEDIA_GONE):
        media.work(message)
    assert (media.rows(), media.kept()) == ([], [])
    personal._silence(media.ports, "rev_1")  # again, it does no harm


def test_an_erasure_takes_what_is_on_its_way_to_a_review_that_says_nothing(media):
    said = media.review()
    wiring.committer().commit(media.ports.store.change(said, replace(said, text="", author=None, version=2)))
    late = media.sent()
    personal._silence(media.ports, "rev_1")
    for message in (*told(messages.FORGET_MEDIA), *told(messages.MEDIA_GONE), late):
        media.work(message)
    assert (media.review().media, media.rows(), media.kept()) == ((), [], [])


def test_an_erasure_takes_all_that_was_ever_written_however_often_it_was_changed(media):
    said = media.review()
    for number in range(130):
        wiring.committer().commit([media.ports.store.keep(replace(said, edits=number), NOW)])
    personal._silence(media.ports, "rev_1")
    assert media.ports.store.forget("rev_1") == []
    assert media.review().text == ""


def test_a_worker_that_comes_after_the_erasure_leaves_no_file(media, monkeypatch):
    """It died between writing files and marking; all was taken away before it was tried again."""
    late = media.sent()
    with monkeypatch.context() as dying:
        dying.setattr("chalicelib.reviews.use_cases.working._marked", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            media.work(late)
    written = dict(media.files.kept)
    use_cases.take_media_away(media.ports, CUSTOMER, "rev_1", media.rows()[0].id)
    [gone] = told(messages.MEDIA_GONE)
    media.work(gone)
    media.files.kept.update(written)  # it wrote them after these were deleted
    media.work(late)
    assert [key for key in media.kept() if key.startswith("reviews/")] == []


def test_nobody_shows_pictures_of_a_guest(media):
    media.put(replace(REVIEW, id="gst_9", side=Side.MERCHANT, guest_id="acc_guest", author_id=MERCHANT.account_id))
    with pytest.raises(NotFound):
        use_cases.begin_upload(media.ports, MERCHANT, "gst_9", JPEG)


def again():
    """Return what the run on a schedule is given."""
    return wiring.moderation_sweep().media


def spent(work):
    with meter.measure() as used:
        work()
    return used.requests, used.read_units, used.write_units


def test_what_it_costs(media, tables):
    if tables.name != DYNOXIDE:
        pytest.skip("only dynoxide tells capacity right")
    forms = []
    assert spent(lambda: forms.append(media.form())) == (3, 2.0, 2.0)
    media.files.send(forms[0].form.fields["key"], photo(), JPEG)
    register = spent(lambda: use_cases.add_media(media.ports, CUSTOMER, "rev_1", forms[0].medium_id, once()))
    assert register == (3, 2.0, 7.0)  # the medium, the message with its index, the answer
    [message] = told(messages.MEDIA_SENT)
    assert spent(lambda: media.work(message)) == (
        5,
        3.0,
        15.0,
    )  # counted; shown, listed with what shows something, and the page hears of it
    late = media.sent()
    media.looker.is_down = True
    assert spent(lambda: media.work(late)) == (4, 2.0, 5.0)  # counted; it waits, in the index
    media.looker.is_down = False
    unseen = spent(lambda: use_cases.media_again(again(), NOW + timedelta(minutes=10), 9))
    assert unseen == (2, 0.5, 7.0)  # put off, moved in the index, the message with its own
