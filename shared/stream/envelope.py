"""CloudEvents 1.0: binary mode on Kafka, structured mode over HTTP.

`subject` is the stream's id, `sequence` its version padded to ten digits. Written out here rather
than by the CloudEvents SDK because an event's data travel as the text they are stored as, unparsed;
a test has the SDK read both modes.
"""

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec

from shared.clock import rfc3339
from shared.eventstore.epochs import Raised
from shared.eventstore.events import START, Event

_SCHEMA = "urn:hedgerow:event:{}:{}"
# Both ways in which a schema is named: as a URN, and by the address where it is served.
_SCHEMA_FORM = re.compile(
    r"(?:urn:hedgerow:event:|https?://[^\s/?#]+/(?:[^\s?#]*/)?schemas/)"
    r"(?P<type>[a-z.-]+)[:/](?P<version>[0-9]{1,6})"
)
_DIGITS = 10
_HIGHEST_VERSION = _HIGHEST_EPOCH = 2**31 - 1
Headers = list[tuple[str, bytes]]


class MalformedEnvelope(Exception):
    """What came is no event of this platform; it says why."""


class _Structured(msgspec.Struct):
    id: str
    source: str
    type: str
    subject: str
    sequence: str
    time: datetime
    dataschema: str
    audience: str
    correlationid: str
    data: msgspec.Raw
    specversion: str = "1.0"
    causationid: str | None = None
    origin: str | None = None
    epoch: int | str | None = None


def attributes(event: Event, service: str) -> dict[str, str]:
    """The CloudEvents attributes of an event that `service` published."""
    found = {
        "specversion": "1.0",
        "id": event.id,
        "source": f"/{service}",
        "type": event.type,
        "subject": event.stream,
        "time": rfc3339(event.time),
        "datacontenttype": "application/json",
        "dataschema": _SCHEMA.format(event.type, event.schema),
        "sequence": f"{event.version:0{_DIGITS}}",
        "correlationid": event.correlation,
        "audience": event.audience,
    }
    if event.causation is not None:
        found["causationid"] = event.causation
    if event.origin is not None:
        found["origin"] = event.origin
    if event.epoch:
        found["epoch"] = str(event.epoch)
    return found


def structured(event: Event, service: str) -> bytes:
    """One JSON object: structured mode."""
    return msgspec.json.encode(_with_data(event, service))


def page(
    events: Sequence[Event], service: str, after: str, epoch: int, raised: Sequence[Raised] = ()
) -> bytes:
    """A page of the feed: events, the cursor to go on from, and the epoch that is written in.

    `raised` are epochs that the reader must know of and has not met.
    """
    body: dict[str, Any] = {
        "events": [_with_data(event, service) for event in events],
        "next": after,
        "epoch": epoch,
    }
    if raised:
        body["epoch_raised"] = [each._asdict() for each in raised]
    return msgspec.json.encode(body)


def _with_data(event: Event, service: str) -> dict[str, Any]:
    found: dict[str, Any] = {**attributes(event, service), "data": msgspec.Raw(event.data.encode())}
    if event.epoch:
        found["epoch"] = event.epoch  # a number where there are numbers
    return found


class _Page(msgspec.Struct):
    events: list[_Structured]
    next: str


_structured = msgspec.json.Decoder(_Structured)
_page = msgspec.json.Decoder(_Page)


def from_structured(text: str | bytes) -> Event:
    """Raises MalformedEnvelope."""
    try:
        return _event(_structured.decode(text))
    except (msgspec.MsgspecError, ValueError) as error:
        raise MalformedEnvelope(str(error)) from error


def from_page(text: bytes) -> tuple[list[Event], str]:
    """A page of a feed: its events, and the cursor to go on from. Raises MalformedEnvelope."""
    try:
        decoded = _page.decode(text)
        return [_event(entry) for entry in decoded.events], decoded.next
    except (msgspec.MsgspecError, ValueError) as error:
        raise MalformedEnvelope(str(error)) from error


def binary(event: Event, service: str) -> tuple[Headers, bytes, bytes]:
    """Headers, key and value of a Kafka record: binary mode."""
    found = attributes(event, service)
    content_type = found.pop("datacontenttype").encode()
    headers = [(f"ce_{name}", value.encode()) for name, value in found.items()]
    return [*headers, ("content-type", content_type)], event.stream.encode(), event.data.encode()


def from_binary(headers: Sequence[tuple[str, bytes | None]], value: bytes) -> Event:
    """Raises MalformedEnvelope."""
    try:
        found = {n[3:]: text.decode() for n, text in headers if n.startswith("ce_") and text}
        found.pop("datacontenttype", None)
        entry = msgspec.convert(found | {"data": msgspec.Raw(value)}, _Structured)
        msgspec.json.decode(value)
        event = _event(entry)
        if event.version == 0:
            raise ValueError("sequence 0 is no stream's version")
        return event
    except (msgspec.MsgspecError, ValueError) as error:
        raise MalformedEnvelope(str(error)) from error


def _event(entry: _Structured) -> Event:
    schema = _SCHEMA_FORM.fullmatch(entry.dataschema)
    if schema is None or schema["type"] != entry.type:
        raise ValueError(f"dataschema {entry.dataschema!r} names no event type and version")
    if entry.time.tzinfo is None:
        raise ValueError("time names no zone")
    version = int(entry.sequence)
    if not 0 <= version <= _HIGHEST_VERSION:  # 0 stands for a record that could not be read
        raise ValueError("sequence is no stream's version")
    texts = (entry.id, entry.type, entry.subject, entry.audience, entry.correlationid)
    if any("\0" in text for text in (*texts, entry.causationid or "", entry.origin or "")):
        raise ValueError("an attribute holds the character NUL, which no database takes")
    return Event(
        *START._replace(epoch=_epoch(entry.epoch)),
        stream=entry.subject,
        version=version,
        id=entry.id,
        type=entry.type,
        schema=int(schema["version"]),
        time=entry.time.astimezone(UTC),
        audience=entry.audience,
        correlation=entry.correlationid,
        causation=entry.causationid,
        actor=None,
        data=bytes(entry.data).decode(),
        origin=entry.origin,
    )


def _epoch(said: int | str | None) -> int:
    """0 where it is missing, or is none that a store of this release could have."""
    text = str(said)
    known = text.isascii() and text.isdecimal() and len(text) <= _DIGITS
    return int(text) if known and int(text) <= _HIGHEST_EPOCH else 0
