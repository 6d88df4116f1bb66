"""Webhooks as they are kept: subscriptions, what each is still to get, and each attempt."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import msgspec

from services.notifications.domain.patterns import matches, matches_any_of
from shared.clock import parse_rfc3339, rfc3339
from shared.connection import Connection
from shared.database import mark, marks
from shared.eventstore.epochs import is_epoch_raised
from shared.eventstore.events import PUBLIC, Event
from shared.restoring import moments
from shared.service import Service
from shared.stream.envelope import structured

ACTIVE, DISABLED = "active", "disabled"
FORMER_FOR = timedelta(days=1)
_COLUMNS = (
    "id, version, url, types, description, internal, state, reason, secret, former_secret,"
    " former_until, failing_since, pause_until, failures, created_at"
)


class Webhook(NamedTuple):
    """The columns of the table; `types` parsed."""

    id: str
    version: int
    url: str
    types: list[str]
    description: str
    internal: int
    state: str
    reason: str
    secret: str
    former_secret: str | None
    former_until: str | None
    failing_since: str | None
    pause_until: str | None
    failures: int
    created_at: str

    def secrets(self, now: datetime) -> list[str]:
        """Those to sign with: while the former one is valid, both."""
        valid = self.former_until and parse_rfc3339(self.former_until) > now
        return [self.secret, *([self.former_secret] if valid and self.former_secret else [])]

    def wants(self, event: Event) -> bool:
        """A new epoch concerns whoever takes anything of the service."""
        wanted = (
            matches_any_of(event.type.split(".")[0], self.types)
            if is_epoch_raised(event.type)
            else matches(event.type, self.types)
        )
        return self.state == ACTIVE and (event.audience == PUBLIC or bool(self.internal)) and wanted


class Queued(NamedTuple):
    """One event that an endpoint is still to get."""

    number: int
    stream: str
    message: str
    type: str
    body: str
    queued_at: str
    attempts: int


class Attempt(NamedTuple):
    """`status` is None where no answer came; `answer` are its first bytes, or what went wrong.
    `retry_after` is for how many seconds the endpoint asks to be left alone.
    """

    status: int | None
    ms: int
    answer: str
    outcome: str
    retry_after: float | None = None


_MISSED = Attempt(None, 0, moments.REASON, "missed")


def all_of(connection: Connection, where: str = "", *values: object) -> list[Webhook]:
    rows = connection.exec_driver_sql(
        f"SELECT {_COLUMNS} FROM webhooks {where.replace('?', mark(connection))}"
        " ORDER BY created_at, id",
        values,
    )
    return [_webhook(row) for row in rows]


def by_id(connection: Connection, webhook: str) -> Webhook | None:
    found = all_of(connection, "WHERE id = ?", webhook)
    return found[0] if found else None


def _webhook(row: Sequence[Any]) -> Webhook:
    return Webhook._make((*row[:3], msgspec.json.decode(row[3]), *row[4:]))


def put(connection: Connection, webhook: Webhook) -> None:
    types = msgspec.json.encode(webhook.types).decode()
    names = _COLUMNS.split(", ")
    updates = ", ".join(f"{name} = excluded.{name}" for name in names[1:])
    connection.exec_driver_sql(
        f"INSERT INTO webhooks ({_COLUMNS}) VALUES ({marks(connection, len(names))})"
        f" ON CONFLICT (id) DO UPDATE SET {updates}",
        (*webhook[:3], types, *webhook[4:]),
    )


def delete(connection: Connection, webhook: str) -> None:
    p = mark(connection)
    for table in ("webhook_queue", "webhook_attempts", "webhook_replays"):
        connection.exec_driver_sql(f"DELETE FROM {table} WHERE webhook = {p}", (webhook,))
    connection.exec_driver_sql(f"DELETE FROM webhooks WHERE id = {p}", (webhook,))


def enqueue(
    connection: Connection, webhook: str, source: str, events: Sequence[Event], now: datetime
) -> None:
    """At the end of what the endpoint is to get. The same event is the same message."""
    at = rfc3339(now)
    rows = [
        (
            *(webhook, event.stream, f"msg_{event.id}", event.type),
            *(structured(event, source).decode(), at, at, 0),
        )
        for event in events
    ]
    if rows:
        connection.exec_driver_sql(
            "INSERT INTO webhook_queue (webhook, stream, message, type, body, queued_at, due,"
            f" attempts) VALUES ({marks(connection, 8)}) ON CONFLICT DO NOTHING",
            rows,
        )


def miss(connection: Connection, webhook: str, event: Event, now: datetime) -> None:
    """Say in the log that an endpoint does not get an event that it may have had already."""
    missed = Queued(0, event.stream, f"msg_{event.id}", event.type, "", rfc3339(now), 0)
    log_attempt(connection, webhook, missed, _MISSED, now)


def miss_restored(service: Service, now: datetime) -> None:
    """A timed pass: what waited when a backup was taken has been sent when it is put back."""
    with service.write() as connection:
        restored = moments.last(connection)
        if restored is None:
            return
        p, until = mark(connection), (rfc3339(restored),)
        where = f"WHERE queued_at <= {p}"
        rows = connection.exec_driver_sql(
            "SELECT webhook, number, stream, message, type, body, queued_at, attempts"
            f" FROM webhook_queue {where}",
            until,
        ).all()
        for row in rows:
            log_attempt(connection, row[0], Queued._make(row[1:]), _MISSED, now)
        connection.exec_driver_sql(f"DELETE FROM webhook_queue {where}", until)


def next_of(connection: Connection, webhook: str, now: datetime, limit: int) -> list[Queued]:
    """What is due, at most the first of each stream, in order."""
    p = mark(connection)
    rows = connection.exec_driver_sql(
        "SELECT number, stream, message, type, body, queued_at, attempts FROM webhook_queue AS it"
        f" WHERE webhook = {p} AND due <= {p} AND NOT EXISTS (SELECT 1 FROM webhook_queue AS before"
        " WHERE before.webhook = it.webhook AND before.stream = it.stream"
        f" AND before.number < it.number) ORDER BY number LIMIT {p}",
        (webhook, rfc3339(now), limit),
    )
    return [Queued._make(row) for row in rows]


def with_something_due(connection: Connection, now: datetime) -> list[str]:
    """The active endpoints that are to get something now."""
    p, at = mark(connection), rfc3339(now)
    rows = connection.exec_driver_sql(
        f"SELECT id FROM webhooks AS it WHERE state = '{ACTIVE}'"
        f" AND (pause_until IS NULL OR pause_until <= {p})"
        f" AND EXISTS (SELECT 1 FROM webhook_queue WHERE webhook = it.id AND due <= {p})",
        (at, at),
    )
    return [row[0] for row in rows]


def pending(connection: Connection) -> int:
    """What endpoints that answer are still to get; those that fail delay only themselves."""
    sql = (
        "SELECT count(*) FROM webhook_queue JOIN webhooks ON webhooks.id = webhook"
        f" WHERE state = '{ACTIVE}' AND attempts = 0 AND failing_since IS NULL"
    )
    return int(connection.exec_driver_sql(sql).scalar_one())


def log_attempt(
    connection: Connection, webhook: str, sent: Queued, attempt: Attempt, now: datetime
) -> None:
    connection.exec_driver_sql(
        "INSERT INTO webhook_attempts (webhook, message, type, stream, attempt, at, status, ms,"
        f" answer, outcome) VALUES ({marks(connection, 10)})",
        (
            *(webhook, sent.message, sent.type, sent.stream, sent.attempts + 1, rfc3339(now)),
            *(attempt.status, attempt.ms, attempt.answer, attempt.outcome),
        ),
    )


def attempts(connection: Connection, webhook: str, before: int, limit: int) -> list[Any]:
    """The log, the newest first; those with a smaller number than `before`."""
    p = mark(connection)
    return connection.exec_driver_sql(
        "SELECT number, message, type, stream, attempt, at, status, ms, answer, outcome"
        f" FROM webhook_attempts WHERE webhook = {p} AND number < {p}"
        f" ORDER BY number DESC LIMIT {p}",
        (webhook, before, limit),
    ).all()


def tidy(service: Service, now: datetime) -> None:
    """A timed pass: the log of attempts is kept for thirty days."""
    with service.database.write() as connection:
        connection.exec_driver_sql(
            f"DELETE FROM webhook_attempts WHERE at < {mark(connection)}",
            (rfc3339(now - timedelta(days=30)),),
        )
