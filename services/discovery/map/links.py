"""The links that the map shows: those that are agreed now; and those that are only proposed."""

from shared.connection import Connection

Ids = tuple[str, str]


def accepted(_connection: Connection) -> list[Ids]:
    """Pairs of communities with a link."""
    return []


def proposed(_connection: Connection) -> list[Ids]:
    """Pairs of communities with an open proposal."""
    return []
