"""Connections and transactions: PostgreSQL in a deployment, SQLite on a laptop.

Reading and writing transactions are told apart, because SQLite must take its write lock when a
transaction begins (`BEGIN IMMEDIATE`): taking it later, after reading, fails under contention.
"""

import hashlib
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import sqlalchemy
from psycopg.types.string import TextLoader
from sqlalchemy import Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError, OperationalError

from shared.connection import Connection
from shared.foundation.time_limit import time_limit

_BUSY_SECONDS = 15
# A connection to SQLite reads the tables' statistics once, when it is opened.
_SQLITE_RECYCLE_SECONDS = 120
_ROWS_ANALYSED = 1000  # of each index
_GROWN = 1.2
# An open writing transaction anywhere in the cluster holds every reader of events back, so a
# forgotten one is ended; a statement that waits for a lock longer than this answers 503.
_POSTGRESQL_OPTIONS = (
    "-c timezone=UTC -c idle_in_transaction_session_timeout=30000 -c lock_timeout=10000"
)


class Database:
    """One service's database. `dialect` is "sqlite" or "postgresql"."""

    def __init__(self, url: str, *, pool_size: int = 16, application: str = "hedgerow") -> None:
        self.url = url
        self.dialect = make_url(url).get_backend_name()
        self._pages_analysed = 0
        self.engine = (
            _sqlite_engine(url, pool_size)
            if self.dialect == "sqlite"
            else _postgresql_engine(url, pool_size, application)
        )

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A transaction for reading: all its statements see the database as it was at the first."""
        limit = time_limit()
        connection = Connection(self.engine)
        try:
            connection.begin(_BEGIN_READING[self.dialect], limit.read if limit else None)
            connection.generations = {}
            yield connection
        finally:
            connection.close()

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A transaction for writing: committed at the end, rolled back on any exception."""
        limit = time_limit()
        seconds = limit.write if limit else None
        connection = Connection(self.engine)
        try:
            if self.dialect == "sqlite":
                connection.begin_in_turn(_BUSY_SECONDS)
                connection.limit(seconds)
            else:
                connection.begin("BEGIN", seconds)
            yield connection
            connection.commit()
        finally:
            connection.close()

    def session(self) -> Connection:
        """A connection outside any transaction, for the caller to `discard`."""
        return Connection(self.engine)

    @contextmanager
    def migrating(self) -> Iterator[sqlalchemy.Connection]:
        """A transaction for writing, as SQLAlchemy has it: for Alembic."""
        with self.engine.begin() as connection:
            yield connection

    def leave_no_trace(self) -> None:
        """Let what was deleted go from SQLite's files too, as far as nobody reads just now.

        On PostgreSQL that is VACUUM's, which the owner's role runs: see docs/operating.md.
        """
        if self.dialect == "sqlite":
            connection = self.session()
            try:
                connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
            finally:
                connection.close()

    def keep_statistics(self, *, after_growth: bool = False) -> bool:
        """Let the database learn how many rows its tables have, by which it plans its queries.

        SQLite never does so by itself. It is asked to where its file has grown by a fifth since
        this process last asked; it looks at some rows of each index, and keeps writers waiting for
        some milliseconds. PostgreSQL does so in time, and is asked `after_growth` only. Returns
        whether it was asked: it is not where others write for too long.
        """
        connection = self.session()
        try:
            if self.dialect == "postgresql":
                if after_growth:
                    connection.exec_driver_sql("ANALYZE")
                return after_growth
            pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
            if pages <= self._pages_analysed * _GROWN and not after_growth:
                return False
            connection.exec_driver_sql(f"PRAGMA analysis_limit = {_ROWS_ANALYSED}")
            connection.exec_driver_sql("ANALYZE")
            self._pages_analysed = pages
        except DBAPIError as error:
            if not is_unavailable(error):
                raise
            return False
        else:
            return True
        finally:
            connection.close()

    def close(self) -> None:
        self.engine.dispose()


_BEGIN = {"sqlite": "BEGIN IMMEDIATE", "postgresql": "BEGIN"}
_BEGIN_READING = {
    "sqlite": "BEGIN",
    "postgresql": "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
}


def mark(connection: Connection) -> str:
    """How this dialect writes a parameter's place."""
    return "?" if connection.dialect == "sqlite" else "%s"


def marks(connection: Connection, count: int) -> str:
    return ", ".join([mark(connection)] * count)


def ordered_join(connection: Connection) -> str:
    """A join that is carried out in the order in which it is written.

    SQLite guesses where it has no statistics; its CROSS JOIN says not to. PostgreSQL has statistics
    of its own, and joins large tables by hashing.
    """
    return "CROSS JOIN" if connection.dialect == "sqlite" else "JOIN"


def lock_in_turn(connection: Connection, name: str) -> None:
    """Wait until no other transaction holds `name`; held until this one ends.

    SQLite's writers take turns anyway. Takes no transaction id, so it may come before a load.
    """
    if connection.dialect == "postgresql":
        connection.exec_driver_sql("SELECT pg_advisory_xact_lock(%s)", (lock_number(name),))


def share_lock(connection: Connection, name: str) -> None:
    """Hold `name` together with other sharers, until the transaction ends: see `lock_in_turn`."""
    if connection.dialect == "postgresql":
        connection.exec_driver_sql("SELECT pg_advisory_xact_lock_shared(%s)", (lock_number(name),))


def try_share_lock(connection: Connection, name: str) -> bool:
    """Hold `name` together with other sharers if nobody has it alone, without waiting."""
    if connection.dialect != "postgresql":
        return True
    sql = "SELECT pg_try_advisory_xact_lock_shared(%s)"
    return bool(connection.exec_driver_sql(sql, (lock_number(name),)).scalar_one())


def try_lock(connection: Connection, name: str) -> bool:
    """Take `name` for this transaction if no other holds it, without waiting."""
    if connection.dialect != "postgresql":
        return True
    sql = "SELECT pg_try_advisory_xact_lock(%s)"
    return bool(connection.exec_driver_sql(sql, (lock_number(name),)).scalar_one())


def lock_number(name: str) -> int:
    """The signed 64-bit number under which PostgreSQL knows an advisory lock."""
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big", signed=True)


def is_unavailable(error: DBAPIError) -> bool:
    """Whether the database itself is out of reach, full or too busy, so that later may be well."""
    if error.connection_invalidated or isinstance(error, OperationalError):
        return True
    # The driver has no code for what it refuses itself, before it asks the server.
    return (getattr(error.orig, "sqlstate", None) or "")[:2] in {"08", "53", "57", "58"}


def is_stopped(error: DBAPIError) -> bool:
    """Whether it took longer than it may, and was stopped: see `shared.foundation.time_limit`."""
    if getattr(error.orig, "sqlite_errorcode", None) == sqlite3.SQLITE_INTERRUPT:
        return True
    return getattr(error.orig, "sqlstate", None) == "57014"


def is_lost_race(error: DBAPIError) -> bool:
    """Whether another transaction was first: at a unique key, or in the order of taking locks.

    SQLite's writers take turns, so that none loses.
    """
    return getattr(error.orig, "sqlstate", None) in {"23505", "40P01"}


def _sqlite_engine(url: str, pool_size: int) -> Engine:
    engine = create_engine(
        url,
        connect_args={"timeout": _BUSY_SECONDS},
        pool_recycle=_SQLITE_RECYCLE_SECONDS,
        pool_size=pool_size,
        max_overflow=pool_size,
        pool_timeout=10,
        hide_parameters=True,  # people's names and addresses are no matter for a log
    )

    @event.listens_for(engine, "connect")
    def _connect(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # we begin transactions ourselves
        # What is deleted may be personal: it is overwritten, not only unlinked.
        for pragma in (
            "journal_mode=WAL",
            "synchronous=FULL",
            "foreign_keys=ON",
            "secure_delete=ON",
        ):
            connection.execute(f"PRAGMA {pragma}")

    _begin_ourselves(engine)
    return engine


def _postgresql_engine(url: str, pool_size: int, application: str) -> Engine:
    engine = create_engine(
        url,
        connect_args={
            "options": _POSTGRESQL_OPTIONS,
            "connect_timeout": 5,
            "application_name": application,
        },
        pool_size=pool_size,
        max_overflow=pool_size,
        pool_timeout=10,
        hide_parameters=True,  # people's names and addresses are no matter for a log
    )

    @event.listens_for(engine, "connect")
    def _connect(connection: Any, _record: Any) -> None:
        # Events' data are handed on as the text they are stored as, parsed only where read.
        connection.adapters.register_loader("json", TextLoader)
        connection.autocommit = True  # we begin transactions ourselves

    _begin_ourselves(engine)
    return engine


def _begin_ourselves(engine: Engine) -> None:
    @event.listens_for(engine, "begin")
    def _begin(connection: sqlalchemy.Connection) -> None:
        connection.exec_driver_sql(_BEGIN[connection.dialect.name])
