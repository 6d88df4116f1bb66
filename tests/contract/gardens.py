"""A domain for the tests alone: plots of a garden are planted, watered and cleared."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from shared.connection import Connection
from shared.database import Database
from shared.eventstore.codec import EventType, EventTypes
from shared.eventstore.epochs import epoch_raised_type
from shared.eventstore.events import INTERNAL, START, Cause, Event, StreamAppend
from shared.eventstore.store import EventStore
from shared.eventstore.streams import Decider
from shared.projection.projection import Child, Projection, Row
from tests.servers import await_that

NOW = datetime(2026, 3, 1, 9, 30, 0, 123456, tzinfo=UTC)
CAUSE = Cause(correlation="cor_1", causation="evt_0", actor="per_1")
MIGRATIONS = Path(__file__).parent / "garden_migrations"


class Refused(Exception):
    """A command that makes no sense now."""


@dataclass(frozen=True)
class Planted:
    name: str
    crops: tuple[str, ...] = ()
    note: str | None = None


@dataclass(frozen=True)
class Watered:
    litres: int


@dataclass(frozen=True)
class Cleared:
    pass


@dataclass(frozen=True)
class KeyLent:
    person: str


def crops_from_crop(data: dict[str, Any]) -> dict[str, Any]:
    """Version 1 knew one crop only."""
    rest = {name: value for name, value in data.items() if name != "crop"}
    return rest | {"crops": [data["crop"]]}


TYPES = EventTypes(
    [
        EventType("garden.plot.planted", 2, Planted, upcasters={1: crops_from_crop}),
        EventType("garden.plot.watered", 1, Watered),
        EventType("garden.plot.cleared", 1, Cleared),
        EventType("garden.key.lent", 1, KeyLent, INTERNAL),
        epoch_raised_type("garden"),
    ]
)


@dataclass(frozen=True)
class Plot:
    planted: bool = False
    litres: int = 0


def decide(plot: Plot, command: object) -> Sequence[object]:
    if isinstance(command, Planted):
        return [] if plot.planted else [command]
    if not plot.planted:
        raise Refused("nothing grows here")
    return [command]


def evolve(plot: Plot, event: object) -> Plot:
    match event:
        case Watered(litres):
            return Plot(plot.planted, plot.litres + litres)
        case Cleared():
            return Plot()
        case _:
            return Plot(planted=True)


PLOT = Decider(Plot(), decide, evolve)


def fold_plot(row: Row | None, event: Event) -> Row | None:
    data = msgspec.json.decode(event.data)
    if event.type == "garden.plot.planted":
        row = {"id": event.stream, "name": data["name"], "litres": 0, "crops": data["crops"]}
        return row | {"version": event.version}
    if row is None:
        raise LookupError("nothing grows here")
    if event.type == "garden.plot.cleared":
        return None
    if data["litres"] < 0:
        raise ValueError("water does not flow uphill")
    return row | {"version": event.version, "litres": row["litres"] + data["litres"]}


def fold_water(row: Row | None, event: Event) -> Row:
    """All the water that went into the garden: one row."""
    litres = msgspec.json.decode(event.data)["litres"]
    return {"id": "garden", "litres": (row or {"litres": 0})["litres"] + litres}


PLOTS = Projection(
    table="plots",
    columns=("id", "version", "name", "litres", "crops"),
    types={"garden.plot.planted": 2, "garden.plot.watered": 1, "garden.plot.cleared": 1},
    fold=fold_plot,
    json=frozenset({"crops"}),
    children=(
        Child("plot_crops", ("plot", "crop"), lambda row: [(row["id"], c) for c in row["crops"]]),
    ),
    stamped=True,
)
WATER = Projection(
    table="water",
    columns=("id", "litres"),
    types={"garden.plot.watered": 1},
    fold=fold_water,
    key=lambda _: "garden",
)
PROJECTIONS = (WATER, PLOTS)


def append(
    store: EventStore,
    connection: Connection,
    stream: str,
    expected: int,
    *events: object,
    now: datetime = NOW,
) -> list[Event]:
    new = [TYPES.encode(event) for event in events]
    return store.append(connection, [StreamAppend(stream, expected, new)], cause=CAUSE, now=now)


def received(stream: str, version: int, event: object, event_id: str | None = None) -> Event:
    """An event as it comes to a consumer."""
    new = TYPES.encode(event)
    return Event(
        *START,
        stream=stream,
        version=version,
        id=event_id or f"{stream}@{version}",
        type=new.type,
        schema=new.schema,
        time=NOW,
        audience=new.audience,
        correlation="cor_1",
        causation=None,
        actor=None,
        data=new.data,
    )


def settle(database: Database) -> None:
    """Wait until no transaction holds readers back: the server's own housekeeping may, shortly."""
    store = EventStore(database.dialect)

    def settled() -> bool:
        with database.read() as connection:
            return store.held_back(connection) == 0

    await_that(settled)


def table(connection: Connection, name: str, columns: Sequence[str]) -> list[tuple[Any, ...]]:
    """All rows of a table, sorted."""
    return sorted(connection.exec_driver_sql(f"SELECT {', '.join(columns)} FROM {name}"))


def tables(connection: Connection, generation: int) -> dict[str, list[tuple[Any, ...]]]:
    """All rows of one generation of the garden's projections, but for `changed`, a stamp."""
    return {
        kept.table: table(connection, f"{kept.table}_{generation}", kept.columns)
        for projection in PROJECTIONS
        for kept in (projection, *projection.children)
    }


def folded(events: Sequence[Event]) -> dict[str, list[tuple[Any, ...]]]:
    """What the projections' tables must hold after these events, by the plainest way there is."""
    rows: dict[str, dict[str, Row | None]] = {p.table: {} for p in PROJECTIONS}
    for event in events:
        for projection in PROJECTIONS:
            if event.type in projection.types:
                kept = rows[projection.table]
                key = projection.key(event)
                kept[key] = projection.fold(kept.get(key), event)
    plots = [row for row in rows["plots"].values() if row is not None]
    return {
        "water": sorted((row["id"], row["litres"]) for row in rows["water"].values() if row),
        "plots": sorted(
            (
                r["id"],
                r["version"],
                r["name"],
                r["litres"],
                msgspec.json.encode(r["crops"]).decode(),
            )
            for r in plots
        ),
        "plot_crops": sorted((row["id"], crop) for row in plots for crop in row["crops"]),
    }
