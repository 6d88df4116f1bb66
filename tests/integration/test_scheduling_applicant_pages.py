"""The applicant's page: dates and calendar, a community in words, and being asked first."""

import html
import re
from typing import Any

import pytest

from services.scheduling import registry_client
from shared.identifiers import derived_id
from tests.scheduling import Scheduling

AHEAD = [
    {"kind": "module", "number": 1, "date": "2099-01-16", "place": "Eastleigh"},
    {"kind": "webinar", "number": 1, "date": "2099-02-27", "start": "23:30"},
    {"kind": "celebration", "date": "2099-06-05"},
]
FIRST = "Friday 16 January 2099"
WORDS = "The Weymouth falls circle, of nurses and carers"


@pytest.fixture(autouse=True)
def registry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        registry_client, "add_person", lambda _s, person, *_: derived_id("per", person["email"])
    )


def opened(scheduling: Scheduling) -> Any:
    cohort = scheduling.cohort(sessions=AHEAD)
    scheduling.operator.done(f"/cohorts/{cohort['id']}/opening")
    return cohort


def applied(scheduling: Scheduling, cohort: str, **fields: Any) -> str:
    body = {
        "person": scheduling.person(),
        "eligibility": "q-member",
        "sponsor": {"name": "Lin", "email": "lin@s.example"},
        "community_description": WORDS,
    }
    return str(scheduling.operator.made(f"/cohorts/{cohort}/applications", **body | fields)["id"])


def offered(scheduling: Scheduling, cohort: str) -> str:
    application = applied(scheduling, cohort)
    scheduling.operator.done(f"/applications/{application}/submission")
    decision = {"decision": "offer"}
    scheduling.operator.ask("PUT", f"/applications/{application}/decision", json=decision)
    scheduling.operator.done(f"/cohorts/{cohort}/release")
    return application


def page_of(scheduling: Scheduling, application: str) -> str:
    url: str = scheduling.operator.made(f"/applications/{application}/link")["url"]
    return url.removeprefix("http://localhost")


def read(answer: Any, status: int = 200) -> str:
    assert answer.status_code == status, answer.text
    return html.unescape(answer.text)


def state(scheduling: Scheduling, application: str) -> str:
    return str(scheduling.operator.get(f"/applications/{application}").json["state"])


def test_an_offer_shows_the_dates_and_acceptance_the_calendar(scheduling: Scheduling):
    cohort = opened(scheduling)
    application = offered(scheduling, cohort["id"])
    page = page_of(scheduling, application)
    before = read(scheduling.anyone.get(page))
    for said in (FIRST, "Module 1", "23:30 to 00:30 the next day", "Eastleigh", "5 June 2099"):
        assert said in before
    assert "/calendars/" not in before
    assert f"/cohorts/{cohort['id']}/calendar.ics" in before
    after = read(scheduling.anyone.ask("POST", page, data={"step": "acceptance"}))
    assert FIRST in after
    [own] = set(re.findall(r'href="(http[^"]*/calendars/[^"]*\.ics)"', after))
    feed = scheduling.anyone.get(own.removeprefix("http://localhost"))
    assert feed.status_code == 200
    assert feed.text.count("BEGIN:VEVENT") == 3
    [accepted] = [e for e in scheduling.operator.events() if e["type"].endswith(".accepted")]
    assert accepted["data"]["calendar"] == 1


def test_an_application_that_is_not_offered_shows_no_dates(scheduling: Scheduling):
    application = applied(scheduling, opened(scheduling)["id"])
    assert FIRST not in read(scheduling.anyone.get(page_of(scheduling, application)))


def test_a_calendar_that_is_there_stays_when_a_place_is_accepted(scheduling: Scheduling):
    cohort = opened(scheduling)
    ada = scheduling.person()
    there = scheduling.operator.made(f"/people/{ada}/calendar-link")["url"]
    application = offered(scheduling, cohort["id"])
    scheduling.operator.done(f"/applications/{application}/acceptance")
    scheduling.operator.done(f"/applications/{application}/acceptance")
    assert scheduling.operator.get(f"/people/{ada}/calendar-link").json["url"] == there


@pytest.mark.parametrize(
    ("step", "before", "after"),
    [("declination", "released", "declined"), ("withdrawal", "released", "withdrawn")],
)
def test_what_cannot_be_taken_back_is_asked_first(
    scheduling: Scheduling, step: str, before: str, after: str
):
    application = offered(scheduling, opened(scheduling)["id"])
    page = page_of(scheduling, application)
    shown = read(scheduling.anyone.get(page))
    assert f'name="ask" value="{step}"' in shown
    assert f'name="step" value="{step}"' not in shown
    asked = read(scheduling.anyone.get(f"{page}?ask={step}"))
    assert "are you sure?" in asked
    assert f'name="step" value="{step}"' in asked
    assert state(scheduling, application) == before
    read(scheduling.anyone.ask("POST", f"{page}?ask={step}", data={"step": step}))
    assert state(scheduling, application) == after
    assert "are you sure?" not in read(scheduling.anyone.get(f"{page}?ask={step}"))


def test_a_community_that_is_not_here_is_described_in_words(scheduling: Scheduling):
    cohort = opened(scheduling)["id"]
    application = applied(scheduling, cohort, community_description="")
    at = f"/applications/{application}"
    assert any("describe it" in m for m in scheduling.operator.get(at).json["missing"])
    page = page_of(scheduling, application)
    form = {"step": "save", "q_member": "yes", "community_description": WORDS}
    assert WORDS in read(scheduling.anyone.ask("POST", page, data=form))
    found = scheduling.operator.get(at).json
    assert found["texts"]["community_description"] == WORDS
    assert not any("describe it" in m for m in found["missing"])
    scheduling.operator.done(f"{at}/submission")
    assert "Weymouth" not in scheduling.operator.get("/events?limit=1000").text


def test_a_described_community_goes_with_its_writer(scheduling: Scheduling):
    application = applied(scheduling, opened(scheduling)["id"])
    ada = scheduling.person()
    copy = scheduling.operator.get(f"/applications/{application}").json["texts"]
    assert copy["community_description"] == WORDS
    scheduling.hears("registry.person.erased", ada)
    found = scheduling.operator.get(f"/applications/{application}")
    assert "Weymouth" not in found.text
