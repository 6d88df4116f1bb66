"""The store's SQL in both dialects: the same shape, other words for order and horizon."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from shared.clock import rfc3339
from shared.eventstore.events import Cursor

_COLUMNS = (
    "stream_id, version, event_id, type, schema_version, time, audience,"
    " correlation_id, causation_id, actor, data, origin, via"
)
_LAST_EPOCH = 2**31 - 1
Statement = tuple[str, tuple[Any, ...]]


@dataclass(frozen=True)
class Dialect:
    mark: str  # a parameter's place
    native_times: bool
    order: str  # the columns of the order
    after: str  # the condition: later than a cursor
    visible: str  # the condition: below the horizon
    place: str  # the order's columns, as selected
    append: str
    lock_out_writers: tuple[str, ...]

    @property
    def head(self) -> str:
        return (
            f"SELECT {self.place} FROM events WHERE {self.visible}"
            f" ORDER BY {', '.join(f'{c} DESC' for c in self.order.split(', '))} LIMIT 1"
        )

    @property
    def load(self) -> str:
        return (
            f"SELECT {self.place}, {_COLUMNS} FROM events WHERE stream_id = {self.mark}"
            " ORDER BY version"
        )

    @property
    def held_back(self) -> str:
        return f"SELECT count(*) FROM events WHERE NOT ({self.visible})"

    @property
    def raise_epoch(self) -> str:
        larger = "max" if self.mark == "?" else "greatest"
        return f"UPDATE event_store SET epoch = {larger}(epoch + 1, {self.mark}) RETURNING epoch"

    def guard(self, stream: str, expected: int) -> tuple[Any, ...]:
        return (stream, expected) if self.mark == "?" else (stream, expected, stream, expected)

    def cursor(self, cursor: Cursor) -> tuple[int, ...]:
        if self.mark == "?":
            # Before the first epoch there is nothing, and no need to look for its last event.
            return (cursor.epoch or _LAST_EPOCH, cursor.position)
        return (cursor.epoch, cursor.transaction, cursor.position)

    def count_after(self, cursor: Cursor) -> Statement:
        return f"SELECT count(*) FROM events WHERE {self.after}", self.cursor(cursor)

    def load_many(self, streams: Sequence[str]) -> Statement:
        marks = ", ".join([self.mark] * len(streams))
        sql = (
            f"SELECT {self.place}, {_COLUMNS} FROM events WHERE stream_id IN ({marks})"
            " ORDER BY stream_id, version"
        )
        return sql, tuple(streams)

    def read(
        self,
        after: Cursor,
        limit: int,
        audience: str | None = None,
        types: tuple[str, ...] | None = None,
        since: datetime | None = None,
        until: Cursor | None = None,
        *,
        horizon: bool = True,
    ) -> Statement:
        conditions, parameters = [self.after], list[Any](self.cursor(after))
        if horizon:
            conditions.append(self.visible)
        if audience is not None:
            conditions.append(f"audience = {self.mark}")
            parameters.append(audience)
        if types is not None:
            conditions.append(f"type IN ({', '.join([self.mark] * len(types)) or 'NULL'})")
            parameters.extend(types)
        if since is not None:
            conditions.append(f"time >= {self.mark}")
            parameters.append(since if self.native_times else rfc3339(since))
        if until is not None:
            conditions.append(self.after.replace(">", "<="))
            parameters.extend(self.cursor(until))
        sql = (
            f"SELECT {self.place}, {_COLUMNS} FROM events WHERE {' AND '.join(conditions)}"
            f" ORDER BY {self.order} LIMIT {self.mark}"
        )
        return sql, (*parameters, limit)


SQLITE = Dialect(
    mark="?",
    native_times=False,
    # Positions rise with epochs here. A cursor of an epoch from before a restore may lie beyond
    # what the store has of that epoch, but is before all that came since.
    order="position",
    after="position > min(coalesce((SELECT position FROM events WHERE epoch <= ?"
    " ORDER BY position DESC LIMIT 1), 0), ?)",
    visible="TRUE",
    place="epoch, 0, position",
    # The sub-select refuses a wrong version, one too high as well as one too low.
    append=f"""
INSERT INTO events (epoch, {_COLUMNS})
SELECT epoch, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ? FROM event_store
WHERE (SELECT coalesce(max(version), 0) FROM events WHERE stream_id = ?) = ?
RETURNING epoch, 0, position""",
    lock_out_writers=(),
)

_HORIZON = "pg_snapshot_xmin(pg_current_snapshot())"

POSTGRESQL = Dialect(
    mark="%s",
    native_times=True,
    # By the table's columns, as the index has them: the selected transaction_id is a cast.
    order="events.epoch, events.transaction_id, events.position",
    after="(epoch, transaction_id, position) > (%s, %s::text::xid8, %s)",
    # The horizon holds only for the present epoch: transaction ids of an earlier one come from
    # another cluster, and nothing of it can still be under way.
    visible=f"(transaction_id < {_HORIZON} OR epoch < (SELECT epoch FROM event_store))",
    place="epoch, transaction_id::text::bigint, position",
    # The second condition refuses a transaction that took its id (by writing something) before it
    # loaded this stream: its event would sort before the version that it follows.
    append=f"""
INSERT INTO events (epoch, {_COLUMNS})
SELECT epoch, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s FROM event_store AS store
WHERE (SELECT coalesce(max(version), 0) FROM events WHERE stream_id = %s) = %s
  AND NOT EXISTS (SELECT FROM events AS last
    WHERE last.stream_id = %s AND last.version = %s AND last.epoch = store.epoch
      AND last.transaction_id > pg_current_xact_id())
RETURNING epoch, transaction_id::text::bigint, position""",
    lock_out_writers=("LOCK TABLE events IN EXCLUSIVE MODE",),
)
