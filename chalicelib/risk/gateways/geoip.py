"""Where addresses are, by a database of the MaxMind DB format 2.0 (GeoLite2 City, DB-IP City, IP2Location mmdb alike).

The operator brings the file: licences forbid that we ship one. It is mapped into memory, so a look-up is some
microseconds and reads a few pages. Whatever is wrong with it keeps nobody from signing in: an address is unknown then.
"""

import ipaddress
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Protocol

import maxminddb

from chalicelib.kit import aws
from chalicelib.kit.i18n import Text
from chalicelib.kit.observability import log, metric
from chalicelib.risk.ports import Located, Position

_UNSAID_KM = 100.0  # a radius for a database that says none: about a province
_RELAYS = ("is_anonymous", "is_anonymous_proxy", "is_anonymous_vpn", "is_hosting_provider", "is_tor_exit_node",
           "is_satellite_provider", "is_anycast")  # fmt: skip
_AGAIN = 300.0  # seconds until a file that could not be had is asked for again


class Database(Protocol):
    """An open database."""

    def get(self, ip: str) -> Any:
        """Return what it says of an address."""
        ...


class NullLocator:
    """Knows no address: no database was named."""

    def locate(self, ip: str, headers: Mapping[str, str]) -> Located | None:  # noqa: ARG002 - it needs neither
        return None


class DatabaseLocator:
    """See `risk.ports.Locator`.

    Args:
        path: gives the file's path, when an address is asked for first.
        clock: seconds that only rise.
    """

    def __init__(self, path: Callable[[], Path], clock: Callable[[], float] = time.monotonic) -> None:
        self._path, self._clock = path, clock
        self._database: Database | None = None
        self._not_before = float("-inf")

    def locate(self, ip: str, headers: Mapping[str, str]) -> Located | None:  # noqa: ARG002 - for other locators
        try:
            address = ipaddress.ip_address(ip)
        except ValueError:
            return None
        if not address.is_global:
            return None
        database = self._opened()
        try:
            return located(database.get(ip)) if database else None
        except Exception:  # noqa: BLE001 - see the module: a bad file keeps nobody out
            log.exception("the database of addresses cannot be read")
            return None

    def _opened(self) -> Database | None:
        if self._database is None and self._clock() >= self._not_before:
            try:
                self._database = maxminddb.open_database(self._path(), maxminddb.MODE_MMAP)
            except Exception:  # noqa: BLE001 - see the module
                self._not_before = self._clock() + _AGAIN
                log.exception("there is no database of addresses")
                metric("AddressesUnknown")
        return self._database


def located(record: Any) -> Located | None:
    """Return what a record says, None where it says nothing of use."""
    if not isinstance(record, Mapping):
        return None
    told, traits = record.get("location") or {}, record.get("traits") or {}
    names = (record.get("country") or {}).get("names") or {}
    english = names.get("en")
    position = None
    if "latitude" in told and "longitude" in told:
        radius = float(told.get("accuracy_radius", _UNSAID_KM))
        position = Position(float(told["latitude"]), float(told["longitude"]), radius)
    return Located(
        position,
        Text(english, names.get("zh-CN", english)) if english else None,
        is_relay=any(traits.get(name) is True for name in _RELAYS),
    )


def from_bucket(bucket: str, key: str, folder: Path | None = None) -> Callable[[], Path]:
    """Return what brings a file from S3 to the container's disk, once. It is written beside and renamed: what is there
    is whole.
    """

    def fetched() -> Path:
        target = (folder or Path(tempfile.gettempdir())) / key.replace("/", "_")
        if not target.exists():
            body = aws.client("s3").get_object(Bucket=bucket, Key=key)["Body"]
            with tempfile.NamedTemporaryFile(dir=target.parent, delete=False) as part:
                for chunk in body.iter_chunks(1 << 20):
                    part.write(chunk)
            Path(part.name).rename(target)
        return target

    return fetched
