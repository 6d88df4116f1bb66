"""A scheduling service within this process, told of communities and people as by the registry."""

import json
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from flask import Flask

from services.scheduling.bootstrap import build
from shared.eventstore.events import START, Event
from shared.identifiers import derived_id
from shared.migrations.migrate import migrate
from shared.projection.apply import apply_events
from shared.projection.generations import FOLLOWED, active
from shared.projection.inbox import Inbox
from shared.projection.reactions import carry_out, record
from shared.service import Service
from shared.settings import load_settings
from shared.web.app import create_app
from tests.registry import Caller, settings_of, where_told
from tests.signing import knows_the_key, token

BROCHURE = [
    ("module", 1, "2019-01-18"),
    ("webinar", 1, "2019-02-28"),
    ("module", 2, "2019-03-29"),
    ("webinar", 2, "2019-05-02"),
    ("module", 3, "2019-06-07"),
    ("webinar", 3, "2019-07-04"),
    ("module", 4, "2019-09-20"),
    ("webinar", 4, "2019-10-17"),
    ("module", 5, "2019-11-22"),
    ("webinar", 5, "2019-12-19"),
    ("celebration", None, "2020-01-17"),
]


def brochure() -> list[dict[str, Any]]:
    """The sessions of the brochure's cohort."""
    return [
        {"kind": kind, "date": date, **({"number": number} if number else {})}
        for kind, number, date in BROCHURE
    ]


@dataclass
class Scheduling:
    """`operator` asks with the operator's token, `anyone` with none."""

    service: Service
    app: Flask
    versions: dict[str, int] = field(default_factory=dict)

    @property
    def operator(self) -> Caller:
        return Caller(self.app)

    @property
    def anyone(self) -> Caller:
        return Caller(self.app, None)

    def acting(self, person: str) -> Caller:
        return Caller(self.app, actor=person)

    def signed_in(self, person: str, **when: timedelta) -> Caller:
        """This person, with a token of their own; see `tests.signing.token`."""
        return Caller(self.app, token(self.service, person, **when))

    def granted(self, person: str, grant: str, scope: str | None = None) -> None:
        data = {"person": person, "grant": grant, "scope": scope}
        self.hears("registry.grant.given", derived_id("grt", person, grant), **data)

    def hears(self, kind: str, stream: str, **data: Any) -> None:
        """An event of another service arrives, and is reacted to."""
        stream, data = where_told(kind, stream, data)
        version = self.versions[stream] = self.versions.get(stream, 0) + 1
        self.hears_again(kind, stream, version, data)

    def hears_again(self, kind: str, stream: str, version: int, data: dict[str, Any]) -> None:
        now = self.service.clock.now()
        source = kind.split(".")[0]
        event = Event(
            *START,
            stream=stream,
            version=version,
            id=str(uuid.uuid5(uuid.NAMESPACE_URL, f"{stream} {version}")),
            type=kind,
            schema=1,
            time=now,
            audience="public",
            correlation="c",
            causation=None,
            actor=None,
            data=json.dumps(data),
        )
        database = self.service.database
        with database.write() as connection:
            inbox = Inbox(connection, active(connection, FOLLOWED), source)
            fresh = inbox.admit([event], now)
            applied = apply_events(connection, inbox, self.service.followed, fresh, now)
            record(connection, self.service.reactions, applied, now)
        carry_out(database, {r.name: r for r in self.service.reactions}, now)

    def community(self, name: str = "Falls", **data: Any) -> str:
        stream = derived_id("com", name)
        self.hears("registry.community.registered", stream, name=name, domain="Feet", **data)
        return stream

    def person(self, name: str = "Ada") -> str:
        """Somebody known by an id alone; the name tells them apart in tests."""
        stream = derived_id("per", name)
        self.hears("registry.person.registered", stream)
        return stream

    def role(self, community: str, person: str, role: str = "convener") -> None:
        key = self.role_id(community, person, role)
        data = {"role_id": key, "person": person, "role": role, "begins": "2010-01-01"}
        self.hears("registry.membership.started", community, **data)

    def role_id(self, community: str, person: str, role: str) -> str:
        return derived_id("rol", community, person, role)

    def programme(self, **fields: Any) -> str:
        body = {"template": "cop-leadership"} | fields
        return str(self.operator.made("/programmes", **body)["id"])

    def cohort(self, **fields: Any) -> Any:
        programme = fields.pop("programme", None) or self.programme()
        ahead = (datetime.now(UTC) + timedelta(days=30)).date().isoformat()
        body = {
            "programme": programme,
            "name": "Wessex",
            "zone": "Europe/London",
            "places": 24,
            "applications_close": ahead,
            "sessions": [],
        }
        return self.operator.made("/cohorts", **body | fields)

    def meeting(self, community: str, **fields: Any) -> Any:
        body = {
            "kind": "community-meeting",
            "communities": [community],
            "title": "We meet",
            "date": "2027-03-10",
            "start": "10:00",
            "end": "12:00",
            "zone": "Europe/London",
            "place": "Eastleigh",
        }
        return self.operator.made("/sessions", **body | fields)


@contextmanager
def open_scheduling(
    database_url: str, folder: Path, *, migrated: bool = False, **environ: str
) -> Iterator[Scheduling]:
    """A scheduling service over an empty database, which is migrated first unless it is already."""
    urls = {f"{name}_URL": "http://127.0.0.1:1" for name in ("DISCOVERY", "NOTIFICATIONS")}
    settings = settings_of(folder, SCHEDULING_DATABASE_URL=database_url, **urls | environ)
    service = build(load_settings(settings))
    knows_the_key(service)
    if not migrated:
        migrate(database_url, database_url, service.migrations)
    try:
        yield Scheduling(service, create_app(service))
    finally:
        service.database.close()
