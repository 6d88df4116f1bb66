"""The row that says that a mail server took a letter, written before the next is sent.

It survives the death of the process at any moment. The disk is not waited for, which would take
longer than sending: when the machine itself fails, letters of the last moment may be sent twice.
"""

from services.notifications.letters import HANDED_OVER
from shared.connection import Connection
from shared.database import Database, mark

_NOT_WAITING = {
    "sqlite": "PRAGMA synchronous = NORMAL",
    "postgresql": "SET synchronous_commit = off",
}


class Record:
    """Has a session of its own; for one thread."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._session: Connection | None = None

    def handed_over(self, letter: str, address_version: int) -> None:
        """From now on it is not sent again."""
        if self._session is None:
            self._session = self._database.session()
            self._session.exec_driver_sql(_NOT_WAITING[self._session.dialect])
        p = mark(self._session)
        try:
            self._session.exec_driver_sql(
                f"UPDATE letters SET state = {p}, due = NULL, address_version = {p} WHERE id = {p}",
                (HANDED_OVER, address_version, letter),
            )
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        if self._session is not None:
            self._session.discard()
            self._session = None
