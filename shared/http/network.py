"""Where a request comes from, as far as proxies can be believed."""

import ipaddress
from collections.abc import Sequence

from flask import request

from shared.settings import Subnet

# Bits of an IPv6 address that a household or an office has; the others change by the hour.
_HOUSEHOLD = 64


def network_of(trusted: Sequence[Subnet]) -> str:
    """The network address that the present request comes from; of an IPv6 address its first half.

    `X-Forwarded-For` is believed only as far as trusted proxies wrote it: anybody can send one.
    """
    return _shortened(address_of(trusted))


def address_of(trusted: Sequence[Subnet]) -> str:
    """The address that the present request comes from, as far as trusted proxies can tell."""
    found = request.remote_addr or ""
    named = request.headers.get("X-Forwarded-For", "").split(",")
    hops = [hop.strip() for hop in named if hop.strip()]
    while hops and _is_in(found, trusted):
        found = hops.pop()
    return found


def _is_in(address: str, subnets: Sequence[Subnet]) -> bool:
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return False
    return any(found in subnet for subnet in subnets)


def _shortened(address: str) -> str:
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return ""
    if isinstance(found, ipaddress.IPv6Address):
        if found.ipv4_mapped is not None:
            return str(found.ipv4_mapped)
        return str(ipaddress.ip_network((found, _HOUSEHOLD), strict=False))
    return str(found)
