"""A convener's page about a link: reading it changes nothing, its buttons do."""

import html
import re
from datetime import datetime, timedelta

import pytest

from services.discovery.api.link_page import PURPOSE
from services.notifications.links import Links
from shared.identifiers import derived_id
from shared.web.signer import sign
from tests.discovery import Discovery

MESSAGE = "We met <your convener> at the conference."


@pytest.fixture
def asked(discoverer: Discovery) -> tuple[str, str, str]:
    """A proposal, and the pages of a convener of each side: the one that asks, the one asked."""
    one, other = discoverer.community("Falls"), discoverer.community("Frailty")
    link = discoverer.proposal(one, other, purpose="Share tools", message=MESSAGE)
    pages = [page_of(discoverer, link, discoverer.convener(c, c)) for c in (one, other)]
    return link, pages[0], pages[1]


def page_of(discovery: Discovery, link: str, person: str) -> str:
    url = discovery.operator.get(f"/links/{link}/page/{person}").json["url"]
    return "/link/" + url.rpartition("/")[2]


def read(discovery: Discovery, page: str, status: int = 200) -> str:
    answer = discovery.anyone.get(page)
    assert (answer.status_code, answer.content_type) == (status, "text/html; charset=utf-8")
    assert answer.headers["Cache-Control"] == "no-store"
    return html.unescape(answer.text)


def press(discovery: Discovery, page: str, answer: str, **fields: str) -> str:
    return discovery.anyone.ask("POST", page, data={"answer": answer} | fields).text


def state(discovery: Discovery, link: str) -> str:
    return str(discovery.operator.get(f"/links/{link}").json["state"])


def test_the_one_asked_reads_who_asks_for_what_and_accepts(
    discoverer: Discovery, asked: tuple[str, str, str]
):
    link, _, page = asked
    text = read(discoverer, page)
    assert "Will you link Frailty with Falls?" in text
    assert "Share tools" in text
    assert MESSAGE in text
    assert "&lt;your convener&gt;" in discoverer.anyone.get(page).text
    assert state(discoverer, link) == "proposed"
    assert "The two communities are linked." in press(discoverer, page, "accept")
    assert state(discoverer, link) == "accepted"


def test_what_a_page_does_is_kept_as_done_by_a_link(
    discoverer: Discovery, asked: tuple[str, str, str]
):
    link, _, page = asked
    press(discoverer, page, "accept")
    service = discoverer.service
    with service.database.read() as connection:
        events = service.store.load(connection, link)
    assert [(event.type.rpartition(".")[2], event.via) for event in events][-1] == (
        "accepted",
        "link",
    )


def test_a_refusal_is_told_with_its_reason_to_the_other_side_alone(
    discoverer: Discovery, asked: tuple[str, str, str]
):
    link, own, page = asked
    press(discoverer, page, "refuse", reason="Not this year")
    assert state(discoverer, link) == "refused"
    assert "Not this year" in read(discoverer, own)
    assert "Not this year" not in str(discoverer.told())


def test_the_one_that_asks_takes_it_back_but_cannot_accept_it_itself(
    discoverer: Discovery, asked: tuple[str, str, str]
):
    link, own, _ = asked
    assert "Take the proposal back" in read(discoverer, own)
    assert "cannot accept it" in press(discoverer, own, "accept")
    assert state(discoverer, link) == "proposed"
    assert "taken back" in press(discoverer, own, "withdraw")
    assert state(discoverer, link) == "ended"


def test_either_side_ends_a_link_and_may_say_what_value_it_made(
    discoverer: Discovery, asked: tuple[str, str, str]
):
    link, own, page = asked
    press(discoverer, page, "accept")
    assert "End the link" in read(discoverer, own)
    press(discoverer, own, "end", outcome="reframing")
    shown = discoverer.operator.get(f"/links/{link}").json
    assert (shown["state"], shown["outcome"]) == ("ended", "reframing")
    assert "Nothing more is asked of you" in read(discoverer, page)


def test_a_button_that_is_none_changes_nothing(discoverer: Discovery, asked: tuple[str, str, str]):
    link, _, page = asked
    assert "Choose one of the buttons" in press(discoverer, page, "explode")
    assert state(discoverer, link) == "proposed"


def test_a_page_is_for_those_who_convene_and_opens_no_longer_when_they_do_not(
    discoverer: Discovery,
):
    one, other = discoverer.community("Falls"), discoverer.community("Frailty")
    link = discoverer.proposal(one, other)
    person, stranger = (
        discoverer.convener(other),
        discoverer.convener(discoverer.community("C"), "S"),
    )
    page = page_of(discoverer, link, person)
    assert discoverer.operator.get(f"/links/{link}/page/{stranger}").status_code == 409
    secret = discoverer.service.settings.secret
    forged = sign(secret, PURPOSE, f"{link} {stranger}", 1, None)
    read(discoverer, f"/link/{forged}", 410)
    read(discoverer, page[:-3] + "abc", 404)
    late = sign(
        *(secret, PURPOSE, f"{link} {person}", 1),
        discoverer.service.clock.now() - timedelta(seconds=1),
    )
    assert "expired" in read(discoverer, f"/link/{late}", 410)
    discoverer.hears("registry.person.erased", person)
    assert "no longer works" in read(discoverer, page, 410)


def test_the_address_in_a_message_is_that_of_the_page(
    discoverer: Discovery, asked: tuple[str, str, str]
):
    link, _, _ = asked
    found = discoverer.operator.get(f"/links/{link}").json
    lapses = datetime.fromisoformat(found["lapses_at"])
    person = derived_id("per", found["to"])
    in_letter = Links(discoverer.service.settings).signed(
        "discovery", PURPOSE, f"{link} {person}", 1, lapses
    )
    page = in_letter.removeprefix(discoverer.service.settings.urls["discovery"])
    assert "Will you link" in read(discoverer, page)


def test_every_field_has_a_label_and_the_page_a_heading_and_a_language(
    discoverer: Discovery, asked: tuple[str, str, str]
):
    for page in asked[1:]:
        text = read(discoverer, page)
        for field in re.findall(r'<(?:textarea|select|input)[^>]* id="([^"]+)"', text):
            assert f'<label for="{field}">' in text
        assert '<html lang="en-GB">' in text
        assert len(re.findall("<h1>", text)) == 1
        assert len(set(re.findall(r' id="([^"]+)"', text))) == len(re.findall(r' id="', text))
