"""What the map is computed from: the communities, their words and their vectors, as arrays."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from services.discovery.follower import as_document
from services.discovery.index import Document
from services.discovery.index.arrays import Flags, Ints, Places, Weights
from services.discovery.index.bag import bag
from services.discovery.index.words import idf
from services.discovery.meaning.store import Stored
from services.discovery.meaning.text import key_of, text_of
from shared.projection.projection import Row


class Known(NamedTuple):
    """What is kept of an open community besides its words."""

    id: str
    topics: tuple[str, ...]
    networks: frozenset[str]
    text_hash: str


@dataclass(frozen=True)
class Material:
    """Open communities in the order of their ids, and their words as rows one behind the other.

    `values` are of length 1 a row: weight × idf, as in the index; a row without words is empty.
    `used` and `plain` are by term, over all communities, the closed ones too. `vectors` has a row
    for each community; `has_vector` says which of them hold one.
    """

    known: Sequence[Known]
    terms: Ints
    values: Weights
    starts: Places
    stems: Sequence[str]
    used: Ints
    plain: Ints
    vectors: Weights
    has_vector: Flags

    def __len__(self) -> int:
        return len(self.known)

    def row(self, number: int) -> tuple[Ints, Weights]:
        """The terms of a community and their values."""
        place = slice(int(self.starts[number]), int(self.starts[number + 1]))
        return self.terms[place], self.values[place]


class _Bags:
    """Words as they are read, each stem with a number; closed communities count, and go."""

    def __init__(self) -> None:
        self.numbers: dict[str, int] = {}
        self.used: list[int] = []
        self.plain: list[int] = []
        self.communities = 0

    def read(self, document: Document) -> tuple[Ints, Weights]:
        self.communities += 1
        words = bag(document)
        for stem in words.weights:
            if stem not in self.numbers:
                self.numbers[stem] = len(self.numbers)
                self.used.append(0)
                self.plain.append(0)
            self.used[self.numbers[stem]] += 1
        for stem in words.plain:
            self.plain[self.numbers[stem]] += 1
        terms = np.array([self.numbers[stem] for stem in words.weights], np.int32)
        return terms, np.array(list(words.weights.values()), np.float32)


def gather(rows: Iterable[Row], vectors: Iterable[Stored]) -> Material:
    """Read the rows of the documents' table, in the order of ids, and the vectors of their texts.

    Vectors of texts that no open community has are passed over.
    """
    bags = _Bags()
    known: list[Known] = []
    read: list[tuple[Ints, Weights]] = []
    for document in map(as_document, rows):
        words = bags.read(document)
        if not document.closed:
            text = text_of(document)
            found = Known(
                document.id,
                tuple(topic.strip() for topic in document.topics if topic.strip()),
                frozenset(document.networks),
                key_of(text) if text else "",
            )
            known.append(found)
            read.append(words)
    used = np.array(bags.used, np.int32)
    terms, values, starts = _weighed(read, used, bags.communities)
    stems = list(bags.numbers)
    matrix, has_vector = _placed(known, vectors)
    plain = np.array(bags.plain, np.int32)
    return Material(known, terms, values, starts, stems, used, plain, matrix, has_vector)


def _weighed(
    read: Sequence[tuple[Ints, Weights]], used: Ints, communities: int
) -> tuple[Ints, Weights, Places]:
    starts = np.zeros(len(read) + 1, np.int64)
    np.cumsum([len(terms) for terms, _ in read], out=starts[1:])
    if not starts[-1]:
        return np.zeros(0, np.int32), np.zeros(0, np.float32), starts
    terms = np.concatenate([terms for terms, _ in read])
    values = np.concatenate([weights for _, weights in read]) * idf(used[terms], communities)
    rows = np.repeat(np.arange(len(read)), np.diff(starts))
    lengths = np.sqrt(np.bincount(rows, values * values, minlength=len(read)))
    return terms, (values / lengths[rows]).astype(np.float32), starts


def _placed(known: Sequence[Known], vectors: Iterable[Stored]) -> tuple[Weights, Flags]:
    places: dict[str, list[int]] = {}
    for number, community in enumerate(known):
        if community.text_hash:
            places.setdefault(community.text_hash, []).append(number)
    matrix, has_vector = np.zeros((0, 0), np.float32), np.zeros(len(known), np.bool_)
    for text_hash, vector in vectors:
        if text_hash not in places:
            continue
        if not matrix.shape[1]:
            matrix = np.zeros((len(known), len(vector)), np.float32)
        for number in places[text_hash] if len(vector) == matrix.shape[1] else ():
            matrix[number], has_vector[number] = vector, True
    return matrix, has_vector


def documents_of(rows: Iterable[Row]) -> Mapping[str, Document]:
    """Some communities whole, by id: for what is told of a few of them."""
    return {row["id"]: as_document(row) for row in rows}


def blocks(count: int, size: int) -> Iterator[slice]:
    """Slices of at most `size` that together make up `count`."""
    return (slice(start, min(start + size, count)) for start in range(0, count, size))
