"""Where a request came from: what API Gateway saw, or the viewer of a distribution in front of it.

With CloudFront in front, API Gateway sees an edge's address, which thousands share. CloudFront names the viewer in a
header, which anybody else can send too: it counts only beside the secret that the distribution alone adds (see the
operator's guide).
"""

import hmac
import ipaddress
from collections.abc import Callable, Mapping

SECRET_HEADER, VIEWER = "x-edge-secret", "cloudfront-viewer-address"


def source_ip(seen: str, headers: Mapping[str, str], secret: Callable[[], str | None]) -> str:
    """Return the address that a request came from.

    Args:
        seen: what API Gateway saw.
        headers: of the request, by names in lower case.
        secret: returns what the distribution adds, None where there is none; asked only where the header is there.
    """
    shown, viewer = headers.get(SECRET_HEADER), headers.get(VIEWER)
    if shown is None or viewer is None:
        return seen
    known = secret()
    if not known or not hmac.compare_digest(shown.encode(), known.encode()):
        return seen
    address = viewer.rpartition(":")[0].strip("[]")  # the port follows, for IPv6 too
    try:
        return str(ipaddress.ip_address(address))
    except ValueError:
        return seen
