"""Until decisions are released, nothing that an applicant sees or can do depends on one."""

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from services.scheduling.passing_time import move_cohorts_on
from tests.applications import (
    decide,
    form,
    open_cohort,
    own_link,
    registry_at_hand,
    seen_by_team,
    sponsor_link,
    submitted,
)
from tests.scheduling import Scheduling

# What is each one's own: ids, addresses of pages, times, and the request that brought it about.
_OWN = re.compile(
    r"(app|per|att|coh)_[0-9a-z]+|/application/[^\"]+|\d{4}-\d\d-\d\dT[0-9:.]+Z|[0-9a-f]{32}"
)


@pytest.fixture(autouse=True)
def _registry(monkeypatch: pytest.MonkeyPatch) -> None:
    registry_at_hand(monkeypatch)


DECISIONS = (None, "offer", "waiting-list", "not-offered")


def applied(scheduling: Scheduling, cohort: str) -> Iterator[tuple[str, str]]:
    """The same application as each decision leaves it, before any is told; and whose it is."""
    for number, decision in enumerate(DECISIONS):
        application = submitted(scheduling, cohort, f"Person {number}")
        if decision is not None:
            decide(scheduling, application, decision, "In confidence")
        yield application, seen_by_team(scheduling, application)["person"]


def same(answers: list[Any]) -> Any:
    """What all were answered, but for their own ids and times."""
    found = {_OWN.sub("…", f"{a.status_code} {a.headers.get('ETag')} {a.text}") for a in answers}
    assert len(found) == 1, found
    return answers[0]


Steps = Callable[[Scheduling, str, str], Any]


def page(scheduling: Scheduling, application: str, _person: str) -> Any:
    return scheduling.anyone.get(own_link(scheduling, application))


def saved(scheduling: Scheduling, application: str, _person: str) -> Any:
    return form(scheduling, own_link(scheduling, application), step="save", about="I knit")


def accepted_by_page(scheduling: Scheduling, application: str, _person: str) -> Any:
    return form(scheduling, own_link(scheduling, application), step="acceptance")


def read(scheduling: Scheduling, application: str, person: str) -> Any:
    return scheduling.acting(person).get(f"/applications/{application}")


def history(scheduling: Scheduling, application: str, person: str) -> Any:
    return scheduling.acting(person).get(f"/applications/{application}/history")


def changed(scheduling: Scheduling, application: str, person: str) -> Any:
    caller = scheduling.acting(person)
    etag = caller.get(f"/applications/{application}").headers["ETag"]
    return caller.patch(f"/applications/{application}", {"about": "I weave"}, etag)


def withdrawn(scheduling: Scheduling, application: str, person: str) -> Any:
    caller = scheduling.acting(person)
    answer = caller.post(f"/applications/{application}/withdrawal")
    assert answer.status_code == 200
    return caller.get(f"/applications/{application}/history")


def step(name: str) -> Steps:
    def act(scheduling: Scheduling, application: str, person: str) -> Any:
        return scheduling.acting(person).post(f"/applications/{application}/{name}")

    return act


def copy(scheduling: Scheduling, _application: str, person: str) -> Any:
    return scheduling.operator.get(f"/people/{person}/holdings")


def sponsors_copy(scheduling: Scheduling, application: str, person: str) -> Any:
    sponsor = seen_by_team(scheduling, application)["sponsor"]
    scheduling.hears("registry.person.registered", sponsor)
    held = scheduling.operator.get(f"/people/{sponsor}/holdings").json["holds"]["sponsor_of"]
    assert {found["state"] for found in held} == {"submitted"}
    return read(scheduling, application, person)


def sponsors_page(scheduling: Scheduling, application: str, _person: str) -> Any:
    return scheduling.anyone.get(sponsor_link(scheduling, application))


@pytest.mark.parametrize(
    "what",
    [
        *(page, saved, accepted_by_page, read, history, changed, withdrawn),
        *(copy, sponsors_copy, sponsors_page),
        *(step(name) for name in ("submission", "acceptance", "declination", "sponsor-request")),
    ],
)
def test_what_an_applicant_sees_and_does_is_the_same_whatever_was_decided(
    scheduling: Scheduling, what: Steps
):
    cohort = open_cohort(scheduling)
    applications = list(applied(scheduling, cohort))
    answer = same([what(scheduling, *each) for each in applications])
    assert "In confidence" not in answer.text
    # What they may do after it is the same too: the page, and the list.
    same([page(scheduling, *each) for each in applications])
    lists = [
        scheduling.acting(person).get(f"/cohorts/{cohort}/applications?state=submitted")
        for _, person in applications
    ]
    same(lists)


def test_the_form_stays_until_the_release_and_goes_with_it(scheduling: Scheduling):
    cohort = open_cohort(scheduling)
    application = submitted(scheduling, cohort)
    link = own_link(scheduling, application)
    decide(scheduling, application, "not-offered")
    assert 'name="priority"' in scheduling.anyone.get(link).text
    scheduling.operator.done(f"/cohorts/{cohort}/release")
    assert 'name="priority"' not in scheduling.anyone.get(link).text
    person = seen_by_team(scheduling, application)["person"]
    late = scheduling.acting(person).patch(f"/applications/{application}", {"about": "x"}, "*")
    assert late.status_code == 409
    assert "released" in late.json["detail"]


def test_the_team_sees_that_an_application_changed_after_its_decision(scheduling: Scheduling):
    cohort = open_cohort(scheduling)
    application = submitted(scheduling, cohort)
    decide(scheduling, application, "offer")
    assert seen_by_team(scheduling, application)["changed_since_decision"] is False
    person = seen_by_team(scheduling, application)["person"]
    answer = scheduling.acting(person).patch(f"/applications/{application}", {"about": "x"}, "*")
    assert "changed_since_decision" not in answer.json
    assert seen_by_team(scheduling, application)["changed_since_decision"] is True
    decide(scheduling, application, "offer")
    assert seen_by_team(scheduling, application)["changed_since_decision"] is False
    scheduling.operator.changed(f"/applications/{application}", about="y")
    released = scheduling.operator.done(f"/cohorts/{cohort}/release")
    assert [w["code"] for w in released["warnings"]] == ["changed-since-decision"]


def test_who_acts_for_a_person_follows_public_events_alone(scheduling: Scheduling):
    application = submitted(scheduling, open_cohort(scheduling))
    person = seen_by_team(scheduling, application)["person"]
    decide(scheduling, application, "offer")
    seen = {event["type"] for event in scheduling.acting(person).events()}
    assert "scheduling.cohort.opened" in seen
    assert not [kind for kind in seen if "application" in kind]
    told = {event["type"] for event in scheduling.operator.events()}
    assert "scheduling.application.decision-made" in told


def test_a_cohort_that_finishes_tells_no_decision_that_was_not_released(scheduling: Scheduling):
    sessions = [{"kind": "module", "number": 1, "date": "2026-01-16"}]
    cohort = open_cohort(scheduling, sessions=sessions)
    told, *applications = [submitted(scheduling, cohort, f"P{n}") for n in range(4)]
    decide(scheduling, told, "not-offered")
    scheduling.operator.done(f"/cohorts/{cohort}/release")
    for application, decision in zip(applications, DECISIONS, strict=False):
        if decision is not None:
            decide(scheduling, application, decision)
    scheduling.operator.done(f"/cohorts/{cohort}/closing")
    move_cohorts_on(scheduling.service, scheduling.service.clock.now())
    assert scheduling.anyone.get(f"/cohorts/{cohort}").json["state"] == "finished"
    same([page(scheduling, application, "") for application in applications])
    people = [seen_by_team(scheduling, application)["person"] for application in applications]
    same([read(scheduling, *each) for each in zip(applications, people, strict=True)])
