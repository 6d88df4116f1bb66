"""Pages behind signed links: plain, accessible, and nothing changes by opening them."""

from datetime import timedelta
from html.parser import HTMLParser
from typing import Any

import pytest
from werkzeug.test import TestResponse

from services.scheduling import registry_client
from shared.identifiers import derived_id
from shared.web.signer import sign
from tests.scheduling import Scheduling, brochure


@pytest.fixture(autouse=True)
def _registry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        registry_client, "add_person", lambda _s, person, *_: derived_id("per", person["email"])
    )
    monkeypatch.setattr(
        registry_client, "names", lambda _s, ids: dict.fromkeys(ids, "Ada <b>Lovelace</b>")
    )


class Outline(HTMLParser):
    """What matters to those who do not see the page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.ids: list[str] = []
        self.labelled: list[str] = []
        self.fields: list[str] = []
        self.lang = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        held = {name: value or "" for name, value in attrs}
        self.tags.append(tag)
        self.lang = held.get("lang", self.lang)
        if "id" in held:
            self.ids.append(held["id"])
        if tag == "label":
            self.labelled.append(held["for"])
        if tag in ("input", "select", "textarea"):
            self.fields.append(held["id"])


def read(answer: TestResponse, status: int = 200) -> str:
    """The page's text, once it has been looked at for accessibility."""
    assert answer.status_code == status, answer.text
    assert answer.content_type == "text/html; charset=utf-8"
    assert answer.headers["Cache-Control"] == "no-store"
    page = Outline(answer.text)
    assert page.lang == "en-GB"
    assert page.tags.count("h1") == page.tags.count("main") == page.tags.count("title") == 1
    assert "script" not in page.tags
    assert len(page.ids) == len(set(page.ids))
    assert set(page.fields) <= set(page.labelled)
    return answer.text


def form(scheduling: Scheduling, path: str, **fields: str) -> TestResponse:
    return scheduling.anyone.ask("POST", path, data=fields)


def local(url: str) -> str:
    return url.removeprefix("http://localhost")


def submitted(scheduling: Scheduling) -> tuple[str, str]:
    """An application that waits for its sponsor, and the sponsor's link."""
    cohort = scheduling.cohort(sessions=brochure())["id"]
    scheduling.operator.done(f"/cohorts/{cohort}/opening")
    made = scheduling.operator.made(
        f"/cohorts/{cohort}/applications",
        person=scheduling.person(),
        community=scheduling.community(),
        eligibility="q-member",
        sponsor={"name": "Lin", "email": "lin@t.example"},
    )["id"]
    scheduling.operator.done(f"/applications/{made}/submission")
    url = scheduling.operator.get(f"/applications/{made}/sponsor-link").json["url"]
    return made, local(url)


def shown(scheduling: Scheduling, application: str) -> Any:
    return scheduling.operator.get(f"/applications/{application}").json


def test_the_sponsors_page_says_what_is_asked_and_opening_it_changes_nothing(
    scheduling: Scheduling,
):
    application, link = submitted(scheduling)
    before = len(scheduling.operator.events())
    text = read(scheduling.anyone.get(link))
    assert "10 days" in text
    assert "Friday 18 January 2019" in text
    assert "Ada &lt;b&gt;Lovelace" in text
    assert len(scheduling.operator.events()) == before
    assert shown(scheduling, application)["sponsor_reply"] is None


def test_confirming_twice_is_the_same_as_once(scheduling: Scheduling):
    application, link = submitted(scheduling)
    for _ in range(2):
        assert "Thank you" in read(form(scheduling, link, answer="confirm"))
    assert shown(scheduling, application)["state"] == "sponsor-confirmed"
    kinds = [e["type"] for e in scheduling.operator.events()]
    assert kinds.count("scheduling.application.sponsor-confirmed") == 1
    assert "You have confirmed" in read(scheduling.anyone.get(link))
    assert "already" in read(form(scheduling, link, answer="refuse"), 409)


def test_a_refusals_reason_is_kept_where_it_can_be_erased(scheduling: Scheduling):
    application, link = submitted(scheduling)
    read(form(scheduling, link, answer="refuse", reason="We are too few"))
    found = shown(scheduling, application)
    assert found["sponsor_reply"] == "refused"
    assert found["texts"]["sponsor_reason"] == "We are too few"
    assert "too few" not in scheduling.operator.get("/events?limit=1000").text
    assert "Your sponsor has refused" in found["missing"][0]
    held = scheduling.operator.get(f"/people/{found['person']}/holdings").json["holds"]
    assert held["applications"][0]["state"] == "submitted"
    scheduling.hears("registry.person.erased", found["sponsor"])
    assert "sponsor_reason" not in shown(scheduling, application)["texts"]


def test_the_links_of_an_erased_person_say_kindly_that_they_no_longer_work(
    scheduling: Scheduling,
):
    application, sponsors = submitted(scheduling)
    own = local(scheduling.operator.made(f"/applications/{application}/link")["url"])
    scheduling.hears("registry.person.erased", shown(scheduling, application)["person"])
    for link in (own, sponsors):
        assert "no longer works" in read(scheduling.anyone.get(link), 410)
        answer = form(scheduling, link, step="withdrawal", answer="confirm")
        assert "no longer works" in read(answer, 410)


def test_an_altered_expired_or_former_link_is_told_kindly(scheduling: Scheduling):
    application, link = submitted(scheduling)
    assert "does not work" in read(scheduling.anyone.get(link[:-3] + "abc"), 404)
    assert "does not work" in read(form(scheduling, link[:-3] + "abc", answer="confirm"), 404)
    secret, now = scheduling.service.settings.secret, scheduling.service.clock.now()
    expired = sign(secret, "sponsor", application, 1, now - timedelta(days=1))
    assert "has expired" in read(scheduling.anyone.get(f"/sponsor/{expired}"), 410)
    scheduling.operator.done(f"/applications/{application}/sponsor-request")
    assert "newer" in read(scheduling.anyone.get(link), 410)
    other = sign(secret, "application", application, 2, None)
    assert "does not work" in read(scheduling.anyone.get(f"/sponsor/{other}"), 404)


def test_an_answer_that_is_none_changes_nothing(scheduling: Scheduling):
    application, link = submitted(scheduling)
    read(form(scheduling, link, answer="perhaps"), 422)
    assert shown(scheduling, application)["sponsor_reply"] is None


def test_an_applicant_fills_in_and_answers_without_an_account(scheduling: Scheduling):
    cohort = scheduling.cohort()["id"]
    scheduling.operator.done(f"/cohorts/{cohort}/opening")
    ada = scheduling.person()
    application = scheduling.operator.made(f"/cohorts/{cohort}/applications", person=ada)["id"]
    link = local(scheduling.operator.made(f"/applications/{application}/link")["url"])
    assert "What is still needed" in read(scheduling.anyone.get(link))
    refused = form(scheduling, link, step="submission", plans_to_lead="yes")
    assert "sponsor" in read(refused, 422)
    said = {"plans_to_lead": "yes", "network_supported": "yes", "priority": "Three trusts"}
    sponsor = {"sponsor_name": "Lin", "sponsor_email": "lin"}
    again = read(form(scheduling, link, step="save", **said, **sponsor), 422)
    assert "email" in again
    assert "Three trusts" in again  # nothing that was written is lost
    assert 'value="lin"' in again
    sponsor["sponsor_email"] = "lin@t.example"
    assert "handed in" in read(form(scheduling, link, step="submission", **said, **sponsor))
    found = shown(scheduling, application)
    assert (found["state"], found["texts"]["priority"]) == ("submitted", "Three trusts")
    decision = {"decision": "offer"}
    scheduling.operator.ask("PUT", f"/applications/{application}/decision", json=decision)
    assert "not decided yet" in read(scheduling.anyone.get(link))
    scheduling.operator.done(f"/cohorts/{cohort}/release")
    assert "Accept the place" in read(scheduling.anyone.get(link))
    assert "yours" in read(form(scheduling, link, step="acceptance"))
    assert shown(scheduling, application)["state"] == "accepted"
    assert "withdrawn" in read(form(scheduling, link, step="withdrawal"))


def test_a_participant_replies_without_an_account(scheduling: Scheduling):
    session = scheduling.meeting(
        scheduling.community(), capacity=1, modality="hybrid", join_address="https://j.example"
    )["id"]
    ada, bo = scheduling.person(), scheduling.person("Bo")
    links = [
        local(scheduling.operator.made(f"/sessions/{session}/replies/{p}/link")["url"])
        for p in (ada, bo)
    ]
    assert "j.example" not in read(scheduling.anyone.get(links[0]))
    assert "j.example" in read(form(scheduling, links[0], reply="yes"))
    assert "number 1 on the waiting list" in read(form(scheduling, links[1], reply="yes"))
    read(form(scheduling, links[0], reply="no"))
    assert "You said yes." in read(scheduling.anyone.get(links[1]))
    scheduling.operator.done(f"/sessions/{session}/cancellation")
    assert "cancelled" in read(scheduling.anyone.get(links[1]))
    assert "cancelled" in read(form(scheduling, links[1], reply="no"), 409)


def test_a_guest_answers_by_one_link_and_counts(scheduling: Scheduling):
    cohort = scheduling.cohort(sessions=brochure())
    celebration = cohort["sessions"][-1]["id"]
    scheduling.operator.done(f"/cohorts/{cohort['id']}/opening")
    ada = scheduling.person()
    application = scheduling.operator.made(
        f"/cohorts/{cohort['id']}/applications",
        person=ada,
        community=scheduling.community(),
        eligibility="q-member",
        sponsor={"name": "Lin", "email": "lin@t.example"},
    )["id"]
    guests = f"/sessions/{celebration}/guests"
    guest = {"invited_by": ada, "name": "Gil", "email": "gil@g.example"}
    assert scheduling.operator.post(guests, guest).status_code == 422
    scheduling.operator.done(f"/applications/{application}/submission")
    decision = {"decision": "offer"}
    scheduling.operator.ask("PUT", f"/applications/{application}/decision", json=decision)
    scheduling.operator.done(f"/cohorts/{cohort['id']}/release")
    scheduling.operator.done(f"/applications/{application}/acceptance")
    scheduling.operator.changed(f"/sessions/{celebration}", guests_each=1, capacity=1)
    made = scheduling.operator.made(guests, **guest)["guest"]
    assert scheduling.operator.post(guests, guest | {"email": "h@g.example"}).status_code == 409
    scheduling.hears("registry.person.registered", made)
    at = f"/sessions/{celebration}/replies"
    link = local(scheduling.operator.made(f"{at}/{made}/link")["url"])
    assert link.startswith("/guest/")
    read(form(scheduling, link, reply="yes"))
    assert scheduling.operator.get(at).json["coming"] == 1
    assert scheduling.operator.get(at).json["items"][0]["guest_of"] == ada
    scheduling.hears("registry.person.erased", made)
    assert scheduling.operator.get(at).json["coming"] == 0
    assert "no longer works" in read(scheduling.anyone.get(link), 410)


def test_the_style_is_served_and_needs_nothing_from_elsewhere(scheduling: Scheduling):
    answer = scheduling.anyone.get("/pages/style.css")
    assert answer.content_type == "text/css; charset=utf-8"
    assert "url(" not in answer.text
    assert "@import" not in answer.text


def test_a_signed_link_is_in_no_log_line(scheduling: Scheduling, capsys: Any):
    _, link = submitted(scheduling)
    scheduling.anyone.get(link)
    told = capsys.readouterr()
    assert "GET /sponsor/<signed>" in told.out + told.err
    assert link not in told.out + told.err
