"""Publishing the past again after an upgrade that shows it otherwise.

Events of the past held ids of people and reasons in words that nobody is shown any more, but the
topics still hold what was sent. So once, when a service's database is upgraded, a new epoch begins
that tells followers, and where there are topics they are made again and filled from the stores. Its
feed shows the past in today's form at once.

    python -m shared.restoring.republishing due        exits 0 where it is to be done, else 3
    python -m shared.restoring.republishing done       it was: forget that it was to be
    python -m shared.restoring.republishing ways-back  migrations without which no release can run
"""

import sys
from collections.abc import Callable, Iterator

from sqlalchemy.exc import DBAPIError

from shared.connection import Connection
from shared.database import Database, mark
from shared.eventstore.epochs import Reason
from shared.service import Service
from shared.settings import SERVICES, settings_or_exit

_NOT_DUE = 3
# A migration, and the events (as LIKE takes them) after which no release without it can run.
_NO_WAY_BACK = (
    (
        "spine_0010",
        "%.platform.epoch-raised",
        "what had been published was published again without the ids of people and the reasons that"
        " it held; the release before would publish them again",
    ),
    (
        "spine_0010",
        "registry.membership.%",
        "who belongs to a community is kept in a stream of its own, which the release before does"
        " not read: it would lose everyone who joined since",
    ),
)


def is_due(connection: Connection) -> bool:
    """Whether what was published is still to be published again; also before the migration."""
    if not _has(connection, "events"):
        return False
    table = "republishing" if _has(connection, "republishing") else "events"
    return connection.exec_driver_sql(f"SELECT 1 FROM {table} LIMIT 1").first() is not None


def begin(connection: Connection) -> bool:
    """Note that it began; whether it had not yet: what was cut off goes on in the same epoch."""
    sql = "UPDATE republishing SET what = 'begun' WHERE what = 'everything'"
    return connection.exec_driver_sql(sql).rowcount > 0


def finish(connection: Connection) -> None:
    if _has(connection, "republishing"):
        connection.exec_driver_sql("DELETE FROM republishing")


def republish_where_no_topics_are(service: Service) -> bool:
    """Begin the epoch, where all that is due is to tell followers of the feed; whether it was.

    `service` works as the role that owns the tables. Safe to run twice.
    """
    with service.database.write() as connection:
        sent = connection.exec_driver_sql("SELECT 1 FROM relay LIMIT 1").first() is not None
        if sent or not is_due(connection):
            return False
        service.raise_epoch(connection, Reason.REPUBLISHED)
        finish(connection)
        return True


def ways_back_closed(connection: Connection) -> list[tuple[str, str]]:
    """The migrations whose events there are already, and why a release without one cannot run."""
    if not _has(connection, "events"):
        return []
    sql = f"SELECT 1 FROM events WHERE type LIKE {mark(connection)} LIMIT 1"
    return [
        (revision, why)
        for revision, kind, why in _NO_WAY_BACK
        if connection.exec_driver_sql(sql, (kind,)).first() is not None
    ]


def _has(connection: Connection, table: str) -> bool:
    sql = (
        f"SELECT 1 FROM sqlite_master WHERE name = '{table}'"
        if connection.dialect == "sqlite"
        else f"SELECT 1 WHERE to_regclass('{table}') IS NOT NULL"
    )
    return connection.exec_driver_sql(sql).first() is not None


def _databases() -> Iterator[Database]:
    urls = settings_or_exit(need_tokens=False).owner_database_urls
    for name in SERVICES:
        database = Database(urls[name], pool_size=1, application="hedgerow-republishing")
        try:
            yield database
        finally:
            database.close()


def _due() -> int:
    due = False
    for database in _databases():
        with database.read() as connection:
            due = is_due(connection) or due
    return 0 if due else _NOT_DUE


def _done() -> int:
    for database in _databases():
        with database.write() as connection:
            finish(connection)
    return 0


def _ways_back() -> int:
    closed: dict[tuple[str, str], None] = {}
    for database in _databases():
        with database.read() as connection:
            closed |= dict.fromkeys(ways_back_closed(connection))
    for revision, why in closed:
        print(f"{revision} {why}")  # noqa: T201
    return 0


_WORDS: dict[str, Callable[[], int]] = {"due": _due, "done": _done, "ways-back": _ways_back}


def main() -> int:
    work = _WORDS.get(" ".join(sys.argv[1:]))
    if work is None:
        usage = f"usage: python -m shared.restoring.republishing {'|'.join(_WORDS)}"
        print(usage, file=sys.stderr)  # noqa: T201
        return 2
    try:
        return work()
    except DBAPIError as error:
        why = str(error.orig).strip().splitlines()[0]
        print(f"the databases do not answer: {why}", file=sys.stderr)  # noqa: T201
        return 1


if __name__ == "__main__":
    raise SystemExit(main())
