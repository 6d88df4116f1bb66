"""Taking back an import: what its run did, and nobody has changed since, is as it was before."""

from dataclasses import dataclass, replace

import msgspec

from services.registry.domain.community import CLOSED, Community, evolve
from services.registry.domain.decisions import UndoImport, decide
from services.registry.events import COMMUNITY, EVENT_TYPES
from shared.connection import Connection
from shared.database import mark
from shared.eventstore.events import Cause, Conflict, Event
from shared.eventstore.streams import Change
from shared.identifiers import new_id
from shared.service import Service

_BATCH, _ATTEMPTS = 200, 6


@dataclass
class Undone:
    """`run` is this undoing's own; `taken_back` communities were closed as registered in error,
    `restored` ones are as they were, `kept` ones were changed by people since, or nothing was left
    to take back."""

    run: str
    taken_back: int = 0
    restored: int = 0
    kept: int = 0

    def add(self, other: "Undone") -> None:
        self.taken_back += other.taken_back
        self.restored += other.restored
        self.kept += other.kept


def undo(service: Service, run: str, *, asked_by: Cause) -> Undone | None:
    """Take back a run, a batch of communities at a time; None where no run has this id.

    Again: everything is `kept`. Raises Conflict where others never let a batch through.
    """
    streams = _streams(service, run)
    if not streams:
        return None
    total = Undone(new_id("run"))
    cause = replace(asked_by, correlation=total.run)
    for start in range(0, len(streams), _BATCH):
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                with service.write() as connection:
                    batch = streams[start : start + _BATCH]
                    total.add(_undo_batch(service, connection, batch, run, cause))
                break
            except Conflict:
                if attempt == _ATTEMPTS:
                    raise
    return total


def _streams(service: Service, run: str) -> list[str]:
    """The communities that a run changed. A caller can choose any correlation id for what it does
    itself, a run's too, so what the import wrote into its events decides.
    """
    with service.database.read() as connection:
        rows = connection.exec_driver_sql(
            f"SELECT stream_id, CAST(data AS text) FROM events"
            f" WHERE correlation_id = {mark(connection)} AND substr(stream_id, 1, 4) = 'com_'"
            " ORDER BY stream_id, version",
            (run,),
        )
        return list(
            dict.fromkeys(r[0] for r in rows if msgspec.json.decode(r[1]).get("run") == run)
        )


def _undo_batch(
    service: Service, connection: Connection, streams: list[str], run: str, cause: Cause
) -> Undone:
    counts = Undone(cause.correlation)
    changes = list[Change]()
    loaded = service.streams.load_many(connection, COMMUNITY, streams)
    for stream, events in service.store.load_many(connection, streams).items():
        command, present = _command(events, run), loaded[stream].state
        decided = [] if present.state == CLOSED else decide(present, command)
        counts.kept += not decided
        counts.taken_back += bool(decided) and command.before is None
        counts.restored += bool(decided) and command.before is not None
        changes += service.streams.changes(COMMUNITY, stream, loaded[stream], decided)
    now = service.clock.now()
    service.streams.append(connection, changes, cause=cause, now=now)
    return counts


def _command(events: list[Event], run: str) -> UndoImport:
    """What the run made of a community."""
    before: Community | None = None
    state, after, seen = COMMUNITY.initial, COMMUNITY.initial, False
    for event in events:
        happened = EVENT_TYPES.decode(event)
        of_the_run = event.correlation == run == getattr(happened, "run", None)
        if of_the_run and not seen:
            before, seen = (state if state.registered else None), True
        state = evolve(state, happened)
        if of_the_run:
            after = state
    return UndoImport(run, before, after)
