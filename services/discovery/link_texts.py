"""What people wrote to one another about a link: in an erasable table beside the event store."""

from datetime import datetime
from typing import Any

from shared.clock import rfc3339
from shared.connection import Connection
from shared.database import mark, marks
from shared.projection.generations import OWN, active

MESSAGE, REPLY, REFUSAL, ENDING = "message", "reply", "refusal", "ending"


def keep(
    connection: Connection, link: str, kind: str, person: str | None, text: str, now: datetime
) -> None:
    """Keep a text; the first of its kind stays."""
    connection.exec_driver_sql(
        "INSERT INTO link_texts (link, kind, person, text, at)"
        f" VALUES ({marks(connection, 5)}) ON CONFLICT DO NOTHING",
        (link, kind, person, text, rfc3339(now)),
    )


def of_link(connection: Connection, link: str) -> dict[str, str]:
    """The texts of a link by their kind."""
    rows = connection.exec_driver_sql(
        f"SELECT kind, text FROM link_texts WHERE link = {mark(connection)}", (link,)
    )
    return {row[0]: row[1] for row in rows}


def forget(connection: Connection, person: str) -> None:
    """Delete all that a person wrote here."""
    connection.exec_driver_sql(
        f"DELETE FROM link_texts WHERE person = {mark(connection)}", (person,)
    )


def delete_of_links_over(connection: Connection, since: datetime) -> int:
    """Delete the texts of links that were over by then; how many they were."""
    done = connection.exec_driver_sql(
        f"DELETE FROM link_texts WHERE link IN (SELECT id FROM links_{active(connection, OWN)}"
        f" WHERE over_at <= {mark(connection)})",
        (rfc3339(since),),
    )
    return done.rowcount


def held(connection: Connection, person: str) -> dict[str, Any]:
    """What a person wrote here, for their copy."""
    rows = connection.exec_driver_sql(
        "SELECT link, kind, text, at FROM link_texts"
        f" WHERE person = {mark(connection)} ORDER BY link, kind",
        (person,),
    )
    columns = ("link", "kind", "text", "at")
    return {"link_texts": [dict(zip(columns, row, strict=True)) for row in rows]}
