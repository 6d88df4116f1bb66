"""Discovery's calls over HTTP: whom they take for a network, and what they refuse."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from alembic import command

from services.discovery.bootstrap import build
from services.discovery.follower import Follower
from services.discovery.projections.registry import DOCUMENTS, NETWORKS
from services.discovery.unmet.noting import Noting
from shared.connection import Connection
from shared.database import Database
from shared.migrations.migrate import alembic_config, migrate
from shared.projection import rebuild
from shared.projection.projection import write_rows
from shared.settings import load_settings
from shared.web.app import create_app
from tests.integration.discovery_tables import VERSIONS, discovery_database
from tests.integration.services import app_of
from tests.registry import Caller, settings_of

FALLS = "Preventing falls in care homes"
WESSEX = {"name": "Health Innovation Wessex", "names": ["Wessex AHSN"], "aliases": ["HI Wessex"]}
YORKSHIRE = {"name": "Health Innovation Yorkshire", "names": [], "aliases": []}
NAMES = ["net_w", "Health Innovation Wessex", "Wessex AHSN", " wessex  ahsn", "HI WESSEX"]


@pytest.fixture
def discovery(tmp_path: Path) -> Iterator[Caller]:
    """Two communities who work on falls, one in Wessex and one in Yorkshire."""
    app = app_of("discovery", tmp_path)
    with discovery_database(f"sqlite:///{tmp_path / 'followed.db'}") as database:
        with database.write() as connection:
            put_network(connection, "net_w", WESSEX)
            put_network(connection, "net_y", YORKSHIRE)
            put_community(connection, "com_w", "net_w", "potential")
            put_community(connection, "com_y", "net_y", "maturing")
        follower = Follower()
        follower.catch_up(database)
        app.extensions["hedgerow_follower"] = follower
        yield Caller(app, None)


def put_network(connection: Connection, network: str, content: dict[str, Any]) -> None:
    write_rows(connection, NETWORKS, 1, {}, {network: row(network, content)})


def put_community(connection: Connection, name: str, network: str, stage: str) -> None:
    texts = {"name": "", "practice": "", "learning_question": "", "region": "", "domain": FALLS}
    lists: dict[str, Any] = {"topics": [], "sectors": [], "networks": [network], "successors": []}
    content = {**texts, **lists, "stage": stage, "state": "active"}
    write_rows(connection, DOCUMENTS, 1, {}, {name: row(name, content)})


def row(name: str, content: dict[str, Any]) -> dict[str, Any]:
    return {"id": name, "version": 1, "at": "2026-01-01T00:00:00Z", "content": content}


@pytest.mark.parametrize("named", NAMES)
def test_a_description_of_a_network_by_any_of_its_names_is_shown_other_networks(
    discovery: Caller, named: str
) -> None:
    body = {"domain": "falls", "networks": [named]}
    answer = discovery.post("/related?scope=other-networks", body)
    assert [item["id"] for item in answer.json["items"]] == ["com_y"]


@pytest.mark.parametrize("named", NAMES)
def test_a_search_is_filtered_by_any_name_of_a_network(discovery: Caller, named: str) -> None:
    answer = discovery.ask("GET", "/search", query_string={"q": "falls", "network": named})
    assert [item["id"] for item in answer.json["items"]] == ["com_w"]
    assert answer.json["items"][0]["networks"] == ["Health Innovation Wessex"]


def test_a_network_that_is_not_known_is_refused_by_name_on_its_field(discovery: Caller) -> None:
    described = discovery.post("/related", {"domain": "falls", "networks": ["net_w", "Mars"]})
    searched = discovery.get("/search?q=falls&network=Mars&network=net_w")
    for answer, field in ((described, "networks"), (searched, "network")):
        assert answer.status_code == 422
        assert answer.content_type == "application/problem+json"
        (reason,) = answer.json["errors"][field]
        assert reason.startswith("'Mars' is no network's id, name or alias")
        assert "may still be on its way" in reason


@pytest.mark.parametrize("stage", ["foo", "", "matur"])
def test_a_stage_that_is_none_is_refused_and_the_lawful_ones_are_named(
    discovery: Caller, stage: str
) -> None:
    answer = discovery.get(f"/search?q=falls&stage=maturing&stage={stage}")
    assert answer.status_code == 422
    assert answer.json["errors"] == {
        "stage": [
            "must be one of: potential, coalescing, maturing, stewardship, transformation",
        ]
    }


def test_a_stage_is_taken_whatever_its_case_and_region_and_sector_are_free(
    discovery: Caller,
) -> None:
    found = discovery.get("/search?q=falls&stage=Maturing").json["items"]
    assert [item["id"] for item in found] == ["com_y"]
    assert discovery.get("/search?q=falls&region=foo&sector=foo").json["items"] == []


def test_a_database_from_before_former_names_were_kept_asks_for_a_rebuild(
    database_url: str,
) -> None:
    upgrade(database_url, "discovery_0002")
    database = Database(database_url)
    with database.write() as connection:
        put_network(connection, "net_w", {"name": "Health Innovation Wessex"})
    upgrade(database_url, "heads")
    assert rebuild.requested(database)
    database.close()


def test_a_database_from_before_conveners_were_known_asks_for_a_rebuild(database_url: str) -> None:
    upgrade(database_url, "discovery_0003")
    database = Database(database_url)
    with database.write() as connection:
        put_community(connection, "com_w", "net_w", "potential")
    assert not rebuild.requested(database)
    upgrade(database_url, "heads")
    assert rebuild.requested(database)
    database.close()


def test_a_new_database_asks_for_no_rebuild(database_url: str) -> None:
    with discovery_database(database_url) as database:
        assert not rebuild.requested(database)


def upgrade(url: str, revision: str) -> None:
    database = Database(url)
    with database.migrating() as connection:
        config = alembic_config(VERSIONS)
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
    database.close()


def test_a_web_is_ready_once_its_index_is_filled(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Without their threads, which last as long as the process.
    monkeypatch.setattr(Follower, "start", lambda self, database, _: self.catch_up(database))
    monkeypatch.setattr(Noting, "start", lambda _: None)
    environ = settings_of(tmp_path) | {"HEDGEROW_DISCOVERY_DATABASE_URL": database_url}
    service = build(load_settings(environ))
    migrate(database_url, database_url, service.migrations)
    app = create_app(service)
    ready = app.test_client().get("/health/ready")
    assert (ready.status_code, ready.json) == (
        503,
        {"status": "not ready", "why": "The index of communities is being filled."},
    )
    assert service.start_web is not None
    service.start_web(service, app)
    assert app.test_client().get("/health/ready").status_code == 200
    service.database.close()
