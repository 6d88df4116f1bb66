"""Dead letters: what an operator can do about events that could not be applied."""

from dataclasses import replace
from functools import partial

import pytest

from shared.database import Database
from shared.eventstore.events import Event
from shared.projection import dead_letters
from shared.projection.apply import apply_batches
from shared.projection.dead_letters import NoSuchDeadLetter, NotTheFirst
from shared.projection.generations import FOLLOWED, swap
from shared.projection.inbox import Parked
from shared.projection.reactions import Reaction
from shared.stream.source import Batch
from tests.contract.gardens import (
    NOW,
    PLOTS,
    PROJECTIONS,
    WATER,
    Planted,
    Watered,
    fold_plot,
    received,
    tables,
)

BEANS, LEEKS = Planted("By the gate", ("beans",)), Planted("By the pond", ("leeks",))
PLANTED = [received("plt_1", 1, BEANS), received("plt_2", 1, LEEKS)]
UPHILL = received("plt_1", 2, Watered(-1))
NOTICE = Reaction("notice", frozenset({"garden.plot.watered"}), lambda *_: None)
# Code that was mended since: it takes water in any direction.
MENDED = (
    WATER,
    replace(PLOTS, fold=lambda row, e: fold_plot(row, received_litres(e)) if row else None),
)


def received_litres(event: Event) -> Event:
    return event._replace(data=event.data.replace("-", ""))


def water(stream: str, *versions: int) -> list[Event]:
    return [received(stream, version, Watered(version)) for version in versions]


class Operator:
    def __init__(self, database: Database) -> None:
        self.database, self.place = database, 0

    def consume(self, *events: Event, unreadable: tuple[Event, ...] = ()) -> None:
        before = str(self.place) if self.place else None
        batch = Batch("garden", "garden/0", before, str(self.place + 1), events, unreadable)
        with self.database.write() as connection:
            apply_batches(connection, 1, PROJECTIONS, [batch], NOW)
        self.place += 1

    def letters(self) -> list[Parked]:
        with self.database.read() as connection:
            return dead_letters.waiting(connection)

    def letter(self, stream: str, version: int) -> int:
        (found,) = [p.id for p in self.letters() if (p.stream, p.version) == (stream, version)]
        return found

    def retry(self, stream: str, version: int, projections=PROJECTIONS) -> list[str]:
        with self.database.write() as connection:
            letter = self.letter(stream, version)
            left = dead_letters.retry(connection, letter, projections, [NOTICE], NOW)
            return [f"{parked.version} {parked.reason}" for parked in left]

    def discard(self, stream: str, version: int) -> list[str]:
        with self.database.write() as connection:
            letter = self.letter(stream, version)
            left = dead_letters.discard(connection, letter, PROJECTIONS, [NOTICE], NOW)
            return [f"{parked.version} {parked.reason}" for parked in left]

    def plots(self) -> dict[str, tuple[int, int]]:
        """The version and the litres of each plot."""
        with self.database.read() as connection:
            return {row[0]: (row[1], row[3]) for row in tables(connection, 1)["plots"]}

    def noticed(self) -> list[str]:
        with self.database.read() as connection:
            sql = "SELECT event_id FROM reactions ORDER BY event_id"
            return list(connection.exec_driver_sql(sql).scalars())


@pytest.fixture
def operator(database: Database) -> Operator:
    found = Operator(database)
    found.consume(*PLANTED, UPHILL, *water("plt_1", 3, 4), *water("plt_2", 2))
    return found


def test_what_waits_is_told_with_its_reason(operator: Operator):
    operator.consume(*water("plt_2", 4), received("plt_2", 2, Watered(9), event_id="rewritten"))
    assert [(p.stream, p.version, p.reason) for p in operator.letters()] == [
        ("plt_1", 2, "failed"),
        ("plt_1", 3, "behind"),
        ("plt_1", 4, "behind"),
        ("plt_2", 2, "divergence"),
        ("plt_2", 4, "gap"),
    ]
    with operator.database.read() as connection:
        assert dead_letters.counts(connection) == {
            "failed": 1,
            "behind": 2,
            "gap": 1,
            "divergence": 1,
        }


def test_once_the_code_is_mended_a_retry_applies_the_event_and_all_behind_it(operator: Operator):
    assert operator.retry("plt_1", 2, MENDED) == []
    assert operator.letters() == []
    assert operator.plots() == {"plt_1": (4, 8), "plt_2": (2, 2)}
    assert operator.noticed() == ["plt_1@2", "plt_1@3", "plt_1@4"]
    operator.consume(UPHILL, *water("plt_1", 5))
    assert operator.plots()["plt_1"] == (5, 13)


def test_a_retry_that_fails_again_changes_nothing(operator: Operator):
    assert operator.retry("plt_1", 2) == ["2 failed", "3 behind", "4 behind"]
    assert operator.retry("plt_1", 3) == ["2 failed", "3 behind", "4 behind"]
    assert operator.plots() == {"plt_1": (1, 0), "plt_2": (2, 2)}
    assert operator.noticed() == []


def test_a_retry_goes_as_far_as_it_can(operator: Operator):
    operator.consume(received("plt_1", 5, Watered(2000)), *water("plt_1", 6))
    assert operator.retry("plt_1", 2, MENDED) == ["5 failed", "6 behind"]
    assert operator.plots()["plt_1"] == (4, 8)
    assert operator.noticed() == ["plt_1@2", "plt_1@3", "plt_1@4"]


def test_what_is_discarded_is_left_out_and_all_behind_it_applied(operator: Operator):
    assert operator.discard("plt_1", 2) == []
    assert operator.plots() == {"plt_1": (4, 7), "plt_2": (2, 2)}
    assert operator.noticed() == ["plt_1@3", "plt_1@4"]
    operator.consume(UPHILL, *water("plt_1", 5))  # sent again, it is known and dropped
    assert operator.letters() == []
    assert operator.plots()["plt_1"] == (5, 12)


def test_what_waits_beyond_a_missing_event_goes_on_when_that_comes(operator: Operator):
    operator.consume(*water("plt_1", 6, 7))  # 5 is missing
    assert operator.discard("plt_1", 2) == ["6 behind", "7 behind"]
    operator.consume(*water("plt_1", 8))
    assert operator.plots()["plt_1"] == (4, 7)

    operator.consume(*water("plt_1", 5))
    assert operator.letters() == []
    assert operator.plots()["plt_1"] == (8, 3 + 4 + 5 + 6 + 7 + 8)


def test_what_waits_behind_another_cannot_be_discarded_before_it(operator: Operator):
    first = operator.letter("plt_1", 2)
    with pytest.raises(NotTheFirst, match=f"numbered {first} of"):
        operator.discard("plt_1", 3)
    assert operator.discard("plt_1", 2) == []
    assert operator.plots()["plt_1"] == (4, 7)


def test_a_missing_event_that_never_comes_is_given_up_with_the_one_behind_it(operator: Operator):
    operator.consume(*water("plt_2", 4, 5))  # 3 is missing
    assert operator.discard("plt_2", 4) == []
    operator.consume(*water("plt_2", 6))
    assert operator.plots()["plt_2"] == (6, 2 + 5 + 6)


def test_a_divergence_is_never_applied_but_can_be_discarded(operator: Operator):
    operator.consume(received("plt_2", 2, Watered(9), event_id="rewritten"))
    assert operator.retry("plt_2", 2) == ["2 divergence"]
    assert operator.discard("plt_2", 2) == []
    assert operator.plots()["plt_2"] == (2, 2)
    operator.consume(*water("plt_2", 3))
    assert operator.plots()["plt_2"] == (3, 5)


def test_a_divergence_stops_none_of_its_stream(operator: Operator):
    operator.consume(
        received("plt_1", 1, Watered(9), event_id="rewritten"),
        received("plt_1", 3, Watered(9), event_id="rewritten while 3 waited"),
    )
    with operator.database.write() as connection:
        letter = operator.letter("plt_1", 2)
        left = dead_letters.retry(connection, letter, MENDED, [NOTICE], NOW)
    assert [(parked.event_id, parked.reason) for parked in left] == [
        ("rewritten", "divergence"),
        ("rewritten while 3 waited", "divergence"),
    ]
    assert operator.plots()["plt_1"] == (4, 8)


def test_a_record_that_is_no_event_is_discarded_and_its_stream_goes_on(operator: Operator):
    garbage = UPHILL._replace(stream="plt_2", version=0, type="unreadable", data='"no JSON"')
    operator.consume(unreadable=(garbage,))
    operator.consume(*water("plt_2", 3))
    assert operator.retry("plt_2", 0) == ["0 failed", "3 behind"]
    assert operator.discard("plt_2", 0) == []
    assert operator.plots()["plt_2"] == (3, 5)


def test_a_number_that_nothing_waits_under_is_said_so(operator: Operator):
    letter = operator.letter("plt_1", 2)
    operator.discard("plt_1", 2)
    for act in (dead_letters.retry, dead_letters.discard):
        with pytest.raises(NoSuchDeadLetter), operator.database.write() as connection:
            act(connection, letter, PROJECTIONS, [], NOW)


def test_only_the_generation_in_use_has_letters(operator: Operator):
    with operator.database.write() as connection:
        swap(connection, FOLLOWED)
    assert operator.letters() == []


def test_what_waited_for_code_that_knows_its_version_is_taken_up(database: Database):
    operator = Operator(database)
    newer = received("plt_1", 2, Watered(3))._replace(schema=2)
    uphill = received("plt_2", 2, Watered(-1))
    operator.consume(*PLANTED, newer, *water("plt_1", 3), uphill)
    take_up = partial(dead_letters.take_up, reacts=[NOTICE], now=NOW)
    with database.write() as connection:
        take_up(connection, PROJECTIONS)  # code that does not know it either
    assert len(operator.letters()) == 3
    upgraded = [replace(p, types={**p.types, "garden.plot.watered": 2}) for p in PROJECTIONS]
    with database.write() as connection:
        assert take_up(connection, upgraded) == 1
    assert [letter.stream for letter in operator.letters()] == ["plt_2"]  # another fault
