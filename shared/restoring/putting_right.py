"""What a database needs that was put back from a backup, before its service starts again.

`python -m services.NAME restored TIME`, after `migrate` and as the role that owns the tables, with
the other services' databases put back too. Safe to run twice: the second finds nothing to do but
begins another epoch.
"""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import datetime
from typing import NamedTuple

from shared.connection import Connection
from shared.database import Database
from shared.erasure import ERASED
from shared.eventstore.epochs import Reason
from shared.eventstore.events import INTERNAL, START, Cause, Event
from shared.identifiers import derived_id
from shared.restoring import erasures, moments, republishing
from shared.restoring.reconciling import Reconciled, reconcile
from shared.restoring.starting_over import start_over
from shared.service import Service


class PutRight(NamedTuple):
    epoch: int
    reconciled: Reconciled
    erased: int  # people of the list of erasures
    unlisted: bool  # there is no such list


def put_right(service: Service, taken: str) -> PutRight:
    """Begin a new epoch; let everything be sent and read again, and nothing be told again.

    `taken` says when the backup was.
    """
    now = service.clock.now()
    with service.database.write() as connection, _sources(service) as sources:
        epoch = service.raise_epoch(connection, Reason.RESTORED)
        # A backup of an earlier release shows the past in today's form from now on, too.
        republishing.finish(connection)
        reconciled = reconcile(connection, service.followed, sources, now)
        start_over(connection)
        moments.note(connection, now, taken)
    erased = _forget_erased(service, now)
    # What time alone brings about was brought about already, and told: it happens now, untold.
    for timed_pass in service.passes:
        timed_pass(service, now)
    erasure_list = service.settings.erasure_list
    unlisted = service.erase_again is not None and not (erasure_list and erasure_list.exists())
    return PutRight(epoch, reconciled, erased, unlisted)


@contextmanager
def _sources(service: Service) -> Iterator[dict[str, Connection]]:
    """The databases of those whom the service follows, as they were put back."""
    urls = service.settings.owner_database_urls
    with ExitStack() as stack:
        found = {}
        for name in service.follows:
            database = Database(urls[name], pool_size=1, application="hedgerow-restored")
            stack.callback(database.close)
            found[name] = stack.enter_context(database.read())
        yield found


def _forget_erased(service: Service, now: datetime) -> int:
    """Whoever was erased since the backup is forgotten again, before anybody can ask."""
    people = erasures.listed(service.settings.erasure_list)
    for person in people:
        for reaction in service.reactions:
            if reaction.types and ERASED in reaction.types:
                with service.write() as connection:
                    event = _erased_before(person, now)
                    cause = Cause(correlation=event.correlation)
                    reaction.perform(connection, event, cause, now)
    if service.erase_again is not None:
        for person in people:
            service.erase_again(service, person, now)
    return len(people)


def _erased_before(person: str, now: datetime) -> Event:
    return Event(
        *START,
        stream=person,
        version=1,
        id=derived_id("evt", person),
        type=ERASED,
        schema=1,
        time=now,
        audience=INTERNAL,
        correlation="erased-before-the-restore",
        causation=None,
        actor=None,
        data="{}",
    )


def words(service: str, done: PutRight) -> Sequence[str]:
    """What was done, for the operator."""
    lost, unresolved = done.reconciled
    lines = [f"{service}: a new epoch, {done.epoch}; everything is sent and read again."]
    if done.erased:
        lines.append(f"{service}: the {done.erased} people of the list of erasures are forgotten.")
    if done.unlisted:
        lines.append(
            f"{service}: there is no list of erasures: whoever was erased since the backup is back."
        )
    if lost:
        lines.append(
            f"{service}: had read {lost} events that their source's backup lacks;"
            " its read models are filled anew."
        )
    if unresolved:
        lines.append(
            f"{service}: {unresolved} of these had brought something about here:"
            " `hedgerow dead-letters list` names them, `discard` says that you have looked."
        )
    return lines
