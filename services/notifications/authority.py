"""Who may do what in notifications: what a request names, and whose it is."""

from collections.abc import Sequence

from services.notifications.messages import store
from shared.connection import Connection
from shared.service.authority import Finders


def _community_written_to(connection: Connection, message: str) -> Sequence[str] | None:
    """Of an answer to the one who wrote first, none."""
    found = store.by_id(connection, message)
    return None if found is None else [found.community] if found.recipient is None else []


def _writers(connection: Connection, message: str) -> Sequence[str] | None:
    found = store.by_id(connection, message)
    return None if found is None else [found.sender, *filter(None, [found.recipient])]


FINDERS: Finders = {
    ("community", "message"): _community_written_to,
    ("person", "message"): _writers,
}
