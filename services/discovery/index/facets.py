"""What communities are counted and filtered by: network, region, sector and stage."""

from collections.abc import Callable, Iterable, Mapping, Sequence

import numpy as np

from services.discovery.index.arrays import Flags, Ints
from services.discovery.index.document import Document

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
        folded = {value.strip().casefold() for value in wanted}
        values = {value.strip() for value in _VALUES[name](document)} - {""}
        if not any(value.casefold() in folded for value in values):
            return False
    return True


class Facet:
    """The values of one field. Each distinct set of values has a code, and a slot holds a code:
    counting a hundred thousand communities is then counting codes."""

    def __init__(self, field: str) -> None:
        self._values = _VALUES[field]
        self._sets: list[tuple[str, ...]] = [()]
        self._codes: dict[tuple[str, ...], int] = {(): 0}

    def code(self, document: Document) -> int:
        """Give the code of a document's values, a new one for a set not seen before."""
        values = tuple(sorted({value.strip() for value in self._values(document)} - {""}))
        if values not in self._codes:
            self._sets.append(values)
            self._codes[values] = len(self._sets) - 1
        return self._codes[values]

    def holding(self, codes: Ints, wanted: Iterable[str]) -> Flags:
        """Flag the slots that have one of the wanted values, whatever the case."""
        folded = {value.strip().casefold() for value in wanted}
        return self._flags(lambda values: any(v.casefold() in folded for v in values))[codes]

    def apart(self, codes: Ints, values: Iterable[str]) -> Flags:
        """Flag the slots that have none of the values."""
        return self._flags(set(values).isdisjoint)[codes]

    def counts(self, codes: Ints) -> dict[str, int]:
        """Count each value over the codes given, most frequent first, then by value."""
        totals: dict[str, int] = {}
        per_code = np.bincount(codes)
        for code in np.flatnonzero(per_code).tolist():
            for value in self._sets[code]:
                totals[value] = totals.get(value, 0) + int(per_code[code])
        return dict(sorted(totals.items(), key=lambda item: (-item[1], item[0])))

    def _flags(self, wanted: Callable[[tuple[str, ...]], bool]) -> Flags:
        sets: Sequence[tuple[str, ...]] = self._sets.copy()
        return np.fromiter((wanted(values) for values in sets), np.bool_, len(sets))
