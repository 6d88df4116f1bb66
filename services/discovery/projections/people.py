"""Which people there are, by id alone: who saves a search must be one of them."""

from shared.connection import Connection
from shared.database import mark
from shared.eventstore.events import Event
from shared.projection.generations import FOLLOWED, active
from shared.projection.projection import Projection, Row

_REGISTERED, _ERASED = "registry.person.registered", "registry.person.erased"


def fold_person(_row: Row | None, event: Event) -> Row:
    return {"id": event.stream, "erased": int(event.type == _ERASED)}


def is_known(connection: Connection, person: str) -> bool:
    """Whether the registry has told of this person, and not of an erasure."""
    row = connection.exec_driver_sql(
        f"SELECT 1 FROM people_{active(connection, FOLLOWED)}"
        f" WHERE id = {mark(connection)} AND erased = 0",
        (person,),
    ).first()
    return row is not None


PEOPLE = Projection(
    table="people",
    columns=("id", "erased"),
    types={_REGISTERED: 1, _ERASED: 1},
    fold=fold_person,
)
