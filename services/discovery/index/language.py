"""How a text becomes words that can be compared: folded, stemmed, without stop words."""

import re
import threading
import unicodedata
from functools import lru_cache
from typing import NamedTuple

import Stemmer

from services.discovery.index.stopwords import STOP_WORDS

_PART = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
_HYPHEN = re.compile("[-‐‑]")
_WORD = re.compile(rf"{_PART.pattern}(?:{_HYPHEN.pattern}{_PART.pattern})*")
_APOSTROPHES = str.maketrans("", "", "'’")
_POSSESSIVE = re.compile("['’]s$")
_REMEMBERED_WORDS = 200_000
_REMEMBERED_TEXTS = 2_000  # an answer reads each of its texts for reasons and for highlights

_stemmer = Stemmer.Stemmer("english")
_stemming = threading.Lock()  # a Stemmer is not safe to share between threads


class Word(NamedTuple):
    """A word as it is compared. `stems` is empty for a stop word.

    A hyphenated word has the stem of each part and, last, that of the whole without hyphens,
    so that "e-health" meets both "health" and "ehealth".
    """

    stems: tuple[str, ...]
    plain: bool  # written in lower case
    hyphenated: bool


class Spot(NamedTuple):
    """Where in a text a word is written."""

    word: Word
    start: int
    end: int


@lru_cache(maxsize=_REMEMBERED_WORDS)
def word(written: str) -> Word:
    """Read one word as written, such as "Parkinson's", "café" or "peer-led"."""
    folded = _fold(written)
    bare = [_POSSESSIVE.sub("", part).translate(_APOSTROPHES) for part in _HYPHEN.split(folded)]
    stems = [_stem(part) for part in bare if part not in STOP_WORDS]
    if len(bare) > 1:
        stems.append(_stem("".join(bare)))
    return Word(tuple(stems), written == written.lower(), len(bare) > 1)


def written_words(text: str) -> list[str]:
    """Give all words of a text as they are written, in order."""
    return _WORD.findall(composed(text))


@lru_cache(maxsize=_REMEMBERED_TEXTS)
def spots(text: str) -> tuple[Spot, ...]:
    """Read all words of a composed text with their places in it, in order."""
    return tuple(Spot(word(found.group()), *found.span()) for found in _WORD.finditer(text))


def parts(text: str, spot: Spot) -> list[Spot]:
    """Read the parts of a hyphenated word in a composed text, each as a word of its own."""
    found = _PART.finditer(text, spot.start, spot.end)
    return [Spot(word(part.group()), *part.span()) for part in found]


def composed(text: str) -> str:
    """Join letters and their accents (NFC): a loose accent would end a word in its middle."""
    return text if text.isascii() else unicodedata.normalize("NFC", text)


def _fold(written: str) -> str:
    if written.isascii():
        return written.lower()
    decomposed = unicodedata.normalize("NFKD", written)
    return "".join(c for c in decomposed if not unicodedata.combining(c)).casefold()


def _stem(part: str) -> str:
    with _stemming:
        return str(_stemmer.stemWord(part))
