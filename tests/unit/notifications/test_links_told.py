"""Links: who hears that one was proposed, answered, ended or handed on, and how they answer."""

import json
from typing import Any

import pytest

from services.notifications.contact_book import Contact
from services.notifications.domain.rules import DISCOVERY
from services.notifications.links import Links
from services.notifications.rendering import Part, Reader, Renderer
from shared.settings import load_settings
from shared.web.signer import verify
from tests.notifications import ADA, CLEO, FALLS, FRAILTY, NOW, Notifications
from tests.registry import settings_of

LINK = "lnk_3p5vn1pmx2mfke9hfntr"
OF = {"link": LINK, "communities": [FALLS, FRAILTY], "purpose": "Share tools"}
LAPSES = "2026-05-01T10:00:00Z"
MADE = {"remind": "2026-04-17T10:00:00Z", "lapses": LAPSES, "words": False}

# ADA convenes FALLS, which proposes; CLEO convenes FRAILTY.
TOLD: list[tuple[str, dict[str, Any], str, set[str]]] = [
    ("proposal.made", MADE, "link-proposed", {CLEO}),
    ("proposal.reminded", {"lapses": LAPSES}, "link-waits", {CLEO}),
    ("proposal.accepted", {}, "link-accepted", {ADA}),
    ("proposal.refused", {"words": True}, "link-refused", {ADA}),
    ("proposal.lapsed", {}, "link-lapsed", {ADA}),
    ("proposal.withdrawn", {"side": FALLS, "words": False}, "link-withdrawn", {CLEO}),
    ("proposal.withdrawn", {"side": FRAILTY, "ending": "faded"}, "link-withdrawn", {ADA}),
    ("link.ended", {"side": FRAILTY, "outcome": "applied"}, "link-ended", {ADA}),
    ("link.ended", {"side": FALLS, "ending": "faded", "into": []}, "link-ended", {CLEO}),
    ("link.ended", {}, "link-ended", {ADA, CLEO}),
    (
        "link.accepted",
        {"continues": "lnk_old", "predecessor": "com_gone", "heir": FRAILTY},
        "link-handed-on",
        {CLEO},
    ),
]


@pytest.fixture
def heard(notifications: Notifications) -> Notifications:
    notifications.landscape()
    return notifications


def tell(heard: Notifications, kind: str, **data: Any) -> None:
    stream = LINK if kind.startswith("link.") else LINK.replace("lnk", "prp")
    heard.hear(heard.event(f"discovery.{kind}", stream, **OF, **data), source="discovery")
    heard.react()


@pytest.mark.parametrize(("kind", "data", "rule", "people"), TOLD)
def test_the_side_that_it_was_done_to_is_told(
    heard: Notifications, kind: str, data: dict[str, Any], rule: str, people: set[str]
):
    tell(heard, kind, **data)
    assert {(row[0], row[1]) for row in heard.ledger()} == {(who, rule) for who in people}


def test_every_row_about_links_is_among_these():
    rows = {rule.message for rule in DISCOVERY if rule.message.startswith("link-")}
    assert rows == {rule for _, _, rule, _ in TOLD}


def test_a_link_that_is_agreed_is_told_by_its_proposal_alone(heard: Notifications):
    tell(heard, "link.accepted")
    assert heard.ledger() == []


def test_the_letter_names_both_as_its_reader_sees_them_and_holds_a_way_to_answer(
    heard: Notifications, tmp_path: Any
):
    tell(heard, "proposal.made", **MADE)
    ((facts,),) = heard.rows("SELECT content FROM announcements_1")
    settings = load_settings(settings_of(tmp_path, PUBLIC_URL="https://hedgerow.example"))
    content = json.loads(facts)
    reader = Contact("Cleo", "cleo@people.example", 1)
    letter = Renderer(Links(settings), "Hedgerow <h@hedgerow.example>").render(
        "message", [Part(content)], Reader(CLEO, reader, {}, NOW), {}, NOW
    )
    assert letter.subject == "Falls in care homes would like to link with Frailty"
    assert "What for: Share tools" in letter.text
    assert "lapses on 1 May 2026" in letter.text
    page = next(w for w in letter.text.split() if "/discovery/link/" in w)
    link = verify(settings.secret, "link", page.rpartition("/")[2], NOW)
    assert link.subject == f"{LINK} {CLEO}"
    assert link.expires is not None
    assert link.expires.isoformat() == "2026-05-01T10:00:00+00:00"
