"""A lease: one process of a service's replicas does a thing at a time.

On PostgreSQL it is an advisory lock of a session, which ends with the session however the process
ends; on SQLite, whose processes share a machine, a locked file beside the database.
"""

import fcntl
import os

from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError

from shared.connection import Connection
from shared.database import Database, lock_number


class Lease:
    """Not for several threads at once. `held` takes it where it is free."""

    def __init__(self, database: Database, name: str) -> None:
        self._database, self._name = database, name
        self._connection: Connection | None = None
        self._file: int | None = None

    def held(self) -> bool:
        """Whether this process has the lease now. Raises what the database raises."""
        return self._file_held() if self._database.dialect == "sqlite" else self._session_held()

    def release(self) -> None:
        if self._file is not None:
            os.close(self._file)
            self._file = None
        if self._connection is not None:
            self._connection.discard()  # ends the session, and the lock with it
            self._connection = None

    def _session_held(self) -> bool:
        try:
            if self._connection is not None:
                self._connection.exec_driver_sql("SELECT 1")  # a lock lives as long as its session
                return True
            self._connection = self._database.session()
            number = lock_number(f"lease {self._name}")
            sql = f"SELECT pg_try_advisory_lock({number})"
            if self._connection.exec_driver_sql(sql).scalar_one():
                return True
        except DBAPIError:
            self.release()
            raise
        self.release()
        return False

    def _file_held(self) -> bool:
        if self._file is not None:
            return True
        path = f"{make_url(self._database.url).database}.{self._name}.lock"
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(handle)
            return False
        self._file = handle
        return True
