"""Every event that scheduling tells in a real run fits its schema, and none is personal."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from jsonschema import Draft202012Validator, FormatChecker

from services.scheduling import registry_client
from services.scheduling.applying import lapse_offers
from services.scheduling.passing_time import delete_old_words, move_cohorts_on, review_standings
from shared.contracts import schemas
from shared.eventstore.epochs import Reason
from shared.identifiers import derived_id
from tests.contract.event_types import EVENT_TYPES
from tests.scheduling import Scheduling, brochure, open_scheduling

KINDS = {k.name: k for k in EVENT_TYPES if k.name.startswith("scheduling.")}


@pytest.fixture(scope="module")
def scheduling(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scheduling]:
    folder = tmp_path_factory.mktemp("scheduling")
    with (
        pytest.MonkeyPatch.context() as patch,
        open_scheduling(f"sqlite:///{folder / 's.db'}", folder) as found,
    ):
        patch.setattr(
            registry_client, "add_person", lambda _s, p, *_: derived_id("per", p["email"])
        )
        patch.setattr(registry_client, "names", lambda *_: {})
        every_command(found)
        with found.service.write() as connection:
            found.service.raise_epoch(connection, Reason.RESENT)
        yield found


def every_command(scheduling: Scheduling) -> None:
    """Ask for all that scheduling can do, and let time pass."""
    operator, now = scheduling.operator, datetime.now(UTC)
    cohort = scheduling.cohort(sessions=brochure(), places=1, reply_days=1)
    at = f"/cohorts/{cohort['id']}"
    operator.done(f"{at}/opening")
    applications = [_application(scheduling, cohort["id"], name) for name in ("Ada", "Bo", "Cy")]
    _answers_of_sponsors(scheduling, applications)
    for application, decision in zip(applications, ("offer", "waiting-list", "offer"), strict=True):
        _put(scheduling, f"/applications/{application}/decision", decision=decision)
    operator.changed(at, name="Wessex 2027")
    operator.done(f"{at}/closing")
    operator.done(f"{at}/release")
    operator.done(f"/applications/{applications[0]}/acceptance")
    operator.done(f"/applications/{applications[2]}/declination")
    _around_the_celebration(scheduling, cohort)
    operator.done(f"/applications/{applications[0]}/withdrawal")
    lapse_offers(scheduling.service, now + timedelta(days=5))
    scheduling.hears("registry.person.erased", derived_id("per", "Bo"))
    _meetings(scheduling)
    for _ in range(2):
        move_cohorts_on(scheduling.service, now)
    delete_old_words(scheduling.service, now + timedelta(days=800))
    review_standings(scheduling.service, now)


def _application(scheduling: Scheduling, cohort: str, name: str) -> str:
    made = scheduling.operator.made(
        f"/cohorts/{cohort}/applications",
        person=scheduling.person(name),
        community=scheduling.community("Falls " + name),
        eligibility={"q_member": True, "text": "Zebedee told me"},
        sponsor={"name": "Zebedee", "email": f"{name}@sponsors.example"},
    )["id"]
    scheduling.operator.done(f"/applications/{made}/submission")
    return str(made)


def _answers_of_sponsors(scheduling: Scheduling, applications: list[str]) -> None:
    for application, answer in zip(applications, ("confirm", "refuse"), strict=False):
        link = scheduling.operator.get(f"/applications/{application}/sponsor-link").json["url"]
        path = link.removeprefix("http://localhost")
        scheduling.anyone.ask("POST", path, data={"answer": answer, "reason": "Zebedee says so"})


def _around_the_celebration(scheduling: Scheduling, cohort: Any) -> None:
    operator, ada = scheduling.operator, scheduling.operator.app and derived_id("per", "Ada")
    party = f"/sessions/{cohort['sessions'][-1]['id']}"
    operator.changed(party, capacity=1)
    guest = {"invited_by": ada, "name": "Zebedee", "email": "z@guests.example"}
    scheduling.hears(
        "registry.person.registered", operator.made(f"{party}/guests", **guest)["guest"]
    )
    bo = derived_id("per", "Bo")
    _put(scheduling, f"{party}/replies/{bo}", reply="yes")
    _put(scheduling, f"{party}/replies/{ada}", reply="yes")
    _put(scheduling, f"{party}/replies/{bo}", reply="no")
    _put(scheduling, f"{party}/roles/{bo}", role="speaker")
    operator.ask("DELETE", f"{party}/roles/{bo}/speaker")
    for status in ("absent", "attended"):
        _put(scheduling, f"{party}/attendance/{ada}", status=status)
    links = [{"label": "Slides", "url": "https://s.example"}]
    _put(scheduling, f"{party}/materials", materials=links)
    operator.made(f"{party}/reflections", person=ada, text="Zebedee danced")
    operator.made(f"/people/{ada}/calendar-link")


def _meetings(scheduling: Scheduling) -> None:
    operator, community = scheduling.operator, scheduling.community("Sleep")
    scheduling.meeting(community, date="2026-01-07", repeat={"weeks": 6, "count": 4})
    session = f"/sessions/{scheduling.meeting(community)['id']}"
    operator.changed(session, place="There")
    operator.changed(session, date="2027-03-17", reason="Snow")
    operator.done(f"{session}/postponement", reason="Snow")
    operator.done(f"{session}/reinstatement")
    operator.done(f"{session}/cancellation")
    scheduling.meeting(community)
    scheduling.hears("registry.community.closed", community, ending="merged", into=["com_x"])
    scheduling.hears("registry.community.reopened", community)


def _put(scheduling: Scheduling, path: str, **body: Any) -> None:
    answer = scheduling.operator.ask("PUT", path, json=body)
    assert answer.status_code == 200, answer.text


def test_a_real_run_tells_every_type_of_event(scheduling: Scheduling):
    told = {event["type"] for event in scheduling.operator.events()}
    assert set(KINDS) - told == set()


def test_every_event_of_a_real_run_fits_its_schema(scheduling: Scheduling):
    for event in scheduling.operator.events():
        schema = schemas.schema(event["type"], int(event["dataschema"].rsplit(":")[-1]))
        Draft202012Validator(schema, format_checker=FormatChecker()).validate(event["data"])


def test_only_what_is_public_is_shown_to_anyone(scheduling: Scheduling):
    public = {name for name, kind in KINDS.items() if kind.audience == "public"}
    assert {event["type"] for event in scheduling.anyone.events()} == public


def test_no_event_holds_what_people_wrote_or_are_called(scheduling: Scheduling):
    told = json.dumps(scheduling.operator.events())
    assert "Zebedee" not in told
    assert "sponsors.example" not in told


def test_rebuilt_read_models_are_as_they_were(scheduling: Scheduling):
    from shared.projection.rebuild import rebuild_own

    service = scheduling.service
    paths = ("/cohorts", "/sessions?limit=200", "/rhythm")
    before = [scheduling.operator.get(path).json for path in paths]
    rebuild_own(service.database, service.store, service.own, present=service.types.present)
    assert [scheduling.operator.get(path).json for path in paths] == before
