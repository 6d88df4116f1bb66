"""Host names as DNS has them: IDNA 2008, mapped by UTS 46 without transitional processing.

The standard library's `idna` codec is IDNA 2003: it turns faß.de into fass.de, somebody else's.
"""

import ipaddress
import re
import unicodedata
from urllib.parse import urlsplit

import idna

_ASCII_LABEL = re.compile(r"[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?")
_JOINERS = "\u200c\u200d"  # IDNA says where a host name may hold them
# Not seen, though Unicode files them under letters and marks.
_BLANK_LETTERS = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180d\u180f\u2800\u3164\ufe00-\ufe0f\uffa0"
    "\U000e0100-\U000e01ef]"
)
_INVISIBLE_CATEGORIES = frozenset({"Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp", "Zs"})


class HostError(ValueError):
    """The text is no host name. Says what is wrong, to stand behind "the host name"."""


def encode_host(host: str) -> str:
    """A host name in ASCII and lower case; an IP address (without brackets) in its usual form.

    Does not ask DNS. Raises HostError.
    """
    try:
        return str(ipaddress.ip_address(host))
    except ValueError:
        pass
    if not host:
        raise HostError("is empty")
    if found := find_invisible(host, besides=_JOINERS):
        raise HostError(f"holds {character_name(found)}, which cannot be seen; take it out")
    try:
        mapped = idna.uts46_remap(host, std3_rules=False)
        name = ".".join(_encode_label(label) for label in mapped.removesuffix(".").split("."))
    except idna.IDNAError as error:
        raise HostError(_explain(error)) from error
    if len(name) > 253:
        raise HostError("is longer than the 253 characters that DNS has room for")
    return name


def is_loopback(host: str) -> bool:
    """Whether a host is this machine itself, as browsers see it."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def is_safe_url(url: str) -> bool:
    """Whether nobody on the way can read what is asked there: https, or this machine itself."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        return False
    return bool(host) and (
        parts.scheme == "https" or (parts.scheme == "http" and is_loopback(host))
    )


def find_invisible(text: str, besides: str = "") -> str | None:
    """The first character that nobody sees (spaces are among them), or None."""
    for character in text:
        if character.isascii() and character.isprintable() and character != " ":
            continue
        unseen = unicodedata.category(character) in _INVISIBLE_CATEGORIES
        if (unseen or _BLANK_LETTERS.match(character)) and character not in besides:
            return character
    return None


def character_name(character: str) -> str:
    """A character by its number and Unicode's name: U+200B (ZERO WIDTH SPACE)."""
    name = unicodedata.name(character, "a control character")
    return f"U+{ord(character):04X} ({name})"


def _encode_label(label: str) -> str:
    """One part of a name, mapped already. Raises HostError, IDNAError."""
    if not label:
        raise HostError("has an empty part; write one dot between two parts")
    if not label.isascii():
        return idna.alabel(label).decode()
    if len(label) > 63:
        raise HostError("has a part of more than 63 characters")
    if not _ASCII_LABEL.fullmatch(label):
        wrong = re.search(r"[^a-z0-9_-]", label)
        if wrong is None:
            raise HostError("has a part that begins or ends with a hyphen")
        raise HostError(f"holds {character_name(wrong[0])}, which no host name may hold")
    return label


def _explain(error: idna.IDNAError) -> str:
    """What is wrong, without the name itself: it may be a part of somebody's address."""
    if found := re.search(r"U\+([0-9A-F]{4,6})", str(error)):
        return f"holds {character_name(chr(int(found[1], 16)))}, which no host name may hold"
    if isinstance(error, idna.IDNABidiError):
        return "mixes letters written from left to right with ones written from right to left"
    if "long" in str(error):
        return "has a part of more than 63 characters"
    return "is no host name that DNS can have"
