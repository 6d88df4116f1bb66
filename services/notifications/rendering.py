"""A letter as it will be read: subject, text, HTML, and a calendar's update where there is one.

Rendered when it is sent or looked at, from the announcement's facts, the names that the registry
gives for that moment, and links signed for the person.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from jinja2 import ChainableUndefined, Environment, FileSystemLoader, Template, select_autoescape
from markupsafe import escape

from services.notifications.answering import answer_link, asks_to_come, calendar_link
from services.notifications.calendars import CalendarUpdate, update_for
from services.notifications.contact_book import Contact
from services.notifications.domain.reminders import Words, said_ahead
from services.notifications.domain.rules import CATEGORIES, MUST_BE_TOLD, REMINDER, REQUEST, SIGN_IN
from services.notifications.domain.wall_clock import local_end, local_start
from services.notifications.links import (
    LINKS_WORK,
    PREFERENCES,
    UNSUBSCRIBE,
    Links,
    Stop,
)
from services.notifications.mentioning import mentions
from shared.clock import parse_rfc3339
from shared.foundation.embedded_addresses import holds_address, holds_host
from shared.link_renewals import NONE, Renewals, generation

DIGEST = "digest"
_FOLDER = Path(__file__).parent / "templates"
_SOMEBODY = Contact("somebody", None, 0)
_PEOPLE = ("person", "applicant", "invited_by")  # facts that hold a person's id


class Rendered(NamedTuple):
    """`headers` are those of the letter's own: how to stop it, what it answers."""

    subject: str
    text: str
    html: str
    at: datetime
    headers: Mapping[str, str]
    calendar: CalendarUpdate | None = None


class Part(NamedTuple):
    """One announcement to tell, or several that are told as one: see domain/collapsing.py."""

    content: Mapping[str, Any]


class Reader(NamedTuple):
    """Who reads it, how often they renewed their links, and the moment of which the words are.

    `joins` are the addresses to join by, of the sessions to which the reader comes, by session.
    """

    person: str
    contact: Contact
    renewals: Renewals
    now: datetime
    joins: Mapping[str, str] = MappingProxyType({})


def people_in(parts: Sequence[Part]) -> list[str]:
    """The people whose names the parts tell."""
    found: list[str] = []
    for part in parts:
        facts = part.content["facts"]
        found += [str(facts[name]) for name in _PEOPLE if facts.get(name)]
        found += facts.get("people", ())
    return found


class _Form(NamedTuple):
    """A message with places for its reader's name and links."""

    subject: str
    text: str
    html: str


# Places in a form: of characters that no text of ours or of others can hold.
_NAME = "\ue000name\ue001"
_LINKS = ("preferences", "unsubscribe", "answer", "join", "calendar", "signin", "code")
_PLACES = {link: f"\ue000{link}\ue001" for link in _LINKS}
_PLACE = re.compile("\ue000([a-z]+)\ue001")
_MOST_FORMS = 200
_LONGEST_NAME = 80


def _filled(form: str, name: str, links: Mapping[str, str]) -> str:
    values = {"name": name, **links}
    return _PLACE.sub(lambda place: values.get(place[1], ""), form)


class Renderer:
    def __init__(self, links: Links, mail_from: str) -> None:
        self._links, self._mail_from = links, mail_from
        self._forms: dict[tuple[Any, ...], _Form] = {}

    def render(
        self,
        kind: str,
        parts: Sequence[Part],
        reader: Reader,
        names: Mapping[str, Contact],
        at: datetime,
    ) -> Rendered:
        """`names` are the contacts of the people in the parts, as far as they are known."""
        if kind == DIGEST or len(parts) > 1:
            return self._digest(parts, reader, names, at)
        (part,) = parts
        content = part.content
        form = self._form(part, names, reader)
        stop = Stop(reader.person, content["category"], content.get("community") or "")
        links = {
            "preferences": self._preferences(reader),
            "unsubscribe": self._unsubscribe(stop, reader),
            **self._asked_of(part, reader),
        }
        escaped = {link: str(escape(to)) for link, to in links.items()}
        name = _greeted(reader.contact, content)
        return Rendered(
            subject=form.subject,
            text=_filled(form.text, name, links),
            html=_filled(form.html, str(escape(name)), escaped),
            at=at,
            headers=_stopping(links, must=content["category"] in MUST_BE_TOLD),
            calendar=update_for(
                content, reader.contact, self._mail_from, at, _join_of(content, reader)
            ),
        )

    def sample(self, part: Part, names: Mapping[str, Contact], now: datetime) -> tuple[str, str]:
        """Subject and text as somebody would get it, for others to see: to no name, with no link
        that acts for its reader."""
        nobody = Reader("", Contact(_NAME, None, 0), NONE, now)
        form = self._formed(part, names, nobody)
        places = {link: f"[a link of the reader's own: {link}]" for link in _LINKS}
        return form.subject, _filled(form.text, "", places)

    def _form(self, part: Part, names: Mapping[str, Contact], reader: Reader) -> "_Form":
        """The message without its reader: rendered once for all who get it so."""
        content = part.content
        told = tuple(names.get(person, _SOMEBODY).name for person in people_in([part]))
        by = reader.contact.sign_in
        so = (_ahead(content, reader.now), _join_of(content, reader) is None, by is None)
        facts = content["facts"]
        reason = facts.get("reason") or facts.get("text")
        key = (content["event"], content["rule"], content.get("story"), told, so, reason)
        if (form := self._forms.get(key)) is None:
            nobody = reader._replace(person="", contact=Contact(_NAME, None, 0, sign_in=by))
            form = self._formed(part, names, nobody)
            if len(self._forms) >= _MOST_FORMS:
                self._forms.clear()
            self._forms[key] = form
        return form

    def _formed(self, part: Part, names: Mapping[str, Contact], nobody: Reader) -> "_Form":
        context = self._context(part, nobody, names)
        context["links"] = {link: _PLACES[link] for link in context["links"]}
        rule = part.content["rule"]
        text, html = template(f"{rule}.txt"), template(f"{rule}.html")
        return _Form(
            _block(text, "subject", context),
            _tidy(text.render(context)),
            html.render(context),
        )

    def _digest(
        self,
        parts: Sequence[Part],
        reader: Reader,
        names: Mapping[str, Contact],
        at: datetime,
    ) -> Rendered:
        """All in one, grouped by community."""
        groups: dict[str, list[dict[str, Any]]] = {}
        for part in parts:
            context = self._context(part, reader, names)
            rule = part.content["rule"]
            groups.setdefault(_group(part), []).append(
                {
                    "subject": _block(template(f"{rule}.txt"), "subject", context),
                    "text": _block(template(f"{rule}.txt"), "body", context),
                    "html": _block(template(f"{rule}.html"), "body", context),
                    "mentions": context["mentions"],
                    "stop": context["links"]["unsubscribe"],
                }
            )
        context = self._frame(reader) | {"groups": groups, "count": len(parts)}
        context["name"] = _greeted(reader.contact, *(part.content for part in parts))
        everything = Stop(reader.person, "everything", "")
        context["links"]["unsubscribe"] = self._unsubscribe(everything, reader)
        text = template("digest.txt")
        return Rendered(
            subject=_block(text, "subject", context),
            text=_tidy(text.render(context)),
            html=template("digest.html").render(context),
            at=at,
            headers=_stopping(context["links"], must=False),
        )

    def _preferences(self, reader: Reader) -> str:
        number = generation(reader.renewals, PREFERENCES)
        return self._links.preferences(reader.person, number, reader.now + LINKS_WORK)

    def _unsubscribe(self, stop: Stop, reader: Reader) -> str:
        number = generation(reader.renewals, UNSUBSCRIBE)
        return self._links.unsubscribe(stop, number, reader.now + LINKS_WORK)

    def _frame(self, reader: Reader) -> dict[str, Any]:
        links = {"preferences": self._preferences(reader)}
        name = _greeted(reader.contact) if reader.person else _NAME
        return {"name": name, "links": links, "must": False}

    def _context(self, part: Part, reader: Reader, names: Mapping[str, Contact]) -> dict[str, Any]:
        facts, category = part.content["facts"], part.content["category"]
        context = dict(facts) | self._frame(reader)
        communities = facts.get("communities") or [{"name": "a community"}]
        stop = Stop(reader.person, category, part.content.get("community") or "")
        context |= {
            "community": communities[0],
            "reader": reader.person,
            "who": {n: _named(names.get(facts[n], _SOMEBODY)) for n in _PEOPLE if facts.get(n)},
            "people": [_named(names.get(each, _SOMEBODY)) for each in facts.get("people", ())],
            "category": CATEGORIES.get(category, category),
            "must": category in MUST_BE_TOLD,
            "ahead": _ahead(part.content, reader.now),
            "mentions": mentions(self._links, facts),
        }
        if message := facts.get("message"):
            context["answer_at"] = self._links.page("notifications", f"messages/{message}/answer")
        context["links"]["unsubscribe"] = self._unsubscribe(stop, reader)
        context["links"] |= self._asked_of(part, reader)
        return context

    def _asked_of(self, part: Part, reader: Reader) -> dict[str, str]:
        """Where the reader answers, and joins, by the words that templates use."""
        answer = answer_link(self._links, part.content, reader.person, reader.renewals)
        found = {
            "answer": answer,
            "join": _join_of(part.content, reader),
            "calendar": calendar_link(self._links, part.content, reader.renewals),
        }
        if by := reader.contact.sign_in:
            found |= {"signin": self._links.sign_in(by.signed), "code": by.code}
        return {word: to for word, to in found.items() if to}


def _greeted(contact: Contact, *contents: Mapping[str, Any]) -> str:
    """What follows "Hello": nothing in what somebody asks of them, who gave their name as well, or
    in what anybody may have sent to an address.
    """
    asked = any(content["category"] in (REQUEST, SIGN_IN) for content in contents)
    name = "" if asked else shortened(contact.own_name, _LONGEST_NAME)
    return f" {name}" if name else ""


def _named(contact: Contact) -> str:
    """The name of somebody else; names that were taken before may hold addresses to follow."""
    followed = holds_address(contact.name) or holds_host(contact.name)
    return _SOMEBODY.name if followed else contact.name


def _join_of(content: Mapping[str, Any], reader: Reader) -> str | None:
    """Where this reader joins what it tells of; None where they do not, or it is not known."""
    session = content["facts"].get("session")
    return reader.joins.get(session["id"]) if session and asks_to_come(content) else None


def _ahead(content: Mapping[str, Any], now: datetime) -> Words | None:
    """How far off it is what a reminder reminds of."""
    if content["rule"] != REMINDER.message:
        return None
    return said_ahead(content["facts"]["session"]["when"], now)


def _group(part: Part) -> str:
    communities = part.content["facts"].get("communities") or []
    return str(communities[0]["name"]) if communities else "The programme"


def _stopping(links: Mapping[str, str], *, must: bool) -> dict[str, str]:
    """RFC 8058: one click in the reader's mail program. Over http only to this machine itself."""
    address = links.get("unsubscribe", "")
    parts = urlsplit(address)
    loopback = parts.hostname in {"127.0.0.1", "localhost", "::1"}
    if must or not (parts.scheme == "https" or loopback):
        return {}
    return {
        "List-Unsubscribe": f"<{address}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    }


def _tidy(text: str) -> str:
    """Never more than one empty line: what a template left out leaves no hole."""
    return re.sub(r"\n\s*\n\s*\n+", "\n\n", text)


def _block(of: Template, name: str, context: Mapping[str, Any]) -> str:
    return _tidy("".join(of.blocks[name](of.new_context(dict(context)))).strip())


@cache
def template(name: str) -> Template:
    return environment().get_template(name)


@cache
def environment() -> Environment:
    found = Environment(
        loader=FileSystemLoader(_FOLDER),
        autoescape=select_autoescape(("html",)),
        undefined=ChainableUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    found.filters |= _FILTERS
    return found


def said_when(when: Mapping[str, Any]) -> str:
    """Friday 20 March 2026, 10:00 to 11:30 (Europe/London, GMT); or to 01:30 the next day."""
    start, end = local_start(when), local_end(when)
    name = start.tzname() or ""
    zone = when["zone"] if name.lstrip("+-").isdigit() else f"{when['zone']}, {name}"
    return f"{start:%A} {said_day(start.date())}, {start:%H:%M} to {said_end(start, end)} ({zone})"


def said_end(start: datetime, end: datetime) -> str:
    """When something ends, with the day where that is another one than it starts on."""
    if end.date() == start.date():
        return f"{end:%H:%M}"
    return "midnight" if f"{end:%H:%M}" == "00:00" else f"{end:%H:%M} the next day"


def said_day(day: date | str) -> str:
    """20 March 2026."""
    found = date.fromisoformat(day) if isinstance(day, str) else day
    return f"{found.day} {found:%B %Y}"


def said_moment(text: str, zone: str = "Europe/London") -> str:
    at = parse_rfc3339(text).astimezone(ZoneInfo(zone))
    return f"{said_day(at.date())}, {at:%H:%M} ({zone})"


def shortened(text: str, most: int = 400) -> str:
    """A text no longer than it can be read in a message, in one paragraph."""
    words = " ".join(_PLACE.sub("", str(text)[: most * 2]).split())
    return words if len(words) <= most else words[: most - 1].rsplit(" ", 1)[0] + "…"


def said_lines(text: str) -> list[str]:
    """What somebody wrote, line by line."""
    return _PLACE.sub("", text).splitlines()


def said_dated(session: Mapping[str, Any]) -> str:
    """Module 1: Planning and launching; or the title alone of what has no number."""
    number = session.get("number")
    return (
        f"{session['kind'].capitalize()} {number}: {session['title']}"
        if number
        else str(session["title"])
    )


_FILTERS: dict[str, Callable[..., str | list[str]]] = {
    "when": said_when,
    "dated": said_dated,
    "day": said_day,
    "moment": said_moment,
    "short": shortened,
    "lines": said_lines,
}
