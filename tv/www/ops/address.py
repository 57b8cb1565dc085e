"""Where a request comes from."""

import ipaddress

from django.http import HttpRequest


def of(request: HttpRequest) -> str:
    """The address that connected to the edge.

    nginx on this host finds it out and sends it alone, whatever the viewer sent. Were there more,
    only the last would be from whoever stands in front of us. Without it, whoever connected here.
    """
    last = request.headers.get("X-Forwarded-For", "").rpartition(",")[2].strip()
    return last or request.META.get("REMOTE_ADDR", "")


def network(address: str) -> str:
    """Who is counted as one: an address, or of IPv6 the /64 that one household has."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return "unknown"
    if found.version == 6:
        return str(ipaddress.ip_network((found, 64), strict=False).network_address)
    return str(found)
