"""What an applicant can cause to be sent to people who did not ask for it."""

from datetime import timedelta
from typing import Any

import pytest

from shared.clock import Clock
from tests.applications import (
    COMPLETE,
    People,
    decide,
    draft,
    form,
    open_cohort,
    own_link,
    registry_at_hand,
    seen_by_team,
    submitted,
)
from tests.scheduling import Scheduling

ASKED, NAMED = "scheduling.application.sponsor-asked", "scheduling.application.sponsor-named"
TEAM = "Ask the programme team"


@pytest.fixture(autouse=True)
def people(monkeypatch: pytest.MonkeyPatch) -> People:
    return registry_at_hand(monkeypatch)


def later(scheduling: Scheduling, **span: float) -> None:
    settings = scheduling.service.settings
    offset = settings.clock.offset + timedelta(**span)
    object.__setattr__(settings, "clock", Clock(offset))


def count(scheduling: Scheduling, kind: str) -> int:
    return [event["type"] for event in scheduling.operator.events()].count(kind)


def name(scheduling: Scheduling, link: str, number: int, **fields: str) -> Any:
    sponsor = {"sponsor_name": "Lin", "sponsor_email": f"lin{number}@trust.example"}
    return form(scheduling, link, step="save", **sponsor, **fields)


def test_one_link_mails_few_strangers_and_hands_on_nobody_beyond(
    scheduling: Scheduling, people: People
):
    application = submitted(scheduling, open_cohort(scheduling))
    link = own_link(scheduling, application)
    later(scheduling, days=1)
    answers = [name(scheduling, link, number) for number in range(30)]
    assert [answer.status_code for answer in answers] == [200] + [422] * 29
    assert TEAM in answers[-1].text
    assert people.addresses == ["lin@trust.example", "lin0@trust.example"]
    later(scheduling, days=1)
    assert name(scheduling, link, 30).status_code == 200
    later(scheduling, days=100)
    assert TEAM in name(scheduling, link, 31).text
    assert count(scheduling, ASKED) == count(scheduling, NAMED) == len(people.asked) == 3


def test_the_same_sponsor_once_more_is_neither_refused_nor_mailed_again(
    scheduling: Scheduling, people: People
):
    application = submitted(scheduling, open_cohort(scheduling))
    ada = scheduling.acting(seen_by_team(scheduling, application)["person"])
    for text in ("I knit", "I weave"):
        body = {"sponsor": COMPLETE["sponsor"], "about": text}
        assert ada.patch(f"/applications/{application}", body, "*").status_code == 200
    assert (count(scheduling, ASKED), len(people.asked)) == (1, 1)


def test_the_team_names_a_sponsor_beyond_the_budget(scheduling: Scheduling):
    application = submitted(scheduling, open_cohort(scheduling))
    for number in range(4):
        sponsor = {"name": "Lin", "email": f"lin{number}@trust.example"}
        scheduling.operator.changed(f"/applications/{application}", sponsor=sponsor)
    ada = scheduling.acting(seen_by_team(scheduling, application)["person"])
    sponsor = {"name": "Lin", "email": "lin9@trust.example"}
    answer = ada.patch(f"/applications/{application}", {"sponsor": sponsor}, "*")
    assert (answer.status_code, list(answer.json["errors"])) == (409, ["sponsor"])
    assert TEAM in answer.json["detail"]


def test_taking_back_and_beginning_again_is_no_way_round_the_budget(
    scheduling: Scheduling, people: People
):
    cohort = open_cohort(scheduling)
    first = draft(scheduling, cohort)
    ada = scheduling.acting(first["person"])
    assert ada.post(f"/applications/{first['id']}/withdrawal").status_code == 200
    body = {"person": first["person"], "sponsor": {"name": "Lin", "email": "l@x.example"}}
    path = f"/cohorts/{cohort}/applications"
    assert ada.post(path, body).status_code == 409
    assert ada.post(path, {"person": first["person"]}).status_code == 201
    assert len(people.asked) == 1


@pytest.mark.parametrize("form_first", [False, True])
def test_nobody_is_handed_on_by_a_change_that_is_refused(
    scheduling: Scheduling, people: People, form_first: bool
):
    cohort = open_cohort(scheduling)
    application = submitted(scheduling, cohort)
    link, path = own_link(scheduling, application), f"/applications/{application}"
    decide(scheduling, application, "not-offered")
    scheduling.operator.done(f"/cohorts/{cohort}/release")
    later(scheduling, days=2)
    if form_first:
        assert name(scheduling, link, 1).status_code == 422
    sponsor = {"name": "Max", "email": "max@x.example"}
    for body in ({"sponsor": sponsor}, {"sponsor": sponsor, "community": "com_nowhere"}):
        assert scheduling.operator.patch(path, body, "*").status_code in (409, 422)
    stale = scheduling.operator.patch(path, {"sponsor": sponsor}, '"1"')
    assert stale.status_code == 412
    assert people.addresses == ["lin@trust.example"]


def test_a_start_that_is_sent_again_with_its_key_hands_on_nobody_twice(
    each_scheduling: Scheduling, people: People
):
    scheduling = each_scheduling
    cohort, ada = open_cohort(scheduling), scheduling.person()
    path, body = f"/cohorts/{cohort}/applications", {"person": ada, **COMPLETE}
    for _ in range(2):
        answer = scheduling.operator.post(path, body, Idempotency_Key="k")
        assert answer.status_code == 201
    assert answer.headers["Idempotency-Replayed"] == "true"
    assert len(people.asked) == 1
    refused = scheduling.operator.post(path, body, Idempotency_Key="other")
    assert (refused.status_code, len(people.asked)) == (409, 1)


def test_a_sponsor_is_reminded_three_times_and_once_a_day(scheduling: Scheduling):
    application = submitted(scheduling, open_cohort(scheduling))
    ada = scheduling.acting(seen_by_team(scheduling, application)["person"])
    path = f"/applications/{application}/sponsor-request"
    for day in range(5):
        answers = [ada.post(path) for _ in range(3)]
        expected = [200, 409, 409] if day < 3 else [409] * 3
        assert [answer.status_code for answer in answers] == expected
        assert TEAM in answers[-1].json["detail"]
        later(scheduling, days=1)
    assert count(scheduling, ASKED) == 4
    assert scheduling.operator.post(path).status_code == 200


def celebration(scheduling: Scheduling, guests_each: int) -> tuple[str, str]:
    """Where guests of a participant are invited, and the participant."""
    sessions = [{"kind": "celebration", "date": "2027-02-28"}]
    cohort = open_cohort(scheduling, sessions=sessions)
    application = submitted(scheduling, cohort)
    decide(scheduling, application, "offer")
    scheduling.operator.done(f"/cohorts/{cohort}/release")
    scheduling.operator.done(f"/applications/{application}/acceptance")
    (party,) = scheduling.anyone.get(f"/cohorts/{cohort}").json["sessions"]
    scheduling.operator.changed(f"/sessions/{party['id']}", guests_each=guests_each)
    return f"/sessions/{party['id']}/guests", seen_by_team(scheduling, application)["person"]


def test_a_participant_invites_so_many_guests_and_five_a_day(
    each_scheduling: Scheduling, people: People
):
    scheduling = each_scheduling
    path, ada = celebration(scheduling, 7)
    asked = len(people.asked)
    host = scheduling.acting(ada)

    def invited(number: int) -> int:
        guest = {"invited_by": ada, "name": "Gil", "email": f"gil{number}@g.example"}
        return host.post(path, guest).status_code

    assert [invited(n) for n in range(7)] == [201] * 5 + [409] * 2
    later(scheduling, days=1)
    assert [invited(n) for n in range(10, 14)] == [201, 201, 409, 409]
    assert len(people.asked) == asked + 7
    told = [e for e in scheduling.operator.events() if e["type"].endswith("guest-invited")]
    assert {event["data"]["programme_name"] for event in told} != {None}


def test_a_guest_who_was_erased_counts_for_who_invited_them_and_not_for_the_team(
    scheduling: Scheduling,
):
    path, ada = celebration(scheduling, 1)
    guest = {"invited_by": ada, "name": "Gil", "email": "gil@g.example"}
    gil = scheduling.acting(ada).post(path, guest).json["guest"]
    scheduling.hears("registry.person.registered", gil)
    scheduling.hears("registry.person.erased", gil)
    other = guest | {"email": "hal@g.example"}
    refused = scheduling.acting(ada).post(path, other)
    assert (refused.status_code, TEAM in refused.json["detail"]) == (409, True)
    assert scheduling.acting(scheduling.person("Bo")).post(path, other).status_code == 403
    assert scheduling.operator.post(path, other).status_code == 201


@pytest.mark.parametrize(
    "typed",
    [
        "Your NHS login expires: visit https://nhs.example/login",
        "Visit www.example.org now",
        "Reset at nhs-login.example",
        "lin@trust.example",
        "Lin <lin@trust.example>",
        "Go to BIT.LY/abc",
        "Evil.Com",
        "http:evil",
        "evil\u3002example",
        "10.20.30.40",
    ],
)
def test_a_name_holds_no_address(scheduling: Scheduling, people: People, typed: str):
    made = draft(scheduling, open_cohort(scheduling))
    link = own_link(scheduling, made["id"])
    answer = form(scheduling, link, step="save", sponsor_name=typed, sponsor_email="v@example.net")
    assert answer.status_code == 422
    sponsor = {"name": typed, "email": "v@example.net"}
    refused = scheduling.operator.patch(f"/applications/{made['id']}", {"sponsor": sponsor}, "*")
    assert list(refused.json["errors"]) == ["sponsor.name"]
    assert len(people.asked) == 1
