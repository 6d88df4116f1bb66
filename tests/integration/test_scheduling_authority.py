"""What people may do in scheduling by their own tokens, and what they may not."""

from datetime import timedelta

import pytest

from tests.applications import decide, draft, open_cohort, registry_at_hand, submitted
from tests.scheduling import Scheduling

MEETING = {
    "kind": "community-meeting",
    "title": "We meet",
    "date": "2027-05-12",
    "start": "10:00",
    "end": "12:00",
}
MODULE = {"kind": "module", "number": 1, "date": "2027-02-01"}


@pytest.fixture(autouse=True)
def _registry(monkeypatch):
    registry_at_hand(monkeypatch)


def _team(scheduling: Scheduling, name: str = "Tam", scope: str | None = None):
    person = scheduling.person(name)
    scheduling.granted(person, "programme-team", scope)
    return scheduling.signed_in(person)


def _convener(scheduling: Scheduling, community: str, name: str = "Con", role: str = "convener"):
    person = scheduling.person(name)
    scheduling.role(community, person, role)
    return scheduling.signed_in(person)


# --- applications ---


def test_nobody_of_the_team_sees_or_decides_anything_where_they_have_applied(scheduling):
    cohort = open_cohort(scheduling)
    own, other = submitted(scheduling, cohort, "Tam"), submitted(scheduling, cohort, "Ada")
    decide(scheduling, other, "offer")
    team = _team(scheduling)
    body = {"decision": "offer", "reason": "x"}
    for application in (own, other):
        answer = team.ask("PUT", f"/applications/{application}/decision", json=body)
        assert answer.status_code == 403, answer.text
    assert team.post(f"/cohorts/{cohort}/release").status_code == 403
    assert team.get(f"/applications/{other}").status_code == 403
    assert team.get(f"/applications/{other}/history").status_code == 403
    assert [a["id"] for a in team.get(f"/cohorts/{cohort}/applications").json["items"]] == [own]
    assert scheduling.operator.get(f"/applications/{own}").json["decision"] is None


def test_a_team_reads_and_decides_in_its_own_programme_alone(scheduling):
    here, there = scheduling.programme(), scheduling.programme(name="Another")
    cohort = open_cohort(scheduling, programme=here)
    application = submitted(scheduling, cohort)
    ours, theirs = _team(scheduling, "Tam", here), _team(scheduling, "Tim", there)
    body = {"decision": "offer", "reason": "Good"}
    path = f"/applications/{application}/decision"
    assert theirs.ask("PUT", path, json=body).status_code == 403
    assert theirs.get(f"/applications/{application}").status_code == 403
    assert theirs.get(f"/cohorts/{cohort}/applications").json == {"items": [], "next": None}
    assert ours.ask("PUT", path, json=body).status_code == 200
    seen = ours.get(f"/cohorts/{cohort}/applications?state=decided").json["items"]
    assert [(a["id"], a["decision"]) for a in seen] == [(application, "offer")]
    assert ours.post("/cohorts", {"programme": here, "name": "B", "places": 3}).status_code == 201
    assert ours.post("/cohorts", {"programme": there, "name": "B", "places": 3}).status_code == 403


def test_what_one_may_not_see_leaves_no_trace_in_a_list(scheduling):
    cohort = open_cohort(scheduling)
    for name in ("Ada", "Bea", "Cleo"):
        submitted(scheduling, cohort, name)
    own = draft(scheduling, cohort, "Dot")["id"]
    dot, nobody = (scheduling.signed_in(scheduling.person(n)) for n in ("Dot", "Nobody"))
    path = f"/cohorts/{cohort}/applications?limit=1"
    assert nobody.get(path).json == {"items": [], "next": None}
    found = dot.get(path).json
    assert [a["id"] for a in found["items"]] == [own]
    assert found["next"] is None
    ada = scheduling.person("Ada")
    assert dot.get(f"{path}&person={ada}").status_code == 403


def test_an_applicant_applies_and_answers_for_themselves_alone(scheduling):
    cohort = open_cohort(scheduling)
    ada, bea = scheduling.person("Ada"), scheduling.person("Bea")
    caller = scheduling.signed_in(ada)
    path = f"/cohorts/{cohort}/applications"
    assert caller.post(path, {"person": bea}).status_code == 403
    assert caller.post(path, {"person": ada, "late_reason": "x"}).status_code == 403
    made = caller.post(path, {"person": ada})
    assert made.status_code == 201, made.text
    other = submitted(scheduling, cohort, "Bea")
    for step in ("submission", "withdrawal", "acceptance", "declination", "link"):
        assert caller.post(f"/applications/{other}/{step}").status_code == 403
    assert caller.post(f"/applications/{made.json['id']}/withdrawal").status_code == 200


def test_the_team_speaks_for_no_applicant(scheduling):
    cohort = open_cohort(scheduling)
    application = submitted(scheduling, cohort)
    decide(scheduling, application, "offer")
    scheduling.operator.done(f"/cohorts/{cohort}/release")
    team = _team(scheduling)
    for step in ("acceptance", "declination", "withdrawal", "link"):
        assert team.post(f"/applications/{application}/{step}").status_code == 403
    changed = {"community_description": "Other words"}
    assert team.patch(f"/applications/{application}", changed, "*").status_code == 403


def test_decisions_are_released_soon_after_signing_in_alone(scheduling):
    cohort = open_cohort(scheduling)
    decide(scheduling, submitted(scheduling, cohort), "offer")
    person = scheduling.person("Tam")
    scheduling.granted(person, "programme-team")
    stale = scheduling.signed_in(person, signed_in=timedelta(minutes=31))
    refused = stale.post(f"/cohorts/{cohort}/release")
    assert refused.status_code == 401
    assert "insufficient_user_authentication" in refused.headers["WWW-Authenticate"]
    fresh = scheduling.signed_in(person, signed_in=timedelta(minutes=29))
    assert fresh.post(f"/cohorts/{cohort}/release").json["released"] == 1


# --- sessions ---


def test_a_convener_plans_for_the_communities_that_they_convene_alone(scheduling):
    falls, sleep = scheduling.community("Falls"), scheduling.community("Sleep")
    cohort = scheduling.cohort()["id"]
    both = _convener(scheduling, falls, "Con")
    plan = MEETING | {"communities": [falls]}
    assert both.post("/sessions", plan).status_code == 201
    joint = both.post("/sessions", MEETING | {"communities": [falls, sleep]})
    assert joint.status_code == 403
    assert sleep in joint.json["detail"]
    assert both.post("/sessions", plan | {"cohort": cohort}).status_code == 403
    assert both.post("/sessions", MEETING).status_code == 403
    scheduling.role(sleep, scheduling.person("Con"), "co-convener")
    assert both.post("/sessions", MEETING | {"communities": [falls, sleep]}).status_code == 201


def test_a_convener_neither_adds_nor_takes_out_another_community(scheduling):
    falls, sleep = scheduling.community("Falls"), scheduling.community("Sleep")
    convener = _convener(scheduling, falls)
    alone, joint = (
        scheduling.meeting(falls, communities=held)["id"] for held in ([falls], [falls, sleep])
    )
    for session, communities in ((alone, [falls, sleep]), (joint, [falls])):
        answer = convener.patch(f"/sessions/{session}", {"communities": communities}, "*")
        assert answer.status_code == 403, answer.text
    assert convener.patch(f"/sessions/{joint}", {"communities": [sleep]}, "*").status_code == 200


def test_a_series_is_changed_where_all_of_it_is_ones_own(scheduling):
    falls, sleep = scheduling.community("Falls"), scheduling.community("Sleep")
    made = scheduling.meeting(falls, repeat={"weeks": 2, "count": 2})
    last = made["sessions"][-1]["id"]
    scheduling.operator.changed(f"/sessions/{last}", communities=[sleep])
    convener, path = _convener(scheduling, falls), f"/series/{made['series']}"
    assert convener.patch(path, {"title": "Ours"}, "*").status_code == 403
    titles = {s["title"] for s in scheduling.operator.get(path).json["sessions"]}
    assert titles == {"We meet"}


def test_a_role_that_ends_has_ended_at_once(scheduling):
    falls = scheduling.community("Falls")
    session = scheduling.meeting(falls)["id"]
    convener = _convener(scheduling, falls)
    assert convener.get(f"/sessions/{session}/replies").status_code == 200
    person = scheduling.person("Con")
    ended = {"role_id": scheduling.role_id(falls, person, "convener"), "ends": "2020-01-01"}
    scheduling.hears("registry.membership.ended", falls, **ended)
    assert convener.get(f"/sessions/{session}/replies").status_code == 403


def test_the_team_of_all_programmes_has_no_part_in_communities_meetings(scheduling):
    session = scheduling.meeting(scheduling.community("Falls"))["id"]
    team = _team(scheduling)
    assert team.get(f"/sessions/{session}/replies").status_code == 403
    assert team.get(f"/sessions/{session}/attendance").status_code == 403
    assert team.post(f"/sessions/{session}/cancellation", {}).status_code == 403


def test_a_convener_of_a_community_named_beside_a_cohort_leaves_its_session_alone(scheduling):
    falls = scheduling.community("Falls")
    cohort = scheduling.cohort(sessions=[MODULE])["id"]
    both = scheduling.meeting(falls, cohort=cohort)["id"]
    assert (
        _convener(scheduling, falls).post(f"/sessions/{both}/cancellation", {}).status_code == 403
    )
    assert _team(scheduling).post(f"/sessions/{both}/cancellation", {}).status_code == 200


def test_a_member_replies_for_themselves_in_their_own_name(scheduling):
    falls = scheduling.community("Falls")
    session = scheduling.meeting(falls)["id"]
    member = _convener(scheduling, falls, "Mem", "member")
    own, other = scheduling.person("Mem"), scheduling.person("Ada")
    path = f"/sessions/{session}/replies"
    assert member.ask("PUT", f"{path}/{own}", json={"reply": "yes"}).json["reply"] == "yes"
    assert member.ask("PUT", f"{path}/{other}", json={"reply": "no"}).status_code == 403
    assert member.get(path).status_code == 403
    replied = [
        e for e in scheduling.operator.events() if e["type"] == "scheduling.attendance.replied"
    ]
    assert [e["data"]["person"] for e in replied] == [own]


def test_a_co_convener_records_who_came_to_what_has_begun(scheduling):
    falls = scheduling.community("Falls")
    session = scheduling.meeting(falls, date="2026-01-15")["id"]
    co_convener = _convener(scheduling, falls, "Con", "co-convener")
    ada = scheduling.person("Ada")
    path = f"/sessions/{session}/attendance"
    answer = co_convener.ask("PUT", f"{path}/{ada}", json={"status": "attended"})
    assert answer.status_code == 200, answer.text
    assert co_convener.get(path).json["items"][0]["status"] == "attended"
    stranger = scheduling.signed_in(ada)
    assert stranger.ask("PUT", f"{path}/{ada}", json={"status": "attended"}).status_code == 403


def test_one_of_a_team_who_takes_part_reads_and_records_nothing_of_the_others(scheduling):
    cohort = open_cohort(scheduling, sessions=[MODULE | {"date": "2026-02-02"}])
    session = scheduling.operator.get(f"/cohorts/{cohort}").json["sessions"][0]["id"]
    team, ada = _team(scheduling), scheduling.person("Ada")
    asked = [("GET", "replies"), ("GET", "attendance"), ("PUT", f"attendance/{ada}")]

    def statuses() -> set[int]:
        body = {"status": "absent"}
        return {
            team.ask(
                how, f"/sessions/{session}/{of}", json=body if how == "PUT" else None
            ).status_code
            for how, of in asked
        }

    assert statuses() == {200}
    submitted(scheduling, cohort, "Tam")
    assert statuses() == {403}


def test_nobody_of_a_team_records_that_they_came_themselves(scheduling):
    cohort = scheduling.cohort(sessions=[MODULE | {"date": "2026-02-02"}])
    session = cohort["sessions"][0]["id"]
    team = _team(scheduling)
    own, path = scheduling.person("Tam"), f"/sessions/{session}"
    answer = team.ask("PUT", f"{path}/attendance/{own}", json={"status": "attended"})
    assert answer.status_code == 403
    role = team.ask("PUT", f"{path}/roles/{own}", json={"role": "facilitator"})
    assert role.status_code == 200, role.text


# --- histories ---


def test_who_changed_a_session_is_for_those_who_run_it(scheduling):
    community = scheduling.community()
    convener = _convener(scheduling, community)
    meeting = convener.made("/sessions", communities=[community], **MEETING)["id"]
    convener.done(f"/sessions/{meeting}/cancellation", reason="Flood")
    member = _convener(scheduling, community, "Mel", "member")
    path = f"/sessions/{meeting}/history"
    for reader in (scheduling.anyone, member, _team(scheduling)):
        entries = reader.get(path).json["items"]
        assert [(e["by"], e["via"]) for e in entries] == [(None, None)] * 2
        assert "per_" not in reader.get(path).text
    for reader in (convener, scheduling.operator):
        assert [e["via"] for e in reader.get(path).json["items"]] == ["person", "person"]


def test_who_changed_a_cohort_is_for_its_team(scheduling):
    programme = scheduling.programme()
    ours, theirs = _team(scheduling, "Tam", programme), _team(scheduling, "Tim", "prg_other")
    cohort = ours.made("/cohorts", programme=programme, name="B", places=3)["id"]
    path = f"/cohorts/{cohort}/history"
    for reader in (scheduling.anyone, theirs):
        assert "per_" not in reader.get(path).text
    for reader in (ours, scheduling.operator):
        assert reader.get(path).json["items"][0]["via"] == "person"
