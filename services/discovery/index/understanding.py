"""What somebody who searches may have meant: typing errors, beginnings of words, acronyms."""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from services.discovery.index.acronyms import Acronyms
from services.discovery.index.answers import Correction
from services.discovery.index.language import Spot, composed, folded, spots
from services.discovery.index.snapshot import Snapshot
from services.discovery.index.spelling import Vocabulary
from services.discovery.index.stopwords import STOP_WORDS
from services.discovery.index.words import Words

_SHORTEST_BEGINNING = 3
_MOST_ENDINGS = 3
_MOST_WAYS = 4  # of saying it: each is a search of its own
# A word that so few use may be an error in the texts: it is read as itself and as the one that
# at least so many times as many use.
_RARE = 1
_FAR_MORE = 10
_MOST_READ = 12  # words of one search; in a text that is longer, one error is of no account
_MOST_ASKED = 12  # communities, how they write a word
# "a and e", "R & D": one word, where it is known as an acronym.
_LETTERS_AND = re.compile(r"(?<![^\W_])([^\W\d_]) (?:and|&) ([^\W\d_])(?![^\W_])", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Understood:
    """Ways to say what was asked, the first as it was typed but for errors; `meant` is the one
    that says most to who reads for meaning, with acronyms spelt out."""

    texts: tuple[str, ...]
    meant: str
    corrected: tuple[Correction, ...] = ()
    also: tuple[str, ...] = ()


class Understanding:
    """Reads what was typed, by the words and acronyms that the communities use."""

    def __init__(self, words: Words, acronyms: Acronyms) -> None:
        """Read by these; both may grow meanwhile."""
        self._words, self._acronyms = words, acronyms
        self._vocabulary = Vocabulary()

    def follow(self) -> None:
        """Take in the words that the index has come to know."""
        self._vocabulary.follow(self._words.stems)

    def read(self, text: str, snapshot: Snapshot) -> Understood:
        """Give the ways to say it, by what the snapshot's communities write."""
        text = _LETTERS_AND.sub(self._as_acronym, composed(text))
        text, corrected = self._corrected(text, snapshot)
        texts, also, meant = [text], [], text
        for name in self._acronyms.other_names(text, lambda word: self._is_word(word, snapshot)):
            way = f"{text[: name.start]}{name.instead}{text[name.end :]}"
            if len(texts) < _MOST_WAYS and way.casefold() not in {t.casefold() for t in texts}:
                texts.append(way)
                also.append(name.instead)
                meant = way if name.spelt_out else meant
        return Understood(tuple(texts), meant, corrected, tuple(also))

    def _as_acronym(self, found: re.Match[str]) -> str:
        return "&".join(found.groups()).upper() if self._acronyms.meanings(found[0]) else found[0]

    def near(self, text: str, snapshot: Snapshot, most: int = 3) -> tuple[str, ...]:
        """Give words in use that are near those typed, more freely than `read` takes them."""
        found: dict[str, None] = {}
        for spot in spots(composed(text))[:_MOST_READ]:
            if not spot.word.stems:
                continue
            stem = spot.word.stems[-1]
            used = snapshot.counts.used
            if len(stem) <= _SHORTEST_BEGINNING:
                continue
            numbers = self._vocabulary.nearly(stem, max(len(stem) + 4, 9), used)[:most]
            shorter = stem[: max(_SHORTEST_BEGINNING, len(stem) - 2)]
            numbers += self._vocabulary.beginning_with(shorter, used)[:most]
            found |= dict.fromkeys(self._written(n, snapshot) for n in numbers)
        return tuple(found)[:most]

    def _corrected(self, text: str, snapshot: Snapshot) -> tuple[str, tuple[Correction, ...]]:
        found = spots(text)
        if len(found) > _MOST_READ:
            return text, ()
        corrections: list[Correction] = []
        for spot in reversed(found):
            typed = text[spot.start : spot.end]
            if read_as := self._read_as(spot, typed, snapshot):
                corrections.append(Correction(typed, read_as))
                text = f"{text[: spot.start]}{read_as}{text[spot.end :]}"
        return text, tuple(reversed(corrections))

    def _read_as(self, spot: Spot, typed: str, snapshot: Snapshot) -> str | None:
        """Give what to read instead of an unknown or rare word; None to read it as it is."""
        stems, used = spot.word.stems, snapshot.counts.used
        if not stems or spot.word.hyphenated or typed.isdigit():
            return None
        stem = stems[-1]
        known = self._used(stem, snapshot)
        if known > _RARE or ((known or typed.isupper()) and self._acronyms.meanings(typed)):
            return None
        if not known and _is_acronym_only(typed):
            return None
        least = known * _FAR_MORE or 1
        numbers: list[int] = []
        if len(stem) >= _SHORTEST_BEGINNING:
            numbers = self._vocabulary.beginning_with(folded(typed), used)[:_MOST_ENDINGS]
        if not numbers:
            numbers = self._vocabulary.nearly(stem, len(typed), used, least=least)[:1]
        numbers = [number for number in numbers if used[number] >= least]
        written = dict.fromkeys(self._written(number, snapshot) for number in numbers)
        if not written:
            return None
        return " ".join([typed, *written] if known else written)

    def _used(self, stem: str, snapshot: Snapshot) -> int:
        number, used = self._words.number(stem), snapshot.counts.used
        return int(used[number]) if number is not None and number < len(used) else 0

    def _is_word(self, written: str, snapshot: Snapshot) -> bool:
        """Whether most who write it write it in lower case: no acronym, then."""
        stems = [spot.word.stems for spot in spots(written)]
        number = self._words.number(stems[0][-1]) if stems and stems[0] else None
        counts = snapshot.counts
        if number is None or number >= len(counts.used) or not counts.used[number]:
            return False
        return bool(2 * counts.plain[number] > counts.used[number])

    def _written(self, number: int, snapshot: Snapshot) -> str:
        """Give a stem as communities write it: the form that some of them have most often."""
        stem = self._vocabulary.stem(number)
        posting = self._words.posting(number)
        entries = map(snapshot.at, posting.slots[: min(posting.used, _MOST_ASKED)].tolist())
        forms = Counter(form for e in entries if e for form in _forms(e.document.texts(), stem))
        return min(forms, key=lambda form: (-forms[form], len(form), form), default=stem)


def _is_acronym_only(written: str) -> bool:
    """Whether a word says something only because it is in capitals: IT, WHO."""
    return written.isupper() and folded(written) in STOP_WORDS


def _forms(texts: str, stem: str) -> Iterator[str]:
    text = composed(texts)
    for spot in spots(text):
        if spot.word.stems and spot.word.stems[-1] == stem:
            written = text[spot.start : spot.end]
            yield written if _is_acronym_only(written) else written.lower()
