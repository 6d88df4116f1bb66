"""Where a webhook may go: to public addresses alone, so that nobody reaches our network by it."""

import ipaddress
from urllib.parse import urlsplit

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

# Addresses that the standard library calls global and that lead, or may lead, to other ones.
_TRANSLATED = tuple(
    ipaddress.ip_network(network)
    for network in (
        "64:ff9b::/96",  # NAT64
        "64:ff9b:1::/48",
        "2002::/16",  # 6to4
        "2001::/32",  # Teredo
        "::/96",  # IPv4-compatible
        "fec0::/10",  # site-local
        "192.88.99.0/24",  # 6to4 relays
    )
)


class Refused(Exception):
    """An address that is not written to; it says why."""


def check_url(url: str, *, allow_loopback: bool) -> tuple[str, int]:
    """The host and port of a webhook's address. Raises Refused."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise Refused("is no address") from error
    host = parts.hostname
    if not host:
        raise Refused("names no host")
    if parts.username is not None or parts.password is not None:
        raise Refused("must hold no user name or password")
    if parts.fragment:
        raise Refused("must have no part behind #")
    if parts.scheme == "http" and not allow_loopback:
        raise Refused("must begin with https://")
    if parts.scheme not in ("http", "https"):
        raise Refused("must begin with https://")
    return host, port or (443 if parts.scheme == "https" else 80)


def check_address(text: str, *, plain: bool, allow_loopback: bool) -> None:
    """One address that a host resolved to. `plain` is without TLS: to loopback alone.

    Raises Refused.
    """
    address = _plainest(ipaddress.ip_address(text.partition("%")[0]))
    if address.is_loopback:
        if not allow_loopback:
            raise Refused(f"leads to {address}, which is this machine itself")
        return
    if plain:
        raise Refused("must begin with https://; http is for this machine itself alone")
    if address.is_multicast or not address.is_global:
        raise Refused(f"leads to {address}, which is no public address")
    if any(address in network for network in _TRANSLATED if network.version == address.version):
        raise Refused(f"leads to {address}, which stands for another address")


def _plainest(address: Address) -> Address:
    """An IPv4 address that is written as an IPv6 one, as itself."""
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return mapped or address
