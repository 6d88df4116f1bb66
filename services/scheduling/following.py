"""What scheduling does when the registry tells something: communities that end, people erased."""

from collections.abc import Callable
from datetime import datetime

import msgspec

from services.scheduling import attending, queries
from services.scheduling.domain import application_decisions as d
from services.scheduling.domain.session_decisions import AskForDecision, SettleDecision
from services.scheduling.events import APPLICATION, SESSION
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
        today = now.date().isoformat()
        ahead = queries.sessions_of_community(connection, event.stream, since=today)
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
    """An erased person waits for nothing and keeps no place at a session; counts stay."""

    def perform(connection: Connection, event: Event, cause: Cause, now: datetime) -> None:
        streams, person = service().streams, event.stream
        where = f"person = {mark(connection)}"
        theirs = queries.select(connection, APPLICATIONS, where, (person,))
        changes = attending.changes_of_forgetting(service(), connection, person)
        for application, found in streams.load_many(
            connection, APPLICATION, [found.id for found in theirs]
        ).items():
            events = APPLICATION.decide(found.state, d.Forget("erased"))
            changes.append(Change(application, found.version, events))
        streams.append(connection, changes, cause=cause, now=now)

    return Reaction("take an erased person out", frozenset({ERASED}), perform)
