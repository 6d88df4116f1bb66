"""A discovery service within this process, told of communities as by the registry."""

import json
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from flask import Flask

from services.discovery.bootstrap import build
from services.discovery.follower import Follower
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


@dataclass
class Discovery:
    """`operator` asks with the operator's token, `anyone` with none."""

    service: Service
    app: Flask
    versions: dict[str, int] = field(default_factory=dict)
    follower: Follower = field(default_factory=Follower)

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
        """An event of the registry arrives, and is reacted to."""
        self.learns(kind, stream, **data)
        self.reacts()

    def learns(
        self, kind: str, stream: str, *, happened: datetime | None = None, **data: Any
    ) -> None:
        """An event arrives; what it asks for waits."""
        stream, data = where_told(kind, stream, data)
        version = self.versions[stream] = self.versions.get(stream, 0) + 1
        now = self.service.clock.now()
        event = Event(
            *START,
            stream=stream,
            version=version,
            id=str(uuid.uuid5(uuid.NAMESPACE_URL, f"{stream} {version}")),
            type=kind,
            schema=1,
            time=happened or now,
            audience="public",
            correlation="c",
            causation=None,
            actor=None,
            data=json.dumps(data),
        )
        with self.service.database.write() as connection:
            inbox = Inbox(connection, active(connection, FOLLOWED), kind.partition(".")[0])
            fresh = inbox.admit([event], now)
            applied = apply_events(connection, inbox, self.service.followed, fresh, now)
            record(connection, self.service.reactions, applied, now)

    def reacts(self) -> int:
        """What waits is carried out; how many."""
        reactions = {r.name: r for r in self.service.reactions}
        return carry_out(self.service.database, reactions, self.service.clock.now())

    def passes(self, now: datetime) -> None:
        """Time has passed."""
        for timed in self.service.passes:
            timed(self.service, now)

    def community(self, name: str = "Falls", **data: Any) -> str:
        stream = derived_id("com", name)
        fields = {"name": name, "domain": "Preventing falls in care homes"} | data
        self.hears("registry.community.registered", stream, **fields)
        return stream

    def closes(self, community: str, *into: str, ending: str | None = None) -> None:
        how = ending or ("merged" if into else "faded")
        self.hears("registry.community.closed", community, ending=how, into=list(into))

    def convener(self, community: str, name: str = "Ada", role: str = "convener") -> str:
        person = derived_id("per", name)
        key = derived_id("rol", community, person)
        data = {"role_id": key, "person": person, "role": role, "begins": "2010-01-01"}
        self.hears("registry.membership.started", community, **data)
        return person

    def person(self, name: str) -> str:
        """The id of somebody whom the registry has told of."""
        key = derived_id("per", name)
        self.hears("registry.person.registered", key)
        return key

    def proposal(self, one: str, other: str, **fields: Any) -> str:
        """The id of a new proposal."""
        body = {"from": one, "to": other, "purpose": "Learn from each other"} | fields
        return str(self.operator.made("/links", **body)["id"])

    def link(self, one: str, other: str, **fields: Any) -> str:
        """The id of a new link that both agreed to."""
        link = self.proposal(one, other, **fields)
        self.operator.done(f"/links/{link}/acceptance")
        return link

    def links(self, community: str | None = None) -> list[Any]:
        at = f"/communities/{community}/links" if community else "/links"
        return list(self.operator.get(f"{at}?limit=200").json["items"])

    def related(self, community: str, query: str = "", caller: Caller | None = None) -> list[Any]:
        self.follower.catch_up(self.service.database)
        answer = (caller or self.operator).get(f"/communities/{community}/related{query}")
        assert answer.status_code == 200, answer.text
        return list(answer.json["items"])

    def told(self, *types: str) -> list[Any]:
        """The events of these types, `discovery.` left out; all but the confirmations if none."""
        found = self.operator.events()
        wanted = [f"discovery.{name}" for name in types]
        return [e for e in found if not wanted or e["type"] in wanted]


@contextmanager
def open_discovery(
    database_url: str, folder: Path, *, migrated: bool = False, **environ: str
) -> Iterator[Discovery]:
    """A discovery over an empty database, which is migrated first unless it is already."""
    urls = {f"{name}_URL": "http://127.0.0.1:1" for name in ("REGISTRY", "NOTIFICATIONS")}
    settings = settings_of(folder, DISCOVERY_DATABASE_URL=database_url, **urls | environ)
    service = build(load_settings(settings))
    knows_the_key(service)
    if not migrated:
        migrate(database_url, database_url, service.migrations)
    app = create_app(service)
    found = Discovery(service, app)
    app.extensions["hedgerow_follower"] = found.follower
    try:
        yield found
    finally:
        service.database.close()
