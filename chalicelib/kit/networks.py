"""Who is meant by a source address, where tries and budgets are counted. No I/O."""

from ipaddress import IPv6Address, ip_address, ip_network

_OWN = {4: 32, 6: 64}  # bits of what one client has to itself: a household of IPv6 has 2**64 addresses
_AROUND = {4: 24, 6: 48}


def network(address: str, *, wide: bool = False) -> str | None:
    """Return what counts as one client: an IPv4 address, or the first 64 bits of an IPv6 one; `wide` the /24 or /48
    around it. An IPv4 address that is written as an IPv6 one (`::ffff:203.0.113.9`) is the IPv4 one. None for what is
    no address.
    """
    try:
        parsed = ip_address(address)
    except ValueError:
        return None
    if isinstance(parsed, IPv6Address) and parsed.ipv4_mapped:
        parsed = parsed.ipv4_mapped
    bits = (_AROUND if wide else _OWN)[parsed.version]
    if bits == parsed.max_prefixlen:
        return str(parsed)
    host_bits = parsed.max_prefixlen - bits
    # From the number: an IPv6 address with a zone is no network's.
    first = int(parsed) >> host_bits << host_bits
    return str(ip_network((type(parsed)(first), bits)))


def is_public(address: str) -> bool:
    """Say whether somebody on the internet has this address."""
    try:
        return ip_address(address).is_global
    except ValueError:
        return False
