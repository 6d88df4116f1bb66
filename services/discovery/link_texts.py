"""What people wrote to one another about a link: in an erasable table beside the event store."""

from collections.abc import Collection
from datetime import datetime
from typing import Any, NamedTuple

from shared.clock import rfc3339
from shared.connection import Connection
from shared.database import mark, marks
from shared.projection.generations import OWN, active

MESSAGE, REPLY, REFUSAL, ENDING = "message", "reply", "refusal", "ending"


class LinkText(NamedTuple):
    """`writer` is None where only the community is known for which it was written."""

    link: str
    kind: str
    writer: str | None
    text: str


def keep(
    connection: Connection, text: LinkText, now: datetime, about: Collection[str] = ()
) -> None:
    """Keep a text with its writer and whom it is `about`; the first of its kind stays."""
    others = " ".join(sorted(set(about) - {text.writer}))
    connection.exec_driver_sql(
        "INSERT INTO link_texts (link, kind, person, about, text, at)"
        f" VALUES ({marks(connection, 6)}) ON CONFLICT DO NOTHING",
        (text.link, text.kind, text.writer, others, text.text, rfc3339(now)),
    )


def of_link(connection: Connection, link: str) -> dict[str, str]:
    """The texts of a link by their kind."""
    rows = connection.exec_driver_sql(
        f"SELECT kind, text FROM link_texts WHERE link = {mark(connection)}", (link,)
    )
    return {row[0]: row[1] for row in rows}


def writers(connection: Connection, link: str) -> list[str]:
    """Who wrote the texts of a link, as far as that is known."""
    rows = connection.exec_driver_sql(
        f"SELECT person FROM link_texts WHERE link = {mark(connection)} AND person IS NOT NULL",
        (link,),
    )
    return list(rows.scalars())


def forget(connection: Connection, person: str) -> None:
    """Delete all that a person wrote here, and all that others wrote about them."""
    p = mark(connection)
    connection.exec_driver_sql(
        f"DELETE FROM link_texts WHERE person = {p} OR about LIKE {p}", (person, f"%{person}%")
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
    """What a person wrote here, and what was written to them, for their copy."""
    p = mark(connection)
    rows = connection.exec_driver_sql(
        f"SELECT link, kind, text, at, person FROM link_texts WHERE person = {p} OR about LIKE {p}"
        " ORDER BY link, kind",
        (person, f"%{person}%"),
    )
    columns = ("link", "kind", "text", "at", "own")
    texts = [(*row[:4], row[4] == person) for row in rows]
    return {"link_texts": [dict(zip(columns, text, strict=True)) for text in texts]}
