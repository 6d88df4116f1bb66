"""Event types by explicit name and integer version, to and from the dataclasses of a domain."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from shared.eventstore.events import PUBLIC, Event, NewEvent

Upcaster = Callable[[dict[str, Any]], dict[str, Any]]


@dataclass(frozen=True, slots=True)
class EventType:
    """One event type: its name, present version, dataclass and audience.

    `upcasters[v]` turns the data of version v into that of v + 1, as a pure function. A version in
    `whole` is still read in full by its owner, as the class given there, while subscribers are
    shown it upcast: it held what is no longer for everyone. `withdrawn` names the fields that past
    versions held and that nobody is shown any more.
    """

    name: str
    version: int
    holds: type
    audience: str = PUBLIC
    upcasters: Mapping[int, Upcaster] | None = None
    whole: Mapping[int, type] | None = None
    withdrawn: tuple[str, ...] = ()


class UnknownEventType(Exception):
    """An event in the store that this code has no type for: it was written by a later one."""


class EventTypes:
    """The event types of one service."""

    def __init__(self, types: Iterable[EventType]) -> None:
        self.by_name = {t.name: t for t in types}
        self._by_class = {t.holds: t for t in self.by_name.values()}
        self._decoders: dict[str, msgspec.json.Decoder[Any]] = {
            t.name: msgspec.json.Decoder(t.holds) for t in self.by_name.values()
        }

    def withdrawing(self) -> list[EventType]:
        """The types whose past events held what nobody is shown any more."""
        return [kind for kind in self.by_name.values() if kind.withdrawn]

    def encode(self, event: object) -> NewEvent:
        """Fields that are None are left out: optional is what may be missing."""
        kind = self._by_class[type(event)]
        data = msgspec.json.encode(_without_none(msgspec.to_builtins(event)))
        return NewEvent(kind.name, kind.version, kind.audience, data.decode())

    def decode(self, event: Event) -> Any:
        """The domain's event, upcast to the present version.

        Raises UnknownEventType for a type or a version that this code does not know.
        """
        kind = self.by_name.get(event.type)
        if kind is None or event.schema > kind.version:
            raise UnknownEventType(f"{event.type} version {event.schema}")
        if kind.whole is not None and event.schema in kind.whole:
            return msgspec.json.decode(event.data, type=kind.whole[event.schema])
        if event.schema == kind.version:
            return self._decoders[kind.name].decode(event.data)
        return msgspec.convert(upcast(kind, event), kind.holds)

    def present_to_owner(self, event: Event) -> Event:
        """The event as its present version, or in full where only the owner may read it so."""
        kind = self.by_name.get(event.type)
        whole = kind is not None and event.schema in (kind.whole or {})
        return event if whole else self.present(event)

    def present(self, event: Event) -> Event:
        """The event as its present version, for a subscriber; unknown ones as they are."""
        kind = self.by_name.get(event.type)
        if kind is None or event.schema >= kind.version:
            return event
        data = msgspec.json.encode(upcast(kind, event)).decode()
        return event._replace(schema=kind.version, data=data)


def _without_none(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _without_none(v) for name, v in value.items() if v is not None}
    if isinstance(value, list | tuple):
        return [_without_none(v) for v in value]
    return value


def upcast(kind: EventType, event: Event) -> dict[str, Any]:
    data: dict[str, Any] = msgspec.json.decode(event.data)
    for version in range(event.schema, kind.version):
        data = (kind.upcasters or {})[version](data)
    return data
