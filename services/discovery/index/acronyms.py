"""Acronyms and what they stand for: as the texts themselves say, and a small list of our own.

"chronic obstructive pulmonary disease (COPD)" teaches, as does "COPD (chronic obstructive
pulmonary disease)": the letters must be the initials of the words, small words apart.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator
from typing import NamedTuple

from services.discovery.index.bag import FIELD_WEIGHTS, field_text
from services.discovery.index.document import Document
from services.discovery.index.known_acronyms import KNOWN, SAME, WORDS_TOO
from services.discovery.index.language import composed, folded, spots
from services.discovery.index.stopwords import STOP_WORDS
from services.discovery.index.thesaurus import SAME as SUBJECTS

_BRACKETS = re.compile(r"\(([^()]{2,80})\)")
_ACRONYM = re.compile(r"[A-Z][A-Za-z0-9&]{0,8}[A-Z0-9]s?")
_WORDS = re.compile(r"[A-Za-z0-9][A-Za-z0-9'’]*")
_JOINT = re.compile(r" (?:and|&) ")
_SMALL = frozenset("a an and at by for from in of on or the to with".split())  # noqa: SIM905
_MOST_WORDS = 12
_MOST_MEANINGS = 2
_NO_ACRONYMS = STOP_WORDS | WORDS_TOO


class OtherName(NamedTuple):
    """A place in a text, and how else one can say what stands there; whether that spells it out."""

    start: int
    end: int
    instead: str
    spelt_out: bool = False


class Acronyms:
    """Counts which acronym is said to mean what. One writer; readers see it change."""

    def __init__(self) -> None:
        """Know the list of our own only."""
        self._said: dict[str, Counter[str]] = {}
        self._short: dict[str, Counter[str]] = {}

    def learn(self, document: Document, times: int = 1) -> None:
        """Take up what a document says its acronyms mean; `times` -1 takes it back."""
        for acronym, words in _said_in(document):
            for table, key, value in (
                (self._said, acronym.lower(), words),
                (self._short, _key(words), acronym.lower()),
            ):
                counts = table.get(key, Counter()) + Counter()  # a copy: others may be reading
                counts[value] += times
                table[key] = +counts

    def meanings(self, acronym: str) -> list[str]:
        """Give what an acronym (any case) stands for, in lower case, most said first."""
        key = _JOINT.sub("&", folded(acronym)).replace(".", "")
        said = self._said.get(key, Counter())
        ranked = sorted(said, key=lambda words: (-said[words], words))
        return list(dict.fromkeys([*ranked, *KNOWN.get(key, ())]))[:_MOST_MEANINGS]

    def short_forms(self, words: str) -> list[str]:
        """Give the acronyms of some words, whatever their endings, most said first."""
        return self._short_forms(_key(words))

    def other_names(self, text: str, is_word: Callable[[str], bool]) -> Iterator[OtherName]:
        """Find acronyms and their words in a composed text, each with its other name.

        What `is_word` in lower case is an acronym only where it is written in capitals.
        """
        words = spots(text)
        for spot in words:
            written = text[spot.start : spot.end]
            if not written.isupper() and (written.lower() in _NO_ACRONYMS or is_word(written)):
                continue
            for meaning in self.meanings(written):
                yield OtherName(spot.start, spot.end, meaning, spelt_out=True)
        stems = [spot.word.stems[-1] if spot.word.stems else "" for spot in words]
        for length in range(1, min(len(words), _MOST_WORDS) + 1):
            for first in range(len(words) - length + 1):
                run = stems[first : first + length]
                if not run[0] or not run[-1]:
                    continue
                key, end = " ".join(filter(None, run)), words[first + length - 1].end
                for name in _OTHERWISE.get(key, ()):
                    yield OtherName(words[first].start, end, name)
                for short in self._short_forms(key):
                    yield OtherName(words[first].start, end, short.upper())

    def _short_forms(self, key: str) -> list[str]:
        said = self._short.get(key, Counter())
        ranked = sorted(said, key=lambda acronym: (-said[acronym], acronym))
        return list(dict.fromkeys([*ranked, *_SHORT.get(key, ())]))[:_MOST_MEANINGS]


def _key(words: str) -> str:
    """Give what words have in common with others that differ in endings and small words only."""
    return " ".join(spot.word.stems[-1] for spot in spots(composed(words)) if spot.word.stems)


def _said_in(document: Document) -> Iterator[tuple[str, str]]:
    """Find each acronym that a document explains, and the words that it explains it by."""
    for field in FIELD_WEIGHTS:
        text = composed(field_text(document, field))
        if "(" not in text:
            continue
        for found in _BRACKETS.finditer(text):
            inside, before = found.group(1).strip(), text[: found.start()]
            if _ACRONYM.fullmatch(inside):
                if words := _spelt_out(inside, _WORDS.findall(before)[-_MOST_WORDS:]):
                    yield inside.removesuffix("s"), words
            elif (last := _WORDS.findall(before)[-1:]) and _ACRONYM.fullmatch(last[0]):
                words = _spelt_out(last[0], _WORDS.findall(inside))
                if words and words == " ".join(_WORDS.findall(inside)).lower():
                    yield last[0].removesuffix("s"), words


def _spelt_out(acronym: str, words: list[str]) -> str | None:
    """Find the last of the words whose initials are the acronym's letters; small words between
    need not have one."""
    letters = acronym.removesuffix("s").lower().replace("&", "")
    chosen: list[str] = []
    left = len(letters)
    for word in reversed(words):
        if not left:
            break
        lowered = word.lower()
        if lowered[0] == letters[left - 1]:
            left -= 1
        elif lowered not in _SMALL or not chosen:
            return None
        chosen.append(lowered)
    return " ".join(reversed(chosen)) if not left and len(chosen) > 1 else None


def _shortened() -> dict[str, tuple[str, ...]]:
    short: dict[str, tuple[str, ...]] = {}
    for acronym, meanings in KNOWN.items():
        for words in meanings:
            key = _key(words)
            short[key] = (*short.get(key, ()), acronym)
    return short


_SHORT = _shortened()


def _otherwise() -> dict[str, tuple[str, ...]]:
    """Other names by the key of each name."""
    found: dict[str, tuple[str, ...]] = {}
    for names in (*SAME, *SUBJECTS):
        for name in names:
            others = (other for other in names if other != name)
            found[_key(name)] = (*found.get(_key(name), ()), *others)
    return found


_OTHERWISE = _otherwise()
