"""One moment of the index: what a query sees from beginning to end."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import TypeVar

import numpy as np

from services.discovery.index.arrays import Flags, Floats, Ints
from services.discovery.index.document import Document
from services.discovery.index.facets import FIELDS, Facet
from services.discovery.index.standins import StandIns, stand_ins
from services.discovery.index.words import Counts, Row, norms

# Norms depend on every idf. They only choose who is scored exactly, so they may lag a little.
_NORMS_LAG = 0.2
_NORMS_LAG_LEAST = 64

_Array = TypeVar("_Array", Flags, Floats, Ints)


@dataclass(frozen=True, slots=True)
class Entry:
    """A community in its slot."""

    document: Document
    row: Row


def _no_counts() -> Counts:
    return Counts(np.zeros(0, np.int32), np.zeros(0, np.int32))


def _no_codes() -> dict[str, Ints]:
    return {name: np.zeros(0, np.int32) for name in FIELDS}


@dataclass(frozen=True, slots=True)
class Snapshot:
    """All that queries read but the postings. Its arrays are by slot and never changed again.

    `counts` is by term; `inverse_norms` says nothing of an empty slot.
    """

    entries: list[Entry | None] = field(default_factory=list)
    communities: int = 0
    counts: Counts = field(default_factory=_no_counts)
    inverse_norms: Floats = field(default_factory=lambda: np.zeros(0))
    open: Flags = field(default_factory=lambda: np.zeros(0, np.bool_))
    codes: Mapping[str, Ints] = field(default_factory=_no_codes)
    closed: frozenset[int] = frozenset()
    stand_ins: StandIns = field(default_factory=StandIns)
    changes: int = 0  # since the norms of all slots were worked out
    ever: int = 0  # changes, since the index was empty

    @property
    def size(self) -> int:
        """The number of slots, empty ones included."""
        return len(self.entries)

    def at(self, slot: int) -> Entry | None:
        """Give who stands in a slot; None where it is empty, or beyond the last."""
        return self.entries[slot] if slot < self.size else None

    def entry(self, slot: int) -> Entry:
        """Give the entry of a slot that is filled."""
        entry = self.entries[slot]
        if entry is None:
            raise LookupError(f"slot {slot} is empty")
        return entry

    def slot(self, name: str, slots: Mapping[str, int]) -> int | None:
        """Find a community by id; `slots` says where it stands or may soon stand."""
        slot = slots.get(name)
        entry = None if slot is None else self.at(slot)
        return slot if entry is not None and entry.document.id == name else None

    def rows(self, slots: Iterable[int]) -> list[Row]:
        """Give the rows of slots that are filled."""
        return [self.entry(slot).row for slot in slots]

    def after(
        self,
        changed: Mapping[int, Entry | None],
        counts: Counts,
        facets: Mapping[str, Facet],
        slots: Mapping[str, int],
    ) -> "Snapshot":
        """Give the snapshot in which each changed slot holds another entry, or none.

        `counts` and `slots` (ids to slots) are those after the change.
        """
        size = max(self.size, 1 + max(changed, default=-1))
        entries = self.entries + [None] * (size - self.size)
        is_open = _longer(self.open, size)
        codes = {name: _longer(self.codes[name], size) for name in FIELDS}
        for slot, entry in changed.items():
            entries[slot] = entry
            is_open[slot] = entry is not None and not entry.document.closed
            for name in FIELDS:
                codes[name][slot] = facets[name].code(entry.document) if entry else 0
        ended = {slot for slot, entry in changed.items() if entry and entry.document.closed}
        after = replace(
            self,
            entries=entries,
            communities=len(slots),
            counts=counts,
            open=is_open,
            codes=codes,
            closed=self.closed - changed.keys() | ended,
            inverse_norms=_longer(self.inverse_norms, size),
            changes=self.changes + len(changed),
            ever=self.ever + len(changed),
        )
        return after._with_stand_ins(self, changed, slots)._with_norms(changed)

    def _with_stand_ins(
        self,
        before: "Snapshot",
        changed: Mapping[int, Entry | None],
        slots: Mapping[str, int],
    ) -> "Snapshot":
        """Follow the successors anew, where the change touches a closed community or an heir."""
        left = [entry for slot in changed if (entry := before.at(slot))]
        touched = [*left, *(entry for entry in changed.values() if entry)]
        if not any(e.document.closed or e.document.id in self.stand_ins.ids for e in touched):
            return self

        def find(name: str) -> tuple[int, Document] | None:
            slot = self.slot(name, slots)
            return None if slot is None else (slot, self.entry(slot).document)

        closed = [(slot, self.entry(slot).document) for slot in sorted(self.closed)]
        return replace(self, stand_ins=stand_ins(closed, find))

    def _with_norms(self, changed: Mapping[int, Entry | None]) -> "Snapshot":
        """Work out the norms of the changed slots or, where many have changed, of all."""
        everyone = self.changes > max(_NORMS_LAG_LEAST, _NORMS_LAG * self.communities)
        slots = [s for s in (range(self.size) if everyone else changed) if self.entries[s]]
        lengths = norms(self.rows(slots), self.counts.used, self.communities)
        inverse = np.zeros(self.size) if everyone else self.inverse_norms.copy()
        inverse[slots] = np.divide(1.0, lengths, out=np.zeros_like(lengths), where=lengths > 0)
        return replace(self, inverse_norms=inverse, changes=0 if everyone else self.changes)


def _longer(array: _Array, length: int) -> _Array:
    longer = np.zeros(length, array.dtype)
    longer[: len(array)] = array
    return longer
