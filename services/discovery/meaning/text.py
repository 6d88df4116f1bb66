"""The text of a community that its vector is made of, and what the vector is kept by."""

import hashlib

from services.discovery.index import Document

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


def key_of(text: str) -> str:
    """Give the key under which the vector of a text is stored: half of its sha256, in hex."""
    return hashlib.sha256(text.encode()).hexdigest()[:32]
