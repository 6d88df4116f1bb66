"""Importing communities from lists: a record a line, atomic per line, repeatable, telling nobody.

A record is keyed by (source, external id): its community's id is derived from them, so that two
imports of one list at once meet in the same stream.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Any

from marshmallow import ValidationError

from services.registry import queries
from services.registry.domain.community import Community, Registered, evolve
from services.registry.domain.decisions import Import, decide, kept
from services.registry.domain.network import NetworkRegistered
from services.registry.events import COMMUNITY
from services.registry.lists import Line
from shared.connection import Connection
from shared.database import lock_in_turn
from shared.eventstore.events import Cause, Conflict
from shared.eventstore.streams import Change, Loaded
from shared.foundation.names import name_key
from shared.identifiers import derived_id, new_id
from shared.service import Service
from shared.web.errors import flatten
from shared.web.fields import Body, Name, Text, TextList, Url, without_control_characters

_BATCH = 200  # records in a transaction: other writers wait for no longer than one takes
_ATTEMPTS = 4
_MANY = 500  # new communities, after which the database counts its rows again
_MOST_REFUSALS = 1000


class RecordBody(Body):
    """One record of a list."""

    id = Text(1, 500, required=True)
    name = Name(0, 200, load_default="")
    domain = Text(1, 5000, lines=True, required=True)
    topics = TextList(Text(1, 100), 50, load_default=())
    network = Name(0, 200, load_default="")
    region = Text(0, 200, load_default="")
    url = Url(load_default="")


@dataclass(frozen=True)
class Record:
    line: int
    community: str  # the id that this source's record has here
    external_id: str
    fields: Mapping[str, Any]


@dataclass
class Report:
    """What one run did. `kept` counts records of which a person has changed a field since."""

    run: str
    new: int = 0
    changed: int = 0
    unchanged: int = 0
    kept: int = 0
    refused: int = 0
    refusals: list[dict[str, Any]] = field(default_factory=list)
    networks_made: list[str] = field(default_factory=list)

    def add(self, counts: "_Batch") -> None:
        self.new += counts.new
        self.changed += counts.changed
        self.unchanged += counts.unchanged
        self.kept += counts.kept
        self.networks_made += [n for n in counts.networks_made if n not in self.networks_made]

    def refuse(self, line: int, errors: Mapping[str, Sequence[str]]) -> None:
        """One refusal a line, told for its first field; the others follow in the reason."""
        self.refused += 1
        if len(self.refusals) < _MOST_REFUSALS:
            name, reasons = next(iter(errors.items()))
            others = [f"{n}: {'; '.join(r)}" for n, r in list(errors.items())[1:]]
            reason = "; ".join([*reasons, *others])
            self.refusals.append({"line": line, "field": name or None, "reason": reason})


def run(
    service: Service, lines: Iterable[Line], source: str, *, dry_run: bool, asked_by: Cause
) -> Report:
    """Import all lines, a batch at a time, on behalf of who asked.

    Raises Conflict where others never let one through.
    """
    report = Report(new_id("run"))
    cause = replace(asked_by, correlation=report.run)
    schema = RecordBody()
    remaining = iter(lines)
    while batch := list(islice(remaining, _BATCH)):
        records = list(_records(batch, source, schema, report))
        if records:
            _import_batch(service, records, source, report, cause, dry_run=dry_run)
    if not dry_run and report.new >= _MANY:
        service.database.keep_statistics(after_growth=True)
    return report


def _records(
    lines: Sequence[Line], source: str, schema: RecordBody, report: Report
) -> Iterator[Record]:
    """The lines that can be taken; the others are refused in the report."""
    for line in lines:
        if line.fields is None:
            report.refuse(line.number, {"": [line.unreadable or "is no record"]})
            continue
        try:
            fields = schema.load(_clean(line.fields))
        except ValidationError as error:
            report.refuse(line.number, flatten(error.messages))
            continue
        community = derived_id("com", "import", source, fields["id"])
        yield Record(line.number, community, fields["id"], fields)


def _clean(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Control characters become spaces; what a list leaves empty is as if it were missing."""
    found: dict[str, Any] = {}
    for name, value in fields.items():
        if isinstance(value, str):
            found[name] = without_control_characters(value)
        elif isinstance(value, list):
            texts = [without_control_characters(v) if isinstance(v, str) else v for v in value]
            found[name] = [v for v in texts if not isinstance(v, str) or v.strip()]
        elif value is not None:
            found[name] = value
    return found


def _import_batch(
    service: Service,
    records: Sequence[Record],
    source: str,
    report: Report,
    cause: Cause,
    *,
    dry_run: bool,
) -> None:
    """In one transaction; where others keep changing the same communities, in smaller ones."""
    for _ in range(_ATTEMPTS):
        try:
            with service.write() as connection:
                lock_in_turn(connection, f"import {source}")  # of one list one run at a time
                counts = _Batch(service, connection, source, cause)
                counts.take(records)
                if not dry_run:
                    counts.append()
        except Conflict as error:
            conflict = error
        else:
            report.add(counts)
            return
    if len(records) == 1:
        raise conflict
    middle = len(records) // 2
    for part in (records[:middle], records[middle:]):
        _import_batch(service, part, source, report, cause, dry_run=dry_run)


class _Batch:
    """One transaction's records: all streams are loaded before anything is written."""

    def __init__(self, service: Service, connection: Connection, source: str, cause: Cause) -> None:
        self._service, self._connection, self._source = service, connection, source
        self._cause, self._run = cause, cause.correlation
        self._networks: dict[str, str] = {}
        self._new_networks: list[Change] = []
        self._changes: dict[str, tuple[Loaded[Community], list[Any]]] = {}
        self.networks_made: list[str] = []
        self.new = self.changed = self.unchanged = self.kept = 0

    def take(self, records: Sequence[Record]) -> None:
        """Decide every record; the same one twice sees what its first line brought about."""
        streams = list({record.community for record in records})
        loaded = self._service.streams.load_many(self._connection, COMMUNITY, streams)
        states = {stream: found.state for stream, found in loaded.items()}
        for record in records:
            before = states[record.community]
            listed = self._listed(record)
            events = decide(before, Import(listed))
            for event in events:
                states[record.community] = evolve(states[record.community], event)
            _, pending = self._changes.setdefault(record.community, (loaded[record.community], []))
            pending += events
            self.new += not before.registered
            self.changed += before.registered and bool(events)
            self.unchanged += not events
            self.kept += bool(kept(before, listed))

    def append(self) -> None:
        streams = self._service.streams
        changes = self._new_networks + [
            change
            for stream, (loaded, events) in self._changes.items()
            for change in streams.changes(COMMUNITY, stream, loaded, events)
        ]
        streams.append(self._connection, changes, cause=self._cause, now=self._service.clock.now())

    def _listed(self, record: Record) -> Registered:
        fields = record.fields
        networks = (self._network(fields["network"]),) if fields["network"] else ()
        return Registered(
            name=fields["name"],
            domain=fields["domain"],
            topics=fields["topics"],
            region=fields["region"],
            networks=networks,
            url=fields["url"] or None,
            external_id=record.external_id,
            source=self._source,
            run=self._run,
        )

    def _network(self, name: str) -> str:
        """The network's id by its name or alias; one that is unknown is made, and said so."""
        key = name_key(name)
        if key not in self._networks:
            found = queries.find_network(self._connection, name)
            if found is None:
                lock_in_turn(self._connection, "names of networks")
                found = queries.find_network(self._connection, name)
            if found is None:
                found = new_id("net")  # two imports at once take turns here
                made = NetworkRegistered(name=name, run=self._run)
                self._new_networks.append(Change(found, 0, [made]))
                self.networks_made.append(name)
            self._networks[key] = found
        return self._networks[key]
