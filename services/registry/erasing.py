"""Erasing a person: the row goes, roles end, and an event asks the other services to forget."""

from datetime import datetime

from services.registry import people, queries
from services.registry.domain.decisions import RemovePerson
from services.registry.domain.decisions import decide as decide_community
from services.registry.domain.person import ErasePerson
from services.registry.domain.person import decide as decide_person
from services.registry.events import COMMUNITY, PERSON
from services.registry.identity.addresses import queries as addresses
from services.registry.identity.grants import handlers as grants
from services.registry.identity.oidc import handlers as oidc
from services.registry.identity.sessions import handlers as sessions
from services.registry.identity.sessions import queries as session_queries
from services.registry.identity.sign_ins import queries as sign_ins
from services.registry.identity.sign_ins.decider import Reason
from services.registry.identity.sign_ins.handlers import counted_by
from services.registry.identity.suspensions import queries as suspensions
from shared import stored_answers
from shared.connection import Connection
from shared.eventstore.events import Cause
from shared.eventstore.streams import Change
from shared.foundation.addresses import address_key
from shared.service import Service, reads

_AT_ONCE = 100
_AGAIN = Cause(correlation="erased-before-the-restore")


def erase(
    service: Service, connection: Connection, person: str, *, cause: Cause, now: datetime
) -> None:
    """Erase within the caller's transaction. Erasing an erased person does nothing.

    Raises Refused where there never was such a person, Conflict where a community in which the
    person has a role changes meanwhile.
    """
    people.keep_others_out(connection, person)
    known = people.by_id(connection, person)
    streams, today = service.streams, now.date()
    loaded = streams.load(connection, PERSON, person)
    communities = streams.load_many(
        connection, COMMUNITY, queries.communities_of(connection, person)
    )
    changes = [Change(person, loaded.version, decide_person(loaded.state, ErasePerson()))]
    for community, found in communities.items():
        events = decide_community(found.state, RemovePerson(community, person, today))
        changes += streams.changes(COMMUNITY, community, found, events)
    changes += grants.endings(streams, connection, person)
    changes += oidc.endings(connection, person)
    theirs = [session.id for session in session_queries.of_person(connection, person)]
    changes += sessions.endings(streams, connection, theirs, Reason.ERASED)
    streams.append(connection, changes, cause=cause, now=now)
    session_queries.delete(connection, theirs)
    people.forget(connection, person)
    stored_answers.forget(connection, person)
    reads.forget(connection, person)
    suspensions.forget(connection, person)
    oidc.forget(connection, person)
    hashed = _counted(service, known)
    sign_ins.forget_person(connection, person, hashed)
    addresses.forget(connection, person, hashed)


def _counted(service: Service, person: people.Person | None) -> str:
    """How requests with the person's address were counted; empty where that cannot be told.

    The worker and a restore have no secret to tell it by. The counts go by themselves in an hour.
    """
    if person is None or not person.email or not service.settings.secret:
        return ""
    return counted_by(service.settings.secret, address_key(person.email))


def erase_again(service: Service, person: str, now: datetime) -> None:
    """Erase a person whom a backup has brought back; nothing where it has not."""
    with service.write() as connection:
        if people.by_id(connection, person) is not None:
            erase(service, connection, person, cause=_AGAIN, now=now)


def erase_those_without_purpose(service: Service, now: datetime) -> int:
    """A timed pass: erase the people whose last purpose has ended. Returns how many."""
    with service.database.read() as connection:
        due = people.without_purpose(connection, now.date(), _AT_ONCE)
    for person in due:
        with service.write() as connection:
            still_due = person in people.without_purpose(connection, now.date(), _AT_ONCE)
            if still_due:
                cause = Cause(correlation=f"purpose-ended-{now.date().isoformat()}")
                erase(service, connection, person, cause=cause, now=now)
    service.database.leave_no_trace()  # also of those erased while somebody was reading
    return len(due)
