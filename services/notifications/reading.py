"""A letter read from the tables and rendered: for sending it, and for looking at it."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from services.notifications import preferences
from services.notifications.contact_book import Contact
from services.notifications.domain.collapsing import as_one
from services.notifications.letters import Letter
from services.notifications.projections.deliveries import ANNOUNCEMENTS
from services.notifications.rendering import Part, Reader, Rendered, Renderer, people_in
from shared.clock import parse_rfc3339
from shared.connection import Connection
from shared.projection.generations import OWN, active
from shared.projection.projection import load_rows

Parts = dict[str, list[Part]]


def parts_of(connection: Connection, letters: Sequence[Letter]) -> Parts:
    """What each letter tells, by the letter's id."""
    wanted = {a for letter in letters for item in letter.items for a in item.story}
    rows = load_rows(connection, ANNOUNCEMENTS, active(connection, OWN), wanted)
    return {
        letter.id: [
            Part(as_one([_content(rows, announcement) for announcement in item.story]))
            for item in letter.items
        ]
        for letter in letters
    }


def _content(rows: Mapping[str, Any], announcement: str) -> Mapping[str, Any]:
    content: Mapping[str, Any] = rows[announcement]["content"]
    return content


def generations_of(connection: Connection, letters: Sequence[Letter]) -> dict[str, int]:
    people = list({letter.person for letter in letters})
    return {p: kept.generation for p, kept in preferences.of_many(connection, people).items()}


def everybody_in(letters: Sequence[Letter], parts: Parts) -> list[str]:
    """The readers, and the people whom their letters name."""
    named = [person for told in parts.values() for person in people_in(told)]
    return [*(letter.person for letter in letters), *named]


def rendered(
    renderer: Renderer,
    letter: Letter,
    parts: Sequence[Part],
    contacts: Mapping[str, Contact],
    generation: int,
    now: datetime,
) -> Rendered:
    """As it reads at this moment."""
    reader = Reader(letter.person, contacts[letter.person], generation, now)
    return renderer.render(letter.kind, parts, reader, contacts, parse_rfc3339(letter.at))
