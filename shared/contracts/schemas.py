"""The events' JSON Schemas and golden samples, one of each for each type and version.

Files are `events/TYPE.VERSION.schema.json` and `events/TYPE.VERSION.sample.json`; a sample stays
for good once its version was published.
"""

from collections.abc import Iterator
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import msgspec

_EVENTS = Path(__file__).parent / "events"


@cache
def known() -> frozenset[tuple[str, int]]:
    """Every event type and version that there is a schema for, looked up once."""
    return frozenset(published())


@lru_cache
def schema(event_type: str, version: int) -> dict[str, Any] | None:
    """The JSON Schema of an event's data; None where there is no such type or version."""
    if (event_type, version) not in known():
        return None
    return _load(_EVENTS / f"{event_type}.{version}.schema.json")


def sample(event_type: str, version: int) -> dict[str, Any] | None:
    """An example of an event's data."""
    return _load(_EVENTS / f"{event_type}.{version}.sample.json")


def published() -> Iterator[tuple[str, int]]:
    """Every event type and version that there is a schema for."""
    for path in sorted(_EVENTS.glob("*.schema.json")):
        name, version = path.name.removesuffix(".schema.json").rsplit(".", 1)
        yield name, int(version)


def _load(path: Path) -> dict[str, Any] | None:
    if not path.is_file():
        return None
    found: dict[str, Any] = msgspec.json.decode(path.read_bytes())
    return found
