"""What communities are counted and filtered by: network, region, sector and stage."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping

import numpy as np

from services.discovery.index.arrays import Flags, Ints
from services.discovery.index.document import Document
from shared.foundation.names import name_key

_VALUES: Mapping[str, Callable[[Document], Iterable[str]]] = {
    "network": lambda document: document.networks,
    "region": lambda document: (document.region,),
    "sector": lambda document: document.sectors,
    "stage": lambda document: (document.stage,),
}
FIELDS = tuple(_VALUES)


def passes(document: Document, filters: Mapping[str, Iterable[str]]) -> bool:
    """Whether a document passes all filters, as `Facet.holding` flags it."""
    for name, wanted in filters.items():
        keys = {name_key(value) for value in _VALUES[name](document)} - {""}
        if keys.isdisjoint(map(name_key, wanted)):
            return False
    return True


class Facet:
    """The values of one field. Each distinct set of values has a code, and a slot holds a code:
    counting a hundred thousand communities is then counting codes."""

    def __init__(self, field: str) -> None:
        self._values = _VALUES[field]
        self._sets: list[tuple[str, ...]] = [()]
        self._keys: list[frozenset[str]] = [frozenset()]
        self._codes: dict[tuple[str, ...], int] = {(): 0}

    def code(self, document: Document) -> int:
        """Give the code of a document's values, a new one for a set not seen before."""
        values = tuple(sorted({value.strip() for value in self._values(document)} - {""}))
        if values not in self._codes:
            self._keys.append(frozenset(map(name_key, values)))
            self._sets.append(values)
            self._codes[values] = len(self._sets) - 1
        return self._codes[values]

    def holding(self, codes: Ints, wanted: Iterable[str]) -> Flags:
        """Flag the slots that have one of the wanted values, however they are written."""
        keys = {name_key(value) for value in wanted} - {""}
        sets = self._keys.copy()
        return np.fromiter((not keys.isdisjoint(k) for k in sets), np.bool_, len(sets))[codes]

    def apart(self, codes: Ints, values: Iterable[str]) -> Flags:
        """Flag the slots that have none of the values, which are as the documents write them."""
        sets, apart = self._sets.copy(), set(values)
        return np.fromiter((apart.isdisjoint(v) for v in sets), np.bool_, len(sets))[codes]

    def counts(self, codes: Ints) -> dict[str, int]:
        """Count each value over the codes given, most frequent first, then by value.

        Several ways to write one value are counted as one, under the way that most write it.
        """
        totals: dict[str, Counter[str]] = {}
        per_code = np.bincount(codes)
        for code in np.flatnonzero(per_code).tolist():
            for value in self._sets[code]:
                totals.setdefault(name_key(value), Counter())[value] += int(per_code[code])
        counted = {min(t, key=lambda v: (-t[v], v)): t.total() for t in totals.values()}
        return dict(sorted(counted.items(), key=lambda item: (-item[1], item[0])))
