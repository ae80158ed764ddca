"""What makes a description of a shop sound, whoever brings it: a merchant over HTTP or an import. No I/O."""

import re
from collections.abc import Collection, Iterable, Iterator
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from chalicelib.kit.errors import FieldError
from chalicelib.kit.money import Money, payable_step
from chalicelib.shops.areas import Area, area_faults
from chalicelib.shops.currencies import CURRENCIES
from chalicelib.shops.hours import WEEK, Clocks, HoursException, Interval, span
from chalicelib.shops.rules import Media, Position, ShopDraft
from chalicelib.shops.serving import OfferingDraft, Resource, Spec, Staff

MOST_INTERVALS_A_DAY = 6
MOST_INTERVALS = 7 * MOST_INTERVALS_A_DAY
MOST_EXCEPTIONS = 40
YEARS = range(2000, 2200)  # of exceptions: the zones' rules are made for these
MOST_MEDIA, LONGEST_URL, LONGEST_CAPTION = 20, 500, 100
MOST_SPECS, MOST_OFFERING_SPECS, LONGEST_SPEC_NAME, LONGEST_SPEC = 30, 20, 60, 200
MOST_CATEGORIES = 5
MOST_MINUTES = 12 * 60
STEP = 5  # minutes: durations, buffers and grids are multiples
MOST_BUFFER = 4 * 60
MOST_NOTICE = 30 * 24 * 60  # minutes before the start
MOST_HORIZON = 366  # days
MOST_SKILLS = 20
MOST_SEATS = 1000
MOST_NEEDS = 3  # groups of resources beside the staff
MOST_PRICE = 99_999_999  # minor units: the most that Stripe charges at once

_LABEL = "[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
URL = rf"https://{_LABEL}(\.{_LABEL})*(:[0-9]{{1,5}})?([/?#][A-Za-z0-9._~:/?#@!$&'()*+,;=%\[\]-]*)?"
"""A web address by RFC 3986: of one scheme, with a host by name or IPv4 address and without credentials."""

_URL = re.compile(URL)
_CLOCK = re.compile(r"([01]\d|2[0-3]):[0-5]\d")
_SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_ZONE = re.compile(r"[A-Z][A-Za-z0-9_+-]*(?:/[A-Za-z0-9_+-]+){0,2}")
_BREAKS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]")  # of lines, and of the direction of text
_PHONE = re.compile(r"\+?[0-9][0-9 ()./-]{3,30}")


def shop_faults(draft: ShopDraft) -> list[FieldError]:
    """Return all that is wrong with a description of a shop; nothing when it is sound."""
    faults = [
        *_text_faults("name", draft.name, 100),
        *_text_faults("name_en", draft.name_en, 100),
        *_text_faults("address", draft.address, 300),
        *_category_faults(draft.categories),
        *hours_faults(draft.hours),
        *_exception_faults(draft.exceptions),
        *_media_faults(draft.media),
        *_spec_faults(draft.specs, MOST_SPECS),
    ]
    if not (-90 <= draft.position.lat <= 90 and -180 <= draft.position.lon <= 180):  # noqa: PLR2004 - degrees
        faults.append(FieldError("position", "not on the earth: lat is -90 to 90, lon -180 to 180"))
    elif draft.service_area is not None:
        faults += _area_faults(draft.service_area, draft.position)
    if not _is_zone(draft.zone):
        faults.append(FieldError("zone", "not an IANA time zone such as Asia/Shanghai"))
    if draft.currency not in CURRENCIES:
        faults.append(FieldError("currency", "not a currency of ISO 4217"))
    if draft.phone is not None and not _PHONE.fullmatch(draft.phone):
        faults.append(FieldError("phone", "not a telephone number"))
    return [*faults, *_terms_faults(draft)]


def offering_faults(
    draft: OfferingDraft, currency: str, staff_ids: Collection[str], resource_ids: Collection[str] = ()
) -> list[FieldError]:
    """Return all that is wrong with a description of an offering of a shop with this currency, staff and resources."""
    faults = [
        *_text_faults("name", draft.name, 100),
        *_text_faults("name_en", draft.name_en, 100),
        *_spec_faults(draft.specs, MOST_OFFERING_SPECS),
        *_skill_faults(draft.skills),
        *_need_faults(draft, resource_ids),
        *_price_faults(draft.price, currency),
    ]
    for name, minutes, least, most in (
        ("minutes", draft.minutes, STEP, MOST_MINUTES),
        ("buffer_before_minutes", draft.buffer_before_minutes, 0, MOST_BUFFER),
        ("buffer_after_minutes", draft.buffer_after_minutes, 0, MOST_BUFFER),
        ("slot_minutes", draft.slot_minutes, STEP, MOST_MINUTES),
    ):
        if not least <= minutes <= most or minutes % STEP:
            faults.append(FieldError(name, f"a multiple of {STEP}, {least} to {most}"))
    if not 1 <= draft.seats <= MOST_SEATS:
        faults.append(FieldError("seats", f"1 to {MOST_SEATS}"))
    if draft.seats > 1 and draft.approval:
        faults.append(FieldError("approval", "seats are sold without asking"))
    if not 0 <= draft.deposit_bps <= 10_000:  # noqa: PLR2004 - all of the price
        faults.append(FieldError("deposit_bps", "0 to 10000 basis points"))
    if len(set(draft.staff_ids)) != len(draft.staff_ids):
        faults.append(FieldError("staff_ids", "somebody is named twice"))
    strangers = set(draft.staff_ids) - set(staff_ids)
    if strangers:
        faults.append(FieldError("staff_ids", f"not of this shop: {', '.join(sorted(strangers))}"))
    return faults


def staff_faults(staff: Staff) -> list[FieldError]:
    """Return all that is wrong with a description of somebody."""
    return [
        *_text_faults("name", staff.name, 80),
        *_skill_faults(staff.skills),
        *hours_faults(staff.hours or ()),
        *_exception_faults(staff.exceptions),
    ]


def resource_faults(resource: Resource) -> list[FieldError]:
    """Return all that is wrong with a description of a room or a thing."""
    return list(_text_faults("name", resource.name, 80))


def _terms_faults(draft: ShopDraft) -> Iterator[FieldError]:
    for name, value, least, most in (
        ("policy.free_until_minutes_before", draft.policy.free_until_minutes_before, 0, MOST_NOTICE),
        ("policy.late_fee_bps", draft.policy.late_fee_bps, 0, 10_000),
        ("policy.no_show_fee_bps", draft.policy.no_show_fee_bps, 0, 10_000),
        ("terms.lead_minutes", draft.terms.lead_minutes, 0, MOST_NOTICE),
        ("terms.horizon_days", draft.terms.horizon_days, 1, MOST_HORIZON),
    ):
        if not least <= value <= most:
            yield FieldError(name, f"{least} to {most}")


def _price_faults(price: Money, currency: str) -> Iterator[FieldError]:
    if price.currency != currency:
        yield FieldError("price.currency", f"the shop sells in {currency}")
    step = payable_step(price.currency)
    if not 1 <= price.amount <= MOST_PRICE:
        yield FieldError("price.amount", f"1 to {MOST_PRICE} minor units")
    elif price.amount % step:
        yield FieldError("price.amount", f"can be paid in multiples of {step} minor units only")


def _skill_faults(skills: tuple[str, ...]) -> Iterator[FieldError]:
    if len(skills) > MOST_SKILLS or len(set(skills)) != len(skills):
        yield FieldError("skills", f"at most {MOST_SKILLS}, each once")
    for index, skill in enumerate(skills):
        if not _is_slug(skill):
            yield FieldError(f"skills.{index}", "a slug such as hair-colour, at most 40 characters")


def _need_faults(draft: OfferingDraft, resource_ids: Collection[str]) -> Iterator[FieldError]:
    if not draft.staffed and (not draft.needs or draft.staff_ids or draft.skills):
        yield FieldError("staffed", "what no staff serves needs resources, and no staff")
    if len(draft.needs) > MOST_NEEDS:
        yield FieldError("needs", f"at most {MOST_NEEDS} groups")
    for index, group in enumerate(draft.needs):
        if not group or len(set(group)) != len(group):
            yield FieldError(f"needs.{index}", "at least one resource, each once")
        strangers = set(group) - set(resource_ids)
        if strangers:
            yield FieldError(f"needs.{index}", f"not of this shop: {', '.join(sorted(strangers))}")


def hours_faults(hours: Iterable[Interval]) -> list[FieldError]:
    """Return what is wrong with a week of opening hours: malformed, too many, or overlapping (touching is fine)."""
    hours = tuple(hours)
    if len(hours) > MOST_INTERVALS:
        return [FieldError("hours", f"at most {MOST_INTERVALS} intervals")]
    faults = [
        FieldError(f"hours.{index}", "weekday is 0 to 6, opens HH:MM, closes HH:MM or 24:00")
        for index, interval in enumerate(hours)
        if not _is_interval(interval)
    ]
    return faults or list(_overlap_faults("hours", hours, wraps=True))


def _overlap_faults(name: str, hours: Iterable[Interval], *, wraps: bool) -> Iterator[FieldError]:
    """Yield what is said twice; `wraps` where the last hours may reach into the first, as those of a week do."""
    spans = sorted((*span(interval), index) for index, interval in enumerate(hours))
    if not spans:
        return
    following = spans[1:] + ([(spans[0][0] + WEEK, 0, spans[0][2])] if wraps else [])
    for (_, end, index), (start, _, other) in zip(spans, following, strict=False):
        if end > start:
            yield FieldError(f"{name}.{other}", f"overlaps with {name}.{index}")


def _is_interval(interval: Interval) -> bool:
    return 0 <= interval.weekday <= 6 and _are_clocks((interval.opens, interval.closes))  # noqa: PLR2004 - Sunday


def _are_clocks(clocks: Clocks) -> bool:
    opens, closes = clocks
    return bool(_CLOCK.fullmatch(opens) and (closes == "24:00" or _CLOCK.fullmatch(closes)))


def _exception_faults(exceptions: tuple[HoursException, ...]) -> Iterator[FieldError]:
    if len(exceptions) > MOST_EXCEPTIONS:
        yield FieldError("exceptions", f"at most {MOST_EXCEPTIONS}")
        return
    seen = set()
    for index, exception in enumerate(exceptions):
        name = f"exceptions.{index}"
        if exception.date in seen:
            yield FieldError(f"{name}.date", "each date once")
        if exception.date.year not in YEARS:
            yield FieldError(f"{name}.date", f"the year must lie between {YEARS[0]} and {YEARS[-1]}")
        seen.add(exception.date)
        yield from _day_faults(f"{name}.intervals", exception.intervals)


def _day_faults(name: str, intervals: tuple[Clocks, ...]) -> Iterator[FieldError]:
    if len(intervals) > MOST_INTERVALS_A_DAY:
        yield FieldError(name, f"at most {MOST_INTERVALS_A_DAY} intervals a day")
        return
    malformed = [index for index, clocks in enumerate(intervals) if not _are_clocks(clocks)]
    for index in malformed:
        yield FieldError(f"{name}.{index}", "opens HH:MM, closes HH:MM or 24:00")
    if not malformed:
        yield from _overlap_faults(name, (Interval(0, *clocks) for clocks in intervals), wraps=False)


def _area_faults(area: Area, position: Position) -> Iterator[FieldError]:
    for fault in area_faults(area, position):  # a client knows the vertices as `polygon`
        yield FieldError(fault.field.replace("service_area.vertices", "service_area.polygon"), fault.message)


def _media_faults(media: tuple[Media, ...]) -> Iterator[FieldError]:
    if len(media) > MOST_MEDIA:
        yield FieldError("media", f"at most {MOST_MEDIA}")
        return
    for index, one in enumerate(media):
        if one.kind not in {"photo", "video"}:
            yield FieldError(f"media.{index}.kind", "photo or video")
        if not _is_url(one.url):
            yield FieldError(
                f"media.{index}.url",
                f"https:// and a host, at most {LONGEST_URL} characters of ASCII, others as %XX, without credentials",
            )
        yield from _text_faults(f"media.{index}.caption", one.caption, LONGEST_CAPTION)


def _is_url(text: str) -> bool:
    if len(text) > LONGEST_URL or not _URL.fullmatch(text):
        return False
    try:
        return urlsplit(text).port != 0
    except ValueError:  # there are not so many ports
        return False


def _spec_faults(specs: tuple[Spec, ...], most: int) -> Iterator[FieldError]:
    if len(specs) > most:
        yield FieldError("specs", f"at most {most}")
        return
    for index, spec in enumerate(specs):
        yield from _text_faults(f"specs.{index}.name", spec.name, LONGEST_SPEC_NAME)
        yield from _text_faults(f"specs.{index}.value", spec.value, LONGEST_SPEC)


def _is_zone(name: str) -> bool:
    if not _ZONE.fullmatch(name):
        return False
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):  # a folder of the database is an OSError
        return False
    return True


def _text_faults(name: str, text: str | None, most: int) -> Iterator[FieldError]:
    if text is not None and not (0 < len(text) <= most and text == text.strip() and not _BREAKS.search(text)):
        yield FieldError(
            name, f"one line of 1 to {most} characters, without control characters and without spaces around it"
        )


def _category_faults(categories: tuple[str, ...]) -> Iterator[FieldError]:
    if not 1 <= len(categories) <= MOST_CATEGORIES or len(set(categories)) != len(categories):
        yield FieldError("categories", f"1 to {MOST_CATEGORIES} different ones")
    for index, category in enumerate(categories):
        if not _is_slug(category):
            yield FieldError(f"categories.{index}", "a slug such as hair-care, at most 40 characters")


def _is_slug(text: str) -> bool:
    return len(text) <= 40 and bool(_SLUG.fullmatch(text))  # noqa: PLR2004 - named in the texts
