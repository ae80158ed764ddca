"""Photographs as telephones make them, with what they tell."""

import io

from PIL import Image
from PIL.ExifTags import GPS, IFD, Base

MARK = b"Zhang San was here"
GPS_MARK = b"GPS-PROCESSING-MARK"


def photo(width=640, height=480, form="JPEG", orientation=1, colour=(200, 30, 30), **more):
    """Return a photograph: its upper left quarter is of a colour, the rest is white; it tells a place and a name."""
    image = Image.new("RGB", (width, height), "white")
    image.paste(colour, (0, 0, width // 2, height // 2))
    exif = Image.Exif()
    exif[Base.Orientation] = orientation
    exif[Base.Artist] = MARK.decode()
    place = exif.get_ifd(IFD.GPSInfo)
    place[GPS.GPSLatitudeRef], place[GPS.GPSLatitude] = "N", (31.0, 13.0, 49.0)
    place[GPS.GPSProcessingMethod] = GPS_MARK
    buffer = io.BytesIO()
    kept = {"exif": exif, "icc_profile": b"\0" * 128 + MARK, **more}
    if form == "JPEG":
        kept |= {"comment": MARK, "xmp": b"<x:xmpmeta>" + MARK + b"</x:xmpmeta>"}
    image.save(buffer, form, **kept)
    return buffer.getvalue() + MARK  # behind its end
