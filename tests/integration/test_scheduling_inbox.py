"""What waits for a person in scheduling: each type of it, for whom, and until when."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.applications import (
    decide,
    draft,
    form,
    open_cohort,
    registry_at_hand,
    sponsor_link,
    submitted,
)
from tests.registry import Caller
from tests.scheduling import Scheduling


def day(ahead: int) -> str:
    return (datetime.now(UTC) + timedelta(days=ahead)).date().isoformat()


@pytest.fixture(autouse=True)
def _registry(monkeypatch):
    registry_at_hand(monkeypatch)


def inbox(scheduling: Scheduling, name: str, caller: Caller | None = None) -> list[Any]:
    person = scheduling.person(name)
    answer = (caller or scheduling.signed_in(person)).get(f"/people/{person}/inbox")
    assert answer.status_code == 200, answer.text
    return list(answer.json["items"])


def kinds(scheduling: Scheduling, name: str) -> list[str]:
    return [item["type"] for item in inbox(scheduling, name)]


def accepted(scheduling: Scheduling, cohort: str, name: str) -> str:
    application = submitted(scheduling, cohort, name)
    decide(scheduling, application, "offer")
    scheduling.operator.done(f"/cohorts/{cohort}/release")
    scheduling.operator.done(f"/applications/{application}/acceptance")
    return application


# --- an applicant's own ---


def test_a_draft_waits_until_applications_close(each_scheduling):
    cohort = open_cohort(each_scheduling, applications_close="2027-01-31", zone="Europe/London")
    made = draft(each_scheduling, cohort, "Ada")
    (item,) = inbox(each_scheduling, "Ada")
    assert item["type"] == "application-draft"
    assert item["id"] == made["id"]
    assert item["title"].endswith("Wessex")
    assert item["since"] == made["made_at"]
    assert item["due"] == "2027-02-01T00:00:00.000000Z"
    assert item["action"] == f"/applications/{made['id']}"
    each_scheduling.operator.done(f"/applications/{made['id']}/submission")
    assert inbox(each_scheduling, "Ada") == []


def test_a_draft_waits_no_more_once_the_cohort_takes_none(scheduling):
    cohort = open_cohort(scheduling)
    draft(scheduling, cohort, "Ada")
    scheduling.operator.done(f"/cohorts/{cohort}/closing")
    assert inbox(scheduling, "Ada") == []


def test_an_offer_waits_for_its_answer_until_its_deadline(each_scheduling):
    cohort = open_cohort(each_scheduling, zone="Europe/Lisbon")
    application = submitted(each_scheduling, cohort, "Ada")
    decide(each_scheduling, application, "offer")
    each_scheduling.operator.done(f"/cohorts/{cohort}/release")
    (item,) = inbox(each_scheduling, "Ada")
    reply_by = each_scheduling.operator.get(f"/applications/{application}").json["reply_by"]
    assert item["type"] == "offer"
    assert item["due"][:10] == str(datetime.fromisoformat(reply_by).date() + timedelta(days=1))
    assert item["action"] == f"/applications/{application}/acceptance"
    ada = each_scheduling.signed_in(each_scheduling.person("Ada"))
    assert ada.post(item["action"]).status_code == 200
    assert inbox(each_scheduling, "Ada") == []


@pytest.mark.parametrize("decision", ["offer", "waiting-list", "not-offered"])
def test_a_decision_shows_in_no_inbox_before_its_release(scheduling, decision):
    cohort = open_cohort(scheduling)
    application = submitted(scheduling, cohort, "Ada")
    before = inbox(scheduling, "Ada")
    decide(scheduling, application, decision)
    assert inbox(scheduling, "Ada") == before == []


def test_another_sponsor_is_needed_where_one_has_refused(scheduling):
    cohort = open_cohort(scheduling)
    application = submitted(scheduling, cohort, "Ada")
    form(scheduling, sponsor_link(scheduling, application), answer="refuse")
    before = inbox(scheduling, "Ada")
    assert [(item["type"], item["id"]) for item in before] == [("sponsor-needed", application)]
    decide(scheduling, application, "not-offered")
    assert inbox(scheduling, "Ada") == before  # its time too, whatever was decided since


def test_another_sponsor_is_needed_where_one_was_erased(scheduling):
    cohort = open_cohort(scheduling)
    application = submitted(scheduling, cohort, "Ada")
    sponsor = scheduling.operator.get(f"/applications/{application}").json["sponsor"]
    scheduling.hears("registry.person.erased", sponsor)
    assert kinds(scheduling, "Ada") == ["sponsor-needed"]


def test_a_sponsor_is_asked_by_a_link_that_is_shown_to_them_alone(scheduling):
    cohort = open_cohort(scheduling)
    application = submitted(scheduling, cohort, "Ada")
    sponsor = scheduling.operator.get(f"/applications/{application}").json["sponsor"]
    scheduling.hears("registry.person.registered", sponsor)
    path = f"/people/{sponsor}/inbox"
    (item,) = scheduling.signed_in(sponsor).get(path).json["items"]
    assert item["type"] == "sponsor-request"
    assert scheduling.anyone.get(item["action"]).status_code == 200
    assert scheduling.operator.get(path).json["items"] == []
    assert "Ada" not in item["title"]
    form(scheduling, item["action"], answer="confirm")
    assert scheduling.signed_in(sponsor).get(path).json["items"] == []


# --- sessions ---


def test_replies_wait_for_those_whom_a_session_concerns(each_scheduling):
    falls, sleep = each_scheduling.community("Falls"), each_scheduling.community("Sleep")
    for name, community in (("Mem", falls), ("Other", sleep)):
        each_scheduling.role(community, each_scheduling.person(name), "member")
    session = each_scheduling.meeting(falls, date=day(20))["id"]
    each_scheduling.meeting(falls, date=day(90))  # too far ahead to be asked for
    (item,) = inbox(each_scheduling, "Mem")
    assert (item["type"], item["id"], item["title"]) == ("reply", session, "We meet")
    assert item["due"] == each_scheduling.anyone.get(f"/sessions/{session}").json["starts_at"]
    assert inbox(each_scheduling, "Other") == []
    own = each_scheduling.signed_in(each_scheduling.person("Mem"))
    assert own.ask("PUT", item["action"], json={"reply": "maybe"}).status_code == 200
    assert inbox(each_scheduling, "Mem") == []


def test_replies_to_what_is_called_off_wait_no_more(scheduling):
    falls = scheduling.community("Falls")
    scheduling.role(falls, scheduling.person("Mem"), "member")
    session = scheduling.meeting(falls, date=day(20))["id"]
    assert kinds(scheduling, "Mem") == ["reply"]
    scheduling.operator.done(f"/sessions/{session}/cancellation")
    assert inbox(scheduling, "Mem") == []


def test_a_participant_replies_and_reflects(each_scheduling):
    ahead = {"kind": "module", "number": 2, "date": day(10)}
    over = {"kind": "webinar", "number": 1, "date": day(-3)}
    cohort = open_cohort(each_scheduling, sessions=[over, ahead])
    accepted(each_scheduling, cohort, "Ada")
    submitted(each_scheduling, cohort, "Not accepted")
    reply, reflection = inbox(each_scheduling, "Ada")
    assert (reply["type"], reflection["type"]) == ("reply", "reflection")
    assert reflection["due"] is None
    assert inbox(each_scheduling, "Not accepted") == []
    person = each_scheduling.person("Ada")
    said = {"person": person, "text": "Much"}
    made = each_scheduling.signed_in(person).post(reflection["action"], said)
    assert made.status_code == 201, made.text
    assert kinds(each_scheduling, "Ada") == ["reply"]


def test_nobody_reflects_on_a_webinar_where_they_were_not(scheduling):
    cohort = open_cohort(scheduling, sessions=[{"kind": "webinar", "number": 1, "date": day(-3)}])
    accepted(scheduling, cohort, "Ada")
    session = scheduling.operator.get(f"/cohorts/{cohort}").json["sessions"][0]["id"]
    path = f"/sessions/{session}/attendance/{scheduling.person('Ada')}"
    scheduling.operator.ask("PUT", path, json={"status": "absent"})
    assert inbox(scheduling, "Ada") == []


def test_a_convener_records_who_came(each_scheduling):
    falls = each_scheduling.community("Falls")
    for name, role in (("Con", "convener"), ("Co", "co-convener"), ("Mem", "member")):
        each_scheduling.role(falls, each_scheduling.person(name), role)
    session = each_scheduling.meeting(falls, date=day(-2))["id"]
    each_scheduling.meeting(falls, date=day(-80))  # long ago
    assert kinds(each_scheduling, "Mem") == []
    (item,) = inbox(each_scheduling, "Con")
    assert item == inbox(each_scheduling, "Co")[0]
    assert (item["type"], item["id"], item["due"]) == ("attendance", session, None)
    con = each_scheduling.signed_in(each_scheduling.person("Con"))
    path = f"{item['action']}/{each_scheduling.person('Mem')}"
    assert con.ask("PUT", path, json={"status": "attended"}).status_code == 200
    assert inbox(each_scheduling, "Con") == []


# --- the programme team's ---


def test_the_team_decides_releases_and_records(each_scheduling):
    over = {"kind": "module", "number": 1, "date": day(-3)}
    cohort = open_cohort(each_scheduling, name="Kent", sessions=[over])
    programme = each_scheduling.operator.get(f"/cohorts/{cohort}").json["programme"]
    each_scheduling.granted(each_scheduling.person("Tam"), "programme-team", programme)
    first = submitted(each_scheduling, cohort, "Ada")
    submitted(each_scheduling, cohort, "Bea")
    attendance, decisions = inbox(each_scheduling, "Tam")  # what has waited longest first
    assert decisions["title"].endswith("Kent: 2 applications to decide")
    assert (decisions["type"], decisions["id"]) == ("decisions", cohort)
    assert attendance["type"] == "attendance"
    decide(each_scheduling, first, "offer")
    titles = {item["type"]: item["title"] for item in inbox(each_scheduling, "Tam")}
    assert titles["decisions"].endswith("1 application to decide")
    assert titles["release"].endswith("1 decision to release")


def test_a_team_is_asked_of_its_own_programmes_alone(each_scheduling):
    cohort = open_cohort(each_scheduling)
    submitted(each_scheduling, cohort, "Ada")
    other = each_scheduling.programme(name="Another")
    each_scheduling.granted(each_scheduling.person("Tam"), "programme-team", other)
    each_scheduling.granted(each_scheduling.person("All"), "programme-team")
    assert kinds(each_scheduling, "Tam") == []
    assert kinds(each_scheduling, "All") == ["decisions"]


def test_nobody_of_a_team_is_asked_about_a_cohort_in_which_they_have_a_part(scheduling):
    cohort = open_cohort(scheduling)
    scheduling.granted(scheduling.person("Tam"), "programme-team")
    submitted(scheduling, cohort, "Ada")
    assert kinds(scheduling, "Tam") == ["decisions"]
    submitted(scheduling, cohort, "Tam")
    assert kinds(scheduling, "Tam") == []


# --- whose it is, and how much there is ---


def test_an_inbox_is_for_its_person_and_for_operators(scheduling):
    cohort = open_cohort(scheduling)
    draft(scheduling, cohort, "Ada")
    path = f"/people/{scheduling.person('Ada')}/inbox"
    assert scheduling.signed_in(scheduling.person("Bea")).get(path).status_code == 403
    assert scheduling.acting(scheduling.person("Bea")).get(path).status_code == 403
    assert scheduling.anyone.get(path).status_code == 401
    asked = (scheduling.operator, scheduling.acting(scheduling.person("Ada")))
    for caller in asked:
        assert [item["type"] for item in caller.get(path).json["items"]] == ["application-draft"]


def test_what_waited_is_gone_with_a_person_who_was_erased(scheduling):
    cohort = open_cohort(scheduling)
    draft(scheduling, cohort, "Ada")
    person = scheduling.person("Ada")
    scheduling.hears("registry.person.erased", person)
    assert scheduling.operator.get(f"/people/{person}/inbox").json["items"] == []


def test_a_long_inbox_comes_page_by_page_what_is_due_soonest_first(each_scheduling):
    falls = each_scheduling.community("Falls")
    each_scheduling.role(falls, each_scheduling.person("Mem"), "member")
    for ahead in (9, 3, 7, 5):
        each_scheduling.meeting(falls, date=day(ahead))
    path = f"/people/{each_scheduling.person('Mem')}/inbox"
    own, seen, query = each_scheduling.signed_in(each_scheduling.person("Mem")), [], "limit=3"
    while query:
        page = own.get(f"{path}?{query}").json
        seen += [item["due"][:10] for item in page["items"]]
        query = page["next"] and f"limit=3&cursor={page['next']}"
    assert seen == [day(3), day(5), day(7), day(9)]
    assert own.get(f"{path}?limit=0").status_code == 422
    assert own.get(f"{path}?cursor=nonsense").status_code == 422


def test_an_inbox_takes_no_more_queries_for_more_that_waits(scheduling, statements):
    falls = scheduling.community("Falls")
    for role in ("member", "convener"):
        scheduling.role(falls, scheduling.person("Con"), role)

    def plan(ahead: int) -> None:
        scheduling.meeting(falls, date=day(ahead))
        scheduling.meeting(falls, date=day(-ahead))

    def asked() -> int:
        before = len(statements)
        inbox(scheduling, "Con")
        return len(statements) - before

    plan(5)
    few = asked()
    for n in range(6, 16):
        plan(n)
    assert len(inbox(scheduling, "Con")) == 22
    assert asked() == few
