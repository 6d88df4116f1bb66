"""Migrations: a step of their own, safe to run twice and at once."""

import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import inspect
from sqlalchemy.exc import DBAPIError

from services.discovery.bootstrap import build as build_discovery
from services.discovery.unmet.needs import unmet_needs
from services.notifications.bootstrap import build as build_notifications
from services.registry.bootstrap import build as build_registry
from shared.database import Database
from shared.eventstore.store import EventStore
from shared.migrations.migrate import at_head, heads, migrate
from shared.settings import load_settings
from tests.contract.gardens import MIGRATIONS, Watered, append
from tests.migrating import migrated_to

HALF_DONE = '''
"""Makes a table, and then fails."""
from alembic import op

revision = "half_0001"
down_revision = None
depends_on = ("spine_0001",)


def upgrade() -> None:
    op.execute("CREATE TABLE half (done integer)")
    op.execute("no SQL at all")
'''


def is_at_head(url: str, versions: Path = MIGRATIONS) -> bool:
    database = Database(url)
    try:
        with database.read() as connection:
            return at_head(connection, versions)
    finally:
        database.close()


def tables(url: str) -> set[str]:
    database = Database(url)
    try:
        return set(inspect(database.engine).get_table_names())
    finally:
        database.close()


def test_a_database_is_at_head_once_it_was_migrated(database_url: str):
    assert not is_at_head(database_url)
    migrate(database_url, database_url, MIGRATIONS)
    assert is_at_head(database_url)
    assert {"events", "event_store", "inbox", "plots_1", "plots_2"} <= tables(database_url)


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE alembic_version SET version_num = 'garden_0002' WHERE version_num = 'garden_0001'",
        "UPDATE alembic_version SET version_num = 'spine_9999' WHERE version_num LIKE 'spine_%%'",
        "INSERT INTO alembic_version (version_num) VALUES ('another_0001')",
    ],
)
def test_a_release_works_on_where_the_one_after_it_has_migrated_already(
    database_url: str, change: str
):
    migrate(database_url, database_url, MIGRATIONS)
    database = Database(database_url)
    with database.write() as connection:
        connection.exec_driver_sql(change)
    database.close()
    assert is_at_head(database_url)


def test_a_database_that_lacks_the_services_own_migrations_is_not_at_head(
    database_url: str, tmp_path: Path
):
    nothing_of_its_own = tmp_path / "none"
    nothing_of_its_own.mkdir()
    migrate(database_url, database_url, nothing_of_its_own)
    assert is_at_head(database_url, nothing_of_its_own)
    assert not is_at_head(database_url)
    migrate(database_url, database_url, MIGRATIONS)
    assert is_at_head(database_url)


def test_migrating_again_changes_nothing(database_url: str):
    migrate(database_url, database_url, MIGRATIONS)
    database = Database(database_url)
    with database.write() as connection:
        connection.exec_driver_sql("INSERT INTO deeds (deed) VALUES ('kept')")
    before = tables(database_url)

    migrate(database_url, database_url, MIGRATIONS)

    assert tables(database_url) == before
    with database.read() as connection:
        kept = connection.exec_driver_sql("SELECT deed FROM deeds").scalars().all()
        assert kept == ["kept"]
        assert connection.exec_driver_sql("SELECT epoch FROM event_store").scalars().all() == [1]
    database.close()


MIGRATE = """
import sys
from pathlib import Path
from shared.migrations.migrate import migrate
print("ready", flush=True)
sys.stdin.readline()
migrate(sys.argv[1], sys.argv[1], Path(sys.argv[2]))
"""


def test_processes_that_migrate_at_once_all_succeed(database_url: str):
    command = [sys.executable, "-c", MIGRATE, database_url, str(MIGRATIONS)]
    processes = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for _ in range(3)
    ]
    for process in processes:
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        process.stdin.write("go\n")
        process.stdin.flush()
    for process in processes:
        process.communicate(timeout=60)

    assert [process.returncode for process in processes] == [0] * 3
    assert is_at_head(database_url)


def test_a_migration_that_fails_leaves_the_database_as_it_was(database_url: str, tmp_path: Path):
    (tmp_path / "half_0001.py").write_text(HALF_DONE)
    with pytest.raises(DBAPIError):
        migrate(database_url, database_url, tmp_path)
    assert tables(database_url) == set()

    migrate(database_url, database_url, MIGRATIONS)
    assert is_at_head(database_url)


def test_a_folder_for_the_data_is_made(tmp_path: Path):
    url = f"sqlite:///{tmp_path / 'new' / 'folder' / 'garden.db'}"
    migrate(url, url, MIGRATIONS)
    assert is_at_head(url)


@pytest.mark.parametrize("build", [build_registry, build_discovery])
def test_each_service_has_its_tables_in_two_generations(database_url: str, build):
    service = build(load_settings({}, need_tokens=False))
    migrate(database_url, database_url, service.migrations)
    assert len(heads(service.migrations)) == 2  # the spine's, and its own
    for projection in (*service.own, *service.followed):
        for generation in (1, 2):
            assert set(projection.tables(generation)) <= tables(database_url)


def test_a_new_epoch_begins_at_each_start_of_sqlite_once_there_are_events(tmp_path: Path):
    url = f"sqlite:///{tmp_path / 'a.db'}"
    epochs = []
    for _ in range(3):
        migrate(url, url, MIGRATIONS)
        database = Database(url)
        with database.write() as connection:
            append(EventStore("sqlite"), connection, f"plt_{len(epochs)}", 0, Watered(1))
        with database.read() as connection:
            epochs.append(EventStore("sqlite").head(connection).epoch)
        database.close()
    assert epochs[0] == 1
    assert epochs == sorted(set(epochs))


def test_code_that_was_gone_back_to_leaves_the_newer_migrations_alone(database: Database):
    with database.write() as connection:
        connection.exec_driver_sql(
            "UPDATE alembic_version SET version_num = 'spine_9999'"
            " WHERE version_num LIKE 'spine_%%'"
        )
    assert not migrate(database.url, database.url, MIGRATIONS)
    with database.read() as connection:
        rows = connection.exec_driver_sql("SELECT version_num FROM alembic_version")
        assert "spine_9999" in rows.scalars()


def test_keys_of_peoples_addresses_are_computed_again(database_url: str):
    versions = build_registry(load_settings({}, need_tokens=False)).migrations
    migrated_to(database_url, versions, "registry_0001")
    stored = [  # id, address, and its key as 0.1.0 had it
        ("per_1", "boss@straße.example", "boss@strasse.example"),
        ("per_2", "Ada@People.example", "ada@people.example"),
        ("per_3", "zoe@xn--bcher-kva.example", "zoe@xn--bcher-kva.example"),
        ("per_4", "zoe@Bücher.example", "zoe@bücher.example"),
        ("per_5", "x@☃.example", "x@☃.example"),
        ("per_6", None, None),
    ]
    database = Database(database_url)
    p = "%s" if database.dialect == "postgresql" else "?"
    with database.write() as connection:
        for place, (person, email, key) in enumerate(stored):
            connection.exec_driver_sql(
                "INSERT INTO people (id, name, email, email_key, version, added_at)"
                f" VALUES ({p}, 'Somebody', {p}, {p}, 1, {p})",
                (person, email, key, f"2026-01-0{place + 1}T00:00:00Z"),
            )
    migrate(database_url, database_url, versions)
    with database.read() as connection:
        rows = connection.exec_driver_sql("SELECT id, email_key FROM people ORDER BY id").all()
    database.close()
    assert {row[0]: row[1] for row in rows} == {
        "per_1": "boss@xn--strae-oqa.example",
        "per_2": "ada@people.example",
        "per_3": "zoe@xn--bcher-kva.example",  # who was added first is found by it
        "per_4": None,
        "per_5": None,
        "per_6": None,
    }


def test_askers_told_apart_by_their_browsers_count_as_one(database_url: str):
    versions = build_discovery(load_settings({}, need_tokens=False)).migrations
    migrated_to(database_url, versions, "discovery_0007")
    database = Database(database_url)
    p = "%s" if database.dialect == "postgresql" else "?"
    with database.write() as connection:
        vector = np.array([1.0, 0.0], "<f2").tobytes()
        for n in range(3):
            connection.exec_driver_sql(
                "INSERT INTO unmet_searches (id, text, vector, model, network, salt, asker, at)"
                f" VALUES ({p}, 'drones', {p}, 'm', '', 'slt_1', {p}, '2026-03-01T09:00:00Z')",
                (f"una_{n}", vector, f"asker {n}"),
            )
    migrate(database_url, database_url, versions)
    with database.read() as connection:
        assert unmet_needs(connection, datetime(2026, 3, 2, tzinfo=UTC)) == []
    database.close()


def test_addresses_that_reports_of_policy_had_blocked_are_free_again(database_url: str):
    versions = build_notifications(load_settings({}, need_tokens=False)).migrations
    migrated_to(database_url, versions, "notifications_0003")
    reported = {  # what was reported of each, and whether they stay blocked
        "per_1": (["hard (5.7.26)"], 0),
        "per_2": (["hard (5.1.1)"], 1),
        "per_3": (["hard (5.7.1)", "hard (5.1.10)"], 1),
        "per_4": ([], 1),  # the mail server itself said so
        "per_5": (["soft (4.2.2)"], 1),
    }
    database = Database(database_url)
    with database.write() as connection:
        for person, (reasons, _) in reported.items():
            connection.exec_driver_sql(
                "INSERT INTO bounces (person, address_version, hard, soft, at)"
                f" VALUES ('{person}', 1, 1, 0, '2026-01-01')"
            )
            for number, reason in enumerate(reasons):
                connection.exec_driver_sql(
                    "INSERT INTO deliveries_1 (id, version, person, rule, category, about,"
                    " announcement, urgent, digest, status, reason, letter, words, uncertain,"
                    " queued_at, changed_at, at, planned_for) VALUES"
                    f" ('dlv_{person}_{number}', 3, '{person}', 'r', 'c', 'a', 'ann_1', 0, 0,"
                    f" 'bounced', '{reason}', 'let_1', '', 0, '', '', '', '')"
                )
    migrate(database_url, database_url, versions)
    with database.read() as connection:
        rows = connection.exec_driver_sql("SELECT person, hard FROM bounces").all()
    database.close()
    assert {row[0]: row[1] for row in rows} == {
        person: hard for person, (_, hard) in reported.items()
    }
