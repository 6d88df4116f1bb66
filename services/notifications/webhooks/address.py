"""A webhook's address in the form that goes over the wire: ASCII alone, as RFC 3986 has it."""

import re
from urllib.parse import SplitResult, quote, urlsplit

from services.notifications.domain.targets import Refused
from shared.foundation.hosts import HostError, encode_host

_LONGEST = 2000
_STRAY_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")
_IN_PATHS = "/:@!$&'()*+,;=~%"
_IN_QUERIES = _IN_PATHS + "?"


def encode_address(url: str) -> str:
    """The address with its host by IDNA 2008, and what a path or query cannot hold as `%XX`.

    What is encoded already stays as it is. Raises Refused.
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise Refused("is no address") from error
    if not host:
        raise Refused("names no host")
    if parts.username is not None or parts.password is not None:
        raise Refused("must hold no user name or password")
    if parts.fragment:
        raise Refused("must have no part behind #")
    if "%" in host or parts.netloc.endswith(":"):
        raise Refused("names a host that there cannot be")
    try:
        name = encode_host(host)
    except HostError as error:
        raise Refused(f"names a host that there cannot be: it {error}") from error
    netloc = (f"[{name}]" if ":" in name else name) + (f":{port}" if port is not None else "")
    path, query = _encode(parts.path or "/", _IN_PATHS), _encode(parts.query, _IN_QUERIES)
    encoded = SplitResult(parts.scheme.lower(), netloc, path, query, "").geturl()
    if len(encoded) > _LONGEST:
        raise Refused(f"is {len(encoded):,} characters long when encoded; at most {_LONGEST:,}")
    return encoded


def _encode(text: str, allowed: str) -> str:
    return quote(_STRAY_PERCENT.sub("%25", text), safe=allowed)
