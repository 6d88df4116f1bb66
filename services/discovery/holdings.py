"""What discovery holds about a person besides the id: for their copy, and for an erasure."""

from typing import Any

from services.discovery import link_texts
from services.discovery.saved import store
from shared.connection import Connection


def forget(connection: Connection, person: str) -> None:
    """Delete what a person wrote and what was written to them, and what their searches ask for."""
    link_texts.forget(connection, person)
    store.forget(connection, person)


def held(connection: Connection, person: str) -> dict[str, Any]:
    return link_texts.held(connection, person) | store.held(connection, person)
