"""What a log must not repeat: signed links, by which whoever has one can act."""

import re

# No id and no name in an address of ours is as long; every signed part of one is longer.
_SEGMENT = re.compile(r"[^/]{33,}")
# What signs anything here: a payload and its signature, also percent-encoded, as in a raw address.
_CHARACTER = r"(?:[A-Za-z0-9_-]|%[0-9A-Fa-f]{2})"
_SIGNED = re.compile(rf"{_CHARACTER}{{12,}}(?:\.|%2[Ee]){_CHARACTER}{{20,}}")
_MASK = "…"


def mask_path(path: str) -> str:
    """A request's path without what may be a signed link, whether a route took it or not."""
    return _SEGMENT.sub(_MASK, path)


def mask_links(text: str) -> str:
    """Any text, such as a line of a log or a traceback, without the signed links in it."""
    return _SIGNED.sub(_MASK, text)
