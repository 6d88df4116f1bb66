"""A community as a bag of weighted words: which fields count, and how much."""

import math
from collections import Counter
from typing import NamedTuple

from services.discovery.index.document import Document
from services.discovery.index.language import word, written_words

# Measured: docs/decisions/ranking-by-words.md. A name says as much in all, however many words it
# has: its weight is for all of its words together, and one of two words weighs two for each.
FIELD_WEIGHTS = {
    "name": 4.0,
    "topics": 2.0,
    "domain": 1.0,
    "practice": 1.0,
    "learning_question": 1.0,
}
REPEATS = 1.25

_COUNTED = 256
_SUBLINEAR = [0.0, *(1.0 + REPEATS * math.log(n) for n in range(1, _COUNTED))]


class Bag(NamedTuple):
    """The weight of each stem, and the stems that are somewhere written in lower case."""

    weights: dict[str, float]
    plain: set[str]


def bag(document: Document) -> Bag:
    """Weigh the words of a document: field weight × (1 + REPEATS · ln count), fields summed."""
    weights: dict[str, float] = {}
    plain: set[str] = set()
    for field, field_weight in FIELD_WEIGHTS.items():
        if not (text := field_text(document, field)):
            continue
        counts: dict[str, int] = {}
        for written, times in Counter(written_words(text)).items():
            stems, is_plain, _ = word(written)
            for stem in stems:
                counts[stem] = counts.get(stem, 0) + times
                if is_plain:
                    plain.add(stem)
        share = len(counts) if field == "name" else 1
        for stem, count in counts.items():
            weight = field_weight / share * _SUBLINEAR[count if count < _COUNTED else _COUNTED - 1]
            weights[stem] = weights.get(stem, 0.0) + weight
    return Bag(weights, plain)


def field_text(document: Document, field: str) -> str:
    """Give the text of one of the fields that count; topics apart from one another."""
    if field == "topics":
        return "; ".join(document.topics)
    return str(getattr(document, field))
