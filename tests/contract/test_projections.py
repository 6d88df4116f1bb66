"""A projection: a table, and a function from a row and an event to the row that follows."""

from collections.abc import Sequence
from dataclasses import replace

from shared.database import Database
from shared.eventstore.events import Event
from shared.projection.projection import Failure, Projection, UnknownVersion, load_rows, project
from tests.contract.gardens import (
    PLOTS,
    PROJECTIONS,
    WATER,
    Cleared,
    KeyLent,
    Planted,
    Watered,
    folded,
    received,
    tables,
)

BEANS = Planted("By the gate", ("beans", "kale"))
LEEKS = Planted("By the pond", ("leeks",))


def apply(
    database: Database, *events: Event, projections: Sequence[Projection] = PROJECTIONS
) -> list[Failure]:
    with database.write() as connection:
        return project(connection, projections, 1, events)


def found(database: Database, generation: int = 1) -> dict:
    with database.read() as connection:
        return tables(connection, generation)


def test_a_batch_becomes_rows_and_their_children(database: Database):
    assert not apply(
        database,
        received("plt_1", 1, BEANS),
        received("plt_2", 1, LEEKS),
        received("plt_1", 2, Watered(3)),
        received("key_1", 1, KeyLent("per_1")),  # of no concern to these projections
        received("plt_1", 3, Watered(4)),
    )
    assert found(database) == {
        "plots": [
            ("plt_1", 3, "By the gate", 7, '["beans","kale"]'),
            ("plt_2", 1, "By the pond", 0, '["leeks"]'),
        ],
        "plot_crops": [("plt_1", "beans"), ("plt_1", "kale"), ("plt_2", "leeks")],
        "water": [("garden", 7)],
    }
    assert found(database, generation=2) == {"plots": [], "plot_crops": [], "water": []}


def test_batches_of_any_size_come_to_the_same(database: Database):
    events = [received(f"plt_{n}", 1, LEEKS) for n in range(600)]  # more than one query's keys
    events += [received(f"plt_{n}", 2, Watered(n % 7)) for n in range(600)]
    events += [received(f"plt_{n}", 3, Cleared()) for n in range(0, 600, 5)]
    events += [received(f"plt_{n}", 4, BEANS) for n in range(0, 600, 10)]
    with database.write() as connection:
        assert not project(connection, PROJECTIONS, 1, events)
        for start in range(0, len(events), 77):
            assert not project(connection, PROJECTIONS, 2, events[start : start + 77])
    assert found(database, 1) == found(database, 2) == folded(events)


def test_a_row_that_ends_is_deleted_with_its_children(database: Database):
    apply(database, received("plt_1", 1, BEANS), received("plt_2", 1, LEEKS))
    apply(database, received("plt_1", 2, Cleared()))
    assert found(database)["plots"] == [("plt_2", 1, "By the pond", 0, '["leeks"]')]
    assert found(database)["plot_crops"] == [("plt_2", "leeks")]

    apply(database, received("plt_2", 2, Watered(1)), received("plt_2", 3, Cleared()))
    assert found(database)["plots"] == found(database)["plot_crops"] == []


def test_a_row_that_comes_and_goes_in_one_batch_leaves_nothing(database: Database):
    apply(database, received("plt_1", 1, BEANS), received("plt_1", 2, Cleared()))
    assert found(database)["plots"] == found(database)["plot_crops"] == []


def test_children_are_replaced_with_their_row(database: Database):
    apply(database, received("plt_1", 1, BEANS))
    apply(database, received("plt_1", 2, Cleared()), received("plt_1", 3, LEEKS))
    assert found(database)["plot_crops"] == [("plt_1", "leeks")]
    apply(database, received("plt_1", 4, Planted("By the gate")))
    assert found(database)["plot_crops"] == []


def test_a_column_of_json_holds_whatever_json_can(database: Database):
    anything = {"list": [1, 2.5, None, True], "text": 'Ħedġe "☘"\n', "nested": {"a": {}}}
    row = {"id": "plt_1", "version": 1, "name": "", "litres": 0, "crops": anything}
    note = replace(PLOTS, fold=lambda _row, _event: row, children=())
    apply(database, received("plt_1", 1, BEANS), projections=[note])
    with database.read() as connection:
        assert load_rows(connection, note, 1, ["plt_1", "plt_2"]) == {"plt_1": row}


def test_an_event_that_fails_changes_nothing_in_any_table_and_the_rest_flows(database: Database):
    apply(database, received("plt_1", 1, BEANS))
    uphill = received("plt_1", 3, Watered(-4))
    behind = received("plt_1", 4, Watered(100))
    nowhere = received("plt_9", 1, Watered(8))

    failures = apply(
        database,
        received("plt_1", 2, Watered(1)),
        uphill,
        received("plt_2", 1, LEEKS),
        behind,
        nowhere,
        received("plt_2", 2, Watered(2)),
    )

    assert [failure.event for failure in failures] == [uphill, behind, nowhere]
    assert [str(failure.error) for failure in failures] == [
        "water does not flow uphill",
        "water does not flow uphill",
        "nothing grows here",
    ]
    # The water's table comes first and would have taken all of them.
    assert PROJECTIONS[0] is WATER
    assert found(database) == {
        "plots": [
            ("plt_1", 2, "By the gate", 1, '["beans","kale"]'),
            ("plt_2", 2, "By the pond", 2, '["leeks"]'),
        ],
        "plot_crops": [("plt_1", "beans"), ("plt_1", "kale"), ("plt_2", "leeks")],
        "water": [("garden", 3)],
    }


def test_an_event_of_a_version_yet_unknown_waits(database: Database):
    later = received("plt_1", 1, BEANS)._replace(schema=3)
    unread = received("key_1", 1, KeyLent("per_1"))._replace(schema=99)
    failures = apply(database, later, unread, received("plt_1", 2, Watered(1)))
    assert [failure.event.version for failure in failures] == [1, 2]
    assert all(isinstance(failure.error, UnknownVersion) for failure in failures)
    assert found(database) == {"plots": [], "plot_crops": [], "water": []}
