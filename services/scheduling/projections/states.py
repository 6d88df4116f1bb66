"""Read models that hold a stream's state, as the domain folds it."""

from collections.abc import Callable, Iterable
from typing import Any

import msgspec

from services.scheduling.events import EVENT_TYPES
from shared.clock import rfc3339
from shared.eventstore.events import Event
from shared.eventstore.streams import Decider
from shared.projection.projection import Child, Projection, Row

# What every such table has: the stream, its version, when it began and changed, and the state.
COMMON = ("id", "version", "began_at", "changed_at", "record")
Columns = Callable[[str, Any], Row]


def types_of(kind: str) -> dict[str, int]:
    """The event types of a kind of stream, with the versions that this code knows."""
    prefix = f"scheduling.{kind}."
    return {n: t.version for n, t in EVENT_TYPES.by_name.items() if n.startswith(prefix)}


def state_projection(
    table: str,
    kind: str,
    decider: Decider[Any, Any, Any],
    columns: tuple[str, ...],
    values: Columns,
    children: Iterable[Child] = (),
) -> Projection:
    """`values(stream, state)` gives the further columns, which queries filter and sort by."""
    state_type = type(decider.initial)

    def fold(row: Row | None, event: Event) -> Row:
        before = msgspec.convert(row["record"], state_type) if row else decider.initial
        state = decider.evolve(before, EVENT_TYPES.decode(event))
        at = rfc3339(event.time)
        return {
            "id": event.stream,
            "version": event.version,
            "began_at": row["began_at"] if row else at,
            "changed_at": at,
            "record": msgspec.to_builtins(state),
            **values(event.stream, state),
        }

    return Projection(
        table=table,
        columns=(*COMMON, *columns),
        types=types_of(kind),
        fold=fold,
        json=frozenset({"record"}),
        children=tuple(children),
    )
