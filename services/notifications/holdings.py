"""What notifications holds about a person besides the id, for their copy."""

from typing import Any

from services.notifications import preferences
from services.notifications.messages import store as messages
from shared.connection import Connection
from shared.database import mark
from shared.projection.generations import OWN, active

_DELIVERIES = (
    *("id", "rule", "category", "about", "community", "status", "reason", "words", "letter"),
    *("queued_at", "changed_at", "planned_for"),
)
_LETTERS = ("id", "kind", "state", "at", "attempts", "first_try", "words")
_BOUNCES = ("address_version", "hard", "soft", "at")


def held(connection: Connection, person: str) -> dict[str, Any]:
    """How they hear of things, what was sent to them and became of it, and who wants them told.

    The words of a message are kept by nobody: they are put together when it is sent.
    """
    ledger = f"deliveries_{active(connection, OWN)}"
    kept = preferences.of(connection, person)
    lists = _rows(connection, "contacts", ("scope",), "scope", person)
    return {
        "preferences": preferences.document(kept.preferences),
        "deliveries": _rows(connection, ledger, _DELIVERIES, "queued_at, id", person),
        "letters": _rows(connection, "letters", _LETTERS, "at, id", person),
        "bounces": _rows(connection, "bounces", _BOUNCES, "at", person),
        "messages": messages.held(connection, person),
        "contact_lists": [row["scope"] for row in lists],
    }


def _rows(
    connection: Connection, table: str, columns: tuple[str, ...], order: str, person: str
) -> list[dict[str, Any]]:
    rows = connection.exec_driver_sql(
        f"SELECT {', '.join(columns)} FROM {table} WHERE person = {mark(connection)}"
        f" ORDER BY {order}",
        (person,),
    )
    return [dict(zip(columns, row, strict=True)) for row in rows]
