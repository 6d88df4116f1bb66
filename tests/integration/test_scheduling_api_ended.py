"""What ends: a cohort that has finished, and people who are erased while theirs goes on."""

from datetime import timedelta
from typing import Any

import pytest

from services.scheduling import registry_client
from services.scheduling.applying import lapse_offers
from services.scheduling.passing_time import move_cohorts_on
from shared.identifiers import derived_id
from shared.projection.reactions import carry_out
from tests.integration.test_scheduling_api_applications import (
    draft,
    erase,
    offered,
    open_cohort,
    state,
    submitted,
)
from tests.registry import at_once
from tests.scheduling import Scheduling


@pytest.fixture(autouse=True)
def _registry(monkeypatch: pytest.MonkeyPatch) -> None:
    def add(_settings: Any, person: dict[str, Any], *_: Any) -> str:
        return derived_id("per", person["email"])

    monkeypatch.setattr(registry_client, "add_person", add)


def finish(scheduling: Scheduling, cohort: str) -> None:
    """All sessions of the cohort are over, and time has told."""
    scheduling.operator.done(f"/cohorts/{cohort}/closing")
    move_cohorts_on(scheduling.service, scheduling.service.clock.now())
    assert scheduling.anyone.get(f"/cohorts/{cohort}").json["state"] == "finished"


OVER = [{"kind": "module", "number": 1, "date": "2026-02-28"}]


def test_a_finished_cohort_offers_and_takes_nothing_more(scheduling: Scheduling):
    cohort = open_cohort(scheduling, places=2, sessions=OVER)
    undecided, begun = submitted(scheduling, cohort, "Di"), draft(scheduling, cohort, "Ed")["id"]
    took, asked, waits = offered(scheduling, cohort, "Ada", "Bo", "Cy", places=2)
    scheduling.operator.done(f"/applications/{took}/acceptance")
    finish(scheduling, cohort)
    now = scheduling.service.clock.now()
    lapse_offers(scheduling.service, now + timedelta(days=90))
    move_cohorts_on(scheduling.service, now + timedelta(days=90))
    assert [state(scheduling, key) for key in (took, asked)] == ["accepted", "lapsed"]
    scheduling.operator.changed(f"/cohorts/{cohort}", places=9)
    scheduling.operator.done(f"/applications/{took}/withdrawal")
    assert scheduling.operator.get(f"/applications/{waits}").json["decision"] == "waiting-list"
    assert scheduling.operator.post(f"/applications/{asked}/acceptance").status_code == 409
    late = {"late_reason": "Their post was late"}
    body = late | {"person": scheduling.person("Fi")}
    decision = {"decision": "offer"}
    refused = (
        scheduling.operator.post(f"/cohorts/{cohort}/applications", body),
        scheduling.operator.post(f"/applications/{begun}/submission", late),
        scheduling.operator.ask("PUT", f"/applications/{undecided}/decision", json=decision),
    )
    for answer in refused:
        assert (answer.status_code, "finished" in answer.json["detail"]) == (409, True)
    told = [e["type"] for e in scheduling.operator.events()]
    assert told.count("scheduling.application.offer-lapsed") == 1
    assert "scheduling.application.place-offered" not in told


AHEAD = [
    {"kind": "module", "number": 1, "date": "2026-02-28"},
    {"kind": "module", "number": 2, "date": "2099-02-28"},
]


def participants(scheduling: Scheduling, cohort: str) -> Any:
    return scheduling.operator.get(f"/cohorts/{cohort}/participants").json["items"]


def accepted(scheduling: Scheduling, cohort: str, *names: str, places: int) -> list[str]:
    """As `offered`; the places are taken."""
    found = offered(scheduling, cohort, *names, places=places)
    for application in found[:places]:
        scheduling.operator.done(f"/applications/{application}/acceptance")
    return found


def attends(scheduling: Scheduling, cohort: str, application: str) -> str:
    """The session that the applicant attended."""
    [first, *_] = scheduling.anyone.get(f"/cohorts/{cohort}").json["sessions"]
    person = scheduling.operator.get(f"/applications/{application}").json["person"]
    at = f"/sessions/{first['id']}/attendance"
    came = scheduling.operator.ask("PUT", f"{at}/{person}", json={"status": "attended"})
    assert came.status_code == 200, came.text
    return at


def test_the_place_of_an_erased_participant_goes_to_the_first_who_waits(scheduling: Scheduling):
    cohort = open_cohort(scheduling, places=1, reply_days=3, sessions=AHEAD)
    ada, bo, cy = accepted(scheduling, cohort, "Ada", "Bo", "Cy", places=1)
    scheduling.operator.done(f"/cohorts/{cohort}/closing")
    move_cohorts_on(scheduling.service, scheduling.service.clock.now())
    assert scheduling.anyone.get(f"/cohorts/{cohort}").json["state"] == "running"
    came = attends(scheduling, cohort, ada)
    erase(scheduling, ada)
    assert (state(scheduling, ada), participants(scheduling, cohort)) == ("withdrawn", [])
    got = scheduling.operator.get(f"/applications/{bo}").json
    by = scheduling.service.clock.now().date() + timedelta(days=3)
    assert (got["decision"], got["reply_by"]) == ("offer", by.isoformat())
    erase(scheduling, ada)
    assert scheduling.operator.get(f"/applications/{cy}").json["decision"] == "waiting-list"
    assert len(scheduling.operator.get(came).json["items"]) == 1
    scheduling.operator.done(f"/applications/{bo}/acceptance")
    assert [p["application"] for p in participants(scheduling, cohort)] == [bo]


def test_who_took_part_in_a_finished_cohort_counts_when_they_are_erased(scheduling: Scheduling):
    cohort = open_cohort(scheduling, places=1, sessions=OVER)
    ada, bo = accepted(scheduling, cohort, "Ada", "Bo", places=1)
    attends(scheduling, cohort, ada)
    finish(scheduling, cohort)
    erase(scheduling, ada)
    assert state(scheduling, ada) == "accepted"
    assert scheduling.operator.get(f"/applications/{bo}").json["decision"] == "waiting-list"
    [counted] = participants(scheduling, cohort)
    assert counted["modules"]["done"] == 1


def test_a_sponsor_who_is_erased_before_they_answered_is_to_be_another(scheduling: Scheduling):
    cohort = open_cohort(scheduling)
    begun, handed_in = draft(scheduling, cohort, "Ada")["id"], submitted(scheduling, cohort, "Bo")
    at = f"/applications/{handed_in}"
    page = scheduling.operator.made(f"{at}/link")["url"].removeprefix("http://localhost")
    sponsor = scheduling.operator.get(at).json["sponsor"]
    scheduling.hears("registry.person.registered", sponsor)
    scheduling.hears("registry.person.erased", sponsor)
    [needed] = scheduling.operator.get(at).json["missing"]
    assert "name another" in needed
    assert needed in scheduling.anyone.get(page).text
    for answer in (
        scheduling.operator.post(f"{at}/sponsor-request"),
        scheduling.operator.get(f"{at}/sponsor-link"),
        scheduling.operator.post(f"/applications/{begun}/submission"),
    ):
        assert (answer.status_code, needed in answer.json["detail"]) == (409, True)
    other = {"name": "Mo", "email": "mo@trust.example"}
    changed = scheduling.operator.changed(at, sponsor=other)
    assert changed["missing"] == ["Your sponsor has not confirmed the release yet."]
    assert scheduling.operator.get(f"{at}/sponsor-link").status_code == 200


def test_places_given_up_and_people_erased_at_once_go_to_as_many_who_wait(
    each_scheduling: Scheduling,
):
    scheduling, names = each_scheduling, [f"Person {n}" for n in range(10)]
    cohort = open_cohort(scheduling, places=4, sessions=AHEAD)
    found = accepted(scheduling, cohort, *names, places=4)
    people = [scheduling.operator.get(f"/applications/{key}").json["person"] for key in found]
    [session, *_] = scheduling.anyone.get(f"/cohorts/{cohort}").json["sessions"]
    for person in people[:4]:
        at = f"/sessions/{session['id']}/replies/{person}"
        scheduling.operator.ask("PUT", at, json={"reply": "yes"})
    at_once(
        lambda: scheduling.hears("registry.person.erased", people[0]),
        lambda: scheduling.hears("registry.person.erased", people[1]),
        lambda: scheduling.hears("registry.person.erased", people[4]),
        lambda: scheduling.operator.post(f"/applications/{found[1]}/withdrawal"),
        lambda: scheduling.operator.post(f"/applications/{found[2]}/withdrawal"),
    )
    carry_out(
        scheduling.service.database,
        {r.name: r for r in scheduling.service.reactions},
        scheduling.service.clock.now() + timedelta(hours=1),
    )
    now = [scheduling.operator.get(f"/applications/{key}").json for key in found]
    offers = [key for key, x in zip(found, now, strict=True) if x["reply_by"]]
    assert [x["state"] for x in now[:5]] == [*["withdrawn"] * 3, "accepted", "withdrawn"]
    assert len(offers) == 3
    told = [e["subject"] for e in scheduling.operator.events() if "place-offered" in e["type"]]
    assert set(offers) <= set(told)
    assert len(told) - len(offers) == (found[4] in told)
    replies = scheduling.operator.get(f"/sessions/{session['id']}/replies").json["items"]
    assert {r["person"] for r in replies} == set(people[2:4])
