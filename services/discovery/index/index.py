"""The index of communities: put, remove, related, search."""

import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Literal

import numpy as np

from services.discovery.index.arrays import Flags, Floats
from services.discovery.index.bag import bag
from services.discovery.index.document import REMOVED, Document
from services.discovery.index.facets import FIELDS, Facet
from services.discovery.index.question import Question
from services.discovery.index.ranking import Ranked, rank
from services.discovery.index.reasons import NetworkName, why_found, why_related
from services.discovery.index.snapshot import Entry, Snapshot
from services.discovery.index.voice import Voice, blend, heard
from services.discovery.index.words import Placed, Words

Scope = Literal["other-networks"]

_BATCH = 4000
# The part of a search's score that is coverage (how many of the words are there at all), where
# the cosine counts 1. Measured: docs/decisions/ranking-by-words.md.
_COVERAGE = 0.5
# A match covers at least this part of what the best match covers.
_LEAST_OF_BEST = 0.2


class UnknownCommunityError(LookupError):
    """No community of this id is in the index."""


@dataclass(frozen=True, slots=True)
class Match:
    """A community that answers, with its score from 0 to 1 and why, in plain sentences.

    `stands_for` is the closed community whose place, and score, it holds, if any.
    """

    document: Document
    score: float
    reasons: tuple[str, ...]
    stands_for: Document | None = None

    @property
    def id(self) -> str:
        """The id of the community."""
        return self.document.id


@dataclass(frozen=True, slots=True)
class SearchResult:
    """The best matches; how many there are in all; how many of each value of each facet.

    A facet's counts follow the filters on the other facets, not the one on itself, so that
    they say what each other choice would give.
    """

    matches: list[Match]
    total: int
    facets: dict[str, dict[str, int]]


class Index:
    """Communities in memory. Safe for many reading threads and any that write, one at a time.

    A query works on one snapshot from beginning to end, and holds the lock only while it picks
    up what it needs; a write prepares everything beside it and swaps it in.
    """

    def __init__(
        self, *, network_name: NetworkName = lambda _: None, voices: Sequence[Voice] = ()
    ) -> None:
        """Make an empty index. `network_name` gives the name of a network id, None if unknown."""
        self._network_name = network_name
        self._voices = tuple(voices)
        self._facets = {name: Facet(name) for name in FIELDS}
        self._words = Words()
        self._slots: dict[str, int] = {}
        self._free: list[int] = []
        self._snapshot = Snapshot()
        self._lock = threading.Lock()
        self._writing = threading.Lock()

    def __len__(self) -> int:
        return self._snapshot.communities

    def get(self, community: str) -> Document | None:
        """Give a community by id, None where the index has none."""
        snapshot = self._snapshot
        slot = snapshot.slot(community, self._slots)
        return None if slot is None else snapshot.entry(slot).document

    def put(self, document: Document) -> None:
        """Insert or replace a community; the next query sees it."""
        self._write([document], ())

    def put_many(self, documents: Iterable[Document]) -> None:
        """Insert or replace communities, some thousands at a time; the last of one id counts."""
        coming = iter(documents)
        while batch := list(islice(coming, _BATCH)):
            self._write(batch, ())

    def remove(self, community: str) -> None:
        """Take a community out; nothing happens where there is none of this id."""
        self._write((), [community])

    def related(
        self, asked: str | Document, *, limit: int = 10, scope: Scope | None = None
    ) -> list[Match]:
        """Give the open communities that are most like one in the index, or one described.

        Best first; equal scores by id. `scope="other-networks"` leaves out those that share a
        network with it. Raises UnknownCommunityError for an id that is not in the index.
        """
        document = asked if isinstance(asked, Document) else self.get(asked)
        if document is None:
            raise UnknownCommunityError(str(asked))
        question, snapshot = self._ask(document)
        own = snapshot.slot(document.id, self._slots)
        others = heard(self._voices, document, snapshot.size)
        scores = blend(question.cosines(), others)
        snapshot.stand_ins.pass_on(scores)
        if own is not None:
            scores[own] = 0.0
        scores[~self._allowed(snapshot, document, scope)] = 0.0

        def exactly(slots: Sequence[int]) -> Floats:
            return blend(question.exactly(slots)[0], [(w, s[slots]) for w, s in others])

        ranked = rank(scores, exactly, snapshot, limit=limit, asked=own)
        return [self._related(document, question, snapshot, place) for place in ranked]

    def search(
        self, text: str, *, limit: int = 10, filters: Mapping[str, Iterable[str]] | None = None
    ) -> SearchResult:
        """Find open communities by words: best first, equal scores by id.

        Filters are values wanted (any of them, whatever the case) by network id, region,
        sector or stage. Raises KeyError for a filter of another name.
        """
        asked = Document(id="", name="", domain=text)
        question, snapshot = self._ask(asked)
        others = heard(self._voices, asked, snapshot.size)
        coverages = question.coverages()
        least = _LEAST_OF_BEST * float(coverages.max(initial=0.0))
        matches = (coverages > 0.0) & (coverages >= least)
        scores = np.where(matches, blend(_joined(question.cosines(), coverages), others), 0.0)
        snapshot.stand_ins.pass_on(scores)
        snapshot.stand_ins.pass_on_flags(matches)
        matches &= snapshot.open
        facets, matches = self._filtered(matches, snapshot, filters or {})
        scores[~matches] = 0.0

        def exactly(slots: Sequence[int]) -> Floats:
            joined = _joined(*question.exactly(slots))
            return blend(joined, [(w, s[slots]) for w, s in others])

        ranked = rank(scores, exactly, snapshot, limit=limit)
        found = [self._found(asked, question, snapshot, place) for place in ranked]
        return SearchResult(found, int(matches.sum()), facets)

    def _ask(self, document: Document) -> tuple[Question, Snapshot]:
        words = bag(document)
        with self._lock:
            return Question(words, self._words, self._snapshot), self._snapshot

    def _allowed(self, snapshot: Snapshot, asked: Document, scope: Scope | None) -> Flags:
        """Flag the communities that may be shown beside the one asked about."""
        if scope != "other-networks":
            return snapshot.open
        return snapshot.open & self._facets["network"].apart(
            snapshot.codes["network"], asked.networks
        )

    def _related(
        self, asked: Document, question: Question, snapshot: Snapshot, place: Ranked
    ) -> Match:
        found, stands_for = _shown(snapshot, place)
        shares = question.shares(place.source)
        reasons = why_related(asked, found, shares, question.plain, self._network_name, stands_for)
        return Match(found, place.score, reasons, stands_for)

    def _found(
        self, asked: Document, question: Question, snapshot: Snapshot, place: Ranked
    ) -> Match:
        found, stands_for = _shown(snapshot, place)
        reasons = why_found(asked, found, question.shares(place.source), question.plain, stands_for)
        return Match(found, place.score, reasons, stands_for)

    def _filtered(
        self, matches: Flags, snapshot: Snapshot, filters: Mapping[str, Iterable[str]]
    ) -> tuple[dict[str, dict[str, int]], Flags]:
        """Count the facets of matches, and give the matches that pass all filters."""
        passes = {
            name: self._facets[name].holding(snapshot.codes[name], wanted)
            for name, wanted in filters.items()
        }
        facets: dict[str, dict[str, int]] = {}
        for name in FIELDS:
            counted = matches.copy()
            for other, flags in passes.items():
                if other != name:
                    counted &= flags
            facets[name] = self._facets[name].counts(snapshot.codes[name][counted])
        for flags in passes.values():
            matches = matches & flags
        return facets, matches

    def _write(self, documents: Iterable[Document], removed: Iterable[str]) -> None:
        """Put documents and remove ids, in one change that queries see whole."""
        with self._writing:
            latest: dict[str, Document | None] = {d.id: d for d in documents}
            latest |= dict.fromkeys(removed)
            rows = {
                name: Entry(document, self._words.row(bag(document)))
                for name, document in latest.items()
                if document and document.state != REMOVED
            }
            changed: dict[int, Entry | None] = {}
            for name in latest:
                if name not in rows and name in self._slots:
                    changed[slot := self._slots.pop(name)] = None
                    self._free.append(slot)
            changed |= {self._place(name): entry for name, entry in rows.items()}
            self._publish(changed)

    def _place(self, name: str) -> int:
        """Give a community its slot: the one it has, a free one, or a new one."""
        if name not in self._slots:
            self._slots[name] = self._free.pop() if self._free else len(self._slots)
        return self._slots[name]

    def _publish(self, changed: dict[int, Entry | None]) -> None:
        """Work out beside the readers what follows from a change, then let them see it."""
        before = self._snapshot
        gone = [Placed(slot, entry.row) for slot in changed if (entry := before.at(slot))]
        come = [Placed(slot, entry.row) for slot, entry in changed.items() if entry]
        postings = self._words.changed(gone, come, before.size)
        counts = self._words.counts(before.counts, gone, come)
        after = before.after(changed, counts, self._facets, self._slots)
        for slot, entry in changed.items():
            for voice in self._voices:
                voice.place(slot, entry.document if entry else None)
        with self._lock:
            self._words.publish(postings)
            self._snapshot = after


def _joined(cosines: Floats, coverages: Floats) -> Floats:
    """Join cosine and coverage to one score of a search, from 0 to 1."""
    return (cosines + _COVERAGE * coverages) / (1.0 + _COVERAGE)


def _shown(snapshot: Snapshot, place: Ranked) -> tuple[Document, Document | None]:
    """Give the community to show, and the closed one that it stands for, if any."""
    stands_for = snapshot.entry(place.source).document if place.source != place.slot else None
    return snapshot.entry(place.slot).document, stands_for
