"""Photographs, looked at and drawn anew by Pillow.

What is kept are pixels alone: they are decoded, turned as the camera held them, put onto a fresh white canvas and
written as JPEG. So nothing that a file says beside its pixels comes out again: no EXIF with its places and names, no
XMP, no IPTC, no colour profile, no comment, no thumbnail, no bytes behind its end. Colours are taken for sRGB.

Of Pillow only the readers of JPEG and PNG ship (`infra.dependencies`), and only they are asked here.
"""

import io

from PIL import Image, ImageOps

from chalicelib.kit.files import JPEG, PNG
from chalicelib.kit.observability import log
from chalicelib.reviews.media_ports import Picture
from chalicelib.reviews.rules.film import Fault, Unfit

_FORMATS = {JPEG: "JPEG", PNG: "PNG"}
_QUALITY = 82


class PillowPainter:
    """See `reviews.media_ports.Painter`."""

    def drawn(self, content: bytes, media: str, widths: tuple[int, ...], most_pixels: int) -> tuple[Picture, ...]:
        try:
            return _drawn(content, media, widths, most_pixels)
        except Unfit:
            raise
        except Image.DecompressionBombError as error:
            raise Unfit(Fault.TOO_LARGE) from error
        except Exception as error:  # of hostile bytes a decoder raises what it likes
            log.warning("a photograph cannot be read", reason=type(error).__name__, media=media)
            raise Unfit(Fault.UNREADABLE) from error


def _drawn(content: bytes, media: str, widths: tuple[int, ...], most_pixels: int) -> tuple[Picture, ...]:
    with Image.open(io.BytesIO(content), formats=[_FORMATS[media]]) as image:
        if image.width * image.height > most_pixels:
            raise Unfit(Fault.TOO_LARGE)
        widest = max(widths)
        if media == JPEG:
            # JPEG can be decoded at an eighth, a quarter or half of its size: no more than twice what is drawn.
            image.draft("RGB", (widest, widest))
        turned = ImageOps.exif_transpose(image)
        canvas = _on_white(turned)
    return tuple(_picture(canvas, width) for width in _fitting(canvas.width, widths))


def _fitting(own: int, widths: tuple[int, ...]) -> list[int]:
    """Return the widths to draw: nothing is drawn larger than it is."""
    return sorted({min(own, width) for width in widths})


def _on_white(image: Image.Image) -> Image.Image:
    canvas = Image.new("RGB", image.size, "white")
    if "A" in image.getbands() or "transparency" in image.info:
        seen = image.convert("RGBA")
        canvas.paste(seen, mask=seen.getchannel("A"))
    else:
        canvas.paste(image.convert("RGB"))
    return canvas


def _picture(canvas: Image.Image, width: int) -> Picture:
    height = max(1, round(canvas.height * width / canvas.width))
    drawn = canvas if width == canvas.width else canvas.resize((width, height), Image.Resampling.LANCZOS)
    buffer = io.BytesIO()
    drawn.save(buffer, "JPEG", quality=_QUALITY, optimize=True, progressive=True)
    return Picture(width, drawn.height, buffer.getvalue())
