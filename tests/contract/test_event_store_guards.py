"""Events are facts: the database itself refuses to change or delete them, whoever asks."""

import uuid
from collections.abc import Iterator
from typing import NamedTuple

import pytest
from sqlalchemy import inspect, make_url
from sqlalchemy.exc import DBAPIError, ProgrammingError

from shared.database import Database
from shared.eventstore.events import START
from shared.eventstore.store import EventStore
from shared.migrations.migrate import at_head, migrate
from shared.projection.apply import apply_batches
from shared.stream.source import Batch
from tests.contract.gardens import MIGRATIONS, NOW, PROJECTIONS, Planted, Watered, append, received
from tests.servers import PostgresServer

BEANS = Planted("By the gate", ("beans",))
CHANGES = {
    "an update": "UPDATE events SET data = '{}'",
    "an update of one": "UPDATE events SET version = 9 WHERE version = 2",
    "a delete": "DELETE FROM events",
    "a delete of one": "DELETE FROM events WHERE version = 2",
}
REPLACEMENT = (
    " INTO events (position, epoch, stream_id, version, event_id, type, schema_version, time,"
    " audience, correlation_id, data)"
    " VALUES ({position}, 1, 'plt_1', {version}, 'x', 'x', 1, 'x', 'public', 'x', '{{}}')"
)
SQLITE_CHANGES = {
    "a replacement by version": "INSERT OR REPLACE" + REPLACEMENT.format(position=99, version=1),
    "a replacement by place": "REPLACE" + REPLACEMENT.format(position=1, version=99),
    "an update that replaces": "UPDATE OR REPLACE events SET version = 1",
}
POSTGRES_CHANGES = {
    "a truncate": "TRUNCATE events",
    "a truncate of all": "TRUNCATE event_store, events CASCADE",
    "an upsert": (
        "INSERT INTO events SELECT * FROM events ON CONFLICT (stream_id, version)"
        " DO UPDATE SET data = '{}'"
    ).replace("SELECT *", "OVERRIDING SYSTEM VALUE SELECT *"),
    "a merge": (
        "MERGE INTO events USING event_store ON events.epoch = event_store.epoch"
        " WHEN MATCHED THEN DELETE"
    ),
}


def assert_refused(database: Database, statement: str) -> None:
    store = EventStore(database.dialect)
    with database.write() as connection:
        before = append(store, connection, "plt_1", 0, BEANS, Watered(1))
    with pytest.raises(DBAPIError, match="events are never"), database.write() as connection:
        connection.exec_driver_sql(statement)
    with database.read() as connection:
        assert store.read(connection, START, 10) == before


@pytest.mark.parametrize("statement", CHANGES.values(), ids=CHANGES)
def test_the_database_refuses(database: Database, statement: str):
    assert_refused(database, statement)


@pytest.mark.parametrize("statement", SQLITE_CHANGES.values(), ids=SQLITE_CHANGES)
def test_sqlite_refuses(sqlite_database: Database, statement: str):
    assert_refused(sqlite_database, statement)


@pytest.mark.postgres
@pytest.mark.parametrize("statement", POSTGRES_CHANGES.values(), ids=POSTGRES_CHANGES)
def test_postgresql_refuses_its_tables_owner(postgres_database: Database, statement: str):
    assert_refused(postgres_database, statement)


class Roles(NamedTuple):
    owner: Database
    service: Database
    role: str


@pytest.fixture
def roles(postgres: PostgresServer, postgres_url: str) -> Iterator[Roles]:
    """A database migrated by its owner for a service that has a role of its own."""
    role = f"hedgerow_test_{uuid.uuid4().hex}"
    postgres.create_role(role, "a password")
    url = postgres.url(make_url(postgres_url).database or "", role, "a password")
    migrate(postgres_url, url, MIGRATIONS)
    migrate(postgres_url, url, MIGRATIONS)  # rights are given anew each time, none is added
    found = Roles(Database(postgres_url), Database(url), role)
    yield found
    found.service.close()
    found.owner.close()


@pytest.mark.postgres
def test_the_services_role_owns_nothing(roles: Roles):
    tables = inspect(roles.owner.engine).get_table_names()
    with roles.owner.read() as connection:
        owners = connection.exec_driver_sql(
            "SELECT count(*) FILTER (WHERE pg_get_userbyid(relowner) = %s), count(*) FROM pg_class"
            " WHERE relnamespace = 'public'::regnamespace",
            (roles.role,),
        ).first()
    assert {"events", "event_store", "inbox", "plots_1", "plots_2"} <= set(tables)
    assert owners[0] == 0
    assert owners[1] > len(tables)


@pytest.mark.postgres
def test_the_services_role_can_do_a_services_work(roles: Roles):
    store = EventStore("postgresql")
    event = received("plt_9", 2, Watered(1))  # one that waits: the table's number is a sequence
    with roles.service.write() as connection:
        written = append(store, connection, "plt_1", 0, BEANS)
        batch = Batch("garden", "garden/feed", None, "1-1-1", [received("plt_1", 1, BEANS), event])
        apply_batches(connection, 1, PROJECTIONS, [batch], NOW)
    with roles.service.read() as connection:
        assert store.read(connection, START, 10) == written
        assert at_head(connection, MIGRATIONS)
        assert connection.exec_driver_sql("SELECT reason FROM parked").scalars().all() == ["gap"]


FORBIDDEN = {
    **CHANGES,
    "a truncate": "TRUNCATE events",
    "another epoch": "UPDATE event_store SET epoch = 9",
    "a second epoch": "INSERT INTO event_store (epoch) VALUES (9)",
    "no epoch": "DELETE FROM event_store",
    "no triggers": "ALTER TABLE events DISABLE TRIGGER ALL",
    "one trigger less": "DROP TRIGGER events_are_facts ON events",
    "no events": "DROP TABLE events",
    "another trigger function": (
        "CREATE OR REPLACE FUNCTION refuse_change_of_events() RETURNS trigger LANGUAGE plpgsql"
        " AS $$ BEGIN RETURN NEW; END $$"
    ),
    "a replica's ways": "SET session_replication_role = replica",
    "another history of migrations": "DELETE FROM alembic_version",
    "the position's counter": "SELECT setval('events_position_seq', 1)",
}


@pytest.mark.postgres
def test_the_services_role_can_change_nothing_of_what_is_kept(roles: Roles):
    store = EventStore("postgresql")
    with roles.service.write() as connection:
        written = append(store, connection, "plt_1", 0, BEANS, Watered(1))
        connection.exec_driver_sql("GRANT ALL ON events TO CURRENT_USER")  # changes nothing
    for what, statement in FORBIDDEN.items():
        with pytest.raises(ProgrammingError) as refused, roles.service.write() as connection:
            connection.exec_driver_sql(statement)
        assert refused.value.orig.sqlstate == "42501", what  # insufficient privilege
    with pytest.raises(ProgrammingError), roles.service.write() as connection:
        store.raise_epoch(connection)

    with roles.service.read() as connection:
        assert store.read(connection, START, 10) == written
        assert connection.exec_driver_sql("SELECT epoch FROM event_store").scalars().all() == [1]
