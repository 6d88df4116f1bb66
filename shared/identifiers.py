"""Opaque ids: `com_…`, `per_…`. Random unless they must be the same for the same thing."""

import hashlib
import re
import secrets

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford's base 32: nothing to misread
_LENGTH = 20  # 100 bits
_FORM = re.compile(rf"[a-z]{{2,6}}_[{_ALPHABET}]{{{_LENGTH}}}")


def _spell(number: int) -> str:
    return "".join(_ALPHABET[(number >> (5 * place)) & 31] for place in range(_LENGTH))


def new_id(prefix: str) -> str:
    return f"{prefix}_{_spell(secrets.randbits(5 * _LENGTH))}"


def derived_id(prefix: str, *parts: str) -> str:
    """The id that the same parts always get, so that two writers of one thing meet."""
    digest = hashlib.sha256("\x1f".join(parts).encode()).digest()
    return f"{prefix}_{_spell(int.from_bytes(digest[:13], 'big'))}"


def is_id(text: str, prefix: str) -> bool:
    return text.startswith(prefix + "_") and _FORM.fullmatch(text) is not None
