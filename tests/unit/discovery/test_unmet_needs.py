"""What was looked for and not found: who counts as an asker, and when a need is shown."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from flask import Flask

from services.discovery.unmet import askers, store
from services.discovery.unmet.grouping import stars
from services.discovery.unmet.needs import tidy, unmet_needs
from services.discovery.unmet.noting import Asked, Noting
from services.discovery.unmet.store import Search
from shared.clock import Clock
from shared.database import Database
from shared.http.network import network_of
from shared.settings import load_settings
from tests.integration.discovery_tables import discovery_database
from tests.registry import settings_of

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
DRONES, BEES = [1.0, 0.0, 0.0], [0.0, 1.0, 0.0]


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    with discovery_database(f"sqlite:///{tmp_path / 'discovery.db'}") as found:
        yield found


def search(text: str, about: list[float], network: str = "") -> Search:
    vector = np.array(about, np.float32)
    return Search(text, vector / np.linalg.norm(vector), "a model", network)


def ask(database: Database, who: str, what: Search, now: datetime = NOW) -> None:
    with database.write() as connection:
        salt = askers.present_salt(connection, now)
        store.keep(connection, what, salt.asker(who), salt, now)


def shown(database: Database, now: datetime = NOW, network: str | None = None) -> list[str]:
    with database.read() as connection:
        return [need.text for need in unmet_needs(connection, now, network)]


def test_a_need_is_shown_once_three_different_askers_had_a_like_one(database: Database) -> None:
    ask(database, "10.0.0.1", search("drones", DRONES))
    ask(database, "10.0.0.2", search("flying samples", [0.9, 0.2, 0.0]))
    assert shown(database) == []
    ask(database, "10.0.0.3", search("unmanned aircraft", [0.9, 0.0, 0.2]))
    assert shown(database) == ["drones"]


def test_one_asker_who_asks_again_and_again_counts_once(database: Database) -> None:
    for text in ("drones", "a drone", "drones for blood", "drone"):
        ask(database, "10.0.0.1", search(text, DRONES))
    ask(database, "10.0.0.2", search("drones", DRONES))
    assert shown(database) == []


def test_who_asks_again_under_the_next_salt_is_no_further_asker(database: Database) -> None:
    for month in range(3):
        ask(database, "10.0.0.1", search("drones", DRONES), NOW + timedelta(days=31 * month))
    assert shown(database, NOW + timedelta(days=93)) == []


def test_unlike_searches_do_not_add_up(database: Database) -> None:
    ask(database, "10.0.0.1", search("drones", DRONES))
    ask(database, "10.0.0.2", search("drones", DRONES))
    ask(database, "10.0.0.3", search("bees", BEES))
    assert shown(database) == []


def test_a_network_sees_what_was_asked_of_it_and_of_all_but_not_of_another(
    database: Database,
) -> None:
    for n in range(3):
        ask(database, f"10.0.0.{n}", search("drones", DRONES, "net_w"))
        ask(database, f"10.0.0.{n}", search("bees", BEES))
    assert shown(database, network="net_w") == ["bees", "drones"]
    assert shown(database, network="net_y") == ["bees"]


def test_the_salt_is_thrown_away_after_30_days(database: Database) -> None:
    with database.write() as connection:
        first = askers.present_salt(connection, NOW)
        assert askers.present_salt(connection, NOW + timedelta(days=29)) == first
        later = askers.present_salt(connection, NOW + timedelta(days=30))
        assert later.salt != first.salt
        kept = connection.exec_driver_sql("SELECT id FROM asker_salts").scalars()
        assert kept == [later.id]


def test_nothing_of_who_asked_is_kept_but_the_hash(database: Database) -> None:
    ask(database, "192.0.2.77", search("drones", DRONES))
    with database.read() as connection:
        rows = connection.exec_driver_sql("SELECT * FROM unmet_searches").all()
    assert "192.0.2.77" not in repr(rows)


@pytest.mark.parametrize(
    "text", ["jane.doe@example.org", "020 7946 0958", "https://a.example", "9 9 9", "x" * 201]
)
def test_what_may_be_somebodys_address_or_number_is_not_kept(text: str) -> None:
    assert not store.is_fit(text)


def test_who_hammers_has_no_more_than_some_searches_noted(database: Database) -> None:
    noting = Noting(database, Clock())
    taken = [noting.note(Asked(search("drones", DRONES), "10.0.0.1")) for _ in range(50)]
    assert sum(taken) == 30
    assert noting.note(Asked(search("bees", BEES), "10.0.0.2"))
    noting.write()


def test_the_table_never_grows_beyond_its_bound(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "MOST_ROWS", 5)
    for n in range(9):
        ask(database, f"10.0.0.{n}", search(f"drones {n}", DRONES), NOW + timedelta(minutes=n))
    with database.read() as connection:
        texts = connection.exec_driver_sql("SELECT text FROM unmet_searches ORDER BY at").scalars()
    assert texts == [f"drones {n}" for n in range(4, 9)]


def test_what_nobody_else_asked_goes_after_30_days_and_all_of_it_after_180(
    database: Database,
) -> None:
    ask(database, "10.0.0.1", search("bees", BEES))
    for n in range(3):
        ask(database, f"10.0.0.{n}", search("drones", DRONES))
    left = {days: tidied(database, NOW + timedelta(days=days)) for days in (29, 30, 179, 180)}
    assert left == {29: 4, 30: 3, 179: 3, 180: 0}


def tidied(database: Database, now: datetime) -> int:
    """How many searches are left after the pass."""
    tidy(SimpleNamespace(database=database), now)  # type: ignore[arg-type]
    with database.read() as connection:
        assert connection.exec_driver_sql("SELECT * FROM asker_salts").first() is None or (
            now - NOW < askers.SALT_LIFE
        )
        return int(connection.exec_driver_sql("SELECT count(*) FROM unmet_searches").scalar_one())


def test_a_star_takes_in_those_like_its_centre_and_no_further() -> None:
    vectors = [np.array(v, np.float32) for v in ([1, 0], [0.8, 0.6], [0.3, 0.954], [-1, 0])]
    assert stars(vectors, 2) == [[1, 0, 2]]


@pytest.mark.parametrize(
    ("headers", "trusted", "address"),
    [
        ({}, "", "192.0.2.1"),
        ({"X-Forwarded-For": "10.9.9.9"}, "", "192.0.2.1"),
        ({"X-Forwarded-For": "6.6.6.6, 198.51.100.7"}, "192.0.2.0/24", "198.51.100.7"),
        ({"X-Forwarded-For": "198.51.100.7, 192.0.2.9"}, "192.0.2.0/24", "198.51.100.7"),
        ({"X-Forwarded-For": "2001:db8:1:2:3:4:5:6"}, "192.0.2.0/24", "2001:db8:1:2::/64"),
        ({}, "192.0.2.0/24", "192.0.2.1"),
    ],
)
def test_an_address_is_believed_only_as_far_as_trusted_proxies_wrote_it(
    headers: dict[str, str], trusted: str, address: str, tmp_path: Path
) -> None:
    settings = load_settings(settings_of(tmp_path) | {"HEDGEROW_TRUSTED_PROXIES": trusted})
    place = {"REMOTE_ADDR": "192.0.2.1"}
    with Flask("test").test_request_context(headers=headers, environ_base=place):
        assert network_of(settings.trusted_proxies) == address
