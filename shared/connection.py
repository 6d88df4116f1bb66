"""A connection with SQL of our own on it, close to the driver.

SQLAlchemy keeps the pool and names the errors. Its own execution costs ten times what SQLite needs
for a statement, and twice what PostgreSQL's driver does.
"""

import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any, cast

from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import PoolProxiedConnection

Parameters = Sequence[Any]
_LOOK_AGAIN_SECONDS = 0.001
# Steps of SQLite's machine from one look at the clock to the next: some hundredths of a second. A
# look needs Python's lock, for which other threads may let it wait, so it is not taken more often.
_STEPS = 1_000_000


class Rows(list[Any]):
    """The rows that a statement gave, as tuples; `rowcount` is how many it changed."""

    rowcount = -1

    def first(self) -> Any:
        """The first row; None where there is none."""
        return self[0] if self else None

    def all(self) -> list[Any]:
        return self

    def scalar_one(self) -> Any:
        """The first column of the first row. Raises IndexError where there is none."""
        return self[0][0]

    def scalars(self) -> "Rows":
        """The first column of every row."""
        return Rows(row[0] for row in self)


class Connection:
    """Taken from the engine's pool. `dialect` is "sqlite" or "postgresql".

    `streams_written` are those to which events were appended on it. `generations` are those that
    were looked up, in a transaction that sees the database as it was at one moment; else None.

    Raises sqlalchemy.exc.DBAPIError and its kinds for what the database raises, without the
    parameters of the statement: they may be personal data.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.dialect = engine.dialect.name
        self._error: type[Exception] = engine.dialect.loaded_dbapi.Error
        try:
            self._pooled: PoolProxiedConnection = engine.raw_connection()
        except self._error as error:
            raise self._told(error, None) from error
        self._driver: Any = self._pooled.driver_connection
        self.streams_written = list[str]()
        self.generations: dict[str, int] | None = None

    def exec_driver_sql(self, sql: str, parameters: Parameters | list[Parameters] = ()) -> Rows:
        """Run a statement in the driver's own style; once for each where given a list."""
        try:
            cursor = self._driver.cursor()
            if isinstance(parameters, list):
                cursor.executemany(sql, parameters)
            else:
                cursor.execute(sql, parameters)
            found = Rows(cursor.fetchall() if self.dialect == "sqlite" or _gave(cursor) else ())
        except self._error as error:
            raise self._told(error, sql) from error
        found.rowcount = cursor.rowcount
        return found

    @contextmanager
    def begin_nested(self) -> Iterator[None]:
        """A savepoint: what was done since is undone where an exception leaves it."""
        self.exec_driver_sql("SAVEPOINT nested")
        try:
            yield
        except BaseException:
            with suppress(DBAPIError):  # SQLite may have undone the whole transaction already
                self.exec_driver_sql("ROLLBACK TO SAVEPOINT nested")
                self.exec_driver_sql("RELEASE SAVEPOINT nested")
            raise
        self.exec_driver_sql("RELEASE SAVEPOINT nested")

    def begin(self, sql: str, seconds: float | None = None) -> None:
        """Begin a transaction by these words; one that takes longer than `seconds` is stopped.

        On PostgreSQL each of its statements may take so long. Raises OperationalError.
        """
        self.limit(seconds)
        try:
            if seconds is not None and self.dialect == "postgresql":
                limit = f"SET LOCAL statement_timeout = {max(1, int(seconds * 1000))}"
                self._driver.execute(f"{sql}; {limit}", prepare=False)
            else:
                self._driver.execute(sql)
        except self._error as error:
            raise self._told(error, sql) from error

    def begin_in_turn(self, seconds: float) -> None:
        """Begin to write on SQLite; raises OperationalError where others do for so long.

        SQLite's own wait soon looks again every 100 ms only, and who writes one transaction after
        another (a rebuild, an import) keeps the others out for many seconds. Looking often is fair
        enough, and with many writers several times faster.
        """
        self._driver.execute("PRAGMA busy_timeout = 0")
        deadline = time.monotonic() + seconds
        try:
            while True:
                try:
                    self._driver.execute("BEGIN IMMEDIATE")
                    return
                except sqlite3.OperationalError as error:
                    busy = error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY
                    if not busy or time.monotonic() > deadline:
                        raise self._told(error, "BEGIN IMMEDIATE") from error
                time.sleep(_LOOK_AGAIN_SECONDS)
        finally:
            self._driver.execute(f"PRAGMA busy_timeout = {int(seconds * 1000)}")

    def limit(self, seconds: float | None) -> None:
        """Stop what SQLite does for this connection after so long; None takes the limit away."""
        if self.dialect != "sqlite":
            return
        if seconds is None:
            self._driver.set_progress_handler(None, 0)
            return
        deadline = time.monotonic() + seconds
        self._driver.set_progress_handler(lambda: time.monotonic() > deadline, _STEPS)

    def commit(self) -> None:
        try:
            self._driver.commit()
        except self._error as error:
            raise self._told(error, "COMMIT") from error

    def close(self) -> None:
        """Give it back to the pool, which rolls back what was not committed."""
        if self._pooled.is_valid:
            self.limit(None)
        self._pooled.close()

    def discard(self) -> None:
        """End the session with the database itself."""
        if self._pooled.is_valid:
            self._pooled.invalidate()
        self._pooled.close()

    def _told(self, error: Exception, sql: str | None) -> DBAPIError:
        """The driver's error as SQLAlchemy names it; a connection that broke is forgotten."""
        lost = sql is not None and getattr(self._driver, "closed", False)
        if lost and self._pooled.is_valid:
            self._pooled.invalidate(error)
            self._engine.dispose()  # those that wait in the pool broke with it
        return cast(
            DBAPIError,
            DBAPIError.instance(
                sql,
                None,
                error,
                self._error,
                hide_parameters=True,
                connection_invalidated=lost,
                dialect=self._engine.dialect,
            ),
        )


def _gave(cursor: Any) -> bool:
    """Whether psycopg's cursor has rows; its `description` would tell too, more slowly."""
    result = cursor.pgresult
    return result is not None and result.nfields > 0
