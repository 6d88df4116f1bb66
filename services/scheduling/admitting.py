"""Deciding over all applications of a cohort at once, with the others kept out meanwhile."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from services.scheduling import queries
from services.scheduling.domain import admission
from services.scheduling.domain.admission import Changes, Places
from services.scheduling.domain.application import Application
from services.scheduling.domain.cohort import FINISHED, Cohort
from services.scheduling.domain.wall_clock import today
from services.scheduling.events import APPLICATION
from shared.connection import Connection
from shared.database import lock_in_turn
from shared.eventstore.streams import Change, Loaded
from shared.service import Service

Applications = Mapping[str, Loaded[Application]]


def in_turn(connection: Connection, cohort: str) -> None:
    """Wait until no other transaction gives or takes places of this cohort."""
    lock_in_turn(connection, f"places of {cohort}")


def load(connection: Connection, service: Service, cohort: str) -> Applications:
    """All applications of a cohort, as their streams have them."""
    ids = [found.id for found in queries.applications_of_cohort(connection, cohort)]
    return service.streams.load_many(connection, APPLICATION, ids)


def states(applications: Applications) -> dict[str, Application]:
    return {key: loaded.state for key, loaded in applications.items()}


def taken(applications: Applications) -> int:
    return admission.taken(states(applications))


def places(cohort: Cohort, now: datetime) -> Places:
    reply_by = today(now, cohort.zone) + timedelta(days=cohort.reply_days)
    return Places(cohort.places, cohort.zone, reply_by, cohort.state == FINISHED)


def changes_of(applications: Applications, changes: Changes) -> list[Change]:
    """What is to be appended."""
    return [Change(key, applications[key].version, events) for key, events in changes.items()]


def more_places(
    applications: Applications, cohort: Cohort, now: datetime, more: int
) -> list[Change]:
    """Offers to those who wait, where there are more places than before."""
    if more <= 0:
        return []
    at = places(cohort, now)
    return changes_of(applications, admission.more_places(states(applications), at, more))


def lapsed(applications: Applications, cohort: Cohort, now: datetime) -> list[Change]:
    """Offers whose time is over, which go on to those who wait."""
    at = places(cohort, now)
    return changes_of(applications, admission.lapse(states(applications), at, now))
