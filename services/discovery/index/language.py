"""How a text becomes words that can be compared: folded, stemmed, without stop words."""

import re
import threading
import unicodedata
from functools import lru_cache
from typing import NamedTuple

import Stemmer

from services.discovery.index.spellings import one_spelling
from services.discovery.index.stopwords import EMPHASIS, STOP_WORDS

_APOSTROPHE = "['’‘ʼ′＇`´]"
_PART = re.compile(rf"[^\W_]+(?:{_APOSTROPHE}[^\W_]+)*")
_HYPHEN = re.compile("[-‐‑]")
# "A&E", "R & D", "T&O"; "A and E"; "W.H.O.", which are words of their own.
_LETTER = r"[^\W\d_]"
_AMPERSAND = rf"(?:{_LETTER}{{1,3}}(?:&{_LETTER}{{1,3}})+|{_LETTER}(?: & {_LETTER})+)(?![^\W_])"
_LETTERS_AND = r"[A-Z] and [A-Z](?![^\W_])"
_DOTTED = rf"(?:{_LETTER}\.){{2,}}(?:{_LETTER}(?![^\W_]))?"
_WORD = re.compile(
    rf"{_AMPERSAND}|{_LETTERS_AND}|{_DOTTED}"
    rf"|{_PART.pattern}(?:{_HYPHEN.pattern}{_PART.pattern})*"
)
_BETWEEN_LETTERS = re.compile(r"[\s&.]+(?:and )?")
_APOSTROPHES = re.compile(_APOSTROPHE)
_POSSESSIVE = re.compile(f"{_APOSTROPHE}s$")
# French and Italian words joined to the next: "l'hôpital", "dell'ospedale".
_ELISION = re.compile(
    r"^(?:[cdjlmnst]|(?:lors|jus|puis|quoi)?qu|(?:d[ae]|ne|su)?ll|all|un|gl)"
    rf"{_APOSTROPHE}(?=\w{{3}})"
)
# Soft hyphens, zero-width spaces and joiners, marks of direction, variation selectors.
_INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f"
    "\ufe00-\ufe0f\ufeff\ufff9-\ufffb]"
)
_STROKED = re.compile(r"LATIN (?:SMALL|CAPITAL) LETTER ([A-Z]{1,2}) WITH ")
_NO_ACCENT = str.maketrans(
    {"æ": "ae", "Æ": "ae", "œ": "oe", "Œ": "oe", "ð": "d", "Ð": "d", "þ": "th", "Þ": "th", "ı": "i"}
)
_CLAUSE = re.compile(r"[;,\n]")
_SHORT_CLAUSE = 2  # words
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
    """Read one word as written, such as "Parkinson's", "café", "peer-led", "A&E" or "WHO"."""
    small = written == written.lower()
    if "." in written or ("&" in written and " " not in written):
        letters = _letters(written)
        said = () if small and letters in STOP_WORDS else (letters,)
        return Word(said, small, hyphenated="&" in written)
    if " " in written:  # "A & E", "A and E": also each letter, as in "hepatitis B and C"
        letters = _letters(written)
        stems = [letter for letter in letters.split("&") if letter not in STOP_WORDS]
        return Word((*stems, letters), small, hyphenated=True)
    parts = _HYPHEN.split(written)
    bare = [_bare(part) for part in parts]
    stems = [
        word if _is_acronym(part, word) else stem(word)
        for part, word in zip(parts, bare, strict=True)
        if word not in STOP_WORDS or _is_acronym(part, word)
    ]
    if len(bare) > 1:
        stems.append(stem("".join(bare)))
    return Word(tuple(stems), small, len(bare) > 1)


def written_words(text: str) -> list[str]:
    """Give all words of a text as they are written, in order; in a text that is in capitals
    throughout, those that say nothing in small letters."""
    text = composed(text)
    words = _WORD.findall(text)
    return [_unshouted(written) for written in words] if _is_shouted(text) else words


@lru_cache(maxsize=_REMEMBERED_TEXTS)
def spots(text: str) -> tuple[Spot, ...]:
    """Read all words of a composed text with their places in it, in order."""
    read = _unshouted if _is_shouted(text) else str
    return tuple(Spot(word(read(found.group())), *found.span()) for found in _WORD.finditer(text))


def parts(text: str, spot: Spot) -> list[Spot]:
    """Read the parts of a hyphenated word in a composed text, each as a word of its own."""
    found = _PART.finditer(text, spot.start, spot.end)
    return [Spot(word(part.group()), *part.span()) for part in found]


def composed(text: str) -> str:
    """Join letters and their accents (NFC), and leave out what nobody sees: a loose accent or a
    soft hyphen would end a word in its middle."""
    return text if text.isascii() else unicodedata.normalize("NFC", _INVISIBLE.sub("", text))


def folded(written: str) -> str:
    """Give a word in small letters without accents: "lodz" for "Łódź"."""
    if written.isascii():
        return written.lower()
    decomposed = unicodedata.normalize("NFKD", written)
    plain = "".join(c for c in decomposed if not unicodedata.combining(c)).translate(_NO_ACCENT)
    return "".join(map(_without_stroke, plain)).casefold()


def _without_stroke(letter: str) -> str:
    """Give the letter that a stroke, hook or the like was drawn through or put on."""
    if letter.isascii():
        return letter
    found = _STROKED.match(unicodedata.name(letter, ""))
    return found.group(1) if found else letter


def _bare(part: str) -> str:
    """Fold a part of a word, without apostrophes, possessive and what is joined before it."""
    part = _ELISION.sub("", _POSSESSIVE.sub("", folded(part)))
    return _APOSTROPHES.sub("", part)


def _letters(written: str) -> str:
    """Join the letters of "A & E" or "A and E" as "a&e", and those of "W.H.O." as "who"."""
    joint = "" if "." in written else "&"
    return joint.join(filter(None, _BETWEEN_LETTERS.split(folded(written))))


def _is_acronym(written: str, bare: str) -> bool:
    """Whether a word that else says nothing is in capitals because it is another: IT, WHO."""
    if bare not in STOP_WORDS or len(bare) < 2 or bare in EMPHASIS:
        return False
    return _POSSESSIVE.sub("", written).isupper()


def _is_shouted(text: str) -> bool:
    """Whether capitals mean nothing, since all of a text of several words is in capitals."""
    if not text.isupper():
        return False
    return any(len(clause.split()) > _SHORT_CLAUSE for clause in _CLAUSE.split(text))


def _unshouted(written: str) -> str:
    return written.lower() if folded(written) in STOP_WORDS else written


def stem(part: str) -> str:
    """Give what a folded word is compared by, a stop word's too."""
    with _stemming:
        return str(_stemmer.stemWord(one_spelling(part)))
