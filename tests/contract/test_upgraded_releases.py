"""A registry's database of each earlier release, filled by that release's own code, upgraded."""

import json
import os
import re
import subprocess
import sys
import uuid
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from werkzeug.test import TestResponse

from services.registry.communities.jobs import copy_roles
from shared.database import Database
from shared.projection.rebuild import rebuild_own
from shared.restoring.republishing import is_due, ways_back_closed
from tests.registry import Registry, open_registry, settings_of
from tests.releases import release
from tests.servers import PostgresServer

pytestmark = pytest.mark.timeout(600)  # two releases are started, one after the other
RELEASES = ("0.1.0", "0.2.0")
PERSON = re.compile(r"per_[0-9a-z]+")
ROLES = ("registry.community.role-started", "registry.community.role-ended")
RAISED = "registry.platform.epoch-raised"
EVERYTHING = """
import json, sys
from pathlib import Path
from tests.registry import every_command, open_registry
with open_registry(sys.argv[1], Path(sys.argv[2])) as found:
    every_command(found.operator)
    events = found.operator.events("limit=1000")
    first = found.anyone.get(f"/events?limit={len(events) // 2}").json
    print(json.dumps([events, first]))
"""
Events = list[dict[str, Any]]


class Upgraded:
    """The registry of now over the data, what it had published, and a follower's first half."""

    def __init__(self, registry: Registry, before: Events, first: dict[str, Any]) -> None:
        self.registry, self.before = registry, before
        self.seen, self.cursor = first["events"], first["next"]

    def page(self, after: str = "", *, anyone: bool = True) -> Any:
        caller = self.registry.anyone if anyone else self.registry.operator
        answer = caller.get(f"/events?limit=1000&after={after}")
        assert answer.status_code == 200, answer.text
        return answer.json

    def rebuilt(self) -> None:
        service = self.registry.service
        shown = service.types.present_to_owner
        rebuild_own(service.database, service.store, service.own, present=shown)


def run(folder: Path, *words: str, environ: dict[str, str] | None = None) -> str:
    done = subprocess.run(
        [sys.executable, *words],
        cwd=folder,
        env={**os.environ, **(environ or {})},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


@pytest.fixture(
    scope="module",
    params=[
        *(f"{version} sqlite" for version in RELEASES),
        *(pytest.param(f"{version} postgres", marks=pytest.mark.postgres) for version in RELEASES),
    ],
)
def upgraded(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Upgraded]:
    version, kind = request.param.split()
    tmp_path = tmp_path_factory.mktemp("upgraded")
    database_url = f"sqlite:///{tmp_path / 'registry.db'}"
    if kind == "postgres":
        postgres: PostgresServer = request.getfixturevalue("postgres")
        database_url = postgres.create_database(f"hedgerow_upgraded_{uuid.uuid4().hex}")
    source = release(version).unpack(tmp_path / "release")
    said = run(source, "-c", EVERYTHING, database_url, str(tmp_path))
    before, first = json.loads(said.splitlines()[-1])
    environ = settings_of(tmp_path, REGISTRY_DATABASE_URL=database_url)
    here = Path(__file__).parents[2]
    told = "Followers are told that the past is shown in another form."
    assert told in run(here, "-m", "services.registry", "migrate", environ=environ)
    assert told not in run(here, "-m", "services.registry", "migrate", environ=environ)
    with open_registry(database_url, tmp_path, migrated=True) as registry:
        yield Upgraded(registry, before, first)


def place(event: dict[str, Any]) -> tuple[str, ...]:
    return tuple(event[name] for name in ("subject", "sequence", "id", "type", "time"))


def test_no_public_event_names_a_person_any_more(upgraded: Upgraded):
    roles = [e for e in upgraded.before if e["type"] in ROLES]
    assert any(PERSON.search(str(e)) for e in roles)
    events = upgraded.page()["events"]
    assert [e for e in events if PERSON.search(str(e))] == []
    shown = [e for e in events if e["type"] in ROLES]
    assert {e["dataschema"][-2:] for e in shown} == {":2"}
    assert not {field for e in shown for field in e["data"]} & {"person", "role_id"}


def test_events_keep_their_places_ids_and_sequences(upgraded: Upgraded):
    after = upgraded.page(anyone=False)["events"]
    was = [place(event) for event in upgraded.before]
    assert [place(event) for event in after[: len(was)]] == was
    assert [event["type"] for event in after[len(was) :]] == [RAISED]
    said = after[-1]["data"]
    assert said["reason"] == "republished"
    assert {each["type"]: each["fields"] for each in said["withdrawn"]} == {
        ROLES[0]: ["person", "role_id"],
        ROLES[1]: ["role_id"],
    }
    print(f"{len(was)} events before, the same after, and one that tells of the epoch")


def test_a_follower_in_the_middle_loses_and_doubles_nothing_and_is_told(upgraded: Upgraded):
    page = upgraded.page(upgraded.cursor)
    (raised,) = page["epoch_raised"]
    assert raised["reason"] == "republished"
    assert "delete them" in raised["detail"]
    assert raised["epoch"] == page["events"][-1]["data"]["epoch"] <= page["epoch"]
    whole = upgraded.page()
    assert "epoch_raised" not in whole  # who begins has nothing to mend
    ids = [event["id"] for event in whole["events"]]
    assert [event["id"] for event in (*upgraded.seen, *page["events"])] == ids
    assert "epoch_raised" not in upgraded.page(page["next"])


def test_a_follower_who_left_the_event_out_is_told_by_the_pages_until_they_are_past_it(
    upgraded: Upgraded,
):
    def follow(after: str) -> TestResponse:
        path = f"/events?limit=1000&types=registry.network.*&after={after}"
        return upgraded.registry.anyone.get(path)

    answer = follow(upgraded.cursor)
    while answer.json["events"]:
        assert answer.headers["Hedgerow-Epoch-Raised"] == "republished"
        answer = follow(answer.json["next"])
    assert [each["reason"] for each in answer.json["epoch_raised"]] == ["republished"]
    past = follow(answer.json["next"])
    assert "epoch_raised" not in past.json
    assert "Hedgerow-Epoch-Raised" not in past.headers


def test_the_way_back_is_closed(upgraded: Upgraded):
    database: Database = upgraded.registry.service.database
    with database.read() as connection:
        assert [revision for revision, _ in ways_back_closed(connection)] == ["spine_0010"]
        assert not is_due(connection)


def test_role_events_are_copied_once_and_roles_are_as_they_were(upgraded: Upgraded):
    service = upgraded.registry.service
    now = service.clock.now()
    count = sum(event["type"] in ROLES for event in upgraded.before)
    assert (copy_roles(service, now), copy_roles(service, now)) == (count, 0)
    copied = Counter(e["type"] for e in upgraded.page(anyone=False)["events"][-count:])
    assert copied.total() == count
    assert set(copied) == {"registry.membership.started", "registry.membership.ended"}
    roles = shown_roles(upgraded)
    assert roles
    upgraded.rebuilt()
    assert shown_roles(upgraded) == roles
    print(f"{count} role events before, copied: {dict(copied)}")


def shown_roles(upgraded: Upgraded) -> list[Any]:
    items = upgraded.registry.operator.get("/communities?limit=200").json["items"]
    return [role for item in items for role in item["roles"]]
