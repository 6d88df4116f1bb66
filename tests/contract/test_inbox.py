"""What comes to a consumer: once, twice, too early, spoilt or rewritten."""

import pytest
from sqlalchemy.exc import OperationalError

from shared.database import Database
from shared.eventstore.events import Event
from shared.projection.apply import apply_batches
from shared.projection.inbox import Parked, parked
from shared.projection.positions import Fenced, advance, positions
from shared.stream.source import Batch
from tests.contract.gardens import (
    NOW,
    PROJECTIONS,
    Planted,
    Watered,
    folded,
    received,
    tables,
)

BEANS, LEEKS = Planted("By the gate", ("beans",)), Planted("By the pond", ("leeks",))
PLANTED = [received("plt_1", 1, BEANS), received("plt_2", 1, LEEKS)]


class Follower:
    """Applies batches of one partition, and counts its positions."""

    def __init__(self, database: Database, generation: int = 1) -> None:
        self.database, self.generation, self.place = database, generation, 0

    def apply(self, *events: Event, unreadable: tuple[Event, ...] = ()) -> list[Event]:
        before = str(self.place) if self.place else None
        batch = Batch("garden", "garden/0", before, str(self.place + 1), events, unreadable)
        with self.database.write() as connection:
            applied = apply_batches(connection, self.generation, PROJECTIONS, [batch], NOW)
        self.place += 1
        return applied

    def parked(self) -> list[Parked]:
        with self.database.read() as connection:
            return parked(connection, self.generation)

    def waiting(self) -> list[tuple[str, int, str]]:
        return [(letter.stream, letter.version, letter.reason) for letter in self.parked()]

    def tables(self) -> dict:
        with self.database.read() as connection:
            return tables(connection, self.generation)


@pytest.fixture
def follower(database: Database) -> Follower:
    return Follower(database)


def water(stream: str, *versions: int) -> list[Event]:
    return [received(stream, version, Watered(version)) for version in versions]


def test_what_comes_is_applied_and_its_position_kept(follower: Follower):
    events = [*PLANTED, *water("plt_1", 2, 3)]
    assert follower.apply(*events) == events
    assert follower.tables() == folded(events)
    with follower.database.read() as connection:
        assert positions(connection, 1) == positions(connection, 1, "garden") == {"garden/0": "1"}
        assert positions(connection, 2) == positions(connection, 1, "allotment") == {}


def test_what_comes_again_is_dropped(follower: Follower):
    events = [*PLANTED, *water("plt_1", 2, 3)]
    assert follower.apply(*events, *events[2:], *water("plt_1", 2)) == events
    assert follower.apply(*events) == []
    assert follower.apply(*events, *water("plt_1", 4)) == water("plt_1", 4)
    assert follower.tables() == folded([*events, *water("plt_1", 4)])
    assert follower.parked() == []


def test_what_comes_too_early_waits_for_what_it_follows(follower: Follower):
    follower.apply(*PLANTED, *water("plt_1", 3, 5))
    assert follower.waiting() == [("plt_1", 3, "gap"), ("plt_1", 5, "gap")]
    assert follower.apply(*water("plt_2", 2)) == water("plt_2", 2)
    assert follower.apply(*water("plt_1", 6, 3)) == []

    assert follower.apply(*water("plt_1", 2)) == water("plt_1", 2, 3)
    assert follower.waiting() == [("plt_1", 5, "gap"), ("plt_1", 6, "gap")]
    assert follower.apply(*water("plt_1", 4, 7)) == water("plt_1", 4, 5, 6, 7)
    assert follower.parked() == []
    assert follower.tables() == folded(
        [*PLANTED, *water("plt_2", 2), *water("plt_1", 2, 3, 4, 5, 6, 7)]
    )


def test_what_comes_in_the_wrong_order_in_one_batch_is_put_right(follower: Follower):
    assert follower.apply(PLANTED[0], *water("plt_1", 3, 2)) == [
        PLANTED[0],
        *water("plt_1", 2, 3),
    ]
    assert follower.parked() == []


def test_an_event_that_fails_parks_its_own_stream_and_nothing_else(follower: Follower):
    spoilt = received("plt_1", 2, Watered(-1))
    assert follower.apply(*PLANTED, spoilt, *water("plt_1", 3), *water("plt_2", 2)) == [
        *PLANTED,
        *water("plt_2", 2),
    ]
    assert follower.apply(*water("plt_1", 4), *water("plt_2", 3)) == water("plt_2", 3)
    assert follower.waiting() == [
        ("plt_1", 2, "failed"),
        ("plt_1", 3, "behind"),
        ("plt_1", 4, "behind"),
    ]
    assert follower.apply(spoilt, *water("plt_1", 3, 4), PLANTED[0]) == []  # all of it again
    first = follower.parked()[0]
    assert len(follower.parked()) == 3
    assert first.error == "ValueError: water does not flow uphill"
    assert first.event == spoilt
    assert follower.tables() == folded([*PLANTED, *water("plt_2", 2, 3)])


def test_an_event_that_the_database_refuses_parks_its_own_stream_and_nothing_else(
    follower: Follower,
):
    flood = received("plt_1", 2, Watered(1000))  # more than the table's constraint allows
    assert follower.apply(*PLANTED, flood, *water("plt_1", 3), *water("plt_2", 2)) == [
        *PLANTED,
        *water("plt_2", 2),
    ]
    assert follower.waiting() == [("plt_1", 2, "failed"), ("plt_1", 3, "behind")]
    assert "IntegrityError" in (follower.parked()[0].error or "")
    assert follower.tables() == folded([*PLANTED, *water("plt_2", 2)])


def test_a_version_that_comes_with_another_id_is_shown_and_not_applied(follower: Follower):
    other = received("plt_1", 2, Watered(500), event_id="rewritten")
    follower.apply(*PLANTED, *water("plt_1", 2))
    assert follower.apply(other, *water("plt_2", 2)) == water("plt_2", 2)
    assert follower.apply(*water("plt_1", 3)) == water("plt_1", 3)  # the stream goes on

    (letter,) = follower.parked()
    assert (letter.reason, letter.event) == ("divergence", other)
    assert letter.error == "applied as plt_1@2, now sent as rewritten"
    assert follower.tables() == folded([*PLANTED, *water("plt_2", 2), *water("plt_1", 2, 3)])


def test_two_of_one_version_in_one_batch_diverge(follower: Follower):
    other = received("plt_1", 2, Watered(500), event_id="rewritten")
    assert follower.apply(PLANTED[0], *water("plt_1", 2), other) == [
        PLANTED[0],
        *water("plt_1", 2),
    ]
    assert follower.waiting() == [("plt_1", 2, "divergence")]


def test_two_of_one_version_that_both_waited_diverge(follower: Follower):
    other = received("plt_1", 3, Watered(500), event_id="rewritten")
    follower.apply(PLANTED[0], *water("plt_1", 3), other)
    assert follower.apply(*water("plt_1", 2)) == water("plt_1", 2, 3)
    assert follower.waiting() == [("plt_1", 3, "divergence")]


def test_a_position_that_another_has_moved_fences_and_nothing_is_written(follower: Follower):
    follower.apply(*PLANTED)
    zombie = Follower(follower.database)
    with pytest.raises(Fenced):
        zombie.apply(*water("plt_1", 2))  # believes that nothing was read yet
    follower.apply(*water("plt_2", 2))
    zombie.place = 1
    with pytest.raises(Fenced):
        zombie.apply(*water("plt_1", 2), received("plt_1", 4, Watered(1)))

    assert follower.tables() == folded([*PLANTED, *water("plt_2", 2)])
    assert follower.parked() == []
    assert follower.apply(*water("plt_1", 2)) == water("plt_1", 2)


def test_one_fenced_partition_holds_back_the_whole_transaction(follower: Follower):
    batches = [
        Batch("garden", "garden/1", None, "5", PLANTED),
        Batch("garden", "garden/2", "7", "9", water("plt_1", 2)),
    ]
    with pytest.raises(Fenced), follower.database.write() as connection:
        apply_batches(connection, 1, PROJECTIONS, batches, NOW)
    with follower.database.read() as connection:
        assert positions(connection, 1) == {}
        assert tables(connection, 1) == folded([])


def test_a_record_that_is_no_event_parks_its_key_and_nothing_else(follower: Follower):
    garbage = received("plt_1", 1, BEANS, event_id="garden/0@3")._replace(
        version=0, type="unreadable", data='"garden/0@3: no JSON"'
    )
    applied = follower.apply(*PLANTED, *water("plt_2", 2), unreadable=(garbage,))
    assert applied == [*PLANTED, *water("plt_2", 2)]
    assert follower.apply(*water("plt_1", 2), *water("plt_2", 3)) == water("plt_2", 3)
    assert follower.waiting() == [("plt_1", 0, "failed"), ("plt_1", 2, "behind")]
    assert "no JSON" in (follower.parked()[0].error or "")


def test_streams_of_one_name_in_two_sources_are_two(follower: Follower):
    follower.apply(*PLANTED)
    person = received("plt_2", 1, Planted("Of the allotment"), event_id="another")
    batch = Batch("allotment", "allotment/0", None, "1", [person, received("plt_1", 3, BEANS)])
    with follower.database.write() as connection:
        assert apply_batches(connection, 1, PROJECTIONS, [batch], NOW) == [person]
    assert follower.waiting() == [("plt_1", 3, "gap")]
    assert follower.apply(*water("plt_1", 2)) == water("plt_1", 2)
    assert follower.waiting() == [("plt_1", 3, "gap")]


def test_generations_know_nothing_of_each_other(follower: Follower):
    follower.apply(*PLANTED, received("plt_1", 2, Watered(-1)))
    other = Follower(follower.database, generation=2)
    assert other.parked() == []
    assert other.apply(*PLANTED) == PLANTED
    assert other.apply(*water("plt_1", 2)) == water("plt_1", 2)
    assert follower.tables() == folded(PLANTED)


def test_a_database_that_cannot_just_now_is_no_fault_of_the_event(sqlite_database: Database):
    follower = Follower(sqlite_database)
    follower.apply(*PLANTED)
    many = [received(f"plt_{n}", 1, LEEKS) for n in range(5000)]
    batch = Batch("garden", "garden/0", "1", "2", many)

    def apply_to_a_full_disk() -> None:
        with sqlite_database.write() as connection:
            pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
            connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")
            apply_batches(connection, 1, PROJECTIONS, [batch], NOW)

    with pytest.raises(OperationalError, match="disk is full"):
        apply_to_a_full_disk()
    assert follower.parked() == []
    assert follower.tables() == folded(PLANTED)


def test_a_position_moves_only_from_where_it_is(database: Database):
    with database.write() as connection:
        advance(connection, 1, "garden", "garden/0", expected=None, position="5")
        advance(connection, 1, "garden", "garden/0", expected="5", position="9")
    for wrong in (None, "5"):
        with pytest.raises(Fenced), database.write() as connection:
            advance(connection, 1, "garden", "garden/0", expected=wrong, position="7")
    with database.read() as connection:
        assert positions(connection, 1) == {"garden/0": "9"}
