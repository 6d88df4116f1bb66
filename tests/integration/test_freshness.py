"""A write says how far it came; a request in another service waits until that has come there."""

import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from services.registry.events import membership_stream
from shared.http import freshness
from shared.http.freshness import AFTER, POSITION
from shared.http.places import Places
from tests.discovery import Discovery
from tests.registry import Registry

REGISTERED = "registry.community.registered"
FALLS = {"name": "Falls", "domain": "Feet"}
COMMUNITY = "com_00000000000000000001"


# --- what a write answers ---


def test_a_write_says_which_version_of_which_stream_it_came_to(each_registry: Registry):
    operator = each_registry.operator
    made = operator.post("/communities", FALLS)
    community = made.json["id"]
    assert made.headers[POSITION] == f"registry={community}@1"
    changed = operator.patch(f"/communities/{community}", {"name": "Steady"}, "*")
    assert changed.headers[POSITION] == f"registry={community}@2"
    person = operator.post("/people", {"name": "Ada", "email": "ada@people.example"})
    assert person.headers[POSITION].startswith(f"registry={person.json['id']}@")


def test_the_position_is_that_of_a_stream_in_the_feed(registry: Registry):
    body = {"person": registry.operator.person(), "role": "convener", "from": "2020-01-01"}
    community = registry.operator.community()
    answer = registry.operator.post(f"/communities/{community}/roles", body)
    last = registry.operator.events()[-1]
    assert answer.headers[POSITION] == f"registry={last['subject']}@{int(last['sequence'])}"


def test_an_answer_that_is_given_again_says_the_same(registry: Registry):
    key = {"Idempotency_Key": "once"}
    first = registry.operator.post("/communities", FALLS, **key)
    again = registry.operator.post("/communities", FALLS, **key)
    assert again.headers["Idempotency-Replayed"] == "true"
    assert again.headers[POSITION] == first.headers[POSITION]


def test_who_reads_is_refused_or_only_asks_what_would_be_has_written_nothing(
    discoverer: Discovery,
):
    one, other = discoverer.community("One"), discoverer.community("Other")
    body = {"from": one, "to": other, "purpose": "Meet together"}
    discoverer.operator.made("/links", **body)
    answers = [
        discoverer.operator.get("/links"),
        discoverer.operator.post("/links", body),  # proposed already
        discoverer.operator.post("/links", body | {"to": "com_none"}),
        discoverer.operator.post("/links?dry_run=true", body | {"from": other, "to": one}),
        discoverer.anyone.post("/links", body),
    ]
    assert [answer.headers.get(POSITION) for answer in answers] == [None] * 5


def test_asking_to_sign_in_does_not_tell_whether_anything_came_of_it(registry: Registry):
    registry.operator.person("Ada", email="ada@people.example")
    for email in ("ada@people.example", "nobody@people.example"):
        answer = registry.anyone.post("/sign-ins", {"email": email})
        assert (answer.status_code, POSITION in answer.headers) == (202, False)


# --- what waits for it ---


def asked(known: Discovery, path: str, *positions: str) -> tuple[Any, float]:
    """The answer to a request that comes after these, and how long it took."""
    started = time.monotonic()
    answer = known.anyone.ask("GET", path, headers={AFTER: ", ".join(positions)})
    return answer, time.monotonic() - started


@pytest.fixture
def known(each_discovery: Discovery) -> Discovery:
    each_discovery.community("Another")
    each_discovery.follower.catch_up(each_discovery.service.database)
    return each_discovery


def later(work: Callable[[], object]) -> threading.Timer:
    timer = threading.Timer(0.1, work)
    timer.start()
    return timer


def test_a_request_waits_until_the_service_has_applied_it_and_its_index_has_it(known: Discovery):
    def comes() -> None:
        known.hears(REGISTERED, COMMUNITY, **FALLS)
        time.sleep(0.05)
        known.follower.catch_up(known.service.database)

    at = f"/communities/{COMMUNITY}/related"
    assert known.anyone.get(at).status_code == 404
    timer = later(comes)
    answer, seconds = asked(known, at, f"registry={COMMUNITY}@1")
    timer.join()
    assert answer.status_code == 200, answer.text
    assert 0.1 < seconds < freshness.MOST_SECONDS


def test_what_is_there_is_answered_at_once(known: Discovery, monkeypatch):
    known.hears(REGISTERED, COMMUNITY, **FALLS)
    known.follower.catch_up(known.service.database)
    monkeypatch.setattr(freshness.time, "sleep", _nobody_sleeps)
    for position in (f"registry={COMMUNITY}@1", "discovery=lnk_1@7", "notifications=dlv_1@1"):
        answer, _ = asked(known, "/links", position)
        assert answer.status_code == 200


def _nobody_sleeps(_seconds: float) -> None:
    raise AssertionError("this waits")


def test_what_does_not_come_is_answered_as_it_is_within_two_seconds(known: Discovery, monkeypatch):
    assert freshness.MOST_SECONDS == 2
    monkeypatch.setattr(freshness, "MOST_SECONDS", 0.2)
    known.hears(REGISTERED, COMMUNITY, **FALLS)
    known.follower.catch_up(known.service.database)
    answer, seconds = asked(known, "/links", f"registry={COMMUNITY}@2")
    assert answer.status_code == 200
    assert 0.2 <= seconds < 2


def test_several_writes_are_waited_for_together(known: Discovery, monkeypatch):
    monkeypatch.setattr(freshness, "MOST_SECONDS", 5)
    other = "com_00000000000000000002"
    known.hears(REGISTERED, COMMUNITY, **FALLS)
    known.follower.catch_up(known.service.database)

    def comes() -> None:
        known.hears(REGISTERED, other, **FALLS)
        known.follower.catch_up(known.service.database)

    timer = later(comes)
    answer, _ = asked(
        known, f"/communities/{other}/links", f"registry={COMMUNITY}@1", f"registry={other}@1"
    )
    timer.join()
    assert answer.status_code == 200


def test_a_role_that_is_on_its_way_lets_its_person_in_once_it_has_come(known: Discovery):
    known.hears(REGISTERED, COMMUNITY, **FALLS)
    person = known.person("Ada")
    caller, at = known.signed_in(person), f"/communities/{COMMUNITY}/related/feedback"
    assert caller.get(at).status_code == 403
    timer = later(lambda: known.convener(COMMUNITY))
    position = f"registry={membership_stream(COMMUNITY)}@1"
    answer = caller.get(at, Hedgerow_After=position)
    timer.join()
    assert answer.status_code == 200, answer.text


def test_where_there_is_no_room_the_answer_comes_at_once(known: Discovery, monkeypatch):
    room = Places(4)
    monkeypatch.setitem(known.app.extensions, "hedgerow_places", room)
    monkeypatch.setattr(freshness.time, "sleep", _nobody_sleeps)
    with room.take("anyone") as had:
        assert had
        answer, _ = asked(known, "/links", f"registry={COMMUNITY}@1")
    assert answer.status_code == 200


@pytest.mark.parametrize(
    "said",
    [
        *("", "registry", "registry=com_1", "registry=com_1@", "registry=com_1@0", "=com_1@1"),
        *("registry=com_1@-1", "registry=com_1@1.5", "registry=com_1@1;drop", "registry=@1"),
        *("registry=com_1@1,", "registry=com_1@9999999999", "registry:com_1@1", "com_1@1"),
        *("kafka=com_1@1", "Registry=com_1@1", "registry=com 1@1", "registry=com_é@1"),
        ",".join(["registry=com_1@1"] * 9),
    ],
)
def test_what_is_no_position_is_refused_by_its_name(discoverer: Discovery, said: str):
    answer = discoverer.anyone.ask("GET", "/links", headers={AFTER: said})
    assert (answer.status_code, answer.mimetype) == (422, "application/problem+json")
    assert AFTER in answer.json["detail"]


# --- caches ---


def test_what_a_person_is_answered_stays_out_of_caches_and_differs_by_the_token(known: Discovery):
    person = known.signed_in(known.person("Ada"))
    for path in ("/links", "/map", "/links/purposes", "/saved-searches", "/links/lnk_none"):
        answer = person.get(path)
        assert answer.headers["Cache-Control"] == "no-store", path
        assert "Authorization" in answer.vary, path
    answer = known.anyone.get("/links")
    assert "Authorization" in answer.vary
    assert "Access-Control-Allow-Origin" not in answer.headers
