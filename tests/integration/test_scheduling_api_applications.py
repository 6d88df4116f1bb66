"""Applications: from a draft to a place, with decisions told all together."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from services.scheduling import registry_client
from services.scheduling.applying import lapse_offers
from shared.identifiers import derived_id
from tests.registry import SERVICE, Caller, at_once
from tests.scheduling import Scheduling

Apply = Callable[..., Any]


@pytest.fixture(autouse=True)
def registry(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """A registry that gives everybody with an address an id."""
    asked: list[Any] = []

    def add(_settings: Any, person: dict[str, Any], purpose: str, until: Any) -> str:
        asked.append((purpose, until))
        return derived_id("per", person["email"])

    monkeypatch.setattr(registry_client, "add_person", add)
    monkeypatch.setattr(registry_client, "names", lambda *_: {})
    return asked


COMPLETE = {
    "eligibility": {"q_member": True, "text": "I joined Q in 2016"},
    "priority": {"spans_organisations": True},
    "sponsor": {"name": "Lin", "email": "lin@trust.example"},
}


def draft(scheduling: Scheduling, cohort: str, name: str, **fields: Any) -> Any:
    person = scheduling.person(name)
    community = scheduling.community("Falls")
    body = {"person": person, "community": community, **COMPLETE} | fields
    return scheduling.operator.made(f"/cohorts/{cohort}/applications", **body)


def submitted(scheduling: Scheduling, cohort: str, name: str) -> str:
    made = draft(scheduling, cohort, name)["id"]
    scheduling.operator.done(f"/applications/{made}/submission")
    return str(made)


def decide(scheduling: Scheduling, application: str, decision: str) -> Any:
    answer = scheduling.operator.ask(
        "PUT", f"/applications/{application}/decision", json={"decision": decision, "reason": "x"}
    )
    assert answer.status_code == 200, answer.text
    return answer.json


def offered(scheduling: Scheduling, cohort: str, *names: str, places: int = 0) -> list[str]:
    """Applications of these people, the first `places` offered and the rest on the waiting list."""
    found = [submitted(scheduling, cohort, name) for name in names]
    for place, application in enumerate(found):
        decide(scheduling, application, "offer" if place < places else "waiting-list")
    scheduling.operator.done(f"/cohorts/{cohort}/release")
    return found


def open_cohort(scheduling: Scheduling, **fields: Any) -> str:
    cohort = str(scheduling.cohort(**fields)["id"])
    scheduling.operator.done(f"/cohorts/{cohort}/opening")
    return cohort


def state(scheduling: Scheduling, application: str) -> str:
    return str(scheduling.operator.get(f"/applications/{application}").json["state"])


def test_a_draft_says_what_it_is_missing(scheduling: Scheduling):
    cohort = open_cohort(scheduling)
    ada = scheduling.person()
    made = scheduling.operator.made(f"/cohorts/{cohort}/applications", person=ada)
    assert made["state"] == "draft"
    said = " ".join(made["missing"])
    for word in ("community", "eligible", "sponsor", "Hand"):
        assert word in said
    refused = scheduling.operator.post(f"/applications/{made['id']}/submission")
    assert refused.status_code == 409
    changed = scheduling.operator.changed(
        f"/applications/{made['id']}", community=scheduling.community(), **COMPLETE
    )
    assert changed["missing"] == ["Hand the application in."]
    done = scheduling.operator.done(f"/applications/{made['id']}/submission")
    assert done["missing"] == ["Your sponsor has not confirmed the release yet."]


def test_eligibility_and_priority_are_answered_with_reasons(scheduling: Scheduling):
    made = draft(scheduling, open_cohort(scheduling), "Ada")
    assert made["eligible"]["met"] is True
    assert "Q initiative" in made["eligible"]["reasons"][0]
    assert made["priority"]["met"] is True


@pytest.mark.parametrize("said", ["q-member", ["q-member"], {"q_member": True}])
def test_eligibility_is_taken_in_more_than_one_form(scheduling: Scheduling, said: Any):
    made = draft(scheduling, open_cohort(scheduling), "Ada", eligibility=said)
    assert made["eligible"]["met"] is True


def test_what_people_write_and_who_sponsors_them_is_in_no_event(scheduling: Scheduling):
    cohort = open_cohort(scheduling)
    made = draft(scheduling, cohort, "Ada", about="I knit")
    told = scheduling.operator.get("/events?limit=1000").text
    assert "2016" not in told
    assert "knit" not in told
    assert "lin@trust.example" not in told
    assert made["texts"] == {"eligibility": "I joined Q in 2016", "about": "I knit"}


def test_an_erased_persons_words_go(scheduling: Scheduling):
    cohort = open_cohort(scheduling)
    [application] = offered(scheduling, cohort, "Ada", places=1)
    scheduling.operator.done(f"/applications/{application}/acceptance")
    ada = scheduling.operator.get(f"/applications/{application}").json["person"]
    assert scheduling.operator.get(f"/people/{ada}/holdings").json["holds"]["application_texts"]
    scheduling.hears("registry.person.erased", ada)
    assert not scheduling.operator.get(f"/people/{ada}/holdings").json["holds"]["application_texts"]
    shown = scheduling.operator.get(f"/applications/{application}").json
    assert (shown["state"], shown["texts"]) == ("withdrawn", {})
    told = [e["type"] for e in scheduling.operator.events()]
    assert "scheduling.person.erasure-confirmed" in told


@pytest.mark.parametrize("step", ["draft", "submitted", "released"])
def test_nothing_more_is_written_of_an_erased_person(scheduling: Scheduling, step: str):
    cohort = open_cohort(scheduling)
    make: dict[str, Callable[[], str]] = {
        "draft": lambda: str(draft(scheduling, cohort, "Ada")["id"]),
        "submitted": lambda: submitted(scheduling, cohort, "Ada"),
        "released": lambda: offered(scheduling, cohort, "Ada", places=1)[0],
    }
    at = f"/applications/{make[step]()}"
    ada = scheduling.operator.get(at).json["person"]
    link = scheduling.operator.get(f"{at}/sponsor-link").json.get("url", "")
    scheduling.hears("registry.person.erased", ada)
    assert scheduling.operator.patch(at, {"about": "Zebedee"}, "*").status_code == 409
    decision = {"decision": "offer", "reason": "Zebedee"}
    refused = scheduling.operator.ask("PUT", f"{at}/decision", json=decision)
    assert refused.status_code == 409
    assert "erased" in refused.json["detail"]
    if link:
        reply = {"answer": "refuse", "reason": "Zebedee"}
        path = link.removeprefix("http://localhost")
        assert scheduling.anyone.ask("POST", path, data=reply).status_code in (409, 410)
    assert scheduling.operator.get(at).json["texts"] == {}


@pytest.mark.parametrize("field", ["about", "eligibility", "priority"])
def test_each_change_of_words_alone_is_a_version_that_a_stale_writer_is_told_of(
    scheduling: Scheduling, field: str
):
    made = draft(scheduling, open_cohort(scheduling), "Ada")
    at = f"/applications/{made['id']}"

    def said(text: str) -> Any:
        return {field: text if field == "about" else {"text": text}}

    before = scheduling.operator.get(at)
    for text in ("I knit", "I weave", "I weave", ""):
        scheduling.operator.changed(at, **said(text))
    unchanged = {"If-None-Match": before.headers["ETag"]}
    now = scheduling.operator.ask("GET", at, headers=unchanged)
    assert (now.status_code, now.json["version"]) == (200, before.json["version"] + 3)
    stale = scheduling.operator.patch(at, said("I sew"), before.headers["ETag"])
    assert stale.status_code == 412
    history = scheduling.operator.get(f"{at}/history")
    assert field in history.json["items"][-1]["sentence"]
    assert history.json["items"][-1]["data"]["reworded"] == [field]
    assert "weave" not in history.text


def test_another_reason_for_the_same_decision_is_a_version_and_after_release_refused(
    scheduling: Scheduling,
):
    cohort = open_cohort(scheduling)
    ada, bo = (submitted(scheduling, cohort, name) for name in ("Ada", "Bo"))
    for application in (ada, bo):
        decide(scheduling, application, "waiting-list")
    before = scheduling.operator.get(f"/applications/{ada}").json
    body = {"decision": "waiting-list", "reason": "Zebedee"}
    after = scheduling.operator.ask("PUT", f"/applications/{ada}/decision", json=body)
    assert after.json["version"] == before["version"] + 1
    assert after.json["texts"]["decision_reason"] == "Zebedee"
    assert "Zebedee" not in scheduling.operator.get(f"/applications/{ada}/history").text
    scheduling.operator.done(f"/cohorts/{cohort}/release")
    assert scheduling.operator.get(f"/applications/{ada}").json["position"] == 1
    again = scheduling.operator.ask("PUT", f"/applications/{ada}/decision", json=body)
    assert again.status_code == 200
    body["reason"] = "Dougal"
    late = scheduling.operator.ask("PUT", f"/applications/{ada}/decision", json=body)
    assert late.status_code == 409
    assert "Dougal" not in scheduling.operator.get(f"/applications/{ada}").text


def test_a_participant_who_may_not_come_is_not_told_where_to_join(scheduling: Scheduling):
    sessions = [{"kind": "webinar", "number": 1, "date": "2027-02-28"}]
    cohort = scheduling.cohort(sessions=sessions)
    webinar = cohort["sessions"][0]["id"]
    scheduling.operator.done(f"/cohorts/{cohort['id']}/opening")
    [application] = offered(scheduling, cohort["id"], "Ada", places=1)
    scheduling.operator.done(f"/applications/{application}/acceptance")
    scheduling.operator.changed(f"/sessions/{webinar}", join_address="https://m.example/1")
    ada = scheduling.operator.get(f"/applications/{application}").json["person"]
    at, feed = f"/sessions/{webinar}", f"/people/{ada}/calendar-link"
    calendar = scheduling.operator.made(feed)["url"].removeprefix("http://localhost")
    reply = scheduling.operator.made(f"{at}/replies/{ada}/link")["url"]
    page = reply.removeprefix("http://localhost")
    told, mark = {}, ""
    for said in ("", "no", "maybe", "yes", "maybe"):
        if said:
            body = {"reply": said}
            scheduling.operator.ask("PUT", f"{at}/replies/{ada}", json=body)
        mine = scheduling.acting(ada).get(f"{at}/join-address")
        own = scheduling.anyone.ask("GET", calendar, headers={"If-None-Match": mark})
        mark = own.headers["ETag"]
        pages = (own.text, scheduling.anyone.get(page).text)
        batch = Caller(scheduling.app, SERVICE).post(
            "/sessions/join-addresses", {"asked": [{"session": webinar, "person": ada}]}
        )
        pages = (*pages, batch.text)
        told[said] = (mine.status_code, *("m.example" in text for text in pages))
    assert told == {
        "": (200, True, True, True),
        "no": (403, False, False, False),
        "maybe": (403, False, False, False),
        "yes": (200, True, True, True),
    }


def test_a_participant_is_no_guest_at_their_own_celebration(scheduling: Scheduling):
    sessions = [{"kind": "celebration", "date": "2027-02-28"}]
    cohort = open_cohort(scheduling, sessions=sessions)
    found = offered(scheduling, cohort, "ada@a.example", "bo@b.example", places=2)
    for application in found:
        scheduling.operator.done(f"/applications/{application}/acceptance")
    [party] = scheduling.anyone.get(f"/cohorts/{cohort}").json["sessions"]
    at, ada = f"/sessions/{party['id']}/guests", derived_id("per", "ada@a.example")
    guest = {"invited_by": ada, "name": "Bo", "email": "bo@b.example"}
    answer = scheduling.operator.post(at, guest)
    assert (answer.status_code, list(answer.json["errors"])) == (422, ["email"])
    assert scheduling.operator.post(at, guest | {"email": "gil@g.example"}).status_code == 201
    told = [e["type"] for e in scheduling.operator.events()]
    assert told.count("scheduling.attendance.guest-invited") == 1


def erase(scheduling: Scheduling, application: str) -> None:
    person = scheduling.operator.get(f"/applications/{application}").json["person"]
    scheduling.hears("registry.person.erased", person)


def test_an_erased_persons_offer_goes_to_the_first_who_waits_and_is_not_erased(
    scheduling: Scheduling,
):
    cohort = open_cohort(scheduling, places=1)
    ada, bo, cy = offered(scheduling, cohort, "Ada", "Bo", "Cy", places=1)
    erase(scheduling, bo)
    erase(scheduling, ada)
    assert [state(scheduling, key) for key in (ada, bo)] == ["withdrawn", "withdrawn"]
    assert scheduling.operator.get(f"/applications/{cy}").json["decision"] == "offer"
    for step in ("acceptance", "declination", "submission", "sponsor-request", "link"):
        assert scheduling.operator.post(f"/applications/{ada}/{step}").status_code == 409
    history = scheduling.operator.get(f"/applications/{ada}/history").json["items"]
    assert [entry["sentence"] for entry in history[-2:]] == [
        "Withdrawn.",
        "Its words were deleted (erased).",
    ]


def test_an_erased_persons_decision_is_not_released(scheduling: Scheduling):
    cohort = open_cohort(scheduling)
    ada, bo = (submitted(scheduling, cohort, name) for name in ("Ada", "Bo"))
    for application in (ada, bo):
        decide(scheduling, application, "offer")
    erase(scheduling, ada)
    released = scheduling.operator.done(f"/cohorts/{cohort}/release")
    assert (released["released"], released["decisions"]["offer"]) == (1, 1)
    assert state(scheduling, ada) == "withdrawn"


def test_an_application_that_came_to_nothing_stays_so_when_its_person_is_erased(
    scheduling: Scheduling,
):
    [application] = offered(scheduling, open_cohort(scheduling), "Ada", places=1)
    scheduling.operator.done(f"/applications/{application}/declination")
    erase(scheduling, application)
    assert state(scheduling, application) == "declined"


def test_an_erased_participant_writes_no_reflection(scheduling: Scheduling):
    sessions = [{"kind": "webinar", "number": 1, "date": "2026-02-28"}]
    cohort = scheduling.cohort(sessions=sessions)
    scheduling.operator.done(f"/cohorts/{cohort['id']}/opening")
    [application] = offered(scheduling, cohort["id"], "Ada", places=1)
    scheduling.operator.done(f"/applications/{application}/acceptance")
    at = f"/sessions/{cohort['sessions'][0]['id']}/reflections"
    ada = scheduling.operator.get(f"/applications/{application}").json["person"]
    words = {"person": ada, "text": "Zebedee"}
    assert scheduling.operator.post(at, words).status_code == 201
    erase(scheduling, application)
    assert scheduling.operator.post(at, words).status_code == 422
    assert scheduling.operator.get(at).json["items"] == []


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"person": "per_nobody"}, "person"),
        ({"community": "com_nowhere"}, "community"),
        ({"eligibility": 7}, "eligibility"),
        ({"eligibility": {"rich": True}}, "eligibility.rich"),
        ({"sponsor": {"name": "Lin"}}, "sponsor.email"),
        ({"sponsor": {"name": "Ada", "email": "Ada"}}, "sponsor.email"),
        ({"shoe_size": 7}, "shoe_size"),
    ],
)
def test_a_field_that_cannot_be_is_named(
    scheduling: Scheduling, fields: dict[str, Any], field: str
):
    cohort = open_cohort(scheduling)
    body = {"person": scheduling.person(), **fields}
    answer = scheduling.operator.post(f"/cohorts/{cohort}/applications", body)
    assert answer.status_code == 422, answer.text
    assert field in answer.json["errors"]


def test_nobody_sponsors_themselves(scheduling: Scheduling, monkeypatch: pytest.MonkeyPatch):
    cohort, ada = open_cohort(scheduling), scheduling.person()
    monkeypatch.setattr(registry_client, "add_person", lambda *_: ada)
    body = {"person": ada, "sponsor": {"name": "Ada", "email": "ada@a.example"}}
    answer = scheduling.operator.post(f"/cohorts/{cohort}/applications", body)
    assert (answer.status_code, list(answer.json["errors"])) == (422, ["sponsor"])


def test_a_sponsor_is_known_for_a_purpose_and_a_time(scheduling: Scheduling, registry: list[Any]):
    made = draft(scheduling, open_cohort(scheduling), "Ada")
    assert registry[0][0] == f"sponsor, {made['cohort']}"


def test_who_applies_twice_is_told_of_the_first(scheduling: Scheduling):
    cohort = open_cohort(scheduling)
    first = draft(scheduling, cohort, "Ada")
    body = {"person": first["person"]}
    answer = scheduling.operator.post(f"/cohorts/{cohort}/applications", body)
    assert answer.status_code == 409
    assert first["id"] in answer.json["detail"]


def test_a_late_application_needs_a_reason(scheduling: Scheduling):
    cohort, ada = scheduling.cohort()["id"], scheduling.person()
    at = f"/cohorts/{cohort}/applications"
    assert scheduling.operator.post(at, {"person": ada}).status_code == 409
    made = scheduling.operator.made(at, person=ada, late_reason="Their post was late")
    assert made["late"] is True
    bo = scheduling.person("Bo")
    theirs = scheduling.acting(bo).post(at, {"person": bo, "late_reason": "I overslept"})
    assert theirs.status_code == 403
    assert "post was late" not in scheduling.operator.get("/events?limit=1000").text


def test_decisions_are_private_until_all_are_released(scheduling: Scheduling):
    cohort = open_cohort(scheduling)
    application = submitted(scheduling, cohort, "Ada")
    shown = decide(scheduling, application, "offer")
    assert shown["warnings"][0]["code"] == "sponsor-not-confirmed"
    applicant = scheduling.acting(shown["person"])
    mine = applicant.get(f"/applications/{application}").json
    assert (mine["state"], mine["decision"]) == ("submitted", None)
    assert "decision_reason" not in mine["texts"]
    history = applicant.get(f"/applications/{application}/history").json["items"]
    assert "scheduling.application.decision-made" not in {e["type"] for e in history}
    public = {e["type"] for e in scheduling.anyone.events()}
    assert not [kind for kind in public if "application" in kind]
    early = applicant.post(f"/applications/{application}/acceptance")
    assert early.status_code == 409
    released = scheduling.operator.done(f"/cohorts/{cohort}/release")
    assert released["decisions"] == {"offer": 1, "waiting-list": 0, "not-offered": 0}
    mine = applicant.get(f"/applications/{application}").json
    assert (mine["state"], mine["decision"]) == ("released", "offer")
    assert mine["reply_by"]
    assert scheduling.operator.post(f"/cohorts/{cohort}/release").status_code == 409


def test_nothing_that_an_applicant_sees_moves_with_a_decision(scheduling: Scheduling):
    cohort = open_cohort(scheduling)
    application = submitted(scheduling, cohort, "Ada")
    at = f"/applications/{application}"
    applicant = scheduling.acting(scheduling.operator.get(at).json["person"])
    listed = f"/cohorts/{cohort}/applications?state="

    def seen() -> Any:
        paths = (at, f"{at}/history", f"{listed}submitted", f"{listed}decided")
        answers = [applicant.get(path) for path in paths]
        return [(answer.json, answer.headers.get("ETag")) for answer in answers]

    before = seen()
    for decision in ("offer", "waiting-list", "offer"):
        decide(scheduling, application, decision)
        assert seen() == before
    etag = before[0][1]
    assert etag != scheduling.operator.get(at).headers["ETag"]
    again = applicant.ask("POST", f"{at}/sponsor-request", headers={"If-Match": str(etag)})
    assert again.status_code == 200
    versions = [e["version"] for e in applicant.get(f"{at}/history").json["items"]]
    assert versions == list(range(1, again.json["version"] + 1))
    scheduling.operator.done(f"/cohorts/{cohort}/release")
    told = applicant.get(at)
    assert told.json["version"] > again.json["version"]
    accepted = {"If-Match": told.headers["ETag"]}
    answer = applicant.ask("POST", f"{at}/acceptance", headers=accepted)
    assert answer.status_code == 200


def test_not_yet_decided_is_not_the_waiting_list(scheduling: Scheduling):
    cohort = open_cohort(scheduling)
    undecided = submitted(scheduling, cohort, "Ada")
    waits = submitted(scheduling, cohort, "Bo")
    decide(scheduling, waits, "waiting-list")
    released = scheduling.operator.done(f"/cohorts/{cohort}/release")
    assert released["not_yet_decided"] == [undecided]
    assert state(scheduling, undecided) == "submitted"
    assert scheduling.operator.get(f"/applications/{waits}").json["position"] == 1


def test_a_freed_place_goes_to_the_first_who_waits(scheduling: Scheduling):
    cohort = open_cohort(scheduling, places=1)
    first, second, third = offered(scheduling, cohort, "Ada", "Bo", "Cy", places=1)
    scheduling.operator.done(f"/applications/{first}/declination")
    got = scheduling.operator.get(f"/applications/{second}").json
    assert (got["state"], got["decision"], bool(got["reply_by"])) == ("released", "offer", True)
    waits = scheduling.operator.get(f"/applications/{third}").json
    assert (waits["decision"], waits["position"]) == ("waiting-list", 1)
    scheduling.operator.done(f"/applications/{second}/acceptance")
    scheduling.operator.done(f"/applications/{second}/withdrawal")
    assert scheduling.operator.get(f"/applications/{third}").json["decision"] == "offer"


def test_more_places_go_to_those_who_wait(scheduling: Scheduling):
    cohort = open_cohort(scheduling, places=1)
    first, second, _ = offered(scheduling, cohort, "Ada", "Bo", "Cy", places=1)
    scheduling.operator.done(f"/applications/{first}/acceptance")
    scheduling.operator.changed(f"/cohorts/{cohort}", places=2)
    assert scheduling.operator.get(f"/applications/{second}").json["decision"] == "offer"
    answer = scheduling.operator.patch(f"/cohorts/{cohort}", {"places": 1}, "*")
    assert answer.status_code == 200


def test_an_offer_that_nobody_answers_goes_on(scheduling: Scheduling):
    cohort = open_cohort(scheduling, places=1, reply_days=3)
    first, second = offered(scheduling, cohort, "Ada", "Bo", places=1)
    now = scheduling.service.clock.now()
    lapse_offers(scheduling.service, now + timedelta(days=2))
    assert state(scheduling, first) == "released"
    lapse_offers(scheduling.service, now + timedelta(days=5))
    lapse_offers(scheduling.service, now + timedelta(days=5))
    assert state(scheduling, first) == "lapsed"
    assert scheduling.operator.get(f"/applications/{second}").json["decision"] == "offer"


def test_one_of_the_team_decides_in_their_own_name(scheduling: Scheduling):
    cohort = open_cohort(scheduling)
    application = submitted(scheduling, cohort, "Ada")
    leader = scheduling.acting(scheduling.person("Lee"))
    decision = leader.ask(
        "PUT", f"/applications/{application}/decision", json={"decision": "offer"}
    )
    assert decision.status_code == 200
    assert leader.post(f"/cohorts/{cohort}/closing").status_code == 200
    assert leader.post(f"/cohorts/{cohort}/release").status_code == 200


def test_who_waits_sees_their_place_as_it_is_now(scheduling: Scheduling):
    cohort = open_cohort(scheduling, places=1)
    ada, bo, cy = (submitted(scheduling, cohort, name) for name in ("Ada", "Bo", "Cy"))
    decide(scheduling, ada, "offer")
    decide(scheduling, bo, "waiting-list")
    decide(scheduling, cy, "waiting-list")
    scheduling.operator.post(f"/cohorts/{cohort}/release")
    before = scheduling.operator.get(f"/applications/{cy}")
    assert before.json["position"] == 2
    scheduling.operator.post(f"/applications/{bo}/withdrawal")
    now = scheduling.operator.get(
        f"/applications/{cy}", **{"If-None-Match": before.headers["ETag"]}
    )
    assert (now.status_code, now.json["position"]) == (200, 1)


@pytest.mark.parametrize("own", [True, False])
def test_an_applicant_sees_and_changes_their_own_application_and_decides_nothing(
    scheduling: Scheduling, own: bool
):
    cohort = open_cohort(scheduling)
    application, other = (submitted(scheduling, cohort, name) for name in ("Ada", "Bo"))
    at = f"/applications/{application if own else other}"
    ada = scheduling.operator.get(f"/applications/{application}").json["person"]
    bo = scheduling.operator.get(f"/applications/{other}").json["person"]
    applicant, allowed = scheduling.acting(ada), 200 if own else 403
    assert applicant.get(at).status_code == allowed
    assert applicant.get(f"{at}/history").status_code == allowed
    assert applicant.patch(at, {"about": "I knit"}, "*").status_code == allowed
    assert applicant.post(f"{at}/submission").status_code == allowed
    assert applicant.post(f"{at}/link").status_code == (201 if own else 403)
    assert applicant.post(f"{at}/sponsor-request").status_code == allowed
    listed = applicant.get(f"/cohorts/{cohort}/applications")
    assert [item["id"] for item in listed.json["items"]] == [application]
    theirs = f"/cohorts/{cohort}/applications?person={ada if own else bo}"
    assert applicant.get(theirs).status_code == allowed
    body = {"decision": "offer"}
    assert applicant.ask("PUT", f"{at}/decision", json=body).status_code == 403
    assert applicant.get(f"{at}/sponsor-link").status_code == 403
    for path in ("participants", "participants.csv"):
        assert applicant.get(f"/cohorts/{cohort}/{path}").status_code == 403
    decide(scheduling, application, "offer")
    for step in ("release", "opening", "closing"):
        assert applicant.post(f"/cohorts/{cohort}/{step}").status_code == 403
    assert applicant.patch(f"/cohorts/{cohort}", {"places": 99}, "*").status_code == 403
    cy = scheduling.person("Cy")
    begun = applicant.post(f"/cohorts/{cohort}/applications", {"person": cy})
    assert begun.status_code == 403
    assert applicant.post(f"{at}/withdrawal").status_code == allowed
    assert scheduling.operator.get(f"{at}/sponsor-link").status_code == 200


def test_only_the_applicant_answers_an_offer(scheduling: Scheduling):
    cohort = open_cohort(scheduling)
    [application] = offered(scheduling, cohort, "Ada", places=1)
    somebody = scheduling.acting(scheduling.person("Bo"))
    assert somebody.post(f"/applications/{application}/acceptance").status_code == 403


def test_fifty_accept_the_last_place_at_once_and_one_has_it(each_scheduling: Scheduling):
    scheduling = each_scheduling
    cohort = open_cohort(scheduling, places=2)
    names = [f"Person {n}" for n in range(51)]
    first, *others = offered(scheduling, cohort, *names, places=51)
    scheduling.operator.done(f"/applications/{first}/acceptance")
    calls = [
        lambda key=key: scheduling.operator.post(f"/applications/{key}/acceptance").status_code
        for key in others
    ]
    answers = at_once(*calls)
    assert sorted(set(answers)) == [200, 409]
    assert answers.count(200) == 1
    listed = scheduling.operator.get(f"/cohorts/{cohort}/applications?state=accepted").json
    assert len(listed["items"]) == 2


def test_nothing_is_handed_to_the_registry_for_what_cannot_be_made(
    scheduling: Scheduling, registry: list[Any]
):
    cohort, ada = scheduling.cohort()["id"], scheduling.person()
    body = {"person": ada, "sponsor": COMPLETE["sponsor"]}
    at = f"/cohorts/{cohort}/applications"
    assert scheduling.operator.post(at, body).status_code == 409
    late = body | {"late_reason": "x", "community": "com_nowhere"}
    assert scheduling.operator.post(at, late).status_code == 422
    assert scheduling.operator.post(at, late | {"person": "per_no"}).status_code == 422
    assert registry == []
