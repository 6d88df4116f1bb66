"""Signed links end with their owner, or when the owner renews them: every kind, everywhere."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from services.notifications import renewing
from services.notifications.links import Links, Stop
from services.scheduling import registry_client
from shared.identifiers import derived_id
from shared.link_renewals import PURPOSES
from shared.web.signer import sign, verify
from tests.discovery import Discovery
from tests.notifications import ADA, BEA, Notifications, open_notifications
from tests.registry import Registry
from tests.scheduling import Scheduling, brochure

ERASED, RENEWED = "registry.person.erased", "registry.person.links-renewed"


@pytest.fixture(autouse=True)
def _registry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        registry_client, "add_person", lambda _s, person, *_: derived_id("per", person["email"])
    )
    monkeypatch.setattr(registry_client, "names", lambda _s, ids: dict.fromkeys(ids, "Jane Doe"))


@pytest.fixture
def notifications(tmp_path: Path) -> Iterator[Notifications]:
    with open_notifications(f"sqlite:///{tmp_path / 'n.db'}", tmp_path) as found:
        yield found


def local(url: str) -> str:
    return "/" + url.split("/", 3)[3]


class Season:
    """A cohort with an application, a sponsor and a meeting, and links of each kind about it."""

    def __init__(self, known: Scheduling) -> None:
        self.known, self.operator = known, known.operator
        self.applicant, self.sponsor = known.person("Ada"), derived_id("per", "lin@t.example")
        known.hears("registry.person.registered", self.sponsor)
        cohort = known.cohort(sessions=brochure())["id"]
        self.operator.done(f"/cohorts/{cohort}/opening")
        self.community = known.community()
        self.application = self.operator.made(
            f"/cohorts/{cohort}/applications",
            person=self.applicant,
            community=self.community,
            eligibility="q-member",
            sponsor={"name": "Lin", "email": "lin@t.example"},
        )["id"]
        self.operator.done(f"/applications/{self.application}/submission")
        self.session = known.meeting(self.community)["id"]

    def link(self, purpose: str) -> str:
        """A new link of this kind."""
        if purpose == "sponsor":
            at = f"/applications/{self.application}/sponsor-link"
            return local(self.operator.get(at).json["url"])
        at = {
            "application": f"/applications/{self.application}/link",
            "reply": f"/sessions/{self.session}/replies/{self.applicant}/link",
            "calendar": f"/people/{self.applicant}/calendar-link",
        }[purpose]
        if purpose == "calendar" and (found := self.operator.get(at)).status_code == 200:
            return local(found.json["url"])
        return local(self.operator.made(at)["url"])

    def owner(self, purpose: str) -> str:
        return self.sponsor if purpose == "sponsor" else self.applicant


FORMS = {
    "application": {"step": "withdrawal"},
    "sponsor": {"answer": "confirm"},
    "reply": {"reply": "yes"},
}
KINDS = (*FORMS, "calendar")


@pytest.mark.parametrize("purpose", KINDS)
def test_scheduling_s_links_end_with_an_erasure_and_do_nothing(
    scheduling: Scheduling, purpose: str
):
    season = Season(scheduling)
    link = season.link(purpose)
    assert scheduling.anyone.get(link).status_code == 200
    scheduling.hears(ERASED, season.owner(purpose))
    before = len(scheduling.operator.events())
    assert scheduling.anyone.get(link).status_code == 410
    if purpose in FORMS:
        done = scheduling.anyone.ask("POST", link, data=FORMS[purpose])
        assert done.status_code == 410
    assert len(scheduling.operator.events()) == before


def test_a_sponsor_s_link_ends_with_the_applicant_too(scheduling: Scheduling):
    season = Season(scheduling)
    link = season.link("sponsor")
    scheduling.hears(ERASED, season.applicant)
    assert scheduling.anyone.ask("POST", link, data=FORMS["sponsor"]).status_code == 410


@pytest.mark.parametrize("purpose", KINDS)
def test_scheduling_s_links_are_renewed_by_their_owner(scheduling: Scheduling, purpose: str):
    season = Season(scheduling)
    links = {kind: season.link(kind) for kind in KINDS}
    scheduling.hears(RENEWED, season.owner(purpose), purpose=purpose, renewals=1)
    for kind, link in links.items():
        ended = 404 if kind == "calendar" else 410  # a calendar that was made again is not there
        expected = ended if kind == purpose else 200
        assert scheduling.anyone.get(link).status_code == expected, kind
    if purpose in FORMS:
        before = len(scheduling.operator.events())
        assert scheduling.anyone.ask("POST", links[purpose], data=FORMS[purpose]).status_code == 410
        assert len(scheduling.operator.events()) == before
    assert scheduling.anyone.get(season.link(purpose)).status_code == 200
    scheduling.hears(RENEWED, season.owner(purpose), purpose=purpose, renewals=2)
    assert scheduling.anyone.get(season.link(purpose)).status_code == 200


def test_an_event_that_comes_late_takes_no_renewal_back(scheduling: Scheduling):
    season = Season(scheduling)
    scheduling.hears(RENEWED, season.applicant, purpose="reply", renewals=3)
    scheduling.hears(RENEWED, season.applicant, purpose="reply", renewals=2)
    secret = scheduling.service.settings.secret
    subject = f"{season.session} {season.applicant}"
    for number, status in ((3, 410), (4, 200), (5, 200)):  # one may be ahead of what came here
        signed = sign(secret, "reply", subject, number, None)
        assert scheduling.anyone.get(f"/reply/{signed}").status_code == status


@pytest.mark.parametrize("purpose", KINDS)
def test_each_link_of_scheduling_expires(scheduling: Scheduling, purpose: str):
    link = Season(scheduling).link(purpose).rpartition("/")[2].removesuffix(".ics")
    now = scheduling.service.clock.now()
    expires = verify(scheduling.service.settings.secret, purpose, link, now).expires
    assert expires is not None
    assert expires > now + timedelta(days=30)


def both_links(known: Notifications, person: str) -> list[str]:
    links = Links(known.service.settings)
    stop = Stop(person, "nearby", "")
    return [local(links.preferences(person, 1)), local(links.unsubscribe(stop, 1))]


def test_notifications_links_end_with_an_erasure_and_nothing_is_kept_again(
    notifications: Notifications,
):
    links = both_links(notifications, ADA)
    forms: list[dict[str, Any]] = [{"form": "preferences", "email": "weekly"}, {}]
    for link in links:
        assert notifications.anyone.get(link).status_code == 200
    notifications.tell(ERASED, stream=ADA)
    for link, form in zip(links, forms, strict=True):
        assert notifications.anyone.get(link).status_code == 410
        assert notifications.anyone.ask("POST", link, data=form).status_code == 410
    body = {"channels": {"email": "weekly"}}
    for method in ("GET", "PUT"):
        found = notifications.operator.ask(
            method, f"/people/{ADA}/preferences", json=body if method == "PUT" else None
        )
        assert found.status_code == 410, found.text
    refused = notifications.operator.ask("PUT", "/operators", json={"people": [BEA, ADA]})
    assert (refused.status_code, list(refused.json["errors"])) == (422, ["people"])
    assert notifications.rows("SELECT person FROM preferences") == []
    assert notifications.rows("SELECT person FROM contacts") == []
    for link in both_links(notifications, BEA):
        assert notifications.anyone.get(link).status_code == 200


@pytest.mark.parametrize("purpose", ["preferences", "unsubscribe"])
def test_notifications_links_are_renewed_by_their_owner(notifications: Notifications, purpose: str):
    links = both_links(notifications, ADA)
    notifications.tell(RENEWED, stream=ADA, purpose=purpose, renewals=1)
    for link in links:
        expected = 410 if link.startswith(f"/{purpose}/") else 200
        assert notifications.anyone.get(link).status_code == expected
        assert notifications.anyone.ask("POST", link, data={}).status_code in (410, 200, 422)
    kept = notifications.rows("SELECT count(*) FROM preferences WHERE content LIKE '%nearby%'")
    assert kept == [(0 if purpose == "unsubscribe" else 1,)]


def test_the_owner_stops_earlier_links_on_the_page(
    notifications: Notifications, monkeypatch: pytest.MonkeyPatch
):
    asked = list[str]()

    def stops(answers: bool) -> Callable[..., bool]:
        def stop(_settings: Any, person: str) -> bool:
            asked.append(person)
            return answers

        return stop

    page = both_links(notifications, ADA)[0]
    assert "Stop the links in earlier messages" in notifications.anyone.get(page).text
    for answers, status in ((False, 503), (True, 200)):
        monkeypatch.setattr("services.notifications.api.preferences.stop_links", stops(answers))
        done = notifications.anyone.ask("POST", page, data={"form": "stop-links"})
        assert done.status_code == status
        assert "/preferences/" not in done.text  # who holds the link gets no new one
    assert asked == [ADA, ADA]
    assert notifications.rows("SELECT * FROM preferences") == []
    assert "calendar" not in renewing._IN_MESSAGES


def test_discovery_s_link_page_ends_and_is_renewed(discoverer: Discovery):
    one, other = discoverer.community("Falls"), discoverer.community("Frailty")
    link = discoverer.proposal(one, other)
    person = discoverer.convener(other)

    def page() -> str:
        return local(discoverer.operator.get(f"/links/{link}/page/{person}").json["url"])

    first = page()
    assert discoverer.anyone.get(first).status_code == 200
    discoverer.hears(RENEWED, person, purpose="link", renewals=1)
    assert discoverer.anyone.get(first).status_code == 410
    assert discoverer.anyone.ask("POST", first, data={"answer": "accept"}).status_code == 410
    second = page()
    assert discoverer.anyone.get(second).status_code == 200
    discoverer.operator.done(f"/links/{link}/acceptance")
    third = page()
    signed, now = third.rpartition("/")[2], discoverer.service.clock.now()
    assert verify(discoverer.service.settings.secret, "link", signed, now).expires is not None
    discoverer.hears(ERASED, person)
    for gone in (second, third):
        assert discoverer.anyone.get(gone).status_code == 410
        assert discoverer.anyone.ask("POST", gone, data={"answer": "end"}).status_code == 410
    assert discoverer.operator.get(f"/links/{link}").json["state"] == "accepted"


def test_links_are_renewed_at_the_registry(each_registry: Registry):
    operator = each_registry.operator
    ada = operator.person("Jane Doe")
    at = f"/people/{ada}/links/renewal"
    assert each_registry.anyone.post(at, {}).status_code == 401
    first = operator.done(at, purposes=["reply", "reply", "link"])
    assert first == {"person": ada, "renewals": {"reply": 1, "link": 1}}
    everything = operator.post(at, {}).json["renewals"]
    assert everything == dict.fromkeys(PURPOSES, 1) | {"reply": 2, "link": 2}
    told = [e["data"] for e in operator.events() if e["type"] == RENEWED]
    assert told[:2] == [{"purpose": "reply", "renewals": 1}, {"purpose": "link", "renewals": 1}]
    for wrong in (["letters"], [], "reply"):
        answer = operator.post(at, {"purposes": wrong})
        assert (answer.status_code, "purposes" in str(answer.json["errors"])) == (422, True)
    assert operator.post(f"/people/{derived_id('per', 'x')}/links/renewal", {}).status_code == 404
    operator.ask("DELETE", f"/people/{ada}")
    assert operator.post(at, {}).status_code == 410
    assert len([e for e in operator.events() if e["type"] == RENEWED]) == 2 + len(PURPOSES)
