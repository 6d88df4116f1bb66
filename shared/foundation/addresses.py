"""Email addresses: as the mail system writes them, and compared without changing whose they are."""

import ipaddress
import re
import unicodedata
from functools import lru_cache
from typing import NamedTuple

from shared.foundation.hosts import HostError, character_name, encode_host, find_invisible

_LONGEST = 254  # RFC 5321, 4.5.3.1.3
_ATOM = r"(?:[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]|[^\x00-\x7f])+"
_LOCAL = re.compile(rf'{_ATOM}(?:\.{_ATOM})*|"(?:[!#-\[\]-~]|\\[!-~]|[^\x00-\x7f])+"')


class AddressError(ValueError):
    """The text is no email address. Says what is wrong, and never repeats the address."""


class Address(NamedTuple):
    """`local` in Unicode's composed form, `domain` as DNS has it or an IP address in brackets."""

    local: str
    domain: str

    def __str__(self) -> str:
        return f"{self.local}@{self.domain}"


class Mailbox(NamedTuple):
    """Whom a message is from: `address` as headers have it, `name` in any characters, or empty."""

    name: str
    address: str


@lru_cache(maxsize=8)
def parse_mailbox(text: str) -> Mailbox:
    """`ada@example.org`, or `Ada Lovelace <ada@example.org>`. Raises AddressError."""
    found = re.fullmatch(r"\s*(?:(.*?)\s*<([^<>]*)>|([^<>]*))\s*", text)
    if found is None or not (found[1] or "").isprintable():
        raise AddressError("is not an address such as Hedgerow <hedgerow@example.org>")
    name, address = found[1] or "", found[2] if found[2] is not None else found[3]
    if len(name) > 1 and name[0] == name[-1] == '"':
        name = re.sub(r"\\(.)", r"\1", name[1:-1])
    return Mailbox(name, wire_address(address))


def parse_address(text: str) -> Address:
    """Raises AddressError."""
    local, at, domain = unicodedata.normalize("NFC", text.strip()).rpartition("@")
    if not at:
        raise AddressError("is not an email address: it has no @")
    if not local or not domain:
        raise AddressError("is not an email address: nothing stands on one side of the @")
    if found := find_invisible(local):
        raise AddressError(
            f"is not an email address: it holds {character_name(found)}, which cannot be seen;"
            " take it out"
        )
    if not _LOCAL.fullmatch(local):
        raise AddressError(
            "is not an email address: the part before the @ holds a character, or a dot, that"
            " cannot stand there"
        )
    address = Address(local, _encode_domain(domain))
    if len(str(address).encode()) > _LONGEST:
        raise AddressError("is longer than an address can be")
    return address


def wire_address(text: str) -> str:
    """The address as SMTP and headers have it: its domain in ASCII. Raises AddressError."""
    return str(parse_address(text))


def address_key(text: str) -> str:
    """Equal for two ways of writing one address. Raises AddressError.

    Only ASCII letters are compared without case, and the part before the @ only where all of it is
    ASCII: whether Straße and STRASSE are one mailbox is known to its mail server alone.
    """
    local, domain = parse_address(text)
    return f"{local.lower() if local.isascii() else local}@{domain}"


def _encode_domain(domain: str) -> str:
    """Raises AddressError."""
    if domain.startswith("[") and domain.endswith("]"):
        return _literal(domain)
    try:
        host = encode_host(domain)
    except HostError as error:
        raise AddressError(f"is not an email address: the part behind the @ {error}") from error
    if "_" in host or ":" in host or host.rpartition(".")[2].isdecimal():
        raise AddressError("is not an email address: the part behind the @ is no mail domain")
    return host


def _literal(domain: str) -> str:
    """An IP address in brackets (RFC 5321, 4.1.3). Raises AddressError."""
    text = domain[1:-1]
    try:
        if text.lower().startswith("ipv6:"):
            return f"[IPv6:{ipaddress.IPv6Address(text[5:])}]"
        return f"[{ipaddress.IPv4Address(text)}]"
    except ValueError as error:
        raise AddressError(
            "is not an email address: what stands in brackets is no IP address"
        ) from error
