"""Letters as they would arrive, rendered when they are looked at: nothing of them is kept."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from services.notifications import letters, reading
from services.notifications.contact_book import (
    Contact,
    ContactBook,
    ContactsUnavailable,
    SignInBy,
    is_address,
)
from services.notifications.joining import JoinBook
from services.notifications.letters import Letter
from services.notifications.reasons import NoReasons, ReasonDirectory
from services.notifications.rendering import Rendered, Renderer
from shared.clock import parse_rfc3339
from shared.connection import Connection
from shared.database import mark
from shared.web.paging import Page, encode_cursor

ORDER = "newest"
_MASKED = SignInBy("[a code for its reader alone]", "")
_FORMER = Contact("a former member", None, 0)
_FORGOTTEN = Contact("an address that is no longer kept", None, 0)


class Outbox:
    """`renderer` makes messages with their readers' links; `masking` with none of them."""

    def __init__(
        self,
        contacts: ContactBook,
        joins: JoinBook,
        renderer: Renderer,
        masking: Renderer,
        reasons: ReasonDirectory | None = None,
    ) -> None:
        self._contacts, self._joins = contacts, joins
        self._renderer, self._masking = renderer, masking
        self._reasons = reasons or NoReasons()

    def shown(
        self,
        connection: Connection,
        found: Sequence[Letter],
        *,
        now: datetime | None,
        masked: bool,
        whole: bool = False,
    ) -> list[dict[str, Any]]:
        """Each as its reader would have it; with `whole` text, HTML and headers too; `masked`
        without the codes and links that act for its reader.

        `now` is when those that wait would be sent; None where they have arrived by being here.
        """
        parts = reading.parts_of(connection, found)
        renewals = reading.renewals_of(connection, found)
        people = {each.person for each in found}
        former = {p: _FORGOTTEN if is_address(p) else _FORMER for p in people}
        contacts = {**former, **self._look_up(found, parts)}
        if masked:
            contacts = {person: _without_code(contact) for person, contact in contacts.items()}
        renderer = self._masking if masked else self._renderer
        joins = self._joins.look_up(reading.joining_in(found, parts) if whole else ())
        reasons = self._reasons.look_up(reading.reasoned_in(parts) if whole else ())
        known = reading.Known(parts, renewals, contacts, joins, reasons)
        shown = []
        for letter in found:
            at = now if now and letter.state == letters.WAITING else parse_rfc3339(letter.at)
            said = reading.rendered(renderer, letter, known, at)
            shown.append(_document(letter, contacts[letter.person], said, whole=whole))
        return shown

    def _look_up(self, found: Sequence[Letter], parts: reading.Parts) -> Mapping[str, Contact]:
        """Without the registry, messages are shown to nobody in particular."""
        try:
            return self._contacts.look_up(reading.everybody_in(found, parts))
        except ContactsUnavailable:
            away = Contact("(the registry does not answer)", None, 0)
            return dict.fromkeys((letter.person for letter in found), away)


def _without_code(contact: Contact) -> Contact:
    return contact._replace(sign_in=_MASKED) if contact.sign_in else contact


def _document(letter: Letter, contact: Contact, said: Rendered, *, whole: bool) -> dict[str, Any]:
    to = f"{contact.own_name} <{contact.email}>".strip() if contact.email else contact.name
    shown = {
        "id": letter.id,
        "person": letter.person,
        "to": to,
        "subject": said.subject,
        "at": letter.at,
        "status": letter.state,
        "why": letter.words,
        "attempts": letter.attempts,
        "deliveries": letter.deliveries,
    }
    if whole:
        shown |= {
            "headers": dict(said.headers),
            "text": said.text,
            "html": said.html,
            "calendar": said.calendar.text if said.calendar else None,
        }
    return shown


def page_of(connection: Connection, wanted: Page) -> tuple[list[Letter], str | None]:
    """Letters, the newest first, and the cursor of the next page."""
    p = mark(connection)
    where, values = "", []
    if wanted.after is not None:
        where, values = f"WHERE (at, id) < ({p}, {p})", list(wanted.after)
    rows = connection.exec_driver_sql(
        f"SELECT {letters.COLUMNS} FROM letters {where} ORDER BY at DESC, id DESC LIMIT {p}",
        (*values, wanted.limit + 1),
    ).all()
    found = [letters.as_letter(row) for row in rows[: wanted.limit]]
    more = len(rows) > wanted.limit
    return found, encode_cursor(ORDER, (found[-1].at, found[-1].id)) if more else None
