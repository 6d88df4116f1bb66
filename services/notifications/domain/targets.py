"""Where a webhook may go: to public addresses alone, so that nobody reaches our network by it."""

import ipaddress
from urllib.parse import urlsplit

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

# All that is handed out to public hosts of IPv6 (RFC 4291). What lies outside is of special use:
# NAT64, SIIT, segment routing, site-local, IPv4-compatible, and whatever else comes to be.
_PUBLIC_IPV6 = ipaddress.ip_network("2000::/3")
# Of special use within the public ranges, by IANA's registries: they stand for other addresses, or
# are no single host's. Some Pythons call these global.
_SPECIAL = tuple(
    ipaddress.ip_network(network)
    for network in (
        "2001::/23",  # IETF protocol assignments: Teredo, benchmarks, ORCHID, drones
        "2001:db8::/32",  # documentation
        "2002::/16",  # 6to4
        "2620:4f:8000::/48",  # AS112
        "3ffe::/16",  # 6bone, given back
        "3fff::/20",  # documentation
        "192.0.0.0/24",  # IETF protocol assignments, the dummy address 192.0.0.8 among them
        "192.31.196.0/24",  # AS112
        "192.52.193.0/24",  # AMT
        "192.88.99.0/24",  # 6to4 relays
        "192.175.48.0/24",  # AS112
    )
)
# An interface of ISATAP (RFC 5214) stands for the IPv4 address in its last four bytes.
_ISATAP = (0x00005EFE, 0x02005EFE)

# Where a POST may be read as commands of a mail, login or file service. The ports that browsers do
# not speak to (the Fetch standard), and those of directories, file shares and remote desktops.
_BROWSERS_REFUSE = (
    *(0, 1, 7, 9, 11, 13, 15, 17, 19, 20, 21, 22, 23, 25, 37, 42, 43, 53, 69, 77, 79, 87, 95),
    *(101, 102, 103, 104, 109, 110, 111, 113, 115, 117, 119, 123, 135, 137, 139, 143, 161, 179),
    *(389, 427, 465, 512, 513, 514, 515, 526, 530, 531, 532, 540, 548, 554, 556, 563, 587, 601),
    *(636, 989, 990, 993, 995, 1719, 1720, 1723, 2049, 3659, 4045, 4190, 5060, 5061, 6000, 6566),
    *(6665, 6666, 6667, 6668, 6669, 6679, 6697, 10080),
)
_ALSO_REFUSED = (
    *(24, 88, 106, 138, 209, 218, 220, 366, 445, 464, 543, 544, 691, 749, 750, 873, 992, 2525),
    *(3268, 3269, 3389, 5900, 5901, 5985, 5986),
)
_REFUSED_PORTS = frozenset((*_BROWSERS_REFUSE, *_ALSO_REFUSED))


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
    if port in _REFUSED_PORTS:
        raise Refused(f"names port {port}, where another service than the web listens")
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
    if _is_special(address):
        raise Refused(f"leads to {address}, which is not one public host's address")


def _is_special(address: Address) -> bool:
    if isinstance(address, ipaddress.IPv6Address):
        isatap = (int(address) >> 32) & 0xFFFFFFFF in _ISATAP
        if isatap or address not in _PUBLIC_IPV6:
            return True
    return any(address in network for network in _SPECIAL if network.version == address.version)


def _plainest(address: Address) -> Address:
    """An IPv4 address that is written as an IPv6 one, as itself."""
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return mapped or address
