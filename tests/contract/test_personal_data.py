"""docs/privacy.md has every table that holds something of people, in any service."""

import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest
import sqlalchemy

from shared.migrations.migrate import migrate
from shared.settings import SERVICES, load_settings
from tests.registry import settings_of

PAGE = Path(__file__).parents[2] / "docs/privacy.md"
ROW = re.compile(
    r"^\| (registry|scheduling|notifications|discovery|all) `([a-z_]+)` \|", re.MULTILINE
)
OF_PEOPLE = {"person", "people", "reader", "writer", "by", "email", "address", "name", "asker"}
# What is about machines, or is told in events, which hold of people an opaque id alone.
IMPERSONAL = {
    *("alembic_version", "event_store", "events", "epochs", "relay", "republishing", "restores"),
    *("positions", "inbox", "parked", "reactions", "consumer_reports", "generations", "rebuilds"),
    *("worker_signs", "loop_failures", "signing_keys", "copied_roles", "charts", "to_match"),
    *(
        "vectors",
        "calibrations",
        "reminders",
        "letter_deliveries",
        "mail_holds",
        "webhooks",
        "webhook_attempts",
    ),
    *("webhook_queue", "webhook_replays"),
}
BY_MACHINES = {
    "relay",
    "reactions",
    "generations",
    "rebuilds",
    "charts",
}  # a `name` there is a program's


def documented() -> set[tuple[str, str]]:
    found = set()
    for service, table in ROW.findall(PAGE.read_text(encoding="utf-8")):
        found |= {(name, table) for name in (SERVICES if service == "all" else (service,))}
    return found


@pytest.fixture(scope="module")
def tables(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, str], set[str]]:
    """The columns of every table that is no read model of events, by service and name."""
    folder = tmp_path_factory.mktemp("tables")
    settings = load_settings(settings_of(folder))
    return {
        found: columns for name in SERVICES for found, columns in _tables(name, settings, folder)
    }


def _tables(
    name: str, settings: object, folder: Path
) -> Iterator[tuple[tuple[str, str], set[str]]]:
    service = import_module(f"services.{name}.bootstrap").build(settings)
    url = f"sqlite:///{folder / name}.db"
    migrate(url, url, service.migrations)
    engine = sqlalchemy.create_engine(url)
    seen = sqlalchemy.inspect(engine)
    for table in seen.get_table_names():
        if not re.search(r"_[12]\Z", table):
            yield (name, table), {column["name"] for column in seen.get_columns(table)}
    engine.dispose()


def test_every_table_is_documented_or_known_to_hold_nothing_of_people(tables):
    unknown = {found for found in tables if found[1] not in IMPERSONAL} - documented()
    assert not unknown, f"say in {PAGE.name} what these hold, for what and how long: {unknown}"


def test_every_table_in_the_document_is_there(tables):
    assert documented() <= tables.keys()
    assert {table for _, table in tables} >= IMPERSONAL


def test_no_table_that_is_said_to_hold_nothing_of_people_has_a_column_for_them(tables):
    told = {
        (service, table): columns & OF_PEOPLE
        for (service, table), columns in tables.items()
        if table in IMPERSONAL - BY_MACHINES and columns & OF_PEOPLE
    }
    assert not told
