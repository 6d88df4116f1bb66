"""The parts that discovery's ranking is made of, each on its own: for the table of `ranking`."""

from collections.abc import Callable, Mapping

from services.discovery.index import Document, Index
from services.discovery.meaning.encoder import Encoder
from services.discovery.meaning.files import read_model
from services.discovery.meaning.store import Stored
from services.discovery.meaning.text import key_of, text_of
from services.discovery.meaning.vectors import Vectors
from services.discovery.meaning.voice import Asked, MeaningVoice

_NEARLY_ALONE = 1e6  # a weight beside which the words only part what means the same


class _AtOnce(MeaningVoice):
    """Makes each vector when it hears of the community, and not in the background."""

    def __init__(self, encoder: Encoder, vectors: Vectors, weight: float) -> None:
        super().__init__(vectors, Asked(encoder))
        self._encoder = encoder
        self.weight = weight

    def place(self, slot: int, document: Document | None) -> None:
        text = text_of(document) if document else ""
        if text and (name := key_of(text)) not in self._vectors:
            self._vectors.add([Stored(name, self._encoder.encode(text))])
        super().place(slot, document)


def parts() -> Mapping[str, Callable[[], Index]]:
    """Give an index for each choice of parts. Loads the sentence model; vectors are made once."""
    encoder = Encoder(read_model(None))
    vectors = Vectors(encoder.dimensions)

    def with_meaning(weight: float, *, forgiving: bool = True) -> Index:
        return Index(voices=[_AtOnce(encoder, vectors, weight)], forgiving=forgiving)

    return {
        "words": lambda: Index(forgiving=False),
        "words, forgiving": Index,
        "meaning": lambda: with_meaning(_NEARLY_ALONE, forgiving=False),
        "words+meaning": lambda: with_meaning(MeaningVoice.weight, forgiving=False),
        "all": lambda: with_meaning(MeaningVoice.weight),
    }
