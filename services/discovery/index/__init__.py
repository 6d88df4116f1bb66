"""The in-memory index of communities: who is like whom, by their words, and why."""

from services.discovery.index.answers import Match, Near, SearchResult, UnknownCommunityError
from services.discovery.index.document import Document
from services.discovery.index.facets import FIELDS as FACETS
from services.discovery.index.index import Index
from services.discovery.index.voice import Voice

__all__ = [
    "FACETS",
    "Document",
    "Index",
    "Match",
    "Near",
    "SearchResult",
    "UnknownCommunityError",
    "Voice",
]
