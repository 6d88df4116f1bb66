"""A letter read from the tables and rendered: for sending it, and for looking at it."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Any, NamedTuple

from services.notifications.answering import asks_to_come
from services.notifications.contact_book import Contact
from services.notifications.domain.collapsing import as_one
from services.notifications.domain.reminders import ONLINE
from services.notifications.joining import Joining, Joins
from services.notifications.letters import Letter
from services.notifications.messages import store as messages
from services.notifications.projections.deliveries import ANNOUNCEMENTS
from services.notifications.reasons import events_with_reasons, with_reason
from services.notifications.rendering import Part, Reader, Rendered, Renderer, people_in
from shared import link_renewals
from shared.clock import parse_rfc3339
from shared.connection import Connection
from shared.link_renewals import Renewals
from shared.projection.generations import OWN, active
from shared.projection.projection import load_rows

Parts = dict[str, list[Part]]


class Known(NamedTuple):
    """What letters are rendered from; what they tell by the letter's id, all else by person."""

    parts: Parts
    renewals: Mapping[str, Renewals]
    contacts: Mapping[str, Contact]
    joins: Joins
    reasons: Mapping[str, str] = MappingProxyType({})


def parts_of(connection: Connection, letters: Sequence[Letter]) -> Parts:
    """What each letter tells, by the letter's id."""
    wanted = {a for letter in letters for item in letter.items for a in item.story}
    rows = load_rows(connection, ANNOUNCEMENTS, active(connection, OWN), wanted)
    contents = {key: row["content"] for key, row in rows.items()}
    written = [facts["message"] for c in contents.values() if "message" in (facts := c["facts"])]
    texts = messages.texts_of(connection, written)
    return {
        letter.id: [
            Part(_with_text(as_one([contents[announcement] for announcement in item.story]), texts))
            for item in letter.items
        ]
        for letter in letters
    }


def _with_text(content: Mapping[str, Any], texts: Mapping[str, str]) -> Mapping[str, Any]:
    """What somebody wrote, as long as it is kept."""
    if "message" not in content["facts"]:
        return content
    text = texts.get(content["facts"]["message"])
    return {**content, "facts": {**content["facts"], "text": text}}


def renewals_of(connection: Connection, letters: Sequence[Letter]) -> Mapping[str, Renewals]:
    """How often the readers have renewed their links, of those who have."""
    return link_renewals.of_many(connection, list({letter.person for letter in letters}))


def everybody_in(letters: Sequence[Letter], parts: Parts) -> list[str]:
    """The readers, and the people whom their letters name."""
    named = [person for told in parts.values() for person in people_in(told)]
    return [*(letter.person for letter in letters), *named]


def joining_in(letters: Sequence[Letter], parts: Parts) -> list[Joining]:
    """Who would join what, of the sessions that letters tell of and that are held online."""
    return [
        Joining(part.content["facts"]["session"]["id"], letter.person)
        for letter in letters
        for part in parts[letter.id]
        if asks_to_come(part.content) and part.content["facts"]["session"].get("modality") in ONLINE
    ]


def reasoned_in(parts: Parts) -> list[str]:
    """The events that letters tell of and that have a reason."""
    return [
        event
        for told in parts.values()
        for part in told
        for event in events_with_reasons(part.content)
    ]


def rendered(renderer: Renderer, letter: Letter, known: Known, now: datetime) -> Rendered:
    """As it reads at this moment."""
    person = letter.person
    joins = {asked.session: to for asked, to in known.joins.items() if asked.person == person}
    renewals = known.renewals.get(person, link_renewals.NONE)
    reader = Reader(person, known.contacts[person], renewals, now, joins)
    at = parse_rfc3339(letter.at)
    parts = [Part(with_reason(part.content, known.reasons)) for part in known.parts[letter.id]]
    return renderer.render(letter.kind, parts, reader, known.contacts, at)
