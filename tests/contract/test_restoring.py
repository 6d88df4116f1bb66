"""A database that was put back from a backup: what its service remembers of others, and then."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from shared.connection import Connection
from shared.database import Database
from shared.erasure import ERASED
from shared.eventstore.events import Cursor, Event, NewEvent, StreamAppend
from shared.eventstore.store import EventStore
from shared.projection import dead_letters
from shared.projection.apply import apply_batches
from shared.projection.positions import positions
from shared.projection.reactions import Reaction, carry_out, record
from shared.restoring import moments
from shared.restoring.erasures import Listing, listed
from shared.restoring.putting_right import put_right
from shared.restoring.reconciling import Reconciled, reconcile
from shared.service import Service
from shared.settings import load_settings
from shared.stream.source import Batch
from tests.contract.gardens import (
    CAUSE,
    MIGRATIONS,
    NOW,
    PROJECTIONS,
    TYPES,
    Planted,
    Watered,
    append,
    folded,
    settle,
    tables,
)
from tests.registry import settings_of

BEANS = Planted("By the gate", ("beans",))
LOOK_AT = Reaction("look at it", frozenset({"garden.plot.watered"}), lambda *_: None)


def grown(database: Database, store: EventStore, *litres: int, start: int = 0) -> list[Event]:
    """Events of one plot."""
    events = [BEANS] if start == 0 else []
    with database.write() as connection:
        return append(store, connection, "plt_1", start, *events, *(Watered(n) for n in litres))


def heard(database: Database, events: Sequence[Event], place: int = 0) -> None:
    """A follower applies what the garden published."""
    before = str(place) if place else None
    batch = Batch("garden", "garden/0", before, str(place + 1), events)
    with database.write() as connection:
        applied = apply_batches(connection, 1, PROJECTIONS, [batch], NOW)
        record(connection, [LOOK_AT], applied, NOW)


def reconciled(database: Database, source: Database) -> Reconciled:
    with database.write() as connection, source.read() as other:
        return reconcile(connection, PROJECTIONS, {"garden": other}, NOW)


def kept(database: Database) -> dict:
    with database.read() as connection:
        return tables(connection, 1)


def count(connection: Connection, sql: str) -> int:
    return int(connection.exec_driver_sql(f"SELECT count(*) FROM {sql}").scalar_one())


@pytest.fixture
def garden(neighbour: Database) -> Database:
    """The database of the service that is followed, as its backup has it."""
    return neighbour


def test_a_follower_that_is_level_with_its_source_stays_as_it_is(
    database: Database, garden: Database, store: EventStore
):
    events = grown(garden, store, 1, 2, 3)
    heard(database, events[:3])
    assert reconciled(database, garden) == Reconciled(0, 0)
    assert kept(database) == folded(events[:3])
    heard(database, events, 1)  # sent again from the beginning: what is new is applied
    assert kept(database) == folded(events)


def test_a_follower_ahead_of_its_source_reads_anew_what_the_source_has(
    database: Database, garden: Database, store: EventStore
):
    events = grown(garden, store, 1)
    lost = [e._replace(version=3, id="lost", data='{"litres":9}') for e in events[-1:]]
    heard(database, [*events, *lost])
    assert reconciled(database, garden) == Reconciled(1, 0)  # it had asked for a reaction ...
    new = grown(garden, store, 2, start=2)
    heard(database, [*events, *new])
    assert kept(database) == folded([*events, *new])
    with database.read() as connection:
        assert count(connection, "reactions") == 2  # ... which nobody carries out any more


def test_what_a_lost_event_had_brought_about_waits_for_a_person(
    database: Database, garden: Database, store: EventStore
):
    events = grown(garden, store, 1)
    lost = events[-1]._replace(version=3, id="lost")
    heard(database, [*events, lost])
    with database.write() as connection:
        connection.exec_driver_sql("UPDATE reactions SET state = 'done'")
        (ours,) = append(store, connection, "plt_ours", 0, BEANS)
    assert reconciled(database, garden) == Reconciled(1, 1)
    with database.read() as connection:
        (letter,) = dead_letters.waiting(connection)
        assert dead_letters.counts(connection)["divergence"] == 1
    assert (letter.stream, letter.version, letter.event_id) == ("plt_1", 3, "lost")
    assert letter.error == (
        "its source lost it; here it was reacted to (look at it); events that followed: 0"
    )
    assert ours.causation == CAUSE.causation
    heard(database, events)  # it keeps nothing of its stream waiting
    assert kept(database) == folded(events)
    with database.write() as connection:
        assert dead_letters.discard(connection, letter.id, PROJECTIONS, [LOOK_AT], NOW) == []
    assert reconciled(database, garden) == Reconciled(0, 0)


def test_a_version_that_was_written_anew_with_other_content_is_read_anew(
    database: Database, garden: Database, store: EventStore
):
    events = grown(garden, store, 1)
    other = events[-1]._replace(id="other", data='{"litres":7}')
    heard(database, [events[0], other])
    assert reconciled(database, garden).lost == 1
    heard(database, events)
    assert kept(database) == folded(events)


def test_nobody_reacts_a_second_time_to_what_is_read_anew(
    database: Database, garden: Database, store: EventStore
):
    events = grown(garden, store, 1, 2)
    heard(database, [*events, events[-1]._replace(version=4, id="lost")])
    with database.write() as connection:
        connection.exec_driver_sql("UPDATE reactions SET state = 'done'")
    reconciled(database, garden)
    heard(database, events)
    with database.read() as connection:
        assert count(connection, "reactions WHERE state = 'pending'") == 0


def test_what_follows_from_before_the_restore_bears_its_moment(
    database: Database, garden: Database, store: EventStore
):
    at, events = NOW + timedelta(hours=9), grown(garden, store, 1)
    heard(database, [events[0], events[1]])
    heard(database, [events[1]._replace(version=3, id="new", time=at + timedelta(hours=1))], 1)
    with database.write() as connection:
        moments.note(connection, at, "2026-03-01T02:00:00Z")
    performed: list[datetime] = []
    reaction = replace(LOOK_AT, perform=lambda _c, _e, _cause, now: performed.append(now))
    later = at + timedelta(hours=2)
    assert carry_out(database, {reaction.name: reaction}, later) == 2
    assert performed == [at, later]


# --- the store itself ---


def test_an_epoch_after_a_restore_is_later_than_that_of_an_earlier_restore_of_the_same_backup(
    database: Database, store: EventStore
):
    with database.write() as connection:
        first = store.raise_epoch(connection, at_least=1_800_000_000)
    with database.write() as connection:
        assert store.raise_epoch(connection, at_least=1_700_000_000) == first + 1 == 1_800_000_001


# --- the list of erasures ---


def erased(database: Database, store: EventStore, *people: str) -> None:
    with database.write() as connection:
        appends = [StreamAppend(p, 0, [NewEvent(ERASED, 1, "internal", "{}")]) for p in people]
        store.append(connection, appends, cause=CAUSE, now=NOW)
    settle(database)


def test_who_is_erased_is_listed_outside_once_whatever_dies(
    database: Database, store: EventStore, tmp_path: Path
):
    path = tmp_path / "erased"
    assert listed(None) == listed(path) == []
    listing = Listing(database, store, path)
    assert not listing.step()
    erased(database, store, "per_1", "per_2")
    assert listing.step()
    assert not listing.step()
    with path.open("a") as file:
        file.write("1-2-")  # cut off by a crash
    assert listed(path) == ["per_1", "per_2"]

    grown(database, store, 1)
    erased(database, store, "per_3")
    assert Listing(database, store, path).step()
    assert listed(path) == ["per_1", "per_2", "per_3"]
    assert len(path.read_text().splitlines()) == 3
    assert path.stat().st_mode & 0o777 == 0o600


def test_the_list_goes_on_after_a_restore(database: Database, store: EventStore, tmp_path: Path):
    path = tmp_path / "erased"
    lost = Cursor(1, 2**40, 2**40)  # of an erasure after the backup was taken
    path.write_text(f"{lost} per_lost 2026-03-01T09:30:00.000000Z\n")
    with database.write() as connection:
        store.raise_epoch(connection)
    erased(database, store, "per_1")
    assert Listing(database, store, path).step()
    assert listed(path) == ["per_lost", "per_1"]


# --- all of it ---


def test_a_service_that_was_put_back_starts_over(database: Database, tmp_path: Path):
    settings = load_settings(settings_of(tmp_path))
    settings = replace(settings, database_urls={"garden": database.url})
    passed: list[datetime] = []
    service = Service(
        "garden",
        "A garden",
        settings=settings,
        types=TYPES,
        migrations=MIGRATIONS,
        followed=PROJECTIONS,
        passes=[lambda _, now: passed.append(now)],
    )
    with database.write() as connection:
        for sql in (
            "INSERT INTO relay (name, cursor) VALUES ('kafka', '1-2-3')",
            "INSERT INTO positions VALUES (1, 'other', 'hedgerow.other.public/0', '7')",
            "INSERT INTO positions VALUES (1, 'third', 'third/feed', '1-2-3')",
            "INSERT INTO rebuilds (name, state, done, at) VALUES ('all', 'running', 1, '2026')",
        ):
            connection.exec_driver_sql(sql)
    try:
        before = datetime.now(UTC)
        first = put_right(service, "2026-03-01T02:00:00Z")
        second = put_right(service, "2026-03-01T02:00:00Z")
        assert second.epoch > first.epoch >= int(before.timestamp())
        with database.read() as connection:
            assert count(connection, "relay") == 0
            assert positions(connection, 1) == {"third/feed": "1-2-3"}
            assert count(connection, "rebuilds WHERE state = 'requested'") == 1
            assert moments.told_before(connection, before)
            assert not moments.told_before(connection, datetime.now(UTC))
        assert len(passed) == 2
    finally:
        service.database.close()
