"""Who takes part decides what a person may read of a session, never what they have replied."""

from typing import Any

import pytest

from services.scheduling import registry_client
from shared.identifiers import new_id
from tests.registry import SERVICE, Caller
from tests.scheduling import Scheduling

ADDRESS = "https://meet.example/secret"


@pytest.fixture(autouse=True)
def handed_on(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """Whom the registry was told of, in place of the registry."""
    told: list[dict[str, Any]] = []

    def add_person(_settings: Any, person: dict[str, Any], *_more: Any) -> str:
        told.append(person)
        return new_id("per")

    monkeypatch.setattr(registry_client, "add_person", add_person)
    return told


def webinar(scheduling: Scheduling, **fields: Any) -> tuple[Any, str]:
    """A cohort, and its webinar, which is over."""
    session = {"kind": "webinar", "number": 1, "date": "2026-02-28"} | fields
    cohort = scheduling.cohort(sessions=[session])
    at = f"/sessions/{cohort['sessions'][0]['id']}"
    scheduling.operator.changed(at, join_address=ADDRESS)
    scheduling.operator.done(f"/cohorts/{cohort['id']}/opening")
    return cohort, at


def accepted(scheduling: Scheduling, cohort: str, name: str) -> tuple[str, str]:
    """A participant and their application."""
    person = scheduling.person(name)
    application = scheduling.operator.made(
        f"/cohorts/{cohort}/applications",
        person=person,
        community=scheduling.community(f"Of {name}"),
        eligibility="q-member",
        sponsor={"name": "Lin", "email": f"lin-{name}@t.example"},
    )["id"]
    scheduling.operator.done(f"/applications/{application}/submission")
    decision = {"decision": "offer"}
    scheduling.operator.ask("PUT", f"/applications/{application}/decision", json=decision)
    scheduling.operator.done(f"/cohorts/{cohort}/release")
    scheduling.operator.done(f"/applications/{application}/acceptance")
    return person, application


def local(url: str) -> str:
    return url.removeprefix("http://localhost")


def opens(scheduling: Scheduling, at: str, person: str) -> set[str]:
    """Every way by which a person would read what is for those who take part, that is open."""
    session = at.rsplit("/", 1)[-1]
    acting = scheduling.acting(person)
    page = local(scheduling.operator.made(f"{at}/replies/{person}/link")["url"])
    calendar = local(scheduling.operator.made(f"/people/{person}/calendar-link")["url"])
    asked = {"asked": [{"session": session, "person": person}]}
    batch = Caller(scheduling.app, SERVICE).post("/sessions/join-addresses", asked)
    ways = {
        "join-address": ADDRESS in acting.get(f"{at}/join-address").text,
        "page": ADDRESS in scheduling.anyone.get(page).text,
        "calendar": ADDRESS in scheduling.anyone.get(calendar).text,
        "messages": ADDRESS in batch.text,
        "reflections": acting.get(f"{at}/reflections").status_code == 200,
        "materials": "Workbook" in acting.get(f"{at}/materials").text,
    }
    return {way for way, is_open in ways.items() if is_open}


ALL = {"join-address", "page", "calendar", "messages", "reflections", "materials"}


def replies(scheduling: Scheduling, at: str, person: str, way: str) -> None:
    if way == "link":
        page = local(scheduling.operator.made(f"{at}/replies/{person}/link")["url"])
        answer = scheduling.anyone.ask("POST", page, data={"reply": "yes"})
    else:
        caller = scheduling.operator if way == "team" else scheduling.acting(person)
        answer = caller.ask("PUT", f"{at}/replies/{person}", json={"reply": "yes"})
    assert answer.status_code == 200, answer.text


@pytest.mark.parametrize("way", ["link", "team", "self"])
@pytest.mark.parametrize("ending", ["withdrawal", "outsider", "applicant"])
def test_a_yes_opens_nothing_to_who_takes_no_part_in_the_cohort(
    scheduling: Scheduling, way: str, ending: str
):
    cohort, at = webinar(scheduling)
    links = [{"label": "Workbook", "url": "https://w.example"}]
    scheduling.operator.ask("PUT", f"{at}/materials", json={"materials": links})
    ada, application = accepted(scheduling, cohort["id"], "Ada")
    assert opens(scheduling, at, ada) == ALL
    if ending == "withdrawal":
        scheduling.operator.done(f"/applications/{application}/withdrawal")
    elif ending == "applicant":
        ada = scheduling.person("Bo")
        scheduling.operator.made(f"/cohorts/{cohort['id']}/applications", person=ada)
    else:
        ada = scheduling.person("Bo")
    assert opens(scheduling, at, ada) == set()
    replies(scheduling, at, ada, way)
    assert opens(scheduling, at, ada) == set()
    words = {"person": ada, "text": "I was there"}
    assert scheduling.acting(ada).post(f"{at}/reflections", words).status_code == 422


def test_a_calendar_forgets_where_to_join_when_its_owner_withdraws(scheduling: Scheduling):
    cohort, at = webinar(scheduling)
    ada, application = accepted(scheduling, cohort["id"], "Ada")
    replies(scheduling, at, ada, "link")
    calendar = local(scheduling.operator.made(f"/people/{ada}/calendar-link")["url"])
    before = scheduling.anyone.get(calendar)
    assert ADDRESS in before.text
    scheduling.operator.done(f"/applications/{application}/withdrawal")
    asked = {"If-None-Match": before.headers["ETag"]}
    after = scheduling.anyone.ask("GET", calendar, headers=asked)
    assert after.status_code == 200
    assert ADDRESS not in after.text


def test_a_page_says_why_it_shows_less(scheduling: Scheduling):
    cohort, at = webinar(scheduling)
    ada, application = accepted(scheduling, cohort["id"], "Ada")
    page = local(scheduling.operator.made(f"{at}/replies/{ada}/link")["url"])
    assert "do not take part" not in scheduling.anyone.get(page).text
    scheduling.operator.done(f"/applications/{application}/withdrawal")
    assert "do not take part" in scheduling.anyone.get(page).text


@pytest.mark.parametrize(
    ("role", "way", "open_"),
    [
        ("member", "self", ALL),
        ("member", "link", ALL),
        ("convener", "self", ALL),
        ("left", "self", set()),
        ("left", "link", set()),
        ("left", "team", set()),
        ("none", "self", set()),
        ("none", "team", ALL),  # whom the team has said comes
        ("none", "link", ALL),
    ],
)
def test_a_communitys_meeting_is_for_its_members_and_whom_they_invite(
    scheduling: Scheduling, role: str, way: str, open_: set[str]
):
    community, ada = scheduling.community(), scheduling.person()
    at = f"/sessions/{scheduling.meeting(community, modality='online')['id']}"
    scheduling.operator.changed(at, join_address=ADDRESS)
    links = [{"label": "Workbook", "url": "https://w.example"}]
    scheduling.operator.ask("PUT", f"{at}/materials", json={"materials": links})
    if role in ("member", "convener"):
        scheduling.role(community, ada, role)
    elif role == "left":
        scheduling.role(community, ada, "member")
        key = scheduling.role_id(community, ada, "member")
        scheduling.hears(
            "registry.membership.ended", community, role_id=key, ends="2020-01-01", person=ada
        )
    replies(scheduling, at, ada, way)
    assert opens(scheduling, at, ada) == open_


def test_the_teams_word_makes_a_word_of_ones_own_one_of_those_who_come(scheduling: Scheduling):
    ada = scheduling.person()
    meeting = scheduling.meeting(scheduling.community(), modality="online", capacity=1)
    at = f"/sessions/{meeting['id']}"
    scheduling.operator.changed(at, join_address=ADDRESS)
    joins = f"{at}/join-address"
    replies(scheduling, at, ada, "self")
    assert scheduling.acting(ada).get(joins).status_code == 403
    replies(scheduling, at, ada, "team")
    assert scheduling.acting(ada).get(joins).json["join_address"] == ADDRESS
    assert scheduling.operator.get(f"{at}/replies").json["coming"] == 1  # the place stays theirs
    for said in ("no", "yes"):
        scheduling.acting(ada).ask("PUT", f"{at}/replies/{ada}", json={"reply": said})
    assert scheduling.acting(ada).get(joins).status_code == 200


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PUT", "roles/{person}", {"role": "facilitator"}),
        ("PUT", "attendance/{person}", {"status": "attended"}),
        ("POST", "replies/{person}/link", None),
    ],
)
def test_nobody_makes_themselves_one_of_those_who_take_part(
    scheduling: Scheduling, method: str, path: str, body: dict[str, str] | None
):
    _, at = webinar(scheduling)
    ada = scheduling.person()
    answer = scheduling.acting(ada).ask(method, f"{at}/{path.format(person=ada)}", json=body)
    assert answer.status_code == 403
    assert opens(scheduling, at, ada) == set()


def test_a_convener_facilitates_their_own_communitys_meeting(scheduling: Scheduling):
    community, ada = scheduling.community(), scheduling.person()
    scheduling.role(community, ada)
    at = f"/sessions/{scheduling.meeting(community)['id']}"
    answer = scheduling.acting(ada).ask("PUT", f"{at}/roles/{ada}", json={"role": "facilitator"})
    assert answer.status_code == 200


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_calendars_address_is_for_its_owner(scheduling: Scheduling, method: str):
    ada, bo = scheduling.person(), scheduling.person("Bo")
    scheduling.operator.made(f"/people/{ada}/calendar-link")
    path = f"/people/{ada}/calendar-link"
    assert scheduling.acting(bo).ask(method, path).status_code == 403
    assert scheduling.acting(ada).ask(method, path).status_code in (200, 201)


# --- guests: nothing is handed on before it is decided ---


def celebration(scheduling: Scheduling, **fields: Any) -> tuple[Any, str]:
    sessions = [{"kind": "celebration", "date": "2099-01-17", **fields}]
    cohort = scheduling.cohort(sessions=sessions)
    scheduling.operator.done(f"/cohorts/{cohort['id']}/opening")
    return cohort, f"/sessions/{cohort['sessions'][0]['id']}"


@pytest.mark.parametrize("keyed", [False, True])
@pytest.mark.parametrize(
    ("case", "status"),
    [
        ("none", 409),
        ("full", 409),
        ("cancelled", 409),
        ("outsider", 422),
        ("unknown", 422),
        ("withdrawn", 422),
        ("no cohort", 422),
        ("no session", 404),
    ],
)
def test_a_guest_who_cannot_be_invited_is_not_handed_to_the_registry(
    scheduling: Scheduling,
    handed_on: list[dict[str, Any]],
    case: str,
    status: int,
    *,
    keyed: bool,
):
    cohort, at = celebration(scheduling, guests_each=0 if case == "none" else 1)
    ada, application = accepted(scheduling, cohort["id"], "Ada")
    guest = {"invited_by": ada, "name": "Gil", "email": "gil@g.example"}
    match case:
        case "full":
            scheduling.operator.made(f"{at}/guests", **guest | {"email": "first@g.example"})
        case "cancelled":
            scheduling.operator.done(f"{at}/cancellation")
        case "outsider":
            guest["invited_by"] = scheduling.person("Bo")
        case "unknown":
            guest["invited_by"] = "per_nobody"
        case "withdrawn":
            scheduling.operator.done(f"/applications/{application}/withdrawal")
        case "no cohort":
            at = f"/sessions/{scheduling.meeting(scheduling.community())['id']}"
        case "no session":
            at = "/sessions/ses_none"
    handed_on.clear()
    headers = {"Idempotency-Key": "one"} if keyed else {}
    answer = scheduling.operator.ask("POST", f"{at}/guests", json=guest, headers=headers)
    assert answer.status_code == status, answer.text
    assert handed_on == []


def test_an_invitation_sent_twice_is_answered_as_the_first_was(
    scheduling: Scheduling, handed_on: list[dict[str, Any]]
):
    cohort, at = celebration(scheduling, guests_each=1)
    ada, _ = accepted(scheduling, cohort["id"], "Ada")
    handed_on.clear()
    guest = {"invited_by": ada, "name": "Gil", "email": "gil@g.example"}
    headers = {"Idempotency-Key": "one"}
    first, second = (
        scheduling.operator.ask("POST", f"{at}/guests", json=guest, headers=headers)
        for _ in range(2)
    )
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json == second.json
    assert len(handed_on) == 1


def test_a_guest_joins_as_long_as_their_host_takes_part(scheduling: Scheduling):
    cohort, at = celebration(scheduling, guests_each=1, modality="hybrid")
    scheduling.operator.changed(at, join_address=ADDRESS)
    ada, application = accepted(scheduling, cohort["id"], "Ada")
    guest = scheduling.operator.made(
        f"{at}/guests", invited_by=ada, name="Gil", email="gil@g.example"
    )["guest"]
    scheduling.hears("registry.person.registered", guest)
    replies(scheduling, at, guest, "link")
    assert opens(scheduling, at, guest) == {"join-address", "page", "calendar", "messages"}
    scheduling.operator.done(f"/applications/{application}/withdrawal")
    assert opens(scheduling, at, guest) == set()
