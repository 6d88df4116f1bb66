"""The index of communities: put, remove, related, search."""

import threading
from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from typing import Literal, NamedTuple

import numpy as np

from services.discovery.index.acronyms import Acronyms
from services.discovery.index.answers import Match, Near, SearchResult, UnknownCommunityError
from services.discovery.index.arrays import Flags, Floats
from services.discovery.index.bag import bag
from services.discovery.index.document import REMOVED, Document
from services.discovery.index.facets import FIELDS, Facet
from services.discovery.index.highlights import highlights
from services.discovery.index.language import composed, spots
from services.discovery.index.levels import (
    BY_WORDS,
    WITH_MEANING,
    Level,
    Levels,
    Scales,
)
from services.discovery.index.pool import SHOWN, Pool, with_the_best
from services.discovery.index.question import Question
from services.discovery.index.ranking import DIGITS, Ranked, rank
from services.discovery.index.reasons import MUCH_ALIKE, Between, why_found, why_related
from services.discovery.index.relating import Relating, lifted
from services.discovery.index.searching import Searching
from services.discovery.index.snapshot import Entry, Snapshot
from services.discovery.index.ties import LinksOf, Ties, likest, ties
from services.discovery.index.understanding import Understanding, Understood
from services.discovery.index.voice import Heard, Hearing, Said, Voice
from services.discovery.index.words import Placed, Words

Scope = Literal["other-networks"]

_BATCH = 4000
_MOST_NEAR = 3
_LEAST_NEAR = 0.2  # in meaning
NAME_A_SUBJECT = (
    "Name what the communities work on; an acronym that is a word as well, such as IT or WHO, is"
    " looked for in capitals."
)
_ROUGHLY = 0.8  # of a score: who roughly has less has less


class Index:
    """Communities in memory. Safe for many reading threads and any that write, one at a time.

    A query works on one snapshot from beginning to end, and holds the lock only while it picks
    up what it needs; a write prepares everything beside it and swaps it in.
    """

    def __init__(
        self,
        *,
        voices: Sequence[Voice] = (),
        forgiving: bool = True,
        scales: Scales = WITH_MEANING,
    ) -> None:
        """Make an empty index.

        One that is not `forgiving` takes what is searched for by the letter. `scales` say what
        scores mean while there are other voices than the words'.
        """
        self._with_voices = scales
        self._forgiving = forgiving
        self._voices = tuple(voices)
        self._facets = {name: Facet(name) for name in FIELDS}
        self._words = Words()
        self._acronyms = Acronyms()
        self._understanding = Understanding(self._words, self._acronyms)
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

    def calibrate(self, scales: Scales) -> None:
        """Let scores mean this from the next query on, while there are other voices."""
        self._with_voices = scales

    def join(self, voice: Voice) -> None:
        """Let another voice speak from the next query on, of all communities that are here."""
        with self._writing:
            snapshot = self._snapshot
            for slot in self._slots.values():
                voice.place(slot, snapshot.entry(slot).document)
            voice.publish()
            self._voices = (*self._voices, voice)

    def refresh(self) -> None:
        """Let queries see what the voices have learnt since the last change."""
        with self._writing, self._lock:
            for voice in self._voices:
                voice.publish()

    def remove(self, community: str) -> None:
        """Take a community out; nothing happens where there is none of this id."""
        self._write((), [community])

    def related(
        self,
        asked: str | Document,
        *,
        limit: int = 10,
        scope: Scope | None = None,
        without: Iterable[str] = (),
        links_of: LinksOf | None = None,
        least: Level = Level.NEAREST,
    ) -> list[Match]:
        """Give the open communities that are most like one in the index, or one described.

        Best first, which takes into account whom each is like itself; those of less than a level
        of relatedness are last, or left out by `least`. `scope="other-networks"` leaves out those
        that share a network with it, `without` some by their ids; with `links_of`, links have
        their part.
        Raises UnknownCommunityError for an id that is not in the index.
        """
        document = asked if isinstance(asked, Document) else self.get(asked)
        if document is None:
            raise UnknownCommunityError(str(asked))
        (question,), snapshot, others = self._ask(document, (document,))
        relating = Relating(question, others)
        own = snapshot.slot(document.id, self._slots)
        scores = relating.rough()
        tied = None
        if links_of:
            like = likest(relating, scores, own, snapshot)
            tied = ties(document.id, like, links_of, snapshot, self._slots)
        if tied:
            relating.lift(tied.lifts)
            scores = lifted(scores, tied.lifts)
        snapshot.stand_ins.pass_on(scores)
        if own is not None:
            scores[own] = 0.0
        everyone = scores.copy()
        scores[~self._allowed(snapshot, document, scope)] = 0.0
        slots = (snapshot.slot(name, self._slots) for name in without)
        scores[[slot for slot in slots if slot is not None]] = 0.0
        ranked = rank(scores, relating.exactly, snapshot, limit=limit, asked=own, spare=SHOWN)
        pool = Pool(everyone, ranked, relating.exactly, others, snapshot)
        levels = self.scales.pairs
        asking = _Asking(document, question, relating, snapshot, tied, pool)
        found = [
            (place, level)
            for place in pool.ordered(ranked, snapshot)
            if (level := levels.of(place.score)).reaches(least)
        ]
        found.sort(key=lambda each: each[1] is Level.NEAREST)
        return [self._related(asking, place, level) for place, level in found[: max(limit, 0)]]

    def search(
        self,
        text: str,
        *,
        limit: int = 10,
        filters: Mapping[str, Iterable[str]] | None = None,
    ) -> SearchResult:
        """Find open communities by words: best first, equal scores by id.

        Filters are values wanted (any of them, whatever the case) by network id, region,
        sector or stage. Raises KeyError for a filter of another name.
        """
        understood = self.read(text)
        searching, snapshot, others = self.ask(understood)
        scores, matches = self._matched(searching, snapshot)
        before_filters = int(matches.sum())
        facets, passing, matches = self._filtered(matches, snapshot, filters or {})
        scores[~passing] = 0.0
        if not matches.any():
            scores[:] = 0.0
        ranked = rank(scores, searching.exactly, snapshot, limit=limit, spare=SHOWN)
        levels = self.scales.searches
        placed = [
            (
                place,
                _level_found(place.source, place.score, levels, searching)
                if matches[place.slot]
                else Level.NEAREST,
            )
            for place in with_the_best(ranked, others, snapshot)
        ]
        placed.sort(key=lambda each: each[1] is Level.NEAREST)
        found = [
            self._found(understood, searching, snapshot, place, level)
            for place, level in placed[: max(limit, 0)]
        ]
        near = None
        if not matches.any():
            near = self._near(text, before_filters, snapshot, others if searching.has_words else ())
        return SearchResult(
            found,
            int(matches.sum()),
            facets,
            understood.corrected,
            understood.also,
            near,
            before_filters,
        )

    def read(self, text: str) -> Understood:
        """Give the ways to say what was typed, by what the communities write."""
        if not self._forgiving:
            return Understood((text,), text)
        return self._understanding.read(text, self._snapshot)

    def says_something(self, text: str) -> bool:
        """Whether a text holds a word to search by: more than stop words and symbols."""
        return any(spot.word.stems for spot in spots(composed(text)))

    def ask(self, understood: Understood) -> tuple[Searching, Snapshot, Heard]:
        """Ask for what was understood, at one moment of the index."""
        ways = [Document(id="", name="", domain=way) for way in understood.texts]
        meant = Document(id="", name="", domain=understood.meant)
        questions, snapshot, others = self._ask(meant, ways)
        return Searching(questions, others), snapshot, others

    def found_by(self, text: str, filters: Mapping[str, Iterable[str]] | None = None) -> list[str]:
        """Give the ids of all communities that are related to a search, in no order."""
        searching, snapshot, _ = self.ask(self.read(text))
        _, matches = self._matched(searching, snapshot)
        for name, wanted in (filters or {}).items():
            matches &= self._facets[name].holding(snapshot.codes[name], wanted)
        slots = np.flatnonzero(matches).tolist()
        return [_id(snapshot, s) for s in self._related_to(searching, snapshot, slots)]

    def finds(self, understood: Understood, community: str) -> bool:
        """Whether one community is related to a search that it matches, without a look at others.

        What it has of closed communities that it stands for counts too.
        """
        ways = [Document(id="", name="", domain=way) for way in understood.texts]
        meant = Document(id="", name="", domain=understood.meant)
        questions, snapshot, hearings = self._questions(ways)
        slot = snapshot.slot(community, self._slots)
        others = [Said(weight, np.zeros(0), meant, hearing, {}) for weight, hearing in hearings]
        searching = Searching(questions, others)
        return slot is not None and bool(self._related_to(searching, snapshot, [slot]))

    def at_least(self, community: str, score: float) -> list[str]:
        """Give the ids of the open communities related to one by at least a score, in no order.

        Raises UnknownCommunityError for an id that is not in the index.
        """
        document = self.get(community)
        if document is None:
            raise UnknownCommunityError(community)
        (question,), snapshot, others = self._ask(document, (document,))
        relating = Relating(question, others)
        likely = snapshot.open & (relating.rough() >= _ROUGHLY * score)
        slots = [s for s in np.flatnonzero(likely).tolist() if _id(snapshot, s) != community]
        exact = np.round(relating.exactly(slots), DIGITS) if slots else np.zeros(0)
        return [_id(snapshot, s) for s, e in zip(slots, exact, strict=True) if e >= score]

    def likeness(self, community: str, others: Sequence[str]) -> dict[str, float]:
        """Give the exact score of one community beside some others, as `related` without links.

        Likeness is mutual. Those that the index does not have are left out.
        """
        document = self.get(community)
        if document is None:
            return {}
        (question,), snapshot, heard = self._ask(document, (document,))
        found = ((key, snapshot.slot(key, self._slots)) for key in others if key != community)
        slots = {key: slot for key, slot in found if slot is not None}
        if not slots:
            return {}
        scores = Relating(question, heard).exactly(list(slots.values()))
        return dict(zip(slots, np.round(scores, DIGITS).tolist(), strict=True))

    @property
    def snapshot(self) -> Snapshot:
        """The present moment of the index."""
        return self._snapshot

    @property
    def words(self) -> Words:
        """The terms of the index, by number."""
        return self._words

    def _matched(self, searching: Searching, snapshot: Snapshot) -> tuple[Floats, Flags]:
        """Give the rough scores of a search, and flag the open communities that match it."""
        scores, matches = searching.rough()
        snapshot.stand_ins.pass_on(scores)
        snapshot.stand_ins.pass_on_flags(matches)
        return scores, matches & snapshot.open

    def _ask(
        self, meant: Document, ways: Sequence[Document]
    ) -> tuple[list[Question], Snapshot, Heard]:
        """Ask the words each way, and the other voices about what is meant, at one moment."""
        questions, snapshot, hearings = self._questions(ways)
        said = [Said(w, h.likeness(meant, snapshot.size), meant, h, {}) for w, h in hearings]
        return questions, snapshot, said

    def _questions(
        self, ways: Sequence[Document]
    ) -> tuple[list[Question], Snapshot, list[tuple[float, Hearing]]]:
        bags = [bag(way) for way in ways]
        with self._lock:
            snapshot = self._snapshot
            questions = [
                Question(words, self._words, snapshot, together=number > 0)
                for number, words in enumerate(bags)
            ]
            return questions, snapshot, [(v.weight, v.hear()) for v in self._voices]

    def _related_to(
        self, searching: Searching, snapshot: Snapshot, slots: Sequence[int]
    ) -> list[int]:
        """Give those of some slots that match a search which are related to it, too."""
        sources = [
            (slot, source)
            for slot in slots
            for source in (slot, *snapshot.stand_ins.predecessors(slot))
        ]
        if not sources:
            return []
        scores = np.round(searching.exactly([source for _, source in sources]), DIGITS)
        levels = self.scales.searches
        related = dict.fromkeys(
            slot
            for (slot, source), score in zip(sources, scores.tolist(), strict=True)
            if _level_found(source, score, levels, searching).reaches(Level.RELATED)
        )
        return list(related)

    def _allowed(self, snapshot: Snapshot, asked: Document, scope: Scope | None) -> Flags:
        """Flag the communities that may be shown beside the one asked about."""
        if scope != "other-networks":
            return snapshot.open
        return snapshot.open & self._facets["network"].apart(
            snapshot.codes["network"], asked.networks
        )

    def _related(self, asking: "_Asking", place: Ranked, level: Level) -> Match:
        asked, question, relating, snapshot, tied, pool = asking
        found, stands_for = _shown(snapshot, place)
        between = tied.between(place.source, self._shown_name) if tied else Between()
        through = pool.through(place.source)
        if through is not None:
            between = between._replace(through=snapshot.entry(through).document.shown_name)
        alike = relating.alike(place.source, place.score)
        reasons = why_related(
            asked,
            found,
            question.shares(place.source),
            question.wording,
            stands_for,
            alike,
            between,
        )
        linked = any((between.common, between.like))
        return Match(
            found, place.score, reasons, stands_for, alike is not None, links=linked, level=level
        )

    @property
    def scales(self) -> Scales:
        """What scores mean: with the other voices, or by words alone."""
        return self._with_voices if self._voices else BY_WORDS

    def _shown_name(self, community: str) -> str | None:
        document = self.get(community)
        return document.shown_name if document else None

    def _found(
        self,
        understood: Understood,
        searching: Searching,
        snapshot: Snapshot,
        place: Ranked,
        level: Level,
    ) -> Match:
        found, stands_for = _shown(snapshot, place)
        question = searching.best_for(place.source)
        asked = Document(id="", name="", domain="\n".join(understood.texts))
        alike = searching.alike(place.source)
        shares = question.shares(place.source)
        reasons = why_found(
            asked,
            found,
            shares,
            question.wording,
            stands_for,
            alike,
            complete=shares.keys() >= question.asked,
        )
        marked = highlights(found, searching.stems)
        return Match(
            found, place.score, reasons, stands_for, alike is not None, marked, level=level
        )

    def _near(self, text: str, unfiltered: int, snapshot: Snapshot, others: Heard) -> Near:
        """Say what is near a search that found nothing."""
        if unfiltered:
            return Near(f"Nothing has these filters; without them there is more: {unfiltered}.")
        if not self.says_something(text):
            return Near(f"These words say nothing of a subject. {NAME_A_SUBJECT}")
        communities: list[Document] = []
        for said in others:
            nearest = np.where(snapshot.open, np.nan_to_num(said.scores), 0.0)
            best = np.argsort(-nearest, kind="stable")[:_MOST_NEAR].tolist()
            communities += [snapshot.entry(s).document for s in best if nearest[s] >= _LEAST_NEAR]
        words = self._understanding.near(text, snapshot)
        if words:
            sentence = f"Nobody writes of this. Words near it: {', '.join(words)}."
        elif communities:
            sentence = "Nobody writes of this. Nearest in meaning is what is named here."
        else:
            sentence = "Nobody writes of this, and nothing is near it. Try fewer or other words."
        return Near(sentence, words, tuple(communities))

    def _filtered(
        self, matches: Flags, snapshot: Snapshot, filters: Mapping[str, Iterable[str]]
    ) -> tuple[dict[str, dict[str, int]], Flags, Flags]:
        """Count the facets of matches; flag what passes all filters, and the matches that do."""
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
        passing = snapshot.open.copy()
        for flags in passes.values():
            passing &= flags
        return facets, passing, matches & passing

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
            self._understanding.follow()

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
        for slot in changed:
            if left := before.at(slot):
                self._acronyms.learn(left.document, -1)
        for slot, entry in changed.items():
            if entry:
                self._acronyms.learn(entry.document)
            for voice in self._voices:
                voice.place(slot, entry.document if entry else None)
        with self._lock:
            self._words.publish(postings)
            for voice in self._voices:
                voice.publish()
            self._snapshot = after


class _Asking(NamedTuple):
    """One question about a community, and all that answers it."""

    document: Document
    question: Question
    relating: Relating
    snapshot: Snapshot
    tied: Ties | None
    pool: Pool


def _level_found(source: int, score: float, levels: Levels, searching: Searching) -> Level:
    """Give the level of what matches; who has no word that names a subject must be much alike."""
    level = levels.of(score)
    if level is Level.NEAREST or searching.has_subject(source):
        return level
    alike = searching.alike(source)
    return level if alike and alike.meaning >= MUCH_ALIKE else Level.NEAREST


def _id(snapshot: Snapshot, slot: int) -> str:
    return snapshot.entry(slot).document.id


def _shown(snapshot: Snapshot, place: Ranked) -> tuple[Document, Document | None]:
    """Give the community to show, and the closed one that it stands for, if any."""
    stands_for = snapshot.entry(place.source).document if place.source != place.slot else None
    return snapshot.entry(place.slot).document, stands_for
