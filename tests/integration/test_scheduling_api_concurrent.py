"""Many at once: places and replies come out as if one after another, on both databases."""

from collections import Counter
from typing import Any

import pytest

from services.scheduling import registry_client
from tests.registry import at_once
from tests.scheduling import Scheduling

PEOPLE, PLACES = 16, 5


@pytest.fixture(autouse=True)
def _registry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry_client, "add_person", lambda *_: "per_sponsor")


def people(scheduling: Scheduling) -> list[str]:
    return [scheduling.person(f"P{n}") for n in range(PEOPLE)]


def put(scheduling: Scheduling, path: str, **body: Any) -> Any:
    answer = scheduling.operator.ask("PUT", path, json=body)
    assert answer.status_code == 200, answer.text
    return answer.json


def test_all_say_yes_at_once_and_the_places_are_filled(each_scheduling: Scheduling):
    scheduling = each_scheduling
    session = scheduling.meeting(scheduling.community(), capacity=PLACES)["id"]
    at = f"/sessions/{session}/replies"
    everybody = people(scheduling)
    said = at_once(
        *(lambda p=p: put(scheduling, f"{at}/{p}", reply="yes")["waiting"] for p in everybody)
    )
    assert Counter(said) == {False: PLACES, True: PEOPLE - PLACES}
    coming = [p for p, waits in zip(everybody, said, strict=True) if not waits]
    at_once(*(lambda p=p: put(scheduling, f"{at}/{p}", reply="no") for p in coming))
    shown = scheduling.operator.get(at).json
    assert (shown["coming"], shown["waiting"]) == (PLACES, PEOPLE - 2 * PLACES)


def test_places_that_come_free_at_once_go_to_as_many_who_wait(each_scheduling: Scheduling):
    scheduling = each_scheduling
    cohort = scheduling.cohort(places=PLACES)["id"]
    scheduling.operator.done(f"/cohorts/{cohort}/opening")
    community, found = scheduling.community(), []
    for place, person in enumerate(people(scheduling)):
        body = {"person": person, "community": community, "eligibility": "q-member"}
        sponsor = {"sponsor": {"name": "S", "email": "s@s.example"}}
        made = scheduling.operator.made(f"/cohorts/{cohort}/applications", **body, **sponsor)["id"]
        scheduling.operator.done(f"/applications/{made}/submission")
        decision = "offer" if place < PLACES else "waiting-list"
        put(scheduling, f"/applications/{made}/decision", decision=decision)
        found.append(made)
    scheduling.operator.done(f"/cohorts/{cohort}/release")
    at_once(
        *(
            lambda key=key: scheduling.operator.done(f"/applications/{key}/declination")
            for key in found[:PLACES]
        )
    )
    items = scheduling.operator.get(f"/cohorts/{cohort}/applications?limit=200").json["items"]
    now = Counter((item["state"], item["decision"]) for item in items)
    assert now["declined", "offer"] == PLACES
    assert now["released", "offer"] == PLACES
    waiting = [item["position"] for item in items if item["decision"] == "waiting-list"]
    assert waiting == list(range(1, PEOPLE - 2 * PLACES + 1))
    offered = [e for e in scheduling.operator.events() if e["type"].endswith("place-offered")]
    assert len({e["subject"] for e in offered}) == len(offered) == PLACES


def test_a_session_that_many_change_at_once_has_a_sequence_for_each(each_scheduling: Scheduling):
    session = each_scheduling.meeting(each_scheduling.community())["id"]
    at, calls = f"/sessions/{session}", range(8)
    answers = at_once(
        *(
            lambda n=n: each_scheduling.operator.patch(at, {"place": f"Room {n}"}, "*").status_code
            for n in calls
        )
    )
    changed = answers.count(200)
    assert set(answers) <= {200, 409}
    assert each_scheduling.anyone.get(at).json["sequence"] == changed
