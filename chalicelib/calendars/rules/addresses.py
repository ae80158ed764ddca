"""Which addresses may be read for a stranger: public ones alone, so that nobody sees a network from inside. No I/O."""

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from urllib.parse import urljoin, urlsplit

from chalicelib.calendars.rules.faults import AddressRefused

PORT = 443
# What no property of an address tells: protocol assignments and relays; IPv6 that leads to IPv4 (compatible, NAT64,
# 6to4, Teredo), where the address behind it would go unchecked; site-local.
_REFUSED = tuple(
    ip_network(one)
    for one in (
        "192.0.0.0/24",
        "192.88.99.0/24",
        "::/96",
        "64:ff9b::/96",
        "64:ff9b:1::/48",
        "2001::/32",
        "2002::/16",
        "fec0::/10",
    )
)


def host_of(url: str) -> str:
    """Return the host of an https address, in ASCII.

    Raises:
        AddressRefused: another scheme or port, credentials, or no address at all.
    """
    if not url.isascii() or any(c <= " " or c in {"\x7f", "\\"} for c in url):
        raise AddressRefused
    try:
        parts = urlsplit(url)
        port, host = parts.port, parts.hostname
    except ValueError as error:
        raise AddressRefused from error
    if parts.scheme.lower() != "https" or not host or port not in {None, PORT} or "@" in parts.netloc or "%" in host:
        raise AddressRefused
    return host.rstrip(".")


def next_hop(url: str, location: str | None) -> str:
    """Return where a redirection leads, which is to be checked like a new address.

    Raises:
        AddressRefused: nowhere that may be read.
    """
    if not location:
        raise AddressRefused
    try:
        target = urljoin(url, location)
    except ValueError as error:
        raise AddressRefused from error
    host_of(target)
    return target.partition("#")[0]


def is_public(address: str) -> bool:
    """Whether a numeric address lies on the public internet: neither private, shared (CGNAT), loopback, link-local
    (where the cloud's own metadata lives), multicast nor reserved, nor an IPv6 address that stands for an IPv4 one.
    """
    try:
        found = ip_address(address)
    except ValueError:
        return False
    if isinstance(found, IPv6Address) and (found.ipv4_mapped is not None or found.scope_id is not None):
        return False
    return _is_global(found) and not any(found in network for network in _REFUSED)


def _is_global(found: IPv4Address | IPv6Address) -> bool:
    odd = (
        found.is_private,
        found.is_loopback,
        found.is_link_local,
        found.is_multicast,
        found.is_reserved,
        found.is_unspecified,
    )
    return found.is_global and not any(odd)
