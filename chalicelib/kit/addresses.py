"""Which addresses may be called for a stranger: public ones alone: nobody sees a network from inside by us. No I/O."""

from ipaddress import IPv4Address, ip_address, ip_network
from urllib.parse import urljoin, urlsplit

PORT = 443

_UNICAST = ip_network("2000::/3")  # all of IPv6 that is given out; also keeps out what stands for IPv4: mapped, NAT64
# IANA's registries of special-purpose addresses (RFC 6890 and later), and IPv6 that leads to IPv4 by a relay, where the
# address behind it would go unchecked. A list of our own: what Python's `is_global` says changes with its releases.
_REFUSED = tuple(
    ip_network(one)
    for one in (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",  # shared by customers of one carrier
        "127.0.0.0/8",
        "169.254.0.0/16",  # where clouds keep what machines may know of themselves
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.31.196.0/24",
        "192.52.193.0/24",
        "192.88.99.0/24",  # relays of 6to4
        "192.168.0.0/16",
        "192.175.48.0/24",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/4",
        "240.0.0.0/4",
        "2001::/23",  # protocols, Teredo among them
        "2001:db8::/32",
        "2002::/16",  # 6to4
        "2620:4f:8000::/48",
        "3fff::/20",
    )
)


class AddressRefused(Exception):  # noqa: N818 - as kit.transaction.Contention
    """An address that is not called: no https on port 443, with credentials, or not on the public internet."""


def host_of(url: str) -> str:
    """Return the host of an https address, in ASCII: other letters are the caller's to encode, in one known way.

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
        AddressRefused: nowhere that may be called.
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
    """Whether a numeric address lies on the public internet: neither private, shared (CGNAT), loopback, link-local,
    multicast nor reserved, nor an IPv6 address that stands for an IPv4 one. Without a zone and in no other notation.
    """
    try:
        found = ip_address(address)
    except ValueError:
        return False
    if not isinstance(found, IPv4Address) and (found.scope_id is not None or found not in _UNICAST):
        return False
    return not any(found in network for network in _REFUSED)
