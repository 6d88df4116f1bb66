"""The one key by which names are compared: of networks, regions, sectors, topics, places.

People write one name in many ways: "St John's" with a typewriter's apostrophe or a printer's, a
hyphen or a dash, a soft hyphen that came along from a web page, accents as letters of their own.
"""

import unicodedata
from collections.abc import Iterable, Iterator
from functools import lru_cache

# What the characters on the left are written for. Those that Unicode itself holds to be the same
# as another (full-width forms, ligatures) are not listed: decomposition sees to them.
_LOOKS_LIKE = {
    "'": "\u0060\u00b4\u02b9\u02bb\u02bc\u02bd\u02be\u02bf\u02c8\u02ca\u02cb\u02f4\u0374\u0384"
    "\u055a\u055d\u05f3\u07f4\u07f5\u1fbd\u1fbf\u1fef\u1ffd\u1ffe\u2018\u2019\u201a\u201b\u2032"
    "\u2035\ua78b\ua78c",
    '"': "\u00ab\u00bb\u02ba\u02dd\u02ee\u05f4\u201c\u201d\u201e\u201f\u2033\u2036\u3003",
    "-": "\u02d7\u2043\u2212\u2500\u2501\u2796",
    "/": "\u2044\u2215\u2571\u29f8",
    ":": "\u02d0\u2236\ua789",
    "\u00b7": "\u2022\u2027\u2219\u22c5\u30fb",
    "|": "\u01c0\u2223\u2502",
    "*": "\u204e\u2217",
    "~": "\u02dc\u223c",
    " ": "\u2800",
    # Letters whose accent or stroke Unicode does not take off.
    "d": "\u0110\u0111",
    "h": "\u0126\u0127",
    "i": "\u0131",
    "l": "\u0141\u0142",
    "o": "\u00d8\u00f8",
    "t": "\u0166\u0167",
}
_FOLDED = {ord(other): one for one, others in _LOOKS_LIKE.items() for other in others}
# Default_Ignorable_Code_Point, as far as it is not of the categories Cc and Cf.
_INVISIBLE = frozenset(
    [
        *(0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x3164, 0xFFA0),
        *range(0x180B, 0x1810),
        *range(0xFE00, 0xFE10),
        *range(0xE0100, 0xE01F0),
    ]
)
_ACCENTED = ("LATIN ", "GREEK ")  # scripts in which a name without its accents is the same name


@lru_cache(maxsize=8192)
def name_key(name: str) -> str:
    """What two ways to write one name have in common; compare names by it, never show it.

    Alike are: capital and small letters; every Unicode form; Latin and Greek letters with and
    without accents; apostrophes, quotation marks and dashes of any kind; any spaces, and none
    around a dash; "&" and "and". What cannot be seen does not count. The key of a key is itself.
    """
    if name.isascii() and name.isprintable():
        return _spaced(name.lower().replace("`", "'"))
    text = _folded(name)
    while (again := _folded(text)) != text:  # a capital may decompose into what folds once more
        text = again
    return text


def distinct_names(names: Iterable[str]) -> tuple[str, ...]:
    """Each name once, as it was first written, in the order given."""
    first: dict[str, str] = {}
    for name in names:
        first.setdefault(name_key(name), name)
    return tuple(first.values())


def _folded(name: str) -> str:
    """Marks that stand alone are folded before decomposition takes them for accents."""
    text = unicodedata.normalize("NFKD", name.translate(_FOLDED)).translate(_FOLDED)
    return _spaced("".join(_without_accents(text)).casefold())


def _without_accents(text: str) -> Iterator[str]:
    """Nor with anything invisible. Each dash becomes a hyphen."""
    accented = False
    for character in text:
        category = unicodedata.category(character)
        if unicodedata.combining(character):
            if not accented:
                yield character
        elif category == "Pd":
            yield "-"
        elif not _is_invisible(character, category):
            accented = unicodedata.name(character, "").startswith(_ACCENTED)
            yield character


def _is_invisible(character: str, category: str) -> bool:
    if category in ("Cf", "Cc"):
        return not character.isspace()
    return ord(character) in _INVISIBLE


def _spaced(text: str) -> str:
    words = " ".join(text.replace("&", " and ").split())
    while "--" in words or " -" in words or "- " in words:
        words = words.replace(" -", "-").replace("- ", "-").replace("--", "-")
    return words
