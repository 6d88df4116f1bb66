"""Every event type of every service."""

from importlib import import_module

from shared.eventstore.codec import EventType
from shared.settings import SERVICES, load_settings


def _types(service: str) -> list[EventType]:
    settings = load_settings({}, need_tokens=False)
    return list(
        import_module(f"services.{service}.bootstrap").build(settings).types.by_name.values()
    )


EVENT_TYPES: list[EventType] = [kind for service in SERVICES for kind in _types(service)]
VERSIONS = [(t.name, version) for t in EVENT_TYPES for version in range(1, t.version + 1)]
