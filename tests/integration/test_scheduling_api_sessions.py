"""Sessions over HTTP: planned, moved, clashing; who comes and who came."""

import json
from datetime import date
from typing import Any

import httpx
import pytest

from services.scheduling import registry_client
from shared.clock import Clock, parse_rfc3339
from shared.foundation.http_client import shared_client
from shared.identifiers import derived_id
from tests.registry import SERVICE, Caller
from tests.scheduling import Scheduling, brochure


def test_a_meeting_is_planned_and_read(scheduling: Scheduling):
    community = scheduling.community()
    made = scheduling.meeting(community, access=["step-free", "hearing loop"], capacity=10)
    assert made["warnings"] == []
    shown = scheduling.anyone.get(f"/sessions/{made['id']}").json
    assert shown["access"] == "step-free; hearing loop"
    assert (shown["state"], shown["sequence"], shown["joint"]) == ("planned", 0, False)
    assert shown["starts_at"] == "2027-03-10T10:00:00.000000Z"


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"end": "09:00"}, "end"),
        ({"end": "10:00"}, "end"),
        ({"start": "25:00"}, "start"),
        ({"zone": "Europe/Nowhere"}, "zone"),
        ({"zone": "posix/Europe/London"}, "zone"),
        ({"zone": "../etc/passwd"}, "zone"),
        ({"date": "2027-02-29"}, "date"),
        ({"date": "9999-12-31"}, "date"),
        ({"date": "0001-01-01"}, "date"),
        ({"date": "2027-03-28", "start": "01:30", "end": "03:00"}, "start"),
        ({"date": "2027-03-28", "start": "00:30", "end": "01:30"}, "end"),
        ({"occurrence": "second"}, "occurrence"),
        ({"capacity": 0}, "capacity"),
        ({"capacity": -1}, "capacity"),
        ({"communities": ["com_unknown"]}, "communities"),
        ({"communities": []}, "communities"),
        ({"communities": [derived_id("com", "Falls")] * 2}, "communities"),
        ({"cohort": "coh_unknown"}, "cohort"),
        ({"kind": "party"}, "kind"),
        ({"modality": "telepathy"}, "modality"),
        ({"repeat": {"weeks": 0, "count": 2}}, "repeat.weeks"),
        ({"repeat": {"weeks": 6}}, "repeat"),
        ({"repeat": {"weeks": 6, "months": 1, "count": 2}}, "repeat"),
        ({"repeat": "FREQ=HOURLY"}, "repeat"),
        ({"repeat": "FREQ=WEEKLY;BYDAY=TU;COUNT=3"}, "repeat"),
        ({"repeat": {"freq": "WEEKLY", "byday": "TU", "count": 3}}, "repeat"),
        ({"repeat": {"freq": "WEEKLY", "count": 3, "exdate": "20270317"}}, "repeat"),
        ({"repeat": {"weeks": 1, "weekday": "tuesday", "count": 3}}, "repeat.weekday"),
        ({"repeat": {"weeks": 1, "nth": 2, "count": 3}}, "repeat.nth"),
        ({"repeat": {"months": 1, "nth": 3, "count": 3}}, "repeat.nth"),
        ({"repeat": {"weeks": 1, "count": 3, "byday": "WE"}}, "repeat.byday"),
        ({"repeat": "FREQ=YEARLY;COUNT=5"}, "repeat.count"),
        ({"repeat": ["FREQ=WEEKLY;COUNT=2"]}, "repeat"),
        ({"end_date": "2027-03-11"}, "end_date"),
        ({"start": "22:00", "end": "01:00", "end_date": "2027-03-10"}, "end_date"),
        ({"start": "22:00", "end": "01:00", "end_date": "2027-03-12"}, "end_date"),
        ({"start": "14:00", "end": "09:00", "end_date": "2027-03-11"}, "end"),
        ({"start": "24:00"}, "start"),
        ({"title": ""}, "title"),
        ({"join_address": "ftp://a"}, "join_address"),
    ],
)
def test_a_field_that_cannot_be_is_named_and_nothing_is_planned(
    scheduling: Scheduling, fields: dict[str, Any], field: str
):
    body = {
        "kind": "community-meeting",
        "communities": [scheduling.community()],
        "title": "We meet",
        "date": "2027-03-10",
        "start": "10:00",
        "end": "12:00",
    }
    answer = scheduling.operator.post("/sessions", body | fields)
    assert answer.status_code == 422, answer.text
    assert list(answer.json["errors"]) == [field]
    assert scheduling.anyone.get("/sessions").json["items"] == []


def test_a_time_that_does_not_exist_is_refused_with_the_nearest_that_do(scheduling: Scheduling):
    body = {"date": "2027-03-28", "start": "01:30", "end": "03:00"}
    session = scheduling.meeting(scheduling.community())
    answer = scheduling.operator.patch(f"/sessions/{session['id']}", body, "*")
    [reason] = answer.json["errors"]["start"]
    assert "00:59" in reason
    assert "02:00" in reason


def test_a_session_in_a_closed_community_is_refused(scheduling: Scheduling):
    community = scheduling.community()
    scheduling.hears("registry.community.closed", community, ending="faded")
    body = {
        "kind": "community-meeting",
        "communities": [community],
        "title": "We meet",
        "date": "2027-03-10",
        "start": "10:00",
        "end": "12:00",
    }
    answer = scheduling.operator.post("/sessions", body)
    assert answer.status_code == 422
    assert "closed" in answer.json["errors"]["communities"][0]


def test_a_series_every_six_weeks_and_on_the_second_tuesday(scheduling: Scheduling):
    community = scheduling.community()
    made = scheduling.meeting(community, repeat={"weeks": 6, "count": 4})
    days = [s["date"] for s in made["sessions"]]
    assert days == ["2027-03-10", "2027-04-21", "2027-06-02", "2027-07-14"]
    assert len({s["uid"] for s in made["sessions"]}) == 4
    rule = "FREQ=MONTHLY;BYDAY=2TU;COUNT=3"
    second = scheduling.meeting(community, date="2027-03-09", repeat=rule)
    assert [s["date"] for s in second["sessions"]] == ["2027-03-09", "2027-04-13", "2027-05-11"]
    by_words = {"months": 1, "nth": -1, "weekday": "friday", "count": 2}
    jcal = {"freq": "MONTHLY", "byday": "-1FR", "until": "2027-04-30"}
    fourth = scheduling.meeting(community, date="2027-03-26", repeat=jcal)
    assert [s["date"] for s in fourth["sessions"]] == ["2027-03-26", "2027-04-30"]
    third = scheduling.meeting(community, date="2027-03-26", repeat=by_words)
    assert [s["date"] for s in third["sessions"]] == ["2027-03-26", "2027-04-30"]


@pytest.mark.parametrize(
    ("hours", "end", "end_date", "ends_at"),
    [
        ({"start": "19:00", "end": "00:00"}, "00:00", "2027-03-11", "2027-03-11T00:00:00.000000Z"),
        ({"start": "08:00", "end": "24:00"}, "00:00", "2027-03-11", "2027-03-11T00:00:00.000000Z"),
        ({"start": "22:00", "end": "01:30"}, "01:30", "2027-03-11", "2027-03-11T01:30:00.000000Z"),
        (
            {"start": "17:00", "end": "09:00", "end_date": "2027-03-11"},
            *("09:00", "2027-03-11", "2027-03-11T09:00:00.000000Z"),
        ),
        (
            {"start": "10:00", "end": "12:00", "end_date": "2027-03-10"},
            *("12:00", "2027-03-10", "2027-03-10T12:00:00.000000Z"),
        ),
        (  # the clocks go forward in the night
            {"date": "2027-03-27", "start": "22:00", "end": "03:00"},
            *("03:00", "2027-03-28", "2027-03-28T02:00:00.000000Z"),
        ),
    ],
)
def test_a_session_ends_at_midnight_or_on_the_next_day(
    scheduling: Scheduling, hours: dict[str, str], end: str, end_date: str, ends_at: str
):
    made = scheduling.meeting(scheduling.community(), **hours)
    assert (made["end"], made["end_date"], made["ends_at"]) == (end, end_date, ends_at)
    at = f"/sessions/{made['id']}"
    moved = scheduling.operator.changed(at, date="2027-06-01")
    apart = date.fromisoformat(end_date) - date.fromisoformat(made["date"])
    assert date.fromisoformat(moved["end_date"]) - date(2027, 6, 1) == apart
    assert scheduling.operator.changed(at, title="Another")["end"] == end


def test_a_night_clashes_with_what_is_on_the_next_morning(scheduling: Scheduling):
    community = scheduling.community()
    night = scheduling.meeting(community, start="22:00", end="01:30")
    [warned] = scheduling.meeting(community, date="2027-03-11", start="01:00", end="02:00")[
        "warnings"
    ]
    assert night["id"] in warned["detail"]
    assert "22:00–01:30 (the next day)" in warned["detail"]
    after = scheduling.meeting(community, date="2027-03-11", start="01:30", end="02:00")
    assert night["id"] not in str(after["warnings"])


def test_a_night_is_not_free(scheduling: Scheduling):
    community = scheduling.community()
    scheduling.meeting(community, start="22:00", end="01:30")
    asked = f"/free-slots?community={community}&from=2027-03-10&weeks=1&minutes=60"
    nights = scheduling.anyone.get(f"{asked}&earliest=21:30&latest=03:00").json
    first, second = nights["items"][:2]
    assert (first["date"], first["start"]) == ("2027-03-11", "01:30")
    assert (second["date"], second["start"]) == ("2027-03-11", "21:30")
    assert nights["busy"] == 1
    mornings = scheduling.anyone.get(f"{asked}&earliest=00:00&latest=04:00").json["items"]
    starts = [(slot["date"], slot["start"]) for slot in mornings[:2]]
    assert starts == [("2027-03-10", "00:00"), ("2027-03-11", "01:30")]
    evening = scheduling.anyone.get(f"{asked}&earliest=22:00&latest=24:00").json["items"][0]
    assert evening["date"] == "2027-03-11"
    wrong = scheduling.anyone.get(f"{asked}&earliest=12:00&latest=12:00")
    assert list(wrong.json["errors"]) == ["latest"]


def test_a_series_by_night(scheduling: Scheduling):
    rule = "FREQ=WEEKLY;COUNT=2"
    made = scheduling.meeting(scheduling.community(), start="21:00", end="00:00", repeat=rule)
    assert [s["end_date"] for s in made["sessions"]] == ["2027-03-11", "2027-03-18"]
    body = {"start": "23:00", "end": "02:00"}
    changed = scheduling.operator.patch(f"/series/{made['series']}", body, "*")
    assert [s["ends_at"] for s in changed.json["sessions"]] == [
        "2027-03-11T02:00:00.000000Z",
        "2027-03-18T02:00:00.000000Z",
    ]


def test_a_programme_of_nights_is_planned(scheduling: Scheduling):
    programme = scheduling.programme(
        module_hours=["18:00", "00:00"], webinars={"time": "23:30", "minutes": 60}
    )
    plan = scheduling.anyone.post(f"/programmes/{programme}/plan", {"first_module": "2027-03-10"})
    sessions = plan.json["sessions"]
    ends = {(s["kind"], s["start"], s["end"]) for s in sessions}
    assert ("module", "18:00", "00:00") in ends
    assert ("webinar", "23:30", "00:30") in ends
    cohort = scheduling.cohort(programme=programme, sessions=sessions)
    assert [s["end_date"] for s in cohort["sessions"]] == [s["end_date"] for s in sessions]


def test_a_series_changes_as_a_whole_or_one_by_one(scheduling: Scheduling):
    made = scheduling.meeting(scheduling.community(), repeat={"weeks": 6, "count": 3})
    second = made["sessions"][1]["id"]
    scheduling.operator.changed(f"/sessions/{second}", place="Elsewhere")
    path = f"/series/{made['series']}"
    change = {"start": "11:00", "shift_days": 1}
    assert scheduling.operator.patch(path, change).status_code == 428
    assert scheduling.operator.patch(path, change, '"1"').status_code == 412
    etag = scheduling.anyone.get(path).headers["ETag"]
    changed = scheduling.operator.patch(path, change, etag)
    assert [s["start"] for s in changed.json["sessions"]] == ["11:00"] * 3
    assert [s["sequence"] for s in changed.json["sessions"]] == [1, 2, 1]
    assert changed.json["sessions"][1]["place"] == "Elsewhere"
    assert changed.json["sessions"][0]["date"] == "2027-03-11"
    cancelled = scheduling.operator.patch(path, {"cancelled": True, "from": "2027-04-01"}, "*")
    assert len(cancelled.json["sessions"]) == 2
    states = [s["state"] for s in scheduling.anyone.get(path).json["sessions"]]
    assert states == ["planned", "cancelled", "cancelled"]


@pytest.mark.parametrize("day", ["2019-03-10", "2027-03-10"])
@pytest.mark.parametrize("more", [{}, {"cancelled": True}, {"from": "2098-01-01"}])
def test_a_series_never_ends_before_it_starts(
    scheduling: Scheduling, day: str, more: dict[str, Any]
):
    made = scheduling.meeting(scheduling.community(), date=day, repeat={"weeks": 6, "count": 3})
    for end in ("09:00", "13:00"):
        body = {"start": "13:00", "end": end, **more}
        answer = scheduling.operator.patch(f"/series/{made['series']}", body, "*")
        assert (answer.status_code, list(answer.json["errors"])) == (422, ["end"])


@pytest.mark.parametrize("more", [{}, {"title": "Another"}])
def test_a_series_that_is_to_be_on_again_is_told_how(scheduling: Scheduling, more: dict[str, Any]):
    made = scheduling.meeting(scheduling.community(), repeat={"weeks": 6, "count": 3})
    path = f"/series/{made['series']}"
    scheduling.operator.patch(path, {"cancelled": True}, "*")
    before = scheduling.anyone.get(path).json
    answer = scheduling.operator.patch(path, {"cancelled": False, **more}, "*")
    assert (answer.status_code, list(answer.json["errors"])) == (422, ["cancelled"])
    assert "nothing was changed" in answer.json["detail"]
    assert "reinstatement" in answer.json["detail"]
    assert scheduling.anyone.get(path).json == before


def test_a_cancelled_session_is_reinstated_before_it_is_moved(scheduling: Scheduling):
    at = f"/sessions/{scheduling.meeting(scheduling.community())['id']}"
    scheduling.operator.done(f"{at}/cancellation", reason="Flood")
    assert scheduling.operator.done(f"{at}/cancellation")["sequence"] == 1
    assert scheduling.operator.patch(at, {"date": "2027-03-11"}, "*").status_code == 409
    assert scheduling.operator.post(f"{at}/postponement").status_code == 409
    scheduling.operator.done(f"{at}/reinstatement")
    assert scheduling.operator.post(f"{at}/reinstatement").status_code == 409
    said = [e["sentence"] for e in scheduling.anyone.get(f"{at}/history").json["items"]]
    assert said[1] == "Cancelled (Flood)."


def test_lists_are_filtered_and_paged(scheduling: Scheduling):
    one, other = scheduling.community("One"), scheduling.community("Two")
    scheduling.meeting(one, repeat={"weeks": 1, "count": 5})
    scheduling.meeting(other)
    get = scheduling.anyone.get
    assert len(get(f"/sessions?community={one}").json["items"]) == 5
    assert len(get("/sessions?from=2027-03-11&to=2027-03-24").json["items"]) == 2
    page = get("/sessions?limit=4").json
    rest = get(f"/sessions?limit=4&cursor={page['next']}").json
    assert (len(page["items"]), len(rest["items"]), rest["next"]) == (4, 2, None)
    assert get("/sessions?state=nice").status_code == 422
    assert get("/sessions?when=now").status_code == 422


def test_clashes_are_warnings(scheduling: Scheduling):
    one, other, far = (scheduling.community(name) for name in ("One", "Two", "Far"))
    ada = scheduling.person()
    scheduling.hears("discovery.link.accepted", "lnk_1", link="lnk_1", communities=[one, other])
    first = scheduling.meeting(one)
    assert scheduling.meeting(far)["warnings"] == []
    [linked] = scheduling.meeting(other, start="11:00", end="13:00")["warnings"]
    assert linked["code"] == "clash"
    assert first["id"] in linked["detail"]
    assert "linked" in linked["detail"]
    scheduling.hears("discovery.link.ended", "lnk_1", link="lnk_1", communities=[one, other])
    third = scheduling.meeting(other, date="2027-03-11")
    moved = scheduling.operator.changed(f"/sessions/{third['id']}", date="2027-03-10")
    assert all("linked" not in w["detail"] for w in moved["warnings"])
    scheduling.role(one, ada)
    scheduling.role(far, ada)
    people = scheduling.meeting(far, start="10:30", end="11:30")["warnings"]
    assert any("people who have a part in both" in w["detail"] for w in people)


def test_touching_is_no_clash_and_zones_are_heeded(scheduling: Scheduling):
    one = scheduling.community()
    scheduling.meeting(one)
    assert scheduling.meeting(one, start="12:00", end="13:00")["warnings"] == []
    paris = scheduling.meeting(one, start="12:30", end="14:00", zone="Europe/Paris")
    assert [w["code"] for w in paris["warnings"]] == ["clash", "clash"]


def test_free_slots_of_the_next_weeks(scheduling: Scheduling):
    one = scheduling.community()
    scheduling.meeting(one, start="09:00", end="18:00")
    query = f"community={one}&from=2027-03-08&weeks=1&minutes=90"
    found = scheduling.anyone.get(f"/free-slots?{query}").json["items"]
    assert [s["date"] for s in found] == ["2027-03-08", "2027-03-09", "2027-03-11", "2027-03-12"]
    assert scheduling.anyone.get("/free-slots?minutes=0").status_code == 422


def put(scheduling: Scheduling, path: str, **body: Any) -> Any:
    answer = scheduling.operator.ask("PUT", path, json=body)
    assert answer.status_code == 200, answer.text
    return answer.json


def test_replies_fill_the_places_and_then_the_waiting_list(scheduling: Scheduling):
    session = scheduling.meeting(scheduling.community(), capacity=1)["id"]
    ada, bo, cy = (scheduling.person(name) for name in ("Ada", "Bo", "Cy"))
    at = f"/sessions/{session}/replies"
    assert put(scheduling, f"{at}/{ada}", reply="yes")["waiting"] is False
    assert put(scheduling, f"{at}/{bo}", reply="yes")["position"] == 1
    assert put(scheduling, f"{at}/{cy}", reply="yes")["position"] == 2
    put(scheduling, f"{at}/{ada}", reply="no")
    shown = scheduling.operator.get(at).json
    assert (shown["coming"], shown["waiting"], shown["capacity"]) == (1, 1, 1)
    scheduling.operator.changed(f"/sessions/{session}", capacity=2)
    assert scheduling.operator.get(at).json["waiting"] == 0
    assert scheduling.anyone.get(at).status_code == 401
    assert scheduling.acting(ada).ask("PUT", f"{at}/{bo}", json={"reply": "no"}).status_code == 403


def test_attendance_is_corrected_and_the_past_kept(scheduling: Scheduling):
    session = scheduling.meeting(scheduling.community(), date="2026-03-11")["id"]
    ada = scheduling.person()
    at = f"/sessions/{session}/attendance"
    put(scheduling, f"{at}/{ada}", status="absent")
    put(scheduling, f"{at}/{ada}", status="attended")
    [item] = scheduling.operator.get(at).json["items"]
    assert item["status"] == "attended"
    assert [h["status"] for h in item["history"]] == ["absent", "attended"]


@pytest.mark.parametrize("postponed", [True, False])
def test_nobody_has_attended_what_has_not_begun_though_apologies_come_early(
    scheduling: Scheduling, postponed: bool
):
    day = "2026-03-11" if postponed else "2099-03-11"
    session = scheduling.meeting(scheduling.community(), date=day)["id"]
    if postponed:
        scheduling.operator.done(f"/sessions/{session}/postponement")
    at = f"/sessions/{session}/attendance/{scheduling.person()}"
    refused = scheduling.operator.ask("PUT", at, json={"status": "attended"})
    assert (refused.status_code, list(refused.json["errors"])) == (422, ["status"])
    put(scheduling, at, status="apologies")


@pytest.mark.parametrize(
    ("now", "step", "status", "field"),
    [
        ("2027-03-10T09:59:59Z", "", 422, ["text"]),
        ("2027-03-10T11:59:59Z", "", 422, ["text"]),
        ("2027-03-10T12:00:00Z", "", 201, []),
        ("2027-03-10T12:00:00Z", "postponement", 422, ["text"]),
        ("2027-03-10T12:00:00Z", "cancellation", 409, []),
    ],
)
def test_a_reflection_comes_after_its_session(
    scheduling: Scheduling,
    monkeypatch: pytest.MonkeyPatch,
    now: str,
    step: str,
    status: int,
    field: list[str],
):
    ada = scheduling.person()
    at = f"/sessions/{scheduling.meeting(scheduling.community())['id']}"
    put(scheduling, f"{at}/replies/{ada}", reply="yes")
    if step:
        scheduling.operator.done(f"{at}/{step}", reason="Snow")
    monkeypatch.setattr(Clock, "now", lambda _: parse_rfc3339(now))
    answer = scheduling.operator.post(f"{at}/reflections", {"person": ada, "text": "I learnt"})
    assert (answer.status_code, list(answer.json.get("errors", ()))) == (status, field)


def test_materials_and_the_address_to_join_by(scheduling: Scheduling):
    community, ada, bo = scheduling.community(), scheduling.person(), scheduling.person("Bo")
    session = scheduling.meeting(community, modality="online", join_address="https://m.example/1")
    at = f"/sessions/{session['id']}"
    assert "m.example" not in scheduling.anyone.get(at).text
    put(scheduling, f"{at}/replies/{ada}", reply="yes")
    told = scheduling.acting(ada).get(f"{at}/join-address").json
    assert told["join_address"] == "https://m.example/1"
    assert scheduling.acting(bo).get(f"{at}/join-address").status_code == 403
    links = [
        {"label": "Workbook", "url": "https://w.example"},
        {"label": "Slides", "url": "https://s.example", "stage": "after", "public": True},
    ]
    put(scheduling, f"{at}/materials", materials=links)
    assert len(scheduling.operator.get(f"{at}/materials").json["materials"]) == 2
    assert len(scheduling.anyone.get(f"{at}/materials").json["materials"]) == 1
    changed = scheduling.operator.changed(at, join_address="https://m.example/2")
    assert changed["sequence"] == 1


def test_a_service_asks_at_once_where_several_people_join_several_sessions(
    scheduling: Scheduling,
):
    community = scheduling.community()
    coming, facilitates, away = (scheduling.person(name) for name in ("Ada", "Bo", "Cy"))
    address = "https://m.example/1"
    online, bare, there, off = (
        scheduling.meeting(community, **fields)["id"]
        for fields in (
            {"modality": "hybrid", "join_address": address},
            {"modality": "online"},
            {"modality": "in-person", "join_address": address},
            {"modality": "online", "join_address": address},
        )
    )
    for session in (online, bare, there, off):
        put(scheduling, f"/sessions/{session}/replies/{coming}", reply="yes")
        put(scheduling, f"/sessions/{session}/roles/{facilitates}", role="facilitator")
    scheduling.operator.done(f"/sessions/{off}/cancellation", reason="Snow")
    body = {
        "asked": [
            {"session": session, "person": person}
            for session in (online, bare, there, off, "ses_00000000000000000000")
            for person in (coming, facilitates, away)
        ]
    }
    assert scheduling.anyone.post("/sessions/join-addresses", body).status_code == 401
    assert scheduling.operator.post("/sessions/join-addresses", body).status_code == 403
    answer = Caller(scheduling.app, SERVICE).post("/sessions/join-addresses", body)
    assert answer.json["items"] == [
        {"session": online, "person": person, "join_address": address}
        for person in (coming, facilitates)
    ]
    assert answer.headers["Cache-Control"] == "no-store"


def test_a_community_that_closes_leaves_its_sessions_to_be_decided(scheduling: Scheduling):
    one, other = scheduling.community("One"), scheduling.community("Two")
    session = scheduling.meeting(one)["id"]
    scheduling.hears("registry.community.closed", one, ending="merged", into=[other])
    [listed] = scheduling.anyone.get("/sessions?needs_decision=true").json["items"]
    assert (listed["id"], listed["state"], listed["needs_decision"]) == (session, "planned", [one])
    scheduling.operator.changed(f"/sessions/{session}", communities=[other])
    assert scheduling.anyone.get("/sessions?needs_decision=true").json["items"] == []


@pytest.mark.parametrize("step", ["cancellation", "postponement"])
@pytest.mark.parametrize("first", [True, False])
def test_a_reinstated_session_of_a_closed_community_is_to_be_decided_again(
    scheduling: Scheduling, step: str, first: bool
):
    community = scheduling.community()
    session = scheduling.meeting(community)["id"]
    if first:
        scheduling.operator.done(f"/sessions/{session}/{step}")
    scheduling.hears("registry.community.closed", community, ending="closed")
    if not first:
        scheduling.operator.done(f"/sessions/{session}/{step}")
    shown = scheduling.operator.done(f"/sessions/{session}/reinstatement")
    assert shown["needs_decision"] == [community]
    [listed] = scheduling.anyone.get("/sessions?needs_decision=true").json["items"]
    assert (listed["id"], listed["version"]) == (session, shown["version"])


def test_events_that_come_twice_or_too_early_are_borne(scheduling: Scheduling):
    scheduling.hears("registry.community.described", "com_later", name="Described first")
    scheduling.hears_again("registry.community.described", "com_later", 1, {"name": "Again"})
    assert scheduling.anyone.get("/communities/com_later/calendar.ics").status_code == 200


def test_what_would_be_told_is_asked_first(scheduling: Scheduling, monkeypatch: Any):
    from shared.web import forecasts

    seen: list[Any] = []

    def forecast(_service: Any, events: Any) -> dict[str, int]:
        seen.extend(event.type for event in events)
        return {"notifies": 3, "now": 2, "digest": 1, "none": 0}

    monkeypatch.setattr(forecasts, "forecast", forecast)
    at = f"/sessions/{scheduling.meeting(scheduling.community())['id']}"
    answer = scheduling.operator.post(f"{at}/cancellation?dry_run=true")
    assert answer.json == {"notifies": 3, "now": 2, "digest": 1, "none": 0}
    assert seen == ["scheduling.session.cancelled"]
    assert scheduling.anyone.get(at).json["state"] == "planned"


def test_a_dry_run_without_notifications_says_so(scheduling: Scheduling):
    at = f"/sessions/{scheduling.meeting(scheduling.community())['id']}"
    answer = scheduling.operator.post(f"{at}/cancellation?dry_run=true")
    assert answer.status_code == 503
    assert scheduling.anyone.get(at).json["state"] == "planned"


def test_rhythm_and_standing(scheduling: Scheduling):
    community = scheduling.community()
    assert scheduling.anyone.get(f"/communities/{community}/rhythm").json["standing"] == (
        "not-known-yet"
    )
    scheduling.meeting(community, date="2026-01-07", repeat={"weeks": 6, "count": 4})
    shown = scheduling.anyone.get(f"/communities/{community}/rhythm").json
    assert (shown["meetings"], shown["usual_gap_days"]) == (4, 42.0)
    from services.scheduling.passing_time import review_standings

    now = scheduling.service.clock.now()
    assert review_standings(scheduling.service, now) == 1
    assert review_standings(scheduling.service, now) == 0
    told = [e for e in scheduling.anyone.events() if "standing" in e["type"]]
    assert [e["data"]["standing"] for e in told] == [shown["standing"]]


def test_standings_come_a_page_at_a_time(each_scheduling: Scheduling):
    scheduling = each_scheduling
    ids = sorted(scheduling.community(f"C{n}") for n in range(7))
    for number, community in enumerate(ids):
        if number != 3:  # one has no meeting that counts
            repeat = {"weeks": 6, "count": 4 if number < 4 else 1}
            scheduling.meeting(community, date="2026-01-07", repeat=repeat)
    scheduling.operator.done(f"/sessions/{scheduling.meeting(ids[3])['id']}/cancellation")

    def walk(**query: Any) -> list[str]:
        found, cursor = [], ""
        while cursor is not None:
            asked = {"limit": 2, **query} | ({"cursor": cursor} if cursor else {})
            answer = scheduling.anyone.ask("GET", "/rhythm", query_string=asked).json
            assert len(answer["items"]) <= 2
            found += [item["community"] for item in answer["items"]]
            cursor = answer["next"]
        return found

    assert walk() == ids[:3] + ids[4:]
    assert walk(standing="not-known-yet") == ids[4:]


def test_participants_and_what_they_owe(scheduling: Scheduling, monkeypatch: Any):
    monkeypatch.setattr(registry_client, "add_person", lambda *_: "per_sponsor")
    cohort = scheduling.cohort(sessions=brochure(), applications_close="2018-11-19")
    community, ada = scheduling.community(), scheduling.person()
    made = scheduling.operator.made(
        f"/cohorts/{cohort['id']}/applications",
        person=ada,
        community=community,
        eligibility="q-member",
        sponsor={"name": "Lin", "email": "l@t.example"},
        late_reason="an example",
    )["id"]
    scheduling.operator.done(f"/applications/{made}/submission", late_reason="an example")
    put(scheduling, f"/applications/{made}/decision", decision="offer")
    scheduling.operator.done(f"/cohorts/{cohort['id']}/release")
    scheduling.operator.done(f"/applications/{made}/acceptance")
    met = scheduling.meeting(community, date="2019-05-15")["id"]
    online = scheduling.meeting(community, date="2019-05-16", modality="online")["id"]
    for session in [s["id"] for s in cohort["sessions"][:4]] + [met, online]:
        put(scheduling, f"/sessions/{session}/attendance/{ada}", status="attended")
    at = f"/cohorts/{cohort['id']}/participants"
    [item] = scheduling.operator.get(at).json["items"]
    assert (item["modules"], item["webinars"]) == ({"done": 2, "of": 5}, {"done": 2, "of": 5})
    assert item["community_meetings"] == {"done": 1, "of": 3}
    assert item["days"] == 3.4
    assert "6.6 of 10 days" in item["missing"]
    one = scheduling.operator.get(f"{at}/{ada}").json
    assert len(one["sessions"]) == 13
    table = scheduling.operator.get(f"{at}.csv")
    assert table.content_type == "text/csv; charset=utf-8"
    assert table.data.startswith(b"\xef\xbb\xbfperson,application,")  # by which Excel knows UTF-8
    assert table.text.splitlines()[1].startswith(ada)
    assert scheduling.anyone.get(at).status_code == 401


def test_a_dry_run_sends_what_would_be_to_be_counted_and_changes_nothing(
    scheduling: Scheduling, monkeypatch: pytest.MonkeyPatch
):
    asked = []

    def counts(_url: str, *, content: bytes, **_: Any) -> httpx.Response:
        asked.extend(event["type"] for event in json.loads(content)["events"])
        answer = {"now": 3, "digest": 1, "none": 2}
        return httpx.Response(200, json=answer, request=httpx.Request("POST", _url))

    monkeypatch.setattr(shared_client(), "post", counts)
    community = scheduling.community()
    session = scheduling.meeting(community)["id"]
    path = f"/sessions/{session}/postponement?dry_run=true"
    told = scheduling.operator.post(path, {"reason": "Snow"}).json
    assert told == {"notifies": 4, "now": 3, "digest": 1, "none": 2}
    assert asked == ["scheduling.session.postponed"]
    assert scheduling.anyone.get(f"/sessions/{session}").json["sequence"] == 0


def test_a_dry_run_whose_count_nobody_knows_is_503_and_changes_nothing(
    scheduling: Scheduling, monkeypatch: pytest.MonkeyPatch
):
    def nobody(_url: str, **_: Any) -> httpx.Response:
        raise httpx.ConnectError("nobody there")

    monkeypatch.setattr(shared_client(), "post", nobody)
    session = scheduling.meeting(scheduling.community())["id"]
    path = f"/sessions/{session}/cancellation?dry_run=true"
    assert scheduling.operator.post(path, {"reason": "Snow"}).status_code == 503
    assert scheduling.anyone.get(f"/sessions/{session}").json["sequence"] == 0
