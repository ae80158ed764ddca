"""What a film is, and why a file may be none that we take. No I/O."""

from dataclasses import dataclass
from enum import StrEnum


class Fault(StrEnum):
    """Why a file is not taken."""

    UNREADABLE = "unreadable"  # it is broken, or not what it says
    KIND = "kind"  # of a type that is not taken
    CODEC = "codec"  # pictures or sound are written in a way that not every browser reads
    FRAGMENTED = "fragmented"  # MP4 in pieces, as for streaming
    TOO_LARGE = "too-large"  # bytes, or pixels
    TOO_LONG = "too-long"  # seconds
    REPLACED = "replaced"  # it was sent again meanwhile, or is gone


class Unfit(Exception):  # noqa: N818 - an answer: what follows is the use case's to decide
    """A file is not taken; says why. The same file is never taken."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.value)
        self.fault = fault


@dataclass(frozen=True)
class Film:
    """What a film is: pixels, milliseconds, and how pictures and sound are written."""

    width: int
    height: int
    millis: int
    codecs: tuple[str, ...]

    def must_fit(self, most_seconds: int, most_pixels: int) -> None:
        """Let a film of an allowed size pass.

        Raises:
            Unfit: it is empty, too long or too large.
        """
        if not self.millis or not self.width or not self.height:
            raise Unfit(Fault.UNREADABLE)
        if self.millis > most_seconds * 1000:
            raise Unfit(Fault.TOO_LONG)
        if self.width * self.height > most_pixels:
            raise Unfit(Fault.TOO_LARGE)
