"""Every template, with real and with hostile data."""

import email
import email.policy
import html
import re
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from icalendar import Calendar

from services.notifications import facts, rendering
from services.notifications.contact_book import Contact
from services.notifications.domain.rules import MUST_BE_TOLD, REMINDER, REQUEST, RULES, SIGN_IN
from services.notifications.links import Links
from services.notifications.mail import envelope, letter_of
from services.notifications.rendering import Part, Reader, Rendered, Renderer
from shared.clock import parse_rfc3339
from shared.contracts import schemas
from shared.settings import load_settings
from shared.web.signer import SignedLink, verify
from tests.notifications import ADA, NOW, person
from tests.registry import settings_of

ADA_CONTACT = Contact("Ada Lovelace", "ada@people.example", 1)
HOSTILE = (
    "Eve\r\nBcc: all@people.example\r\n\r\n"
    "<script>alert(1)</script>{{ 7 * 7 }}{% raise %}\x00\u202e"
)
SAMPLED = [*RULES, REMINDER]


@pytest.fixture(scope="module")
def renderer(tmp_path_factory: pytest.TempPathFactory) -> Renderer:
    environ = settings_of(tmp_path_factory.mktemp("r"), PUBLIC_URL="https://hedgerow.example")
    return Renderer(Links(load_settings(environ)), "Hedgerow <hedgerow@hedgerow.example>")


def content(rule: Any, spoil: Any = lambda value: value) -> dict[str, Any]:
    """The announcement that the golden sample of the rule's event brings."""
    name = rule.event or "scheduling.session.scheduled"
    data = spoil(schemas.sample(name, 1))
    stream = {"community": "com_1", "session": "ses_1", "application": "app_1"}.get(
        name.split(".")[1], "att_1"
    )
    community = {"id": "com_1", "name": "Falls", "domain": "Feet", "region": "wessex"}
    told = {
        "communities": [spoil(community)],
        "networks": [spoil("Wessex HIN")],
        **facts._of_registry(data, {}),
        **facts.of_session(stream, data),
        **facts._of_application(stream, data),
        **facts.of_link(name, data, {}),
    }
    return {
        "event": uuid.uuid4().hex,
        "at": "2026-12-01T09:00:00.000000Z",
        "rule": rule.message,
        "category": rule.category,
        "community": "com_1",
        "facts": told,
    }


def spoilt(value: Any) -> Any:
    """All free text replaced by what an attacker would write; ids, dates and words are ours."""
    if isinstance(value, dict):
        return {k: spoilt(v) if k not in ("when", "before") else v for k, v in value.items()}
    if isinstance(value, list):
        return [spoilt(v) for v in value]
    free = isinstance(value, str) and (" " in value or value in ("Falls", "Feet"))
    return HOSTILE if free and not re.match(r"\d{4}-", value) else value


def render(
    renderer: Renderer,
    *contents: dict[str, Any],
    reader: Contact = ADA_CONTACT,
    now: datetime = NOW,
    joins: Mapping[str, str] | None = None,
) -> Rendered:
    parts = [Part(each) for each in contents]
    names = {person(n): reader for n in range(9)}
    kind = "digest" if len(parts) > 1 else "message"
    return renderer.render(kind, parts, Reader(ADA, reader, {}, now, joins or {}), names, NOW)


@pytest.mark.parametrize("rule", SAMPLED, ids=lambda rule: rule.message)
def test_a_template_says_all_that_a_reader_needs(renderer: Renderer, rule: Any):
    said = render(renderer, content(rule))
    unnamed = rule.category in (REQUEST, SIGN_IN)
    greeting = "Hello,\n" if unnamed else "Hello Ada Lovelace,\n"
    assert said.text.startswith(greeting)
    assert "sent you this\nbecause " in said.text
    preferences = "https://hedgerow.example/notifications/preferences/" in said.text
    assert preferences is (rule.category != SIGN_IN)  # who has no account yet has none
    assert said.subject
    assert said.subject == " ".join(said.subject.split())
    for left_over in (">None<", " None", "{{", "{%", "}}", "Undefined"):
        assert left_over not in said.text + said.subject + said.html
    assert "\n\n\n" not in said.text
    words = set(
        re.findall(
            r"[A-Za-z]{4,}", re.sub(r"<head>.*?</head>|<[^>]*>|&[^;]*;", " ", said.html, flags=re.S)
        )
    )
    assert words - set(re.findall(r"[A-Za-z]{4,}", said.text)) <= {"Online"}
    if "session" in content(rule)["facts"]:
        assert "2027" in said.text
        assert "Europe/London" in said.text


SECRET = load_settings(settings_of(Path("/nowhere"))).secret


def asked(message: str) -> dict[str, Any]:
    return content(next(rule for rule in SAMPLED if rule.message == message))


def link_in(said: str, purpose: str) -> SignedLink:
    """The one page of this purpose that a message leads to, as scheduling verifies it."""
    found = set(re.findall(rf"https://hedgerow.example/scheduling/{purpose}/([\w.-]+)", said))
    assert len(found) == 1, found
    return verify(SECRET, purpose, found.pop(), NOW)


@pytest.mark.parametrize("purpose", ["preferences", "unsubscribe", "reply"])
@pytest.mark.parametrize("count", [1, 2])
def test_links_in_messages_are_of_the_reader_s_renewals(
    renderer: Renderer, purpose: str, count: int
):
    parts = [Part(asked("session-planned"))] * count
    reader = Reader(ADA, ADA_CONTACT, {purpose: 2}, NOW)
    said = renderer.render("digest" if count > 1 else "message", parts, reader, {}, NOW).text
    for kind, service in (
        *(("preferences", "notifications"), ("unsubscribe", "notifications")),
        ("reply", "scheduling"),
    ):
        found = re.findall(rf"https://hedgerow.example/{service}/{kind}/([\w.-]+)", said)
        assert found
        for signed in found:
            link = verify(SECRET, kind, signed, NOW)
            assert link.generation == (3 if kind == purpose else 1)
            assert link.expires is not None


@pytest.mark.parametrize(
    "message",
    ["decision-offer", "decision-waiting-list", "place-offered", "sponsor-refused"],
)
def test_who_applied_answers_by_a_link_in_the_message(renderer: Renderer, message: str):
    said = render(renderer, asked(message))
    for form in (said.text, said.html):
        link = link_in(form, "application")
        assert (link.subject, link.generation) == ("app_1", 1)
        assert link.expires is not None


def test_the_link_of_an_offer_works_until_some_time_after_its_last_day(renderer: Renderer):
    link = link_in(render(renderer, asked("place-offered")).text, "application")
    assert link.expires == datetime(2027, 1, 19, 23, 59, 59, tzinfo=UTC)


@pytest.mark.parametrize(
    "message",
    [
        *("session-planned", "session-rescheduled", "session-reinstated", "session-changed"),
        *("session-place", "session-role", "session-reminder"),
    ],
)
def test_who_is_asked_to_a_session_replies_by_a_link_in_the_message(
    renderer: Renderer, message: str
):
    told = asked(message)
    said = render(renderer, told)
    for form in (said.text, said.html):
        link = link_in(form, "reply")
        assert link.subject == f"{told['facts']['session']['id']} {ADA}"
        assert link.generation == 1
        assert link.expires is not None
        assert link.expires > parse_rfc3339(told["facts"]["ends"])


def test_a_reminder_says_how_far_off_it_is_when_it_is_sent(renderer: Renderer):
    told = asked("session-reminder")
    for now, subject, words in [
        (
            datetime(2027, 3, 18, 9, tzinfo=UTC),
            "In a week: ",
            "is on Thursday 25 March, in a week.",
        ),
        (
            datetime(2027, 3, 22, 9, tzinfo=UTC),
            "In 3 days: ",
            "is on Thursday 25 March, in 3 days.",
        ),
        (datetime(2027, 3, 24, 9, tzinfo=UTC), "Tomorrow: ", "is tomorrow."),
    ]:
        said = render(renderer, told, now=now)
        assert said.subject.startswith(subject)
        assert words in said.text
        assert words in said.html
        assert words in render(renderer, told, asked("session-planned"), now=now).text


ADDRESS = "https://meet.example/j/1?pwd=a&b"
ONLINE_ONES = ["session-planned", "session-rescheduled", "session-reinstated", "session-reminder"]


def online(message: str, modality: str = "online") -> dict[str, Any]:
    told = asked(message)
    told["facts"]["session"] |= {"modality": modality}
    return told


@pytest.mark.parametrize("modality", ["online", "hybrid"])
@pytest.mark.parametrize("message", ONLINE_ONES)
def test_who_comes_reads_where_to_join_in_the_message_and_its_calendar(
    renderer: Renderer, message: str, modality: str
):
    said = render(renderer, online(message, modality), joins={"ses_1": ADDRESS})
    assert f"\nJoin: {ADDRESS}\n" in said.text
    assert said.html.count(f'<a href="{html.escape(ADDRESS)}">') == 1
    assert "find the address" not in said.text + said.html
    if said.calendar:
        (event,) = Calendar.from_ical(said.calendar.text).walk("VEVENT")
        assert ADDRESS in event["DESCRIPTION"]
    told = render(
        renderer, online(message, modality), asked("decision-offer"), joins={"ses_1": ADDRESS}
    )
    assert f"Join: {ADDRESS}\n" in told.text


@pytest.mark.parametrize("message", ONLINE_ONES)
def test_without_the_address_the_message_says_where_it_is(renderer: Renderer, message: str):
    told = online(message)
    assert ADDRESS in render(renderer, told, joins={"ses_1": ADDRESS}).text
    said = render(renderer, told)  # the next reader, who does not come
    assert "meet.example" not in said.text + said.html
    for form in (said.text, said.html):
        assert "find the address to join by on the page below" in form
        link_in(form, "reply")


def test_a_digest_holds_the_same_links(renderer: Renderer):
    said = render(renderer, asked("decision-offer"), asked("session-planned"))
    for form in (said.text, said.html):
        assert link_in(form, "application").subject == "app_1"
        assert link_in(form, "reply").subject == f"ses_1 {ADA}"


def test_an_offer_that_lapses_with_its_cohort_names_no_day_and_no_next_person(renderer: Renderer):
    lapsed, finished = asked("offer-lapsed"), asked("offer-lapsed")
    lapsed["facts"]["finished"], finished["facts"]["finished"] = None, True
    assert "goes to the next person" in render(renderer, lapsed).text
    said = render(renderer, finished)
    for form in (said.text, said.html):
        assert "has finished, so the offer of a place in it has lapsed" in form
        assert "next person" not in form
        assert "open until" not in form


def test_who_waits_is_told_that_a_place_must_be_accepted(renderer: Renderer):
    said = " ".join(render(renderer, asked("decision-waiting-list")).text.split())
    assert "it is offered to you" in said
    assert "names the day by which you must accept it" in said


@pytest.mark.parametrize("rule", SAMPLED, ids=lambda rule: rule.message)
def test_what_must_be_told_cannot_be_stopped_and_all_else_with_one_click(
    renderer: Renderer, rule: Any
):
    said = render(renderer, content(rule))
    must = rule.category in MUST_BE_TOLD
    assert ("unsubscribe" in said.text) is not must
    if must:
        assert said.headers == {}
    else:
        assert said.headers["List-Unsubscribe"].startswith("<https://hedgerow.example/")
        assert said.headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


@pytest.mark.parametrize("rule", SAMPLED, ids=lambda rule: rule.message)
def test_hostile_data_stay_data(renderer: Renderer, rule: Any):
    reader = Contact(HOSTILE, "ada@people.example", 1)
    said = render(renderer, content(rule, spoilt), reader=reader)
    assert "<script" not in said.html
    assert "49" not in re.sub(r"https?://\S+", "", said.text)
    sent = parsed(reader, said)
    assert sent["Bcc"] is None
    assert len(sent.get_all("To")) == len(sent.get_all("Subject")) == 1
    assert "\n" not in sent["Subject"]


def parsed(reader: Contact, said: Rendered) -> Any:
    own = "Hedgerow <hedgerow@hedgerow.example>"
    wire = envelope(own, reader.name, reader.email or "", "let_" + "0" * 20, said)
    return email.message_from_bytes(wire.message, policy=email.policy.default)


def test_a_letter_is_text_and_html_with_headers_of_its_own(renderer: Renderer):
    said = render(renderer, content(RULES[0]))
    reader = Contact("Zoë Ångström", "zoë@bücher.example", 1)
    sent = parsed(reader, said)
    assert sent["Message-ID"] == f"<let_{'0' * 20}@hedgerow.example>"
    assert str(sent["To"]).startswith("Zoë Ångström <zo")
    assert sent["Auto-Submitted"] == "auto-generated"
    body = {
        part.get_content_type(): part.get_content()
        for part in sent.walk()
        if not part.is_multipart()
    }
    assert list(body) == ["text/plain", "text/html"]
    assert body["text/plain"].replace("\r\n", "\n").strip() == said.text.strip()
    assert all(len(line) <= 998 for line in sent.as_bytes().splitlines())


def test_the_envelopes_sender_carries_the_letter(renderer: Renderer):
    said = render(renderer, content(RULES[0]))
    letter = "let_" + "1" * 20
    sender = envelope("H <h@x.example>", "Ada", "ada@y.example", letter, said).sender
    assert sender == f"h+{letter}@x.example"
    assert letter_of(sender) == letter
    assert letter_of("h@x.example") is None


@pytest.mark.parametrize(
    ("message", "method"), [("session-rescheduled", "REQUEST"), ("session-cancelled", "CANCEL")]
)
def test_a_calendar_is_changed_by_the_message(renderer: Renderer, message: str, method: str):
    rule = next(rule for rule in RULES if rule.message == message)
    said = render(renderer, content(rule))
    (part,) = [
        p for p in parsed(ADA_CONTACT, said).walk() if p.get_content_type() == "text/calendar"
    ]
    assert part.get_param("method") == method
    calendar = Calendar.from_ical(part.get_content())
    assert calendar["METHOD"] == method
    (event,) = calendar.walk("VEVENT")
    assert event["SEQUENCE"] == content(rule)["facts"]["sequence"]
    assert event["ORGANIZER"] == "mailto:hedgerow@hedgerow.example"
    assert event["ATTENDEE"] == "mailto:ada@people.example"
    assert event.start == datetime(2027, 3, 25, 10, tzinfo=UTC)
    assert all(len(line.encode()) <= 75 for line in said.calendar.text.split("\r\n"))


def test_a_calendar_cannot_be_broken_into(renderer: Renderer):
    rule = next(rule for rule in RULES if rule.message == "session-rescheduled")
    reader = Contact('Eve"\r\nX-EVIL:1', "eve@people.example", 1)
    said = render(renderer, content(rule, spoilt), reader=reader)
    (event,) = Calendar.from_ical(said.calendar.text).walk("VEVENT")
    assert "X-EVIL" not in event
    assert "BCC" not in event


def test_a_digest_groups_by_community_and_stops_each_kind(renderer: Renderer):
    other = content(RULES[1])
    other["facts"]["communities"][0]["name"] = "Frailty & <b>care</b>"
    said = render(renderer, content(RULES[0]), other, content(RULES[3]))
    assert said.text.index("Falls\n=====") < said.text.index("Frailty & <b>care</b>\n")
    assert html.escape("Frailty & <b>care</b>") in said.html
    assert said.html.count("Stop messages of this kind") == 4
    assert said.subject.startswith("3 things from your communities")


def test_a_very_long_name_is_shortened(renderer: Renderer):
    endless = "A" * 1_000_000
    reader = Contact(endless[:200], "ada@people.example", 1)
    said = render(
        renderer, content(RULES[0], lambda v: v if v != "Wessex HIN" else endless), reader=reader
    )
    assert len(said.text) < 10_000
    assert len(parsed(reader, said).as_bytes()) < 40_000


TYPED = Contact("Your NHS login expires: visit", "victim@example.net", 1, named_by_others=True)


@pytest.mark.parametrize("rule", SAMPLED, ids=lambda rule: rule.message)
def test_nobody_is_greeted_by_what_somebody_else_typed(renderer: Renderer, rule: Any):
    told = dict.fromkeys(rendering.people_in([Part(content(rule))]), ADA_CONTACT)
    for parts in ([Part(content(rule))], [Part(content(rule))] * 2):
        reader = Reader(ADA, TYPED, {}, NOW, {})
        kind = "digest" if len(parts) > 1 else "message"
        said = renderer.render(kind, parts, reader, told, NOW)
        calendar = said.calendar.text if said.calendar else ""
        assert "NHS login" not in said.text + said.html + said.subject + calendar
        assert said.text.startswith("Hello,\n")
    wire = envelope("h@h.example", TYPED.own_name, TYPED.email or "", "let_" + "0" * 20, said)
    sent = email.message_from_bytes(wire.message, policy=email.policy.default)
    assert str(sent["To"]) == "victim@example.net"


@pytest.mark.parametrize("message", ["sponsor-asked", "guest-invited"])
def test_who_is_asked_by_name_reads_of_which_programme_and_can_stop_it(
    renderer: Renderer, message: str
):
    said = render(renderer, asked(message))
    assert "Leadership Development Programme" in said.text
    assert "Leadership Development Programme" in said.html
    assert "unsubscribe" in said.text
    assert said.text.startswith("Hello,\n")


def test_a_name_taken_before_that_holds_an_address_is_not_mailed_to_others(renderer: Renderer):
    names = {
        person: Contact("Visit nhs-login.example", None, 1)
        for person in rendering.people_in([Part(asked("sponsor-asked"))])
    }
    reader = Reader(ADA, ADA_CONTACT, {}, NOW, {})
    said = renderer.render("message", [Part(asked("sponsor-asked"))], reader, names, NOW)
    assert "nhs-login" not in said.text + said.html + said.subject
