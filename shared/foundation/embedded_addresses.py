"""Addresses inside a text: mail programs make links of them, whatever the text is.

What somebody types as a name is mailed to others, so a name holds no address to follow.
"""

import re
import unicodedata

_SCHEME = re.compile(r"://|\b(?:https?|ftps?|file|data|javascript|mailto|tel|sms)\s?:\S", re.I)
_WWW = re.compile(r"\bwww\d?\.\w", re.I)
_EMAIL = re.compile(r"[^\s@]@[^\s@]+\.[^\s@.]")
_IP = re.compile(r"(?<![\w.])\d{1,3}(?:\.\d{1,3}){3}(?![\w.])")
_HOST = re.compile(r"(?<![\w.])((?:[\w-]+\.)+)([^\W\d_]{2,})(?!\w)")
# Those of names that are also written with a capital: "Evil.Com".
_TOP_LEVEL = frozenset(
    (
        *("app", "biz", "click", "co", "com", "dev", "edu", "eu", "example", "gov", "info", "int"),
        *("io", "link", "live", "ly", "me", "mil", "net", "nhs", "online", "org", "page", "shop"),
        *("site", "test", "top", "uk", "xyz"),
    )
)


def holds_address(text: str) -> bool:
    """Whether it holds an address of web or email, said as such: with its scheme, www. or @."""
    plain = _plain(text)
    return any(found.search(plain) for found in (_SCHEME, _WWW, _EMAIL))


def holds_host(text: str) -> bool:
    """Whether it holds something that reads as a host, such as bit.ly; St.John does not."""
    plain = _plain(text)
    return bool(_IP.search(plain)) or any(
        _is_host(before, last) for before, last in _HOST.findall(plain)
    )


def _is_host(before: str, last: str) -> bool:
    if last.lower() in _TOP_LEVEL or last.islower():
        return True
    return last.isupper() and len(before.rstrip(".").rpartition(".")[2]) > 1


def _plain(text: str) -> str:
    """In compatibility form, without what cannot be seen: as it would be followed."""
    seen = (c for c in unicodedata.normalize("NFKC", text) if unicodedata.category(c) != "Cf")
    return "".join(seen).replace("\u3002", ".")
