"""People's files, such as the image of a licence: they go straight to private storage and come straight from it, by
forms and addresses that are good for minutes; no function holds them while they travel. See `kit.files_s3`.

A file that somebody uploads lies under `uploads/` until it is looked at. Its form may still be sent again: what is
accepted is moved to a key that no form was made for, and only if it is still the file that was looked at.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

from chalicelib.kit.errors import Unavailable
from chalicelib.kit.i18n import Text

UPLOADS = "uploads"
"""Below it lies what nobody has accepted; the bucket deletes it after two days."""
JPEG, PNG, WEBP, PDF = "image/jpeg", "image/png", "image/webp", "application/pdf"
SNIFFED = 16  # the first bytes of a file that `sniff` looks at


@dataclass(frozen=True)
class UploadForm:
    """What a client sends as multipart/form-data: these fields in any order, then the file as the last one, `file`."""

    url: str
    fields: Mapping[str, str]


@dataclass(frozen=True)
class Stored:
    """What storage itself says of a file.

    Attributes:
        size: bytes.
        media: the type that it was sent with.
        tag: another for other content.
    """

    size: int
    media: str
    tag: str


class Replaced(Exception):  # noqa: N818 - a state of affairs: what it means is the use case's to decide
    """The file is gone, or is not the one that was looked at."""


class FilesDown(Unavailable):
    code = "files-unavailable"
    title = Text("Files cannot be reached", "文件服务暂不可用")
    detail = Text("Nothing was changed. Try again in a moment.", "未做任何更改，请稍后重试。")


class Files(Protocol):
    """Where files are kept. Each method raises `FilesDown` where storage does not answer."""

    def upload_form(self, key: str, media: str, max_bytes: int, lifetime: timedelta) -> UploadForm:
        """Return a form that takes one file: under this very key, of this very type, 1 to `max_bytes` bytes."""
        ...

    def head(self, key: str) -> Stored | None:
        """Return what is known of a file, None where there is none."""
        ...

    def first_bytes(self, key: str, count: int, tag: str) -> bytes:
        """Return the first bytes of a file; raises `Replaced` where it is not the one with this tag."""
        ...

    def read(self, key: str, tag: str) -> bytes:
        """Return a whole file, likewise. Look at its size first."""
        ...

    def put(self, key: str, content: bytes, media: str) -> None:
        """Write a file, over what is there."""
        ...

    def copy(self, source: str, target: str, tag: str) -> None:
        """Copy a file, over what is there; raises `Replaced` where it is not the one with this tag."""
        ...

    def delete(self, key: str) -> None:
        """Remove a file; no harm when it is gone."""
        ...

    def below(self, prefix: str) -> Iterator[str]:
        """Return all keys that begin so: for erasing."""
        ...

    def download_link(self, key: str, name: str, media: str, lifetime: timedelta) -> str:
        """Return an address that gives a file to whoever has it, to be saved under `name` and never shown in place."""
        ...

    def show_link(self, key: str, media: str, lifetime: timedelta) -> str:
        """Return an address that shows a file in place to whoever has it: only for what we wrote ourselves."""
        ...


def sniff(first: bytes) -> str | None:
    """Return the media type that a file's first `SNIFFED` bytes say, None where it is none of the four that we take.

    A name and a declared type are the sender's to choose; these bytes decide what a viewer makes of the file.
    Sources: JPEG: ITU-T T.81, B.1.1.3 (SOI, then a marker's FF); PNG: W3C PNG (3rd edition), 5.2; WebP: RFC 9649, 2.4;
    PDF: ISO 32000-1, 7.5.2, where we ask for the very first bytes.
    """
    if first.startswith(b"\xff\xd8\xff"):
        return JPEG
    if first.startswith(b"\x89PNG\r\n\x1a\n"):
        return PNG
    if first[:4] == b"RIFF" and first[8:12] == b"WEBP":
        return WEBP
    return PDF if first.startswith(b"%PDF-") else None
