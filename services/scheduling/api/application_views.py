"""An application as its reader may see it: the programme team all of it, the applicant their part.

Nothing that an applicant sees or can do depends on a decision before it is released: neither a
state, a version, a time nor a list.
"""

from collections.abc import Sequence
from functools import reduce
from typing import Any

import msgspec

from services.scheduling import documents, known, queries, texts
from services.scheduling.api.answers import require
from services.scheduling.domain.application import Withdrawn, as_its_applicant_knows
from services.scheduling.events import APPLICATION, EVENT_TYPES
from services.scheduling.history import entry
from services.scheduling.projections.own import APPLICATIONS
from services.scheduling.queries import Found
from shared.clock import rfc3339
from shared.connection import Connection
from shared.eventstore.events import Event
from shared.web.callers import ANYONE, caller
from shared.web.commands import Answer
from shared.web.context import service

_IN_CONFIDENCE = frozenset({"scheduling.application.decision-made"})


def acts_for_team(person: str) -> bool:
    """Whether the caller acts as the programme team, not as the applicant or by their link."""
    return caller().kind != ANYONE and caller().actor != person


def as_seen(connection: Connection, found: Found) -> Found:
    """With the state, the version and the time of the last change that the caller may see.

    An applicant's versions count what they may see, so that no gap tells of the rest.
    """
    if acts_for_team(found.state.about.person):
        return found
    return as_applicants_see(connection, [found])[0]


def as_applicants_see(connection: Connection, found: Sequence[Found]) -> list[Found]:
    decided = [each.id for each in found if each.state.decision is not None]
    histories = service().store.load_many(connection, decided) if decided else {}
    return [
        _as_applicant_sees(each, histories[each.id]) if each.id in histories else each
        for each in found
    ]


def _as_applicant_sees(found: Found, history: Sequence[Event]) -> Found:
    events = seen_by_applicant(history)
    state, changed_at = as_its_applicant_knows(found.state), rfc3339(events[-1].time)
    return found._replace(state=state, version=len(events), changed_at=changed_at)


def seen_by_applicant(events: Sequence[Event]) -> list[Event]:
    return [e for e in events if e.type not in _IN_CONFIDENCE]


def shown(connection: Connection, found: Sequence[Found]) -> list[dict[str, Any]]:
    """Each as the caller may see it, in a few queries for all."""
    own = [each for each in found if not acts_for_team(each.state.about.person)]
    bodies = documents_of(connection, own, for_team=False)
    others = [each for each in found if acts_for_team(each.state.about.person)]
    bodies += documents_of(connection, others, for_team=True)
    by_id = {body["id"]: body for body in bodies}
    return [by_id[each.id] for each in found]


def documents_of(
    connection: Connection, found: Sequence[Found], *, for_team: bool
) -> list[dict[str, Any]]:
    """As the programme team, or their applicants, may read them."""
    if not for_team:
        found = as_applicants_see(connection, found)
    words = texts.answers_of(connection, [each.id for each in found])
    gone = known.erased_of(connection, [x.state.sponsor for x in found if x.state.sponsor])
    line = queries.places_in_line(connection, found)
    bodies = []
    for each in found:
        lost = each.state.sponsor in gone
        body = documents.application(each, words[each.id], for_team=for_team, sponsor_gone=lost)
        bodies.append(body | {"position": line.get(each.id, body["position"])})
    return bodies


def answer(connection: Connection, application: str, status: int = 200) -> Answer:
    found = require(connection, APPLICATIONS, application)
    location = f"/applications/{application}" if status == 201 else None
    (body,) = shown(connection, [found])
    return Answer(body, status, body["version"], location)


def history(events: Sequence[Event], *, for_team: bool) -> list[dict[str, Any]]:
    """Every change that the reader may see, numbered as their versions are."""
    if for_team:
        return [entry(event) for event in events]
    seen = seen_by_applicant(events)
    return [_entry_for_applicant(seen, n) for n in range(1, len(seen) + 1)]


def _entry_for_applicant(seen: Sequence[Event], version: int) -> dict[str, Any]:
    """A withdrawal names the state before it, which is the one that the applicant knew.

    Who of the programme team acted is for the team.
    """
    event = seen[version - 1]
    by_applicant = event.actor == EVENT_TYPES.decode(seen[0]).about.person
    shown_entry = entry(event, with_actor=by_applicant) | {"version": version}
    if isinstance(withdrawn := EVENT_TYPES.decode(event), Withdrawn):
        earlier = (EVENT_TYPES.decode(e) for e in seen[: version - 1])
        was = reduce(APPLICATION.evolve, earlier, APPLICATION.initial).state
        shown_entry["data"] = msgspec.to_builtins(withdrawn) | {"was": was}
    return shown_entry
