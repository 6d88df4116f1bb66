"""What lists, dry runs and cohorts answer: full pages, warnings, and the state of this moment."""

from typing import Any

import pytest

from services.scheduling import registry_client
from services.scheduling.passing_time import move_cohorts_on
from shared.identifiers import derived_id
from shared.web import forecasts
from tests.scheduling import Scheduling, brochure

COUNTS = {"notifies": 3, "now": 2, "digest": 1, "none": 0}


@pytest.fixture(autouse=True)
def others(monkeypatch: pytest.MonkeyPatch) -> None:
    """The registry and notifications, in as much as they are asked here."""
    monkeypatch.setattr(
        registry_client, "add_person", lambda _s, person, *_: derived_id("per", person["email"])
    )
    monkeypatch.setattr(forecasts, "forecast", lambda *_: COUNTS)
    monkeypatch.setattr(forecasts, "forecast_with_texts", lambda *_: forecasts.Forecast(COUNTS))


def opened(scheduling: Scheduling, **fields: Any) -> str:
    cohort = str(scheduling.cohort(**fields)["id"])
    scheduling.operator.done(f"/cohorts/{cohort}/opening")
    return cohort


def applied(scheduling: Scheduling, cohort: str, name: str) -> str:
    made = scheduling.operator.made(
        f"/cohorts/{cohort}/applications",
        person=scheduling.person(name),
        community=scheduling.community(),
        eligibility="q-member",
        sponsor={"name": "Lin", "email": f"{name}@s.example"},
    )["id"]
    scheduling.operator.done(f"/applications/{made}/submission")
    return str(made)


def decide(scheduling: Scheduling, application: str, decision: str = "offer") -> None:
    path = f"/applications/{application}/decision"
    answer = scheduling.operator.ask("PUT", path, json={"decision": decision})
    assert answer.status_code == 200, answer.text


@pytest.mark.parametrize("days", [4, 12.5])
def test_a_sponsor_asked_again_is_asked_for_the_programmes_own_days(
    scheduling: Scheduling, days: float
):
    programme = scheduling.programme(commitment={"days": days})
    application = applied(scheduling, opened(scheduling, programme=programme), "Ada")
    scheduling.operator.done(f"/applications/{application}/sponsor-request")
    asked = [e for e in scheduling.operator.events() if e["type"].endswith("sponsor-asked")]
    assert [event["data"]["days"] for event in asked] == [days, days]


# --- lists ---


def pages(caller: Any, path: str) -> list[list[str]]:
    found, cursor = [], ""
    while cursor is not None:
        answer = caller.get(f"{path}&limit=2" + (f"&cursor={cursor}" if cursor else ""))
        assert answer.status_code == 200, answer.text
        found.append([item["id"] for item in answer.json["items"]])
        cursor = answer.json["next"]
    return found


def test_pages_of_an_applicants_own_are_full_whatever_is_left_out(scheduling: Scheduling):
    cohort, ada = opened(scheduling), scheduling.person()
    wanted = []
    for _ in range(3):  # each but the last is taken back
        application = applied(scheduling, cohort, "Ada")
        wanted.append(application)
        scheduling.operator.done(f"/applications/{application}/withdrawal")
    last = applied(scheduling, cohort, "Ada")
    decide(scheduling, last)  # in private: she sees it as handed in
    path = f"/cohorts/{cohort}/applications?person={ada}"
    mine = scheduling.acting(ada)
    assert pages(mine, f"{path}&state=withdrawn") == [wanted[:2], wanted[2:]]
    assert pages(mine, f"{path}&state=submitted") == [[last]]
    assert pages(mine, f"{path}&state=decided") == [[]]
    assert pages(scheduling.operator, f"{path}&state=decided") == [[last]]


def test_pages_of_cohorts_are_full_and_by_the_state_of_this_moment(scheduling: Scheduling):
    programme = scheduling.programme()
    past, ahead = [], []
    for _ in range(3):
        cohort = opened(scheduling, programme=programme, sessions=brochure())
        decide(scheduling, applied(scheduling, cohort, "Ada"))
        scheduling.operator.done(f"/cohorts/{cohort}/release")
        scheduling.operator.done(f"/cohorts/{cohort}/closing")
        past.append(cohort)
        ahead.append(opened(scheduling, programme=programme))
    anyone = scheduling.anyone
    assert pages(anyone, "/cohorts?state=finished") == [past[:2], past[2:]]
    assert pages(anyone, "/cohorts?state=open") == [ahead[:2], ahead[2:]]
    assert pages(anyone, "/cohorts?state=decided") == [[]]
    assert anyone.get(f"/cohorts/{past[0]}").json["state"] == "finished"
    version = anyone.get(f"/cohorts/{past[0]}").json["version"]
    move_cohorts_on(scheduling.service, scheduling.service.clock.now())
    after = anyone.get(f"/cohorts/{past[0]}").json
    assert (after["state"], after["version"]) == ("finished", version + 2)
    assert anyone.get("/cohorts?state=nice").status_code == 422


# --- dry runs ---


def test_the_dry_run_of_a_release_has_its_warnings(scheduling: Scheduling):
    cohort = opened(scheduling, places=1)
    for name in ("Ada", "Bo"):
        decide(scheduling, applied(scheduling, cohort, name))
    applied(scheduling, cohort, "Cy")
    dry = scheduling.operator.done(f"/cohorts/{cohort}/release?dry_run=true")
    codes = [warning["code"] for warning in dry["warnings"]]
    assert {"more-offers-than-places", "not-yet-decided"} <= set(codes)
    assert {name: dry[name] for name in COUNTS} == COUNTS
    done = scheduling.operator.done(f"/cohorts/{cohort}/release")
    assert done["warnings"] == dry["warnings"][:2]
    assert codes[2:] == ["sponsor-not-confirmed"]  # what could be seen to before alone


def test_the_dry_run_of_a_clash_warns_and_of_what_cannot_clash_does_not(scheduling: Scheduling):
    community = scheduling.community()
    first = scheduling.meeting(community)
    at = {name: first[name] for name in ("kind", "communities", "title", "date", "start", "end")}
    [warned] = scheduling.operator.post("/sessions?dry_run=true", at).json["warnings"]
    assert (warned["code"], first["id"] in warned["detail"]) == ("clash", True)
    second = scheduling.meeting(community, date="2027-03-11")
    moved = {"date": "2027-03-10"}
    path = f"/sessions/{second['id']}?dry_run=true"
    assert [w["code"] for w in scheduling.operator.patch(path, moved, "*").json["warnings"]] == [
        "clash"
    ]
    cancelled = f"/sessions/{second['id']}/cancellation?dry_run=true"
    assert scheduling.operator.post(cancelled).json == COUNTS
    listed = scheduling.anyone.get("/sessions").json["items"]
    assert sorted(s["date"] for s in listed) == ["2027-03-10", "2027-03-11"]
