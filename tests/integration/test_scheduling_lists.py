"""What lists show of people, to whom: applications, sessions, who comes, names, and reads noted."""

import csv
import io
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from services.scheduling import registry_client
from shared.identifiers import derived_id
from tests.applications import SPONSOR, decide, open_cohort, registry_at_hand, submitted
from tests.registry import Caller
from tests.scheduling import Scheduling

NAMES = {derived_id("per", name): name for name in ("Ada", "Bea", "Tam")}
NAMES[derived_id("per", SPONSOR["email"])] = "Lin"


@pytest.fixture(autouse=True)
def asked(monkeypatch) -> list[Sequence[str]]:
    """A registry that knows some names; what it was asked, one entry for each call."""
    registry_at_hand(monkeypatch)
    calls: list[Sequence[str]] = []

    def names(_settings: Any, people: Sequence[str]) -> dict[str, str]:
        calls.append(people)
        return {person: NAMES[person] for person in people if person in NAMES}

    monkeypatch.setattr(registry_client, "names", names)
    return calls


def team(scheduling: Scheduling, programme: str | None = None, name: str = "Tam") -> Caller:
    scheduling.granted(scheduling.person(name), "programme-team", programme)
    return scheduling.signed_in(scheduling.person(name))


def listed(caller: Caller, path: str) -> list[Any]:
    """All items of a list, asked for one by one, so that its cursors are followed too."""
    return list(_pages(caller, path))


def _pages(caller: Caller, path: str) -> Iterator[Any]:
    cursor = ""
    while cursor is not None:
        query = f"{'&' if '?' in path else '?'}limit=1" + (f"&cursor={cursor}" if cursor else "")
        answer = caller.get(f"{path}{query}")
        assert answer.status_code == 200, answer.text
        assert len(answer.json["items"]) == 1 or answer.json["next"] is None
        yield from answer.json["items"]
        cursor = answer.json["next"]


def ids(items: list[Any]) -> list[str]:
    return [item["id"] for item in items]


def day(ahead: int) -> str:
    return (datetime.now(UTC) + timedelta(days=ahead)).date().isoformat()


def reads_of(scheduling: Scheduling, name: str) -> list[Any]:
    person = scheduling.person(name)
    return list(scheduling.signed_in(person).get(f"/people/{person}/reads").json["items"])


# --- applications ---


def test_a_person_sees_their_own_applications_alone(each_scheduling):
    first, second = open_cohort(each_scheduling), open_cohort(each_scheduling)
    own = [submitted(each_scheduling, cohort, "Ada") for cohort in (first, second)]
    submitted(each_scheduling, first, "Bea")
    ada = each_scheduling.signed_in(each_scheduling.person("Ada"))
    assert ids(listed(ada, "/applications")) == own
    assert ids(listed(ada, f"/applications?person={each_scheduling.person('Ada')}")) == own
    assert ids(listed(ada, f"/applications?cohort={second}")) == own[1:]
    others = ada.get(f"/applications?person={each_scheduling.person('Bea')}")
    assert others.status_code == 403
    assert each_scheduling.anyone.get("/applications").status_code == 401
    assert (
        ids(listed(each_scheduling.acting(each_scheduling.person("Ada")), "/applications")) == own
    )


@pytest.mark.parametrize("decision", ["offer", "not-offered"])
def test_no_list_tells_an_applicant_of_a_decision_before_its_release(scheduling, decision):
    cohort = open_cohort(scheduling)
    application = submitted(scheduling, cohort, "Ada")
    ada = scheduling.signed_in(scheduling.person("Ada"))
    before = {q: listed(ada, f"/applications{q}") for q in ("", "?state=submitted")}
    decide(scheduling, application, decision)
    assert {q: listed(ada, f"/applications{q}") for q in before} == before
    assert listed(ada, "/applications?state=decided") == []
    assert ids(listed(team(scheduling), "/applications?state=decided")) == [application]


def test_a_team_sees_the_applications_to_its_programmes_alone(each_scheduling):
    ours, theirs = each_scheduling.programme(), each_scheduling.programme(name="Other")
    here, there = (open_cohort(each_scheduling, programme=each) for each in (ours, theirs))
    mine = [submitted(each_scheduling, here, name) for name in ("Ada", "Bea")]
    submitted(each_scheduling, there, "Ada")
    tam = team(each_scheduling, ours)
    assert ids(listed(tam, "/applications")) == mine
    assert ids(listed(tam, f"/applications?person={each_scheduling.person('Ada')}")) == mine[:1]
    assert listed(tam, f"/applications?cohort={there}") == []
    assert len(listed(each_scheduling.operator, "/applications")) == 3


def test_one_of_a_team_who_applies_sees_their_own_alone_there(each_scheduling):
    here, there = open_cohort(each_scheduling), open_cohort(each_scheduling)
    submitted(each_scheduling, here, "Ada")
    elsewhere = submitted(each_scheduling, there, "Ada")
    tam = team(each_scheduling)
    own = submitted(each_scheduling, here, "Tam")
    decide(each_scheduling, own, "offer")
    seen = {item["id"]: item for item in listed(tam, "/applications")}
    assert set(seen) == {elsewhere, own}
    assert (seen[own]["state"], seen[own]["decision"]) == ("submitted", None)
    assert "name" not in seen[own]
    assert listed(tam, f"/applications?person={each_scheduling.person('Ada')}&cohort={here}") == []
    assert tam.get(f"/cohorts/{here}/applications?state=decided").json["items"] == []


def test_who_was_of_a_team_sees_nothing_of_it_any_more(scheduling):
    cohort = open_cohort(scheduling)
    submitted(scheduling, cohort, "Ada")
    tam = team(scheduling)
    assert len(listed(tam, "/applications")) == 1
    grant = derived_id("grt", scheduling.person("Tam"), "programme-team")
    scheduling.hears("registry.grant.ended", grant)
    assert listed(tam, "/applications") == []


def test_applications_are_listed_by_states_that_there_are(scheduling):
    assert scheduling.operator.get("/applications?state=lost").status_code == 422
    assert scheduling.operator.get("/applications?cursor=lost").status_code == 422


# --- names ---


def test_the_team_reads_names_in_one_question(each_scheduling, asked, statements):
    cohort = open_cohort(each_scheduling)
    submitted(each_scheduling, cohort, "Ada")
    tam, path = team(each_scheduling), f"/cohorts/{cohort}/applications"

    def queries() -> int:
        asked.clear()
        before = len(statements)
        assert tam.get(path).status_code == 200
        return len(statements) - before

    few = queries()
    for name in ("Bea", *(f"No name {n}" for n in range(8))):
        submitted(each_scheduling, cohort, name)
    assert queries() <= few + 1  # a read of one's own data may be noted beside the applicants'
    assert len(asked) == 1
    items = tam.get(path).json["items"]
    assert [item["name"] for item in items[:3]] == ["Ada", "Bea", None]
    assert {item["sponsor_name"] for item in items} == {"Lin"}
    assert len(tam.get("/applications").json["items"]) == 10


def test_an_applicant_is_not_told_by_which_name_their_sponsor_is_known(scheduling):
    cohort = open_cohort(scheduling)
    application = submitted(scheduling, cohort, "Ada")
    ada = scheduling.signed_in(scheduling.person("Ada"))
    for body in (
        ada.get(f"/applications/{application}").json,
        *listed(ada, "/applications"),
        *listed(ada, f"/cohorts/{cohort}/applications"),
    ):
        assert "Lin" not in str(body)
    assert team(scheduling).get(f"/applications/{application}").json["sponsor_name"] == "Lin"


def test_conveners_read_the_names_of_who_comes_and_came(each_scheduling, asked):
    falls = each_scheduling.community("Falls")
    each_scheduling.role(falls, each_scheduling.person("Con"))
    con = each_scheduling.signed_in(each_scheduling.person("Con"))
    session = each_scheduling.meeting(falls, date=day(-2))["id"]
    ada, bea = each_scheduling.person("Ada"), each_scheduling.person("Bea")
    for person in (ada, bea):
        path = f"/sessions/{session}/attendance/{person}"
        con.ask("PUT", path, json={"status": "attended"})
        each_scheduling.operator.ask(
            "PUT", f"/sessions/{session}/replies/{person}", json={"reply": "yes"}
        )
    asked.clear()
    for of in ("replies", "attendance"):
        items = con.get(f"/sessions/{session}/{of}").json["items"]
        assert {item["person"]: item["name"] for item in items} == {ada: "Ada", bea: "Bea"}
    assert len(asked) == 2


def test_names_of_roles_are_for_whoever_sees_to_the_session(scheduling):
    falls = scheduling.community("Falls")
    for name, role in (("Con", "convener"), ("Mem", "member")):
        scheduling.role(falls, scheduling.person(name), role)
    session = scheduling.meeting(falls)["id"]
    path = f"/sessions/{session}/roles"
    own = scheduling.person("Ada")
    scheduling.operator.ask("PUT", f"{path}/{own}", json={"role": "speaker"})
    convener, member = (scheduling.signed_in(scheduling.person(name)) for name in ("Con", "Mem"))
    assert convener.get(path).json["items"] == [{"person": own, "role": "speaker", "name": "Ada"}]
    assert member.get(path).json["items"] == [{"person": own, "role": "speaker"}]


def test_participants_have_names_as_data_and_as_a_table(scheduling):
    cohort = open_cohort(scheduling)
    application = submitted(scheduling, cohort, "Ada")
    decide(scheduling, application, "offer")
    scheduling.operator.done(f"/cohorts/{cohort}/release")
    scheduling.operator.done(f"/applications/{application}/acceptance")
    tam, path = team(scheduling), f"/cohorts/{cohort}/participants"
    (item,) = tam.get(path).json["items"]
    assert item["name"] == "Ada"
    (row,) = csv.DictReader(io.StringIO(tam.get(f"{path}.csv").text))
    assert row["name"] == "Ada"
    person = scheduling.person("Ada")
    assert tam.get(f"{path}/{person}").json["name"] == "Ada"
    assert "name" not in scheduling.signed_in(person).get(f"{path}/{person}").json


def test_lists_are_there_without_the_registry(scheduling, monkeypatch):
    cohort = open_cohort(scheduling)
    submitted(scheduling, cohort, "Ada")
    monkeypatch.setattr(registry_client, "names", lambda *_: {})
    (item,) = team(scheduling).get("/applications").json["items"]
    assert (item["name"], item["sponsor_name"]) == (None, None)


# --- what is noted ---


def test_what_a_team_reads_of_people_is_noted_for_them(each_scheduling):
    cohort = open_cohort(each_scheduling)
    application = submitted(each_scheduling, cohort, "Ada")
    submitted(each_scheduling, cohort, "Bea")
    tam = team(each_scheduling)
    tam.ask("GET", "/applications", headers={"Hedgerow-Reason": "to decide"})
    tam.get(f"/applications/{application}/history")
    by = each_scheduling.person("Tam")
    found = [(r["by"], r["what"], r["why"]) for r in reads_of(each_scheduling, "Ada")]
    assert found == [
        (by, "the history of your application to a cohort", ""),
        (by, "your application to a cohort", "to decide"),
    ]
    assert len(reads_of(each_scheduling, "Bea")) == 1
    sponsor = derived_id("per", SPONSOR["email"])
    noted = each_scheduling.operator.get(f"/people/{sponsor}/reads").json["items"]
    assert {r["what"] for r in noted} == {"an application that names you as its sponsor"}


@pytest.mark.parametrize(
    ("of", "what"),
    [
        ("replies", "whether you come to a session"),
        ("attendance", "whether you came to a session"),
        ("roles", "your role at a session"),
    ],
)
def test_who_comes_is_noted_where_an_operator_reads_it_not_a_convener(scheduling, of, what):
    falls = scheduling.community("Falls")
    scheduling.role(falls, scheduling.person("Con"))
    session, ada = scheduling.meeting(falls, date=day(-2))["id"], scheduling.person("Ada")
    said = {"replies": {"reply": "yes"}, "attendance": {"status": "attended"}}
    path = f"/sessions/{session}/{of}"
    body = said.get(of, {"role": "speaker"})
    assert scheduling.operator.ask("PUT", f"{path}/{ada}", json=body).status_code == 200
    convener = scheduling.signed_in(scheduling.person("Con"))
    assert convener.get(path).status_code == 200
    assert reads_of(scheduling, "Ada") == []
    scheduling.granted(scheduling.person("Op"), "operator")
    assert scheduling.signed_in(scheduling.person("Op")).get(path).status_code == 200
    (read,) = reads_of(scheduling, "Ada")
    assert (read["by"], read["what"]) == (scheduling.person("Op"), what)


def test_links_that_act_for_people_are_noted_where_others_are_given_them(scheduling):
    cohort = open_cohort(scheduling)
    application, ada = submitted(scheduling, cohort, "Ada"), scheduling.person("Ada")
    session = scheduling.meeting(scheduling.community("Falls"))["id"]
    scheduling.operator.made(f"/people/{ada}/calendar-link")
    for how, path in (
        ("POST", f"/applications/{application}/link"),
        ("POST", f"/sessions/{session}/replies/{ada}/link"),
        ("GET", f"/people/{ada}/calendar-link"),
    ):
        assert scheduling.signed_in(ada).ask(how, path).status_code < 500
        assert scheduling.operator.ask(how, path).status_code in (200, 201), path
    assert sorted(read["what"] for read in reads_of(scheduling, "Ada")) == [
        "a link by which you reply to a session",
        "the address of your calendar",
        "the link by which you fill in your application",
    ]
    assert scheduling.operator.get(f"/applications/{application}/sponsor-link").status_code == 200
    sponsor = derived_id("per", SPONSOR["email"])
    noted = scheduling.operator.get(f"/people/{sponsor}/reads").json["items"]
    assert [read["what"] for read in noted] == ["the link by which you answer as a sponsor"]


def test_ones_own_reads_are_not_noted(scheduling):
    cohort = open_cohort(scheduling)
    application = submitted(scheduling, cohort, "Ada")
    ada = scheduling.signed_in(scheduling.person("Ada"))
    ada.get("/applications")
    ada.get(f"/applications/{application}")
    ada.get(f"/people/{scheduling.person('Ada')}/inbox")
    ada.get(f"/sessions?person={scheduling.person('Ada')}")
    assert reads_of(scheduling, "Ada") == []


def test_an_operator_who_reads_an_inbox_is_noted(scheduling):
    person = scheduling.person("Ada")
    scheduling.operator.get(f"/people/{person}/inbox")
    assert [read["what"] for read in reads_of(scheduling, "Ada")] == ["what waits for you"]


# --- sessions ---


def test_a_person_lists_the_sessions_that_concern_them(each_scheduling):
    falls, sleep = each_scheduling.community("Falls"), each_scheduling.community("Sleep")
    ada = each_scheduling.person("Ada")
    each_scheduling.role(falls, ada, "member")
    cohort = open_cohort(
        each_scheduling, sessions=[{"kind": "module", "number": 1, "date": day(9)}]
    )
    application = submitted(each_scheduling, cohort, "Ada")
    module = each_scheduling.operator.get(f"/cohorts/{cohort}").json["sessions"][0]["id"]
    at = [each_scheduling.meeting(falls, date=day(n))["id"] for n in (3, -3)]
    invited, spoken_at, declined = (
        each_scheduling.meeting(sleep, date=day(n))["id"] for n in (4, 5, 6)
    )
    for session, reply in ((invited, "yes"), (declined, "no")):
        path = f"/sessions/{session}/replies/{ada}"
        each_scheduling.operator.ask("PUT", path, json={"reply": reply})
    path = f"/sessions/{spoken_at}/roles/{ada}"
    each_scheduling.operator.ask("PUT", path, json={"role": "speaker"})
    own, asked_for = each_scheduling.signed_in(ada), f"/sessions?person={ada}"
    assert ids(listed(own, asked_for)) == [at[1], at[0], invited, spoken_at]
    decide(each_scheduling, application, "offer")
    each_scheduling.operator.done(f"/cohorts/{cohort}/release")
    each_scheduling.operator.done(f"/applications/{application}/acceptance")
    assert ids(listed(own, f"{asked_for}&from={day(0)}")) == [at[0], invited, spoken_at, module]
    assert ids(listed(own, f"{asked_for}&community={sleep}")) == [invited, spoken_at]


def test_who_left_a_community_is_concerned_by_its_meetings_no_more(each_scheduling):
    falls, ada = each_scheduling.community("Falls"), each_scheduling.person("Ada")
    each_scheduling.role(falls, ada, "member")
    each_scheduling.meeting(falls, date=day(-3))
    before_they_left = each_scheduling.meeting(falls, date=day(3))["id"]
    each_scheduling.meeting(falls, date=day(30))
    ended = {"role_id": each_scheduling.role_id(falls, ada, "member"), "ends": day(10)}
    each_scheduling.hears("registry.membership.ended", falls, **ended)
    own = each_scheduling.signed_in(ada)
    found = ids(listed(own, f"/sessions?person={ada}&from={day(0)}"))
    assert found == [before_they_left]


def test_what_concerns_a_person_is_for_them_their_team_and_operators(scheduling):
    cohort = open_cohort(scheduling, sessions=[{"kind": "module", "number": 1, "date": day(9)}])
    application = submitted(scheduling, cohort, "Ada")
    decide(scheduling, application, "offer")
    scheduling.operator.done(f"/cohorts/{cohort}/release")
    scheduling.operator.done(f"/applications/{application}/acceptance")
    path = f"/sessions?person={scheduling.person('Ada')}"
    programme = scheduling.operator.get(f"/cohorts/{cohort}").json["programme"]
    tam, other = team(scheduling, programme), team(scheduling, scheduling.programme(), "Bea")
    assert scheduling.anyone.get(path).status_code == 401
    assert scheduling.acting(scheduling.person("Bea")).get(path).status_code == 403
    assert tam.get(path).status_code == 403
    assert len(tam.get(f"{path}&cohort={cohort}").json["items"]) == 1
    assert other.get(f"{path}&cohort={cohort}").status_code == 403
    assert len(scheduling.operator.get(path).json["items"]) == 1
    assert scheduling.anyone.get("/sessions").status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        "/applications?person=%00",
        "/applications?cohort=%00",
        "/sessions?person=%00",
        "/people/%00/inbox",
        "/people/per_x/inbox?cursor=WyJpbmJveCIsIgAiLCIiLCIiLCIiXQ",
    ],
)
def test_nonsense_for_a_person_finds_nobody_and_breaks_nothing(each_scheduling, path):
    answer = each_scheduling.operator.get(path)
    assert answer.status_code in (200, 400, 404, 422)
    assert not (answer.json or {}).get("items")
