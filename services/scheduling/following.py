"""What scheduling does when the registry tells something: communities that end, people erased."""

from collections.abc import Callable
from datetime import datetime

import msgspec

from services.scheduling import admitting, attending, queries
from services.scheduling.domain import admission
from services.scheduling.domain.session_decisions import AskForDecision, SettleDecision
from services.scheduling.events import COHORT, SESSION
from services.scheduling.projections.own import APPLICATIONS
from shared.connection import Connection
from shared.database import mark
from shared.erasure import ERASED
from shared.eventstore.events import Cause, Event
from shared.eventstore.streams import Change
from shared.projection.reactions import Reaction
from shared.service import Service

CLOSED, REOPENED = "registry.community.closed", "registry.community.reopened"
Get = Callable[[], Service]


def asks_for_decisions(service: Get) -> Reaction:
    """A community that ends leaves its sessions ahead: somebody must say what becomes of them.

    One that is reopened settles it.
    """

    def perform(connection: Connection, event: Event, cause: Cause, now: datetime) -> None:
        told = msgspec.json.decode(event.data)
        since = now.date().isoformat()
        ahead = queries.sessions_of_community(connection, event.stream, since=since)
        streams = service().streams
        loaded = streams.load_many(connection, SESSION, [found.id for found in ahead])
        command: AskForDecision | SettleDecision = SettleDecision(event.stream)
        if event.type == CLOSED:
            ending, into = str(told.get("ending") or "closed"), tuple(told.get("into") or ())
            command = AskForDecision(event.stream, ending, into)
        changes = [
            Change(key, found.version, SESSION.decide(found.state, command))
            for key, found in loaded.items()
        ]
        streams.append(connection, changes, cause=cause, now=now)

    return Reaction("ask what becomes of sessions", frozenset({CLOSED, REOPENED}), perform)


def takes_out_erased(service: Get) -> Reaction:
    """An erased person waits for nothing, applies for nothing and keeps no place at a session.

    Counts stay.
    """

    def perform(connection: Connection, event: Event, cause: Cause, now: datetime) -> None:
        streams, person = service().streams, event.stream
        where = f"person = {mark(connection)}"
        theirs = queries.select(connection, APPLICATIONS, where, (person,))
        changes = []
        for cohort in sorted({found.state.about.cohort for found in theirs}):
            admitting.in_turn(connection, cohort)
            state = streams.load(connection, COHORT, cohort).state
            applications = admitting.load(connection, service(), cohort)
            keys = [found.id for found in theirs if found.state.about.cohort == cohort]
            at = admitting.places(state, now)
            erased = admission.erase(admitting.states(applications), keys, at)
            changes += admitting.changes_of(applications, erased)
        changes += attending.changes_of_forgetting(service(), connection, person)
        streams.append(connection, changes, cause=cause, now=now)

    return Reaction("take an erased person out", frozenset({ERASED}), perform)
