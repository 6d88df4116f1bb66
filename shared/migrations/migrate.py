"""Migrations, as a step of their own: the spine's, then the service's.

Each service has two heads, one a branch. On PostgreSQL the tables belong to the role of
`HEDGEROW_<SERVICE>_OWNER_DATABASE_URL`; the service's own role gets only what it needs, and no
right at all to change or delete events.
"""

from functools import cache
from pathlib import Path

import sqlalchemy
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from alembic.util import to_tuple
from sqlalchemy import inspect
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError

from shared.connection import Connection
from shared.database import Database, lock_number

_SPINE = Path(__file__).parent


def alembic_config(versions: Path) -> Config:
    """The configuration for the spine's migrations and those in `versions`."""
    config = Config()
    config.set_main_option("script_location", str(_SPINE))
    config.set_main_option("path_separator", "newline")
    config.set_main_option("version_locations", f"{_SPINE / 'versions'}\n{versions}")
    return config


def migrate(owner_url: str, service_url: str, versions: Path) -> bool:
    """Bring a service's database to the newest migration. Safe to run twice, and at once.

    False where a newer release has migrated it, from which somebody went back to this one: its
    migrations only added, and are left alone.
    """
    if (path := make_url(owner_url).database) and owner_url.startswith("sqlite"):
        Path(path).parent.mkdir(parents=True, exist_ok=True)
    database = Database(owner_url, application="hedgerow-migrate")
    try:
        with database.migrating() as connection:
            if database.dialect == "postgresql":
                number = lock_number("migrate")
                connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({number})")
            config = alembic_config(versions)
            config.attributes["connection"] = connection
            known = not _is_beyond(connection, versions)
            if known:
                command.upgrade(config, "heads")
            if database.dialect == "postgresql":
                _grant(connection, owner_url, service_url)
            else:
                connection.exec_driver_sql(_NEW_EPOCH)
        database.keep_statistics()
        return known
    finally:
        database.close()


# A copy of the file may have been put back since the last start: what is written from now on must
# come after whatever followers have seen of the events that were lost. Seconds rise always.
_NEW_EPOCH = """
UPDATE event_store SET epoch = max(epoch + 1, CAST(strftime('%s', 'now') AS INTEGER))
WHERE EXISTS (SELECT 1 FROM events WHERE events.epoch = event_store.epoch)"""


def at_head(connection: Connection, versions: Path) -> bool:
    """Whether the database has every migration that this code knows.

    It may have newer ones that this code does not know: those of a release that is coming up
    beside it, which never take away what the one before needs.
    """
    try:
        with connection.begin_nested():
            rows = connection.exec_driver_sql("SELECT version_num FROM alembic_version")
    except DBAPIError:  # there is no such table yet, unless it is the database that fails
        connection.exec_driver_sql("SELECT 1")
        return False
    found, known = frozenset(rows.scalars()), _known(versions)
    if found <= known:
        return found >= heads(versions)
    return found & known <= heads(versions)


def _is_beyond(connection: sqlalchemy.Connection, versions: Path) -> bool:
    """Whether there are migrations that this code does not know."""
    if not inspect(connection).has_table("alembic_version"):
        return False
    rows = connection.exec_driver_sql("SELECT version_num FROM alembic_version")
    return not frozenset(rows.scalars()) <= _known(versions)


@cache
def heads(versions: Path) -> frozenset[str]:
    """The newest migrations: what the database's own table names when it has them all."""
    script = ScriptDirectory.from_config(alembic_config(versions))
    newest = [script.get_revision(name) for name in script.get_heads()]
    implied = {n for each in script.walk_revisions() for n in to_tuple(each.dependencies, ())}
    return frozenset(revision.revision for revision in newest) - implied


@cache
def _known(versions: Path) -> frozenset[str]:
    script = ScriptDirectory.from_config(alembic_config(versions))
    return frozenset(revision.revision for revision in script.walk_revisions())


def _grant(connection: sqlalchemy.Connection, owner_url: str, service_url: str) -> None:
    role = make_url(service_url).username
    if role is None or role == make_url(owner_url).username:
        return
    quoted = '"' + role.replace('"', '""') + '"'
    connection.exec_driver_sql(f"GRANT USAGE ON SCHEMA public TO {quoted}")
    for table in inspect(connection).get_table_names():
        rights = _RIGHTS.get(table, "SELECT, INSERT, UPDATE, DELETE")
        connection.exec_driver_sql(f'REVOKE ALL ON "{table}" FROM {quoted}')
        connection.exec_driver_sql(f'GRANT {rights} ON "{table}" TO {quoted}')
    connection.exec_driver_sql(f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {quoted}")


# Tables that the service's role may not freely write.
_RIGHTS = {
    "events": "SELECT, INSERT",
    "event_store": "SELECT",
    "alembic_version": "SELECT",
    "restores": "SELECT",
    "epochs": "SELECT",
    "republishing": "SELECT",
}
