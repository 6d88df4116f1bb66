"""Which services have confirmed that they forgot an erased person."""

from shared.clock import rfc3339
from shared.eventstore.events import Event
from shared.projection.projection import Projection, Row
from shared.settings import SERVICES

_SUFFIX = ".person.erasure-confirmed"


def fold(row: Row | None, event: Event) -> Row:
    confirmed = row["confirmed"] if row else {}
    service = event.type.removesuffix(_SUFFIX)
    return {"person": event.stream, "confirmed": confirmed | {service: rfc3339(event.time)}}


ERASURES = Projection(
    table="erasures",
    columns=("person", "confirmed"),
    types={f"{service}{_SUFFIX}": 1 for service in SERVICES if service != "registry"},
    fold=fold,
    json=frozenset({"confirmed"}),
)
