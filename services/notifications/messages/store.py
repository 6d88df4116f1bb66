"""What people wrote to the conveners of communities: in an erasable table, in no event."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from shared.clock import rfc3339
from shared.connection import Connection
from shared.database import mark, marks
from shared.web.paging import Page, encode_cursor

ORDER = "newest"
_COLUMNS = "id, community, sender, recipient, answers, text, at"


class Message(NamedTuple):
    """The columns of the table. `recipient` is None where it is for the community's conveners, and
    `answers` where it answers nothing.
    """

    id: str
    community: str
    sender: str
    recipient: str | None
    answers: str | None
    text: str
    at: str


def put(connection: Connection, message: Message) -> None:
    connection.exec_driver_sql(
        f"INSERT INTO messages ({_COLUMNS}) VALUES ({marks(connection, 7)})", message
    )


def by_id(connection: Connection, message: str) -> Message | None:
    found = _select(connection, f"id = {mark(connection)}", (message,))
    return found[0] if found else None


def answer_of(connection: Connection, message: str) -> Message | None:
    found = _select(connection, f"answers = {mark(connection)}", (message,))
    return found[0] if found else None


def begun_since(connection: Connection, sender: str, since: datetime) -> list[Message]:
    """What a person wrote first since then, and not as an answer; the oldest first."""
    p = mark(connection)
    where = f"sender = {p} AND answers IS NULL AND at > {p} ORDER BY at"
    return _select(connection, where, (sender, rfc3339(since)))


def page_of(
    connection: Connection, person: str, convened: Collection[str], wanted: Page
) -> tuple[list[Message], str | None]:
    """What a person wrote, and what was written to them or to what they convene; newest first."""
    p = mark(connection)
    theirs, values = [f"sender = {p}", f"recipient = {p}"], [person, person]
    if convened:
        theirs.append(f"(recipient IS NULL AND community IN ({marks(connection, len(convened))}))")
        values += sorted(convened)
    where = f"({' OR '.join(theirs)})"
    if wanted.after is not None:
        where += f" AND (at, id) < ({p}, {p})"
        values += wanted.after
    found = _select(
        connection, f"{where} ORDER BY at DESC, id DESC LIMIT {wanted.limit + 1}", values
    )
    items = found[: wanted.limit]
    if len(found) <= wanted.limit:
        return items, None
    return items, encode_cursor(ORDER, (items[-1].at, items[-1].id))


def unanswered(
    connection: Connection, person: str, convened: Collection[str], since: datetime
) -> list[Message]:
    """What was written to a person, or by others to what they convene, and has no answer."""
    p = mark(connection)
    theirs, values = [f"recipient = {p}"], [rfc3339(since), person, person]
    if convened:
        theirs.append(
            "(recipient IS NULL AND answers IS NULL"
            f" AND community IN ({marks(connection, len(convened))}))"
        )
        values += sorted(convened)
    where = (
        f"at > {p} AND sender <> {p} AND ({' OR '.join(theirs)})"
        " AND NOT EXISTS (SELECT 1 FROM messages AS said WHERE said.answers = messages.id)"
    )
    return _select(connection, where, values)


def texts_of(connection: Connection, messages: Iterable[str]) -> Mapping[str, str]:
    """The texts of these, of those that are kept."""
    wanted = sorted(set(messages))
    if not wanted:
        return {}
    found = _select(connection, f"id IN ({marks(connection, len(wanted))})", wanted)
    return {message.id: message.text for message in found}


def answered_among(connection: Connection, messages: Collection[str]) -> Mapping[str, str]:
    """The answers to these, of those that have one."""
    if not messages:
        return {}
    where = f"answers IN ({marks(connection, len(messages))})"
    found = _select(connection, where, sorted(messages))
    return {str(message.answers): message.id for message in found}


def forget(connection: Connection, person: str) -> None:
    """Delete what a person wrote, and what was written to them."""
    p = mark(connection)
    connection.exec_driver_sql(
        f"DELETE FROM messages WHERE sender = {p} OR recipient = {p}", (person, person)
    )


def held(connection: Connection, person: str) -> list[dict[str, Any]]:
    """What a person wrote and what was written to them, for their copy."""
    p = mark(connection)
    where = f"sender = {p} OR recipient = {p} ORDER BY at, id"
    found = _select(connection, where, (person, person))
    columns = ("id", "community", "answers", "text", "at")
    return [
        {name: getattr(message, name) for name in columns} | {"own": message.sender == person}
        for message in found
    ]


def delete_older(connection: Connection, since: datetime) -> None:
    sql = f"DELETE FROM messages WHERE at < {mark(connection)}"
    connection.exec_driver_sql(sql, (rfc3339(since),))


def _select(connection: Connection, where: str, values: Iterable[str]) -> list[Message]:
    rows = connection.exec_driver_sql(
        f"SELECT {_COLUMNS} FROM messages WHERE {where}", tuple(values)
    )
    return [Message._make(row) for row in rows]
