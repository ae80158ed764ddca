"""Photographs and films of a review: limits, states, and what a file's first bytes say. No I/O.

| | what happens | then |
|---|---|---|
| expected | a form was given: it takes one file for ten minutes | |
| | its file is registered, and is seen to begin as what it was said to be | working |
| working | the worker has drawn or stripped it | ready |
| | it cannot be read, is too large or too long, or was tried too often | refused |
| | no classifier answers: it waits, and is worked again | working |
| ready | readers of the review see it | |
| refused | its author reads why; nobody else knows of it | |

A review has places, `p1` to `p6` for photographs and `v1` for a film: a place that is taken is a row that is there, so
no count can be wrong. What nobody sent a file for, and what was refused, gives its place to the next one.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from chalicelib.kit.errors import Conflict, Invalid
from chalicelib.kit.files import JPEG, PNG, UPLOADS, WEBP, sniff
from chalicelib.kit.i18n import Text
from chalicelib.kit.patience import patience
from chalicelib.reviews.rules.film import Fault

MP4, WEBM, HEIC, QUICKTIME = "video/mp4", "video/webm", "image/heic", "video/quicktime"
PHOTOS, FILMS = (JPEG, PNG), (MP4, WEBM)
REVIEWS = "reviews"
"""Below it lies what readers see: `reviews/<review>/<medium>/...`."""
MOST_PHOTOS, MOST_FILMS = 6, 1
MOST_BYTES = {JPEG: 12 * 1024 * 1024, PNG: 12 * 1024 * 1024, MP4: 40 * 1024 * 1024, WEBM: 40 * 1024 * 1024}
MOST_PIXELS = 50_000_000  # of a photograph: as telephones make them
MOST_FILM_PIXELS, MOST_SECONDS = 3840 * 2160, 60
WIDTHS = (320, 960, 1600)
FORM_LIFE = timedelta(minutes=10)
MOST_TRIES = 3  # of the worker: a file that ends it by force does so no more often
FIRST = 32
"""Bytes that `kind_of` looks at."""
_HEIC_BRANDS = frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1", b"avif", b"avis"})
_MP4_BRANDS = frozenset({b"isom", b"iso2", b"iso4", b"iso5", b"iso6", b"mp41", b"mp42", b"avc1", b"M4V ", b"MSNV"})


class MediaState(StrEnum):
    """See the table above."""

    EXPECTED = "expected"
    WORKING = "working"
    READY = "ready"
    REFUSED = "refused"


@dataclass(frozen=True)
class Shown:
    """A photograph or film as readers of its review get it; kept with the review itself.

    Attributes:
        id: `med_...`.
        place: `p1`, `v1`.
        media: type of its files.
        sizes: width and height of each file, the smallest first; a film has one.
        millis: how long a film is; 0 for a photograph.
    """

    id: str
    place: str
    media: str
    sizes: tuple[tuple[int, int], ...]
    millis: int = 0


@dataclass(frozen=True)
class Medium:
    """A photograph or film on its way to a review.

    Attributes:
        review_id: of which review.
        place: see above.
        id: `med_...`: another for another file at the same place.
        author_id: whose account.
        media: the type that it was said to be.
        at: when its form was given.
        state: see above.
        tag: what storage calls the content that was looked at.
        tries: how often the worker began.
        fault: why it was refused.
        drawn: what readers are to see, where that is written and waits for a classifier.
        unseen_since: since when it does; None where it does not.
        again_at: when it is worked again, then.
        version: rises with every change.
    """

    review_id: str
    place: str
    id: str
    author_id: str
    media: str
    at: datetime
    state: MediaState = MediaState.EXPECTED
    tag: str = ""
    tries: int = 0
    fault: Fault | None = None
    drawn: Shown | None = None
    unseen_since: datetime | None = None
    again_at: datetime | None = None
    version: int = 1

    @property
    def is_film(self) -> bool:
        return self.media in FILMS

    @property
    def upload(self) -> str:
        """Where its file is sent to."""
        return f"{uploads_of(self.review_id)}{self.id}"

    @property
    def folder(self) -> str:
        """Where its files for readers lie."""
        return f"{folder_of(self.review_id)}{self.id}/"

    def unseen(self, drawn: Shown, now: datetime) -> "Medium":
        """Return it as it waits for a classifier that does not answer: the try does not count, and what was drawn is
        not drawn again, for what was sent is deleted after two days.
        """
        since = self.unseen_since or now
        return replace(
            self, tries=self.tries - 1, drawn=drawn, unseen_since=since, again_at=now + patience(now - since),
            version=self.version + 1,
        )  # fmt: skip

    def sent_again(self, now: datetime) -> "Medium":
        """Return it as it is sent to be worked again, and comes again where nobody does."""
        waited = now - (self.unseen_since or now)
        return replace(self, again_at=now + patience(waited), version=self.version + 1)

    def gives_way(self, now: datetime) -> bool:
        """Say whether its place may be given to another one."""
        is_left = self.state is MediaState.EXPECTED and now >= self.at + FORM_LIFE
        return is_left or self.state is MediaState.REFUSED


def uploads_of(review_id: str) -> str:
    """Return what the keys of files begin with that were sent for a review."""
    return f"{UPLOADS}/reviews/{review_id}/"


def folder_of(review_id: str) -> str:
    """Return what the keys of a review's files begin with."""
    return f"{REVIEWS}/{review_id}/"


def file_of(review_id: str, shown: Shown, width: int) -> str:
    """Return the key of one of the files of what is shown."""
    return f"{folder_of(review_id)}{shown.id}/{'film' if shown.media in FILMS else f'{width}.jpg'}"


def free_place(media: str, there: Iterable[Medium], now: datetime) -> tuple[str, Medium | None]:
    """Return a place for one more file of a type, and what gives way to it.

    Raises:
        EnoughMedia: all are taken.
    """
    letter, most = ("v", MOST_FILMS) if media in FILMS else ("p", MOST_PHOTOS)
    taken = {one.place: one for one in there}
    for number in range(1, most + 1):
        place = f"{letter}{number}"
        stands = taken.get(place)
        if stands is None or stands.gives_way(now):
            return place, stands
    raise EnoughMedia(photos=MOST_PHOTOS, films=MOST_FILMS)


def kind_of(first: bytes) -> str | None:
    """Return the type that a file's first `FIRST` bytes say, None where it is none that we know.

    Sources: see `kit.files.sniff`; MP4 and HEIC: ISO/IEC 14496-12, 4.3, and 23008-12, 10.2 (brands); WebM: RFC 8794,
    11.2.
    """
    if first[4:8] == b"ftyp":
        brands = {first[8:12], *(first[at : at + 4] for at in range(16, FIRST - 3, 4))}
        if brands & _HEIC_BRANDS:
            return HEIC
        if first[8:12] == b"qt  ":
            return QUICKTIME
        return MP4 if brands & _MP4_BRANDS else None
    if first.startswith(b"\x1aE\xdf\xa3"):
        return WEBM
    found = sniff(first)
    return found if found in {JPEG, PNG, WEBP} else None


def must_be(said: str, found: str | None, size: int) -> None:
    """Let a file pass that is of the type that it was said to be, and of an allowed size.

    Raises:
        MediaRefused: it is not; a subclass says what to send instead.
    """
    if size > MOST_BYTES[said]:
        raise TooManyBytes(most=MOST_BYTES[said] // 1024 // 1024)
    if found != said:
        raise _INSTEAD.get(found or "", MediaRefused)


class EnoughMedia(Conflict):
    code = "review-media-enough"
    title = Text("The review has enough of it", "该评价的图片或视频已达上限")
    detail = Text("At most {photos} photographs and {films} film.", "最多 {photos} 张图片和 {films} 个视频。")


class MediaMissing(Conflict):
    code = "review-media-missing"
    title = Text("There is no new file", "没有新上传的文件")
    detail = Text("Send the file with the form first, and register it once.", "请先使用表单上传文件，再登记一次。")


class MediaRefused(Invalid):
    code = "review-media-refused"
    title = Text("The file is not taken", "文件不被接受")
    detail = Text(
        "It is of another type than it was said to be. JPEG, PNG, MP4 and WebM are taken.",
        "文件类型与所声明的不符。仅支持 JPEG、PNG、MP4 和 WebM。",
    )


class HeicRefused(MediaRefused):
    code = "review-media-heic"
    detail = Text(
        "HEIC and AVIF are not taken: send a JPEG (iPhone: Settings, Camera, Formats, Most Compatible).",
        "不支持 HEIC 和 AVIF，请上传 JPEG（iPhone：设置、相机、格式、兼容性最佳）。",
    )


class WebpRefused(MediaRefused):
    code = "review-media-webp"
    detail = Text("WebP is not taken: send a JPEG or a PNG.", "不支持 WebP，请上传 JPEG 或 PNG。")


class QuickTimeRefused(MediaRefused):
    code = "review-media-quicktime"
    detail = Text("QuickTime is not taken: send an MP4.", "不支持 QuickTime，请上传 MP4。")


class TooManyBytes(MediaRefused):
    code = "review-media-too-large"
    detail = Text("At most {most} MB.", "文件不能超过 {most} MB。")


_INSTEAD = {HEIC: HeicRefused, WEBP: WebpRefused, QUICKTIME: QuickTimeRefused}
