"""The text of a community that its vector is made of, and what the vector is kept by."""

import hashlib
from dataclasses import replace

from services.discovery.index import Document

MOST_ASKED = 1_500  # characters of a text that is asked about: 256 tokens of six letters
_MOST_CHARACTERS = 4_000  # four times what the model reads; more would only be cut there


def text_of(document: Document) -> str:
    """Give name, topics, domain, practice and learning question, as one text."""
    parts = (
        document.name,
        ", ".join(document.topics),
        document.domain,
        document.practice,
        document.learning_question,
    )
    return ". ".join(part.strip() for part in parts if part.strip())[:_MOST_CHARACTERS]


def as_read(document: Document) -> Document:
    """Cut what is asked about to what the model may read of it, in the order of `text_of`."""
    left = MOST_ASKED

    def cut(text: str) -> str:
        nonlocal left
        if len(text) <= left:
            left -= len(text)
            return text
        whole_words = text[: left + 1].rsplit(maxsplit=1)[:-1]
        left = 0
        return "".join(whole_words)

    name = cut(document.name)
    topics = tuple(found for topic in document.topics if (found := cut(topic)))
    return replace(
        document,
        name=name,
        topics=topics,
        domain=cut(document.domain),
        practice=cut(document.practice),
        learning_question=cut(document.learning_question),
    )


def key_of(text: str) -> str:
    """Give the key under which the vector of a text is stored: half of its sha256, in hex."""
    return hashlib.sha256(text.encode()).hexdigest()[:32]
