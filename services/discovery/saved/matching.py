"""All saved searches asked at once of one community: which would find it, were they made now?

A search looks through all communities for one question; here it is the other way round. What a
search finds depends on all communities a little: a match covers a fifth of what the best one
covers, and is six tenths as like in meaning as the most like one. These floors are kept for each
search, and worked out anew where a community comes near them and is not above any doubt.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain
from operator import ge
from typing import NamedTuple
from zlib import crc32

import numpy as np

from services.discovery.follower import Known
from services.discovery.index import Document
from services.discovery.index.arrays import Flags, Floats, Ints, Places, Weights
from services.discovery.index.bag import bag
from services.discovery.index.facets import passes
from services.discovery.index.searching import LEAST_OF_MOST_LIKE, Floors, least_coverage
from services.discovery.index.snapshot import Snapshot
from services.discovery.index.spelling import typing_errors
from services.discovery.index.understanding import Understood
from services.discovery.index.words import idf, row_sums
from services.discovery.meaning.text import text_of
from services.discovery.saved.store import Search

_NEAR = 0.5  # of a floor that may have sunk since: from here on it is worked out anew
_FRESH = 0.005  # of all communities: when no more have changed since, a floor is as it was
_ROUNDING = 1e-6  # coverages of all communities are counted in halves of the digits
# A word that so few use may be read as another one soon: see index/understanding.py.
_UNSETTLED = 1
_BEGINNING, _MOST_ERRORS = 3, 2
_MANY = 200  # words that came or went: too many to look which searches may mean them


@dataclass(slots=True)
class Prepared:
    """A search by words, as it is read at one moment; `stems` are those of each way to say it.

    `changes` is how many changes the index had seen when the floors were worked out.
    """

    search: Search
    understood: Understood
    stems: tuple[tuple[str, ...], ...]
    floors: Floors
    vector: Weights | None
    at: Snapshot
    unsettled: tuple[str, ...]
    changes: int


class Table(NamedTuple):
    """All searches by words side by side: the terms of their ways, flat, and their floors."""

    terms: Ints
    starts: Places
    ways: Places  # where each search's ways begin, and the last ends
    together: Flags  # by way: whether words that nobody uses count
    unseen: Places  # by way: words that no community ever used
    coverages: Floats  # floors, by way
    meanings: Floats  # floors, by search
    vectors: Weights  # by search; zeros where there is none

    def search_of(self, ways: Flags) -> list[int]:
        """The searches that have one of these ways."""
        places = np.searchsorted(self.ways, np.flatnonzero(ways), "right") - 1
        found: list[int] = np.unique(places).tolist()
        return found


class Matcher:
    """For one index; a new one where the tables were rebuilt. Not for several threads at once."""

    def __init__(self, known: Known) -> None:
        self._known = known
        self._words: dict[str, Prepared] = {}
        self._likes: dict[str, Search] = {}
        self._left_out: set[str] = set()
        self._table: Table | None = None
        self._ids: list[str] = []
        self._seen = known.index.snapshot

    @property
    def ids(self) -> set[str]:
        """The searches that are kept."""
        return self._words.keys() | self._likes.keys() | self._left_out

    def is_for(self, known: Known) -> bool:
        """Whether this index, with this voice, is the one that was prepared for."""
        return known.index is self._known.index and known.voice is self._known.voice

    def add(self, searches: Iterable[Search]) -> None:
        for search in searches:
            if search.like is not None:
                self._likes[search.id] = search
            else:
                self._words[search.id] = self._prepare(search)
        self._table = None

    def remove(self, ids: Iterable[str]) -> None:
        for key in ids:
            self._words.pop(key, None)
            self._likes.pop(key, None)
            self._left_out.discard(key)
        self._table = None

    def leave_out(self, ids: Iterable[str]) -> None:
        """Keep these as searches that ask for nothing: their words were erased."""
        self._left_out.update(ids)

    def refresh(self, count: int) -> int:
        """Prepare some anew that were prepared longest ago; gives how many."""
        old = [p for p in self._words.values() if p.at is not self._known.index.snapshot][:count]
        for prepared in old:
            del self._words[prepared.search.id]  # to the end: the next ones come first then
            self._words[prepared.search.id] = self._prepare(prepared.search)
        if old:
            self._table = None
        return len(old)

    def matching(self, community: str) -> list[str]:
        """The ids of the searches that find a community, but for those that knew it already."""
        document = self._known.index.get(community)
        if document is None or document.closed:
            return []
        found = [*self._by_words(document), *self._by_likeness(document)]
        return sorted(search.id for search in found if not search.knew(community))

    def _by_likeness(self, document: Document) -> list[Search]:
        likes = {s.like for s in self._likes.values() if s.like is not None}
        scores = self._known.index.likeness(document.id, sorted(likes))
        return [s for s in self._likes.values() if scores.get(s.like or "", -1.0) >= s.threshold]

    def _by_words(self, document: Document) -> list[Search]:
        if not self._words:
            return []
        self._read_anew()
        table = self._table = self._table or self._lay_out()
        snapshot = self._known.index.snapshot
        coverages = _coverages(table, snapshot, self._terms(document))
        meanings = self._meanings(table, document)
        near = (coverages > 0.0) & (coverages >= _NEAR * table.coverages)
        likely = set(table.search_of(near))
        likely |= set(np.flatnonzero(meanings >= _NEAR * table.meanings).tolist())
        found = []
        for place in sorted(likely):
            prepared = self._words[self._ids[place]]
            if not passes(document, prepared.search.filters):
                continue
            ways = slice(int(table.ways[place]), int(table.ways[place + 1]))
            matches = self._is_found(prepared, coverages[ways].tolist(), float(meanings[place]))
            if matches and self._known.index.finds(prepared.understood, document.id):
                found.append(prepared.search)
            table.coverages[ways] = prepared.floors.coverages
            table.meanings[place] = prepared.floors.meaning
        return found

    def _is_found(self, prepared: Prepared, coverages: Sequence[float], meaning: float) -> bool:
        """Above the highest floors there can be, there is no doubt; else by those of now."""
        most = (least_coverage(1.0, together=way > 0) for way in range(len(coverages)))
        if meaning >= LEAST_OF_MOST_LIKE or any(map(ge, coverages, most)):
            return True
        index = self._known.index
        lasts = _FRESH * len(index) * (0.5 + crc32(prepared.search.id.encode()) / 2**32)
        if index.snapshot.ever - prepared.changes > lasts:  # not all of them at once
            searching, snapshot, _ = index.ask(prepared.understood)
            prepared.floors, prepared.changes = searching.floors(), snapshot.ever
        floors = prepared.floors
        return meaning >= floors.meaning or any(
            covers > 0.0 and covers >= least - _ROUNDING
            for covers, least in zip(coverages, floors.coverages, strict=True)
        )

    def _prepare(self, search: Search) -> Prepared:
        index, voice = self._known.index, self._known.voice
        understood = index.read(search.q)
        ways = [Document(id="", name="", domain=way) for way in understood.texts]
        searching, snapshot, _ = index.ask(understood)
        text = text_of(Document(id="", name="", domain=understood.meant))
        vector = voice.asked.vector(text) if voice is not None and text else None
        stems = tuple(tuple(bag(way).weights) for way in ways)
        unsettled = tuple(s for s in dict.fromkeys(chain(*stems)) if self._uses(s) <= _UNSETTLED)
        floors, ever = searching.floors(), snapshot.ever
        return Prepared(search, understood, stems, floors, vector, snapshot, unsettled, ever)

    def _read_anew(self) -> None:
        """Read those again that a word may concern which came into use, or went out of it."""
        before, now = self._seen, self._known.index.snapshot
        if before is now:
            return
        self._seen = now
        stems = self._known.index.words.stems
        changed = [stems[number] for number in _changed(before.counts.used, now.counts.used)]
        if not changed:
            return
        for key, prepared in list(self._words.items()):
            if len(changed) > _MANY or _may_concern(changed, prepared):
                self._words[key] = self._prepare(prepared.search)
                self._table = None

    def _uses(self, stem: str) -> int:
        """How many communities use a word."""
        number, used = self._known.index.words.number(stem), self._known.index.snapshot.counts.used
        return int(used[number]) if number is not None and number < len(used) else 0

    def _lay_out(self) -> Table:
        words = self._known.index.words
        self._ids = list(self._words)
        kept = list(self._words.values())
        ways = [way for prepared in kept for way in prepared.stems]
        numbers = [[n for s in way if (n := words.number(s)) is not None] for way in ways]
        starts = np.zeros(len(ways) + 1, np.int64)
        np.cumsum([len(way) for way in numbers], out=starts[1:])
        unseen = [len(way) - len(found) for way, found in zip(ways, numbers, strict=True)]
        together = [way > 0 for prepared in kept for way in range(len(prepared.stems))]
        voice = self._known.voice
        nothing = np.zeros(voice.asked.dimensions if voice else 1, np.float32)
        return Table(
            np.array([n for way in numbers for n in way], np.int32),
            starts,
            np.cumsum([0, *(len(prepared.stems) for prepared in kept)]),
            np.array(together, np.bool_),
            np.array(unseen, np.int64),
            np.array([least for prepared in kept for least in prepared.floors.coverages]),
            np.array([prepared.floors.meaning for prepared in kept]),
            np.stack([nothing if p.vector is None else p.vector for p in kept]),
        )

    def _terms(self, document: Document) -> Ints:
        numbers = (self._known.index.words.number(stem) for stem in bag(document).weights)
        return np.array([n for n in numbers if n is not None], np.int32)

    def _meanings(self, table: Table, document: Document) -> Floats:
        """The likeness of each search with a community; 0 where there is no vector."""
        voice = self._known.voice
        vector = voice.vector(document) if voice is not None else None
        if vector is None:
            return np.zeros(len(table.meanings))
        return np.clip((table.vectors @ vector).astype(np.float64), 0.0, 1.0)


def _coverages(table: Table, snapshot: Snapshot, terms: Ints) -> Floats:
    """How much each way covers of its words in a community that has these terms."""
    used = np.zeros(int(max(table.terms.max(initial=0), terms.max(initial=0))) + 1, np.int64)
    known = snapshot.counts.used[: len(used)]
    used[: len(known)] = known
    has = np.zeros(len(used), np.bool_)
    has[terms] = True
    of_terms = used[table.terms]
    counted = (of_terms > 0) | np.repeat(table.together, np.diff(table.starts))
    rarity = np.where(counted, idf(of_terms, snapshot.communities), 0.0)
    rarest = float(np.log1p(snapshot.communities))
    whole = row_sums(rarity, table.starts) + rarest * np.where(table.together, table.unseen, 0)
    shared = row_sums(np.where(has[table.terms], rarity, 0.0), table.starts)
    return np.divide(shared, whole, out=np.zeros_like(whole), where=whole > 0)


def _changed(before: Ints, now: Ints) -> list[int]:
    """The terms that nobody, one, or several use where it was otherwise before."""
    earlier = np.zeros(len(now), now.dtype)
    earlier[: len(before)] = before
    several = _UNSETTLED + 1
    found: list[int] = np.flatnonzero(
        np.minimum(now, several) != np.minimum(earlier, several)
    ).tolist()
    return found


def _may_concern(changed: Sequence[str], prepared: Prepared) -> bool:
    """Whether a search has one of these words, or a hardly used one that may be read as one."""
    if any(stem in way for way in prepared.stems for stem in changed):
        return True
    return any(_is_near(unsettled, stem) for unsettled in prepared.unsettled for stem in changed)


def _is_near(typed: str, stem: str) -> bool:
    if stem.startswith(typed[:_BEGINNING]):
        return True
    if abs(len(stem) - len(typed)) > _MOST_ERRORS:
        return False
    return typing_errors(typed, stem, _MOST_ERRORS) <= _MOST_ERRORS
