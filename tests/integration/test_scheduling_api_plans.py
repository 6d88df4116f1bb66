"""Programmes, plans and cohorts over HTTP."""

from typing import Any

import pytest

from tests.scheduling import Scheduling, brochure


def codes(warnings: list[Any]) -> list[str]:
    return [warning["code"] for warning in warnings]


def test_a_programme_is_made_from_the_template(scheduling: Scheduling):
    made = scheduling.operator.made("/programmes", template="cop-leadership")
    assert len(made["modules"]) == 5
    assert made["gap_weeks"] == [9, 10]
    assert made["commitment"] == {"days": 10, "community_meetings": 3}
    assert scheduling.anyone.get(f"/programmes/{made['id']}").json == made
    assert scheduling.anyone.get("/programmes").json["items"] == [made]


def test_a_programme_of_its_own_rules(scheduling: Scheduling):
    made = scheduling.operator.made(
        "/programmes",
        name="Short",
        nation="scotland",
        modules=[{"title": "One", "topics": ["a"]}, {"title": "Two", "topics": []}],
        module_hours=["09:30", "15:00"],
        gap_weeks=[2, 3],
        webinars={"time": "12:00", "minutes": 45},
        celebration=False,
        day_values={"module": 0.5},
        commitment={"days": 2, "community_meetings": 1},
    )
    plan = scheduling.operator.done(f"/programmes/{made['id']}/plan", first_module="2027-02-02")
    assert [s["kind"] for s in plan["sessions"]] == ["module", "webinar", "module", "webinar"]
    assert plan["warnings"] == []


def test_a_plan_keeps_the_rules_or_says_which_it_broke(scheduling: Scheduling):
    programme = scheduling.programme()
    body = {
        "first_module": "2027-01-15",
        "zone": "Europe/London",
        "avoid": [{"from": "2027-07-26", "to": "2027-09-05", "label": "summer"}],
    }
    plan = scheduling.operator.done(f"/programmes/{programme}/plan", **body)
    assert [s["kind"] for s in plan["sessions"]].count("module") == 5
    assert plan["sessions"][-1]["kind"] == "celebration"
    cohort = scheduling.cohort(programme=programme, sessions=plan["sessions"])
    assert codes(cohort["warnings"]) == codes(plan["warnings"])


def test_the_brochures_dates_give_exactly_one_warning(scheduling: Scheduling):
    cohort = scheduling.cohort(applications_close="2018-11-19", sessions=brochure())
    [warning] = cohort["warnings"]
    assert warning["code"] == "gap-too-long"
    assert "15 weeks between modules 3 and 4" in warning["detail"]
    module = next(s for s in cohort["sessions"] if s["id"] == warning["session"])
    assert (module["date"], module["start"], module["end"]) == ("2019-09-20", "10:00", "16:30")
    assert cohort["applications_close_at"] == "2018-11-20T00:00:00.000000Z"
    webinar = cohort["sessions"][1]
    assert (webinar["start"], webinar["end"], webinar["modality"]) == ("16:00", "17:00", "online")


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"zone": "Europe/Lyonesse"}, "zone"),
        ({"zone": "localtime"}, "zone"),
        ({"places": 0}, "places"),
        ({"places": -3}, "places"),
        ({"places": "many"}, "places"),
        ({"applications_close": "9999-01-01"}, "applications_close"),
        ({"programme": "pgm_none"}, "programme"),
        ({"sessions": [{"kind": "module", "number": 1, "date": "2027-02-29"}]}, "sessions.0.date"),
        ({"sessions": [{"kind": "module", "number": 1, "date": "9999-01-01"}]}, "sessions.0.date"),
        ({"sessions": [{"kind": "module", "date": "2027-01-01"}]}, "sessions.0.number"),
        ({"sessions": [{"number": 1, "date": "2027-01-01"}]}, "sessions.0.kind"),
        ({"sessions": [{"kind": "module", "number": 1}]}, "sessions.0.date"),
        (
            {"sessions": [{"kind": "module", "number": 1, "date": "2027-01-01", "end": "09:00"}]},
            "sessions.0.end",
        ),
        (
            {"sessions": [{"kind": "module", "number": 1, "date": "2027-01-08"}] * 2},
            "sessions.1.number",
        ),
        ({"sesions": []}, "sesions"),
    ],
)
def test_a_field_that_cannot_be_is_named_and_nothing_is_made(
    scheduling: Scheduling, fields: dict[str, Any], field: str
):
    programme = scheduling.programme()
    body = {"programme": programme, "name": "A", "places": 4, "sessions": []} | fields
    answer = scheduling.operator.post("/cohorts", body)
    assert answer.status_code == 422, answer.text
    assert list(answer.json["errors"]) == [field]
    assert scheduling.anyone.get("/cohorts").json["items"] == []


def test_a_cohort_changes_with_its_sessions_at_once(scheduling: Scheduling):
    cohort = scheduling.cohort(sessions=brochure())
    first = cohort["sessions"][0]["id"]
    at = f"/cohorts/{cohort['id']}"
    etag = scheduling.anyone.get(at).headers["ETag"]
    body = {"places": 30, "sessions": [{"id": first, "date": "2019-01-25"}]}
    assert scheduling.operator.patch(at, body).status_code == 428
    changed = scheduling.operator.patch(at, body, etag)
    assert changed.status_code == 200, changed.text
    assert changed.json["places"] == 30
    assert changed.json["sessions"][0]["date"] == "2019-01-25"
    assert changed.json["sessions"][0]["sequence"] == 1
    assert scheduling.operator.patch(at, {"places": 31}, etag).status_code == 412
    assert scheduling.anyone.get(at, If_None_Match=changed.headers["ETag"]).status_code == 304


def test_a_move_of_one_session_changes_the_cohorts_etag(scheduling: Scheduling):
    cohort = scheduling.cohort(sessions=brochure())
    at = f"/cohorts/{cohort['id']}"
    etag = scheduling.anyone.get(at).headers["ETag"]
    scheduling.operator.changed(f"/sessions/{cohort['sessions'][0]['id']}", place="Elsewhere")
    assert scheduling.anyone.get(at, If_None_Match=etag).status_code == 200


def test_a_cohort_is_opened_and_closed(scheduling: Scheduling):
    cohort = scheduling.cohort()
    at = f"/cohorts/{cohort['id']}"
    assert scheduling.operator.post(f"{at}/closing").status_code == 409
    assert scheduling.operator.done(f"{at}/opening")["state"] == "open"
    assert scheduling.operator.done(f"{at}/closing")["state"] == "closed"
    assert scheduling.operator.done(f"{at}/opening")["state"] == "open"
    said = [e["sentence"] for e in scheduling.anyone.get(f"{at}/history").json["items"]]
    assert said[-1] == "Open for applications."


def test_a_cohort_whose_closing_day_is_over_is_not_opened(scheduling: Scheduling):
    cohort = scheduling.cohort(applications_close="2018-11-19")
    answer = scheduling.operator.post(f"/cohorts/{cohort['id']}/opening")
    assert answer.status_code == 409
    assert "applications_close" in answer.json["errors"]


def test_changing_anything_needs_a_token(scheduling: Scheduling):
    cohort = scheduling.cohort()
    for path in ("/programmes", "/cohorts", f"/cohorts/{cohort['id']}/opening", "/sessions"):
        assert scheduling.anyone.post(path, {}).status_code == 401


def test_no_second_module_with_one_number_is_added(scheduling: Scheduling):
    cohort = scheduling.cohort(sessions=brochure())
    body = {
        "kind": "module",
        "cohort": cohort["id"],
        "number": 2,
        "title": "Two again",
        "date": "2019-03-30",
        "start": "10:00",
        "end": "11:00",
    }
    answer = scheduling.operator.post("/sessions", body)
    assert list(answer.json["errors"]) == ["number"]
    webinar = cohort["sessions"][1]
    again = {"kind": "webinar", "number": 9, "date": webinar["date"], "start": "16:30"}
    changed = scheduling.operator.changed(f"/cohorts/{cohort['id']}", sessions=[again])
    assert "clash" in codes(changed["warnings"])


def test_two_sessions_with_one_id_are_refused(scheduling: Scheduling):
    cohort = scheduling.cohort(sessions=brochure())
    key = cohort["sessions"][0]["id"]
    twice = {"sessions": [{"id": key, **fields} for fields in brochure()[:2]]}
    made = {"programme": cohort["programme"], "name": "Wessex", "places": 9} | twice
    moved = {"sessions": [{"id": key, "date": day} for day in ("2019-01-18", "2019-01-25")]}
    for answer in (
        scheduling.operator.post("/cohorts", made),
        scheduling.operator.patch(f"/cohorts/{cohort['id']}", moved, "*"),
    ):
        assert (answer.status_code, list(answer.json["errors"])) == (422, ["sessions.1.id"])
