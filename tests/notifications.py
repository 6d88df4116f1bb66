"""Notifications within this process: its app and tables, with events handed to its consumer."""

import json
import uuid
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from flask import Flask

from services.notifications.bootstrap import build
from services.notifications.joining import Joining
from shared.clock import Clock
from shared.database import mark
from shared.eventstore.events import START, Event
from shared.migrations.migrate import migrate
from shared.projection.consumer import Consumer
from shared.projection.reactions import carry_out
from shared.service import Service
from shared.settings import load_settings
from shared.stream.source import Batch, Look
from shared.web.app import create_app
from tests.registry import SERVICE, Caller, settings_of, where_told
from tests.signing import knows_the_key, token

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)  # a Monday
FALLS, FRAILTY, WESSEX = "com_falls", "com_frailty", "net_wessex"
MEETING = "ses_spring"


def person(number: int) -> str:
    return f"per_{number:020}"


ADA, BEA, CLEO, DAN = (person(n) for n in range(1, 5))


class Still(Clock):
    """A clock that stands at NOW."""

    def now(self) -> datetime:
        return NOW


class _Nothing:
    """A source for a consumer to which batches are handed."""

    transport, sources = "feed", ("registry",)

    def poll(self, _seconds: float) -> list[Batch]:
        return []

    def moved(self, batches: Sequence[Batch]) -> None: ...

    def reads(self, _partition: str) -> bool:
        return True

    def reset(self) -> None: ...

    def look(self) -> list[Look]:
        return []

    def close(self) -> None: ...


@dataclass
class Notifications:
    """`hear` hands events to the consumer, `react` carries out what they ask."""

    service: Service
    app: Flask
    versions: dict[str, int] = field(default_factory=dict)

    @property
    def operator(self) -> Caller:
        return Caller(self.app)

    @property
    def anyone(self) -> Caller:
        return Caller(self.app, None)

    @property
    def other_service(self) -> Caller:
        return Caller(self.app, SERVICE)

    def acting(self, who: str) -> Caller:
        return Caller(self.app, actor=who)

    def signed_in(self, who: str) -> Caller:
        """This person, with a token of their own; see `tests.signing.token`."""
        return Caller(self.app, token(self.service, who))

    def granted(self, who: str, grant: str, scope: str | None = None) -> None:
        data = {"person": who, "grant": grant, "scope": scope}
        self.hear(self.event("registry.grant.given", f"grt_{who}_{grant}_{scope}", **data))

    def event(
        self,
        kind: str,
        stream: str = FALLS,
        at: datetime = NOW,
        correlation: str = "cor_1",
        origin: str | None = None,
        **data: Any,
    ) -> Event:
        stream, data = where_told(kind, stream, data)
        version = self.versions[stream] = self.versions.get(stream, 0) + 1
        return Event(
            *START,
            stream=stream,
            version=version,
            id=uuid.uuid4().hex,
            type=kind,
            schema=1,
            time=at,
            audience="public",
            correlation=correlation,
            causation=None,
            actor=None,
            data=json.dumps(data),
            origin=origin,
        )

    def hear(self, *events: Event, source: str = "registry") -> None:
        consumer = Consumer(
            self.service.database,
            Still(),
            _Nothing(),
            self.service.followed,
            self.service.reactions,
        )
        with self.service.database.read() as connection:
            sql = f"SELECT position FROM positions WHERE source = {mark(connection)}"
            row = connection.exec_driver_sql(sql, (source,)).first()
        before = row[0] if row else None
        after = str(int(before or 0) + 1)
        consumer.apply([Batch(source, f"{source}/feed", before, after, events)])

    def react(self, now: datetime = NOW) -> int:
        reactions = {reaction.name: reaction for reaction in self.service.reactions}
        done = 0
        while some := carry_out(self.service.database, reactions, now):
            done += some
        return done

    def tell(self, kind: str, *, now: datetime = NOW, **event: Any) -> None:
        """An event comes, and what it asks is carried out."""
        self.hear(self.event(kind, **event))
        self.react(now)

    def rows(self, sql: str) -> list[Any]:
        with self.service.database.read() as connection:
            return connection.exec_driver_sql(sql).all()

    def ledger(self, columns: str = "person, rule, status, reason") -> list[Any]:
        """The ledger's rows, in the generation in use."""
        (row,) = self.rows("SELECT coalesce(max(active), 1) FROM generations WHERE name = 'own'")
        return self.rows(f"SELECT {columns} FROM deliveries_{row[0]} ORDER BY person, rule")

    def community(
        self, stream: str = FALLS, name: str = "Falls in care homes", **more: Any
    ) -> None:
        fields = {"name": name, "domain": "Feet", "networks": [WESSEX], "region": "Wessex"}
        self.hear(self.event("registry.community.registered", stream, **(fields | more)))

    def role(self, who: str, role: str = "member", stream: str = FALLS, **more: Any) -> None:
        data = {"role_id": f"{who}-{role}", "person": who, "role": role, "begins": "2025-01-01"}
        self.hear(self.event("registry.membership.started", stream, **(data | more)))

    def landscape(self) -> None:
        """Two communities of one network with people, who have been told of it already."""
        self.hear(self.event("registry.network.registered", WESSEX, name="Wessex HIN"))
        self.community()
        self.role(ADA, "convener")
        self.role(BEA)
        self.community(FRAILTY, "Frailty")
        self.role(CLEO, "convener", FRAILTY)
        self.forget_reactions()

    def session(self, change: str = "scheduled", stream: str = MEETING, **more: Any) -> None:
        """A community's meeting: planned, or as it is from now on. `date` and `zone` move it."""
        when = {"date": "2026-03-20", "start": "10:00", "end": "11:30", "zone": "Europe/London"}
        when |= {name: more.pop(name) for name in ("date", "start", "end", "zone") if name in more}
        told = {
            "kind": "community-meeting",
            "title": "Spring meeting",
            "when": when | {"occurrence": "first"},
            "modality": "in-person",
            "place": "Wessex House",
            "access": "Step-free",
            "communities": [FALLS],
        }
        own = {k: more.pop(k) for k in ("before", "changed", "reason", "at") if k in more}
        at = own.pop("at", NOW)
        sequence = self.versions.get(stream, 0)
        data = {"session": told | more, "sequence": sequence} | own
        kind = f"scheduling.session.{change}"
        self.hear(self.event(kind, stream, at, **data), source="scheduling")

    def replied(self, who: str, reply: str, session: str = MEETING) -> None:
        about = {"session": session, "kind": "community-meeting", "communities": [FALLS]}
        kind, stream = "scheduling.attendance.replied", f"att_{session}"
        told = self.event(kind, stream, about=about, person=who, reply=reply)
        self.hear(told, source="scheduling")

    def recorded(self, who: str, status: str, session: str = MEETING) -> None:
        about = {"session": session, "kind": "community-meeting", "communities": [FALLS]}
        kind, stream = "scheduling.attendance.recorded", f"att_{session}"
        told = self.event(kind, stream, about=about, person=who, status=status)
        self.hear(told, source="scheduling")

    def forget_reactions(self) -> None:
        with self.service.database.write() as connection:
            connection.exec_driver_sql("DELETE FROM reactions")


class Joins:
    """Addresses to join by at hand, instead of scheduling's; `asked` is what was asked for."""

    def __init__(self, known: dict[Joining, str] | None = None) -> None:
        self.known, self.asked = known or {}, list[Joining]()

    def look_up(self, wanted: Iterable[Joining]) -> dict[Joining, str]:
        asked = list(wanted)
        self.asked += asked
        return {each: self.known[each] for each in asked if each in self.known}


@contextmanager
def open_notifications(url: str, folder: Path, **environ: str) -> Iterator[Notifications]:
    environ = {"NOTIFICATIONS_DATABASE_URL": url, **environ}
    service = build(load_settings(settings_of(folder, **environ)))
    knows_the_key(service)
    migrate(url, url, service.migrations)
    app = create_app(service)
    assert service.start_web is not None
    service.start_web(service, app)
    try:
        yield Notifications(service, app)
    finally:
        service.database.close()
