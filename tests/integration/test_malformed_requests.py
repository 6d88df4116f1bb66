"""Requests that were once answered by a 500, one by one; test_fuzz looks for more."""

import base64
import json
import re
from datetime import timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from services.scheduling import registry_client
from services.scheduling.clashing import related_communities
from shared.identifiers import derived_id
from shared.settings import load_settings
from tests.discovery import Discovery
from tests.integration.test_scheduling_pages import form, submitted
from tests.notifications import open_notifications
from tests.registry import Registry, settings_of
from tests.scheduling import Scheduling
from tests.unit.shared.test_shared_http_client import answering


@pytest.fixture(autouse=True)
def _no_registry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        registry_client, "add_person", lambda _s, person, *_: derived_id("per", person["email"])
    )
    monkeypatch.setattr(registry_client, "names", lambda *_: {})


def cursor(*parts: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(parts).encode()).decode().rstrip("=")


@pytest.mark.parametrize(
    "as_of",
    [
        *("0001-01-01", "0001-06-30", "0002-01-01", "1899-12-31", "9999-12-31", "2026-02-30"),
        *("0001-01-01T00:00:00Z", "0001-01-01T00:00:00%2B14:00", "9999-12-31T23:59:59-14:00"),
        *("x", "", "2026-W01-01", "2026-03-01T09:30:00"),
    ],
)
@pytest.mark.parametrize("path", ["/landscape", "/landscape.csv"])
def test_a_landscape_of_no_day_is_refused_by_name(discoverer: Discovery, path: str, as_of: str):
    answer = discoverer.anyone.get(f"{path}?as_of={as_of}")
    assert (answer.status_code, list(answer.json["errors"])) == (422, ["as_of"])


@pytest.mark.parametrize("plus", ["+", "%2B", " "])
def test_a_plus_that_was_not_encoded_is_a_plus(discoverer: Discovery, plus: str):
    discoverer.follower.catch_up(discoverer.service.database)
    answer = discoverer.anyone.get(f"/landscape?as_of=2026-03-01T09:30:00{plus}01:00")
    assert (answer.status_code, answer.json["as_of"][:16]) == (200, "2026-03-01T08:30")


@pytest.mark.parametrize("plus", ["+", "%2B", "%20"])
def test_a_community_is_as_it_was_at_a_time_of_another_zone(registry: Registry, plus: str):
    community = registry.operator.community()
    now = registry.service.clock.now()
    there = now.astimezone(timezone(timedelta(hours=1))).strftime("%Y-%m-%dT%H:%M:%S.%f")
    for at in (f"{there}{plus}01:00", f"{there}{plus}0100"):
        answer = registry.anyone.get(f"/communities/{community}?as_of={at}")
        assert (answer.status_code, answer.json["as_of"][:16]) == (200, f"{now:%Y-%m-%dT%H:%M}")


@pytest.mark.parametrize(
    "community",
    ["%0a", "%20", "x", "..", "com_x", "a/../b", "%2e%2e%2fhealth", "com_%3Fa", ""],
)
def test_free_slots_of_what_is_no_community_are_refused_by_name(
    scheduling: Scheduling, community: str
):
    answer = scheduling.anyone.get(f"/free-slots?community={community}")
    assert (answer.status_code, list(answer.json["errors"])) == (422, ["community"])


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31", "9999-06-01", "x", "2026-02-29"])
def test_free_slots_from_the_end_of_the_calendar_are_refused(scheduling: Scheduling, day: str):
    answer = scheduling.anyone.get(f"/free-slots?from={day}&weeks=26")
    assert answer.status_code == 422


@pytest.mark.parametrize("community", ["\n", "../health", "a/b?c=d#e", "com_1%0a", "é"])
def test_what_is_built_into_an_address_leads_nowhere_else(tmp_path: Path, community: str):
    with answering(404) as discovery:
        environ = settings_of(tmp_path, DISCOVERY_URL=discovery.url)
        assert related_communities(load_settings(environ), [community]) == []
    ((path, _),) = discovery.asked
    assert path.startswith("/communities/")
    assert path.partition("?")[0].endswith("/related")
    assert path.count("/") == 3
    assert path.isascii()


@pytest.mark.parametrize(
    "body",
    [b"[1]", b"[]", b"null", b"1", b'"confirm"', b'{"answer": [1]}', b"{"],
)
def test_a_sponsors_answer_that_is_none_changes_nothing(scheduling: Scheduling, body: bytes):
    application, link = submitted(scheduling)
    answer = scheduling.anyone.send(link, body)
    assert answer.status_code in (400, 422)
    found = scheduling.operator.get(f"/applications/{application}").json
    assert found["sponsor_reply"] is None


def test_characters_that_a_database_does_not_take_become_spaces_in_a_form(
    each_scheduling: Scheduling,
):
    application, link = submitted(each_scheduling)
    assert form(each_scheduling, link, answer="confirm\x00").status_code == 422
    assert form(each_scheduling, link, answer="refuse", reason="Too\x00few\x1b").status_code == 200
    found = each_scheduling.operator.get(f"/applications/{application}").json
    assert found["sponsor_reply"] == "refused"


def test_a_value_that_the_database_refuses_after_all_is_422_and_changes_nothing(
    each_scheduling: Scheduling, monkeypatch: pytest.MonkeyPatch
):
    """The handler of errors is not itself what fails: the driver says no without a code."""
    application, link = submitted(each_scheduling)
    monkeypatch.setattr("shared.web.bodies._UNPRINTABLE", re.compile("never"))
    answer = form(each_scheduling, link, answer="refuse", reason="Too\x00few")
    assert answer.status_code in (200, 422)  # SQLite takes it
    assert each_scheduling.operator.get(f"/applications/{application}").status_code == 200


@pytest.mark.parametrize(
    "key", [["x"], ["-1"], ["1.5"], ["9" * 30], ["²"], ["٣"], [""], ["1", "2"], [], [None], [1]]
)
def test_a_tampered_cursor_of_a_webhooks_deliveries_is_refused(tmp_path: Path, key: list[Any]):
    with open_notifications(
        f"sqlite:///{tmp_path}/n.db", tmp_path, WEBHOOKS_ALLOW_LOOPBACK="1"
    ) as found:
        body = {"url": "http://127.0.0.1:9999/", "types": ["*"]}
        made = found.operator.post("/webhooks", body).json["id"]
        at = f"/webhooks/{made}/deliveries?cursor={cursor('attempts', *key)}"
        answer = found.operator.get(at)
        assert (answer.status_code, list(answer.json["errors"])) == (422, ["cursor"])


@pytest.mark.parametrize("name", ["x" * 300, "registry.x", "..", "registry.community.registered.1"])
def test_a_schema_that_there_is_not_is_404(registry: Registry, name: str):
    for version in ("1", "99999999999999999999"):
        assert registry.anyone.get(f"/schemas/{name}/{version}").status_code == 404


def test_an_id_of_another_kind_is_of_nobody(registry: Registry):
    network = registry.operator.made("/networks", name="Kent")["id"]
    community = registry.operator.community()
    for other in (network, community):
        at = f"/people/{other}"
        for path in (at, f"{at}/export", f"{at}/erasure"):
            assert registry.operator.get(path).status_code == 404
        assert registry.operator.ask("DELETE", at).status_code == 404
    person = registry.operator.person()
    for path in (f"/communities/{person}", f"/networks/{person}", f"/organisations/{community}"):
        assert registry.operator.get(path).status_code == 404
