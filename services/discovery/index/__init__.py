"""The in-memory index of communities: who is like whom, by their words, and why."""

from services.discovery.index.document import Document
from services.discovery.index.facets import FIELDS as FACETS
from services.discovery.index.index import Index, Match, SearchResult, UnknownCommunityError
from services.discovery.index.voice import Voice

__all__ = [
    "FACETS",
    "Document",
    "Index",
    "Match",
    "SearchResult",
    "UnknownCommunityError",
    "Voice",
]
