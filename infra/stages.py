"""`infra/stages.toml`: what each stage is in each region, read, checked as a whole, and made a target.

    [prod]                           # holds in all regions of the stage
    [prod.regions.eu-central-1]      # and this there, in its place

Options of the command line come last. A stage that the file does not know has the target's defaults; one whose regions
it names lives in those alone. Everything is checked before anything is packaged, the other stages too: a file that is
wrong somewhere is not believed anywhere.
"""

import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from botocore.exceptions import BotoCoreError
from phonenumbers import country_code_for_region
from pydantic import TypeAdapter, ValidationError

from infra import backups, canary
from infra.changes import DeployError
from infra.stage_models import EVERYWHERE, Region, Settings, Stage, StageName
from infra.targets import ROOT, Home, Target, partition_of

FILE = ROOT / "infra" / "stages.toml"
_File = TypeAdapter(dict[StageName, Stage])
_OWN = ("name", "countries", "keeps")
"""Fields of a region that are for everybody's discovery, not for its own target."""
_PLAIN = ("domain", "tax", "edge")
"""Fields that the target has as they are; lists become tuples."""


def load(path: Path = FILE) -> dict[str, Stage]:
    """Return the stages of a file by name; none where there is no file.

    Raises:
        DeployError: what is wrong in it, first of all: one line with stage, region and field.
    """
    try:
        told = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise DeployError(f"{path.name}: {' '.join(str(error).split())}") from error
    try:
        stages = _File.validate_python(told)
    except ValidationError as error:
        raise DeployError(f"{path.name}: {_told(error)}") from error
    for line in (line for name, stage in stages.items() for line in _faults(name, stage)):
        raise DeployError(f"{path.name}: {line}")
    return stages


def target_of(stage: str, region: str, options: Mapping[str, Any], path: Path = FILE) -> Target:
    """Return the target of a stage in a region: as the file has it, with the options of the command line in place of
    what it says.

    Raises:
        DeployError: the file or an option is wrong, or the stage is not in that region.
    """
    if stage == "local" or not _is_stage(stage):
        raise DeployError(f"'{stage}' is no stage: small letters, digits and dashes, at most 20, not 'local'")
    known = load(path).get(stage, Stage())
    if known.regions and region not in known.regions:
        raise DeployError(f"{path.name}: {stage} is not in {region}, but in {', '.join(known.regions)}")
    try:
        place = _settled(known, region, options)
    except ValidationError as error:
        raise DeployError(f"{stage} {region}: {_told(error)}") from error
    for fault in place_faults(region, place):
        raise DeployError(f"{stage} {region}: {fault}")
    said = fields(place)
    shared = {"homes": homes(known), "keeps": _keeps(known, region), "said": frozenset(said)}
    return Target.aws(stage=stage, region=region, **shared, **said)


def fields(place: Settings) -> dict[str, Any]:
    """Return what a target takes of a place's settings: what is said there."""
    said = {name: getattr(place, name) for name in place.model_fields_set if name not in _OWN}
    return {name: tuple(value) if isinstance(value, list) else value for name, value in said.items()}


def homes(stage: Stage) -> tuple[Home, ...]:
    """Return the regions of a stage as clients are told of them; none where people cannot choose between several."""
    if len(stage.regions) < 2:  # noqa: PLR2004 - one is no choice
        return ()
    found = []
    for region in stage.regions:
        place = _settled(stage, region, {})
        name, countries = place.name, place.countries or []
        assert name is not None, "checked by `_faults`"
        found.append(
            Home(region, name.en, name.zh, address(place), tuple(dict.fromkeys(map(_calling_code, countries))))
        )
    return tuple(found)


def address(place: Settings) -> str:
    """Return where the API is called in a place, as far as the file says it; empty means API Gateway's own name."""
    return f"https://{place.domain.name}" if place.domain else place.public_url or ""


def _keeps(stage: Stage, region: str) -> tuple[str, ...]:
    there = stage.regions.get(region)
    return tuple(map(_calling_code, there.keeps or [])) if there else ()


def _calling_code(country: str) -> str:
    """Return what numbers of a country begin with, after the plus: countries of one code have one home, so that a
    client can tell it by the number's beginning.
    """
    return EVERYWHERE if country == EVERYWHERE else str(country_code_for_region(country))


def _settled(stage: Stage, region: str, options: Mapping[str, Any]) -> Region:
    """Return what holds in a region: the stage's, what the region says in its place, and the command line's."""
    of_stage = stage.model_dump(exclude_unset=True, exclude={"regions"})
    of_region = stage.regions[region].model_dump(exclude_unset=True) if region in stage.regions else {}
    if "public_url" in of_region and "domain" not in of_region:
        of_stage.pop("domain", None)  # one of the two, and the nearer one
    return Region.model_validate(of_stage | of_region | dict(options))


def _is_stage(name: str) -> bool:
    try:
        TypeAdapter(StageName).validate_python(name)
    except ValidationError:
        return False
    return bool(name)


def _told(error: ValidationError) -> str:
    """Return the first fault of a validation: `prod eu-central-1: tax.bps: what is wrong`."""
    first = error.errors(include_url=False)[0]
    parts = [str(part) for part in first["loc"] if part != "[key]"]
    places, names = parts[:1], parts[1:]
    if parts and parts[0] in Region.model_fields:  # a place by itself, as with an option
        places, names = [], parts
    elif names[:1] == ["regions"]:
        places, names = [*places, *names[1:2]], names[2:]
    said = first["msg"].removeprefix("Value error, ")
    return ": ".join(part for part in (" ".join(places), ".".join(names), said) if part)


def _faults(name: str, stage: Stage) -> Iterator[str]:
    """Say what is wrong with a stage beyond its fields."""
    if name == "local":
        yield "local: the stage of this machine is set by its command, not here"
    if not stage.regions:
        yield from (f"{name}: {fault}" for fault in _common_faults(_settled(stage, "", {})))
    for region in stage.regions:
        place = _settled(stage, region, {})
        yield from (f"{name} {region}: {fault}" for fault in place_faults(region, place))
        if len(stage.regions) > 1:
            yield from (f"{name} {region}: {fault}" for fault in _lacking(place))
    yield from (f"{name} {fault}" for fault in _shared_faults(stage))
    if len(stage.regions) > 1 and not any(EVERYWHERE in (place.countries or []) for place in stage.regions.values()):
        yield f"{name}: countries: no region takes '*': people of other countries would have no home"


def place_faults(region: str, place: Region) -> Iterator[str]:
    """Say what does not go together in a region."""
    try:
        partition = partition_of(region)
    except BotoCoreError:
        yield f"AWS has no region '{region}'"
        return
    yield from _common_faults(place)
    if place.domain and place.domain.lies_in != (partition, region):
        yield f"domain.certificate: lies in {' '.join(place.domain.lies_in)}, a regional name's in {partition} {region}"
    if place.backup_region:
        try:
            other = partition_of(place.backup_region)
        except BotoCoreError:
            other = "none"
        if place.backup_region == region:
            yield f"backup_region: copies would stay in {region}; name another region, or none"
        elif other != partition:
            yield f"backup_region: '{place.backup_region}' is no region of the same partition ({partition})"


def _common_faults(place: Region) -> Iterator[str]:
    if (place.canary_minutes or 0) not in canary.MINUTES:
        known = ", ".join(map(str, canary.MINUTES))
        yield f"canary_minutes: {place.canary_minutes} minutes are no time of a trial: {known}"
    days = place.backup_days or backups.DAYS
    if (place.backup_lock_days or 0) > days:
        yield f"backup_lock_days: nightly backups live {days} days and cannot be locked for longer"
    if place.domain and place.public_url:
        yield "public_url: the domain is the address already; say one of them"
    if place.stripe is False and place.wallets == "stripe":
        yield "wallets: Stripe is to take them, and is switched off"
    rp_id, origins = place.webauthn_rp_id or "", place.webauthn_origins or []
    if bool(rp_id) != bool(origins):
        yield "webauthn_rp_id: passkeys need both: --webauthn-rp-id, a domain, and --webauthn-origins"
    for host in (urlsplit(one).hostname or "" for one in origins if one.startswith("http")):
        if host != rp_id and not host.endswith(f".{rp_id}"):
            yield f"webauthn_origins: '{host}' does not lie in '{rp_id}', which the passkeys are to belong to"
            break


def _lacking(place: Region) -> Iterator[str]:
    """Say what a region has to say where people must be told of several."""
    if not address(place):
        yield "domain: a stage of several regions tells clients the address of each: domain, or public_url"
    if place.name is None:
        yield "name: people choose between several regions by their names"
    if not place.countries:
        yield "countries: whose phones live here; '*' in one region for all others"


def _shared_faults(stage: Stage) -> Iterator[str]:
    """Say which two regions want the same people, or have one address."""
    taken: dict[str, tuple[str, str]] = {}
    for region, place in stage.regions.items():
        for country in place.countries or []:
            code = _calling_code(country)
            other, first = taken.setdefault(code, (region, country))
            if other != region:
                both = f"'{country}'" if country == first else f"'{country}' and '{first}' there"
                why = "it is the home of one region" if country == first else f"both are +{code}, which has one home"
                yield f"{region}: countries: {both}: {why}, and {other} has it"
        for country in place.keeps or []:
            if country == EVERYWHERE or country in (place.countries or []):
                yield f"{region}: keeps: '{country}' are those of other regions that still sign in here"
    addresses = [address(_settled(stage, region, {})) for region in stage.regions]
    for region, one in zip(stage.regions, addresses, strict=True):
        if one and addresses.count(one) > 1:
            yield f"{region}: domain: '{one}' is the address of two regions"
            return
