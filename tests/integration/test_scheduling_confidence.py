"""Whose words are whose: a text goes with its writer and with whom it is about, and is shown to
those for whom it was written."""

import sqlite3

import pytest

from tests.applications import (
    COMPLETE,
    decide,
    form,
    open_cohort,
    registry_at_hand,
    seen_by_team,
    sponsor_link,
    submitted,
)
from tests.scheduling import Scheduling

MAX = {"name": "Max", "email": "max@trust.example"}


@pytest.fixture(autouse=True)
def _registry(monkeypatch: pytest.MonkeyPatch) -> None:
    registry_at_hand(monkeypatch)


def refused(scheduling: Scheduling, application: str, reason: str = "We are too few") -> str:
    """The sponsor's id, who has refused with this reason."""
    sponsor = str(seen_by_team(scheduling, application)["sponsor"])
    link = sponsor_link(scheduling, application)
    form(scheduling, link, answer="refuse", reason=reason)
    assert seen_by_team(scheduling, application)["texts"]["sponsor_reason"] == reason
    return sponsor


def everything(scheduling: Scheduling) -> str:
    """All that the tables hold."""
    with sqlite3.connect(str(scheduling.service.database.engine.url.database)) as connection:
        return "\n".join(connection.iterdump())


def test_a_replaced_sponsors_reason_goes_with_them(scheduling: Scheduling):
    application = submitted(scheduling, open_cohort(scheduling))
    first = refused(scheduling, application, "He is never here")
    scheduling.operator.changed(f"/applications/{application}", sponsor=MAX)
    assert "sponsor_reason" not in seen_by_team(scheduling, application)["texts"]
    second = refused(scheduling, application, "Nor do I know him")
    scheduling.hears("registry.person.erased", first)
    assert seen_by_team(scheduling, application)["texts"]["sponsor_reason"] == "Nor do I know him"
    scheduling.hears("registry.person.erased", second)
    assert "sponsor_reason" not in seen_by_team(scheduling, application)["texts"]
    assert "never here" not in everything(scheduling)
    assert "Nor do I" not in everything(scheduling)


@pytest.mark.parametrize("who", ["writer", "applicant"])
def test_what_the_team_wrote_goes_with_its_writer_and_with_the_applicant(
    scheduling: Scheduling, who: str
):
    cohort, lee, mo = open_cohort(scheduling), scheduling.person("Lee"), scheduling.person("Mo")
    scheduling.operator.done(f"/cohorts/{cohort}/closing")
    ada, falls = scheduling.person("Ada"), scheduling.community("Falls")
    late = {"person": ada, "community": falls, "late_reason": "Their post was late", **COMPLETE}
    path = f"/cohorts/{cohort}/applications"
    application = scheduling.operator.made(path, **late)["id"]
    other = {"person": (bo := scheduling.person("Bo")), "late_reason": "The dog ate it"}
    answer = scheduling.operator.ask("POST", path, json=other)
    assert answer.status_code == 201
    scheduling.operator.done(f"/applications/{application}/submission")
    body = {"decision": "not-offered", "reason": "She would be bored"}
    decided = scheduling.acting(lee).ask("PUT", f"/applications/{application}/decision", json=body)
    assert decided.json["texts"]["decision_reason"] == "She would be bored"
    scheduling.hears("registry.person.erased", mo)
    assert "decision_reason" in seen_by_team(scheduling, application)["texts"]
    scheduling.hears("registry.person.erased", lee if who == "writer" else ada)
    texts = seen_by_team(scheduling, application)["texts"]
    assert "decision_reason" not in texts
    assert ("late_reason" in texts) is (who == "writer")
    assert "bored" not in everything(scheduling)
    assert "dog ate it" in everything(scheduling)
    scheduling.hears("registry.person.erased", bo)
    assert "dog ate it" not in everything(scheduling)


@pytest.mark.parametrize("released", [False, True])
def test_an_applicant_reads_their_own_words_alone(each_scheduling: Scheduling, released: bool):
    scheduling = each_scheduling
    cohort = open_cohort(scheduling)
    application = submitted(scheduling, cohort)
    refused(scheduling, application, "SECRET of the sponsor")
    decide(scheduling, application, "waiting-list", "SECRET of the team")
    if released:
        scheduling.operator.done(f"/cohorts/{cohort}/release")
    ada = seen_by_team(scheduling, application)["person"]
    applicant = scheduling.acting(ada)
    answers = [
        applicant.get(f"/applications/{application}"),
        applicant.get(f"/applications/{application}/history"),
        applicant.get(f"/cohorts/{cohort}/applications"),
        applicant.get("/events?limit=1000"),
        scheduling.operator.get(f"/people/{ada}/holdings"),
        scheduling.anyone.get(own_page(scheduling, application)),
    ]
    if not released:
        answers.append(applicant.patch(f"/applications/{application}", {"about": "x"}, "*"))
    assert [answer.status_code for answer in answers] == [200] * len(answers)
    assert not [answer.text for answer in answers if "SECRET" in answer.text]
    assert answers[0].json["texts"] == {"eligibility": "I joined Q in 2016"}
    held = answers[4].json["holds"]["application_texts"]
    told = {entry["field"] for entry in held if entry.get("in_confidence")}
    assert told == {"sponsor_reason"} | ({"decision_reason"} if released else set())


def own_page(scheduling: Scheduling, application: str) -> str:
    url = scheduling.operator.made(f"/applications/{application}/link")["url"]
    return str(url).removeprefix("http://localhost")


def test_a_writer_has_what_they_wrote_in_their_copy(scheduling: Scheduling):
    application = submitted(scheduling, open_cohort(scheduling))
    sponsor = refused(scheduling, application)
    scheduling.hears("registry.person.registered", sponsor)
    held = scheduling.operator.get(f"/people/{sponsor}/holdings").json["holds"]
    (text,) = held["application_texts"]
    assert (text["field"], text["text"]) == ("sponsor_reason", "We are too few")
    (sponsored,) = held["sponsor_of"]
    assert (sponsored["id"], sponsored["sponsor_reply"]) == (application, "refused")


def test_a_copy_has_the_guests_that_one_invited_and_who_invited_one(scheduling: Scheduling):
    sessions = [{"kind": "celebration", "date": "2027-02-28"}]
    cohort = scheduling.cohort(sessions=sessions)
    party = cohort["sessions"][0]["id"]
    scheduling.operator.done(f"/cohorts/{cohort['id']}/opening")
    application = submitted(scheduling, cohort["id"])
    decide(scheduling, application, "offer")
    scheduling.operator.done(f"/cohorts/{cohort['id']}/release")
    scheduling.operator.done(f"/applications/{application}/acceptance")
    ada = seen_by_team(scheduling, application)["person"]
    guest = {"invited_by": ada, "name": "Gil", "email": "gil@g.example"}
    gil = scheduling.operator.made(f"/sessions/{party}/guests", **guest)["guest"]
    scheduling.hears("registry.person.registered", gil)
    scheduling.operator.made(f"/people/{ada}/calendar-link")
    held = scheduling.operator.get(f"/people/{ada}/holdings").json["holds"]
    assert held["guests_invited"] == [{"session": party, "person": gil}]
    assert held["applications"][0]["state"] == "accepted"
    assert held["calendar_links"]
    theirs = scheduling.operator.get(f"/people/{gil}/holdings").json["holds"]["sessions"]
    assert [(entry["session"], entry["invited_by"]) for entry in theirs] == [(party, ada)]
