"""CloudEvents 1.0, both modes: read by the official SDK, and by ourselves."""

from datetime import timedelta, timezone

import msgspec
import pytest
from cloudevents.core.bindings.http import HTTPMessage, from_http_event
from cloudevents.core.bindings.kafka import KafkaMessage, from_kafka_event
from hypothesis import given
from hypothesis import strategies as st

from shared.eventstore.events import INTERNAL, START, Event
from shared.stream.envelope import (
    MalformedEnvelope,
    attributes,
    binary,
    from_binary,
    from_page,
    from_structured,
    page,
    structured,
)
from tests.contract.gardens import NOW

EVENT = Event(
    *START,
    stream="com_1",
    version=7,
    id="6f1d9a1e-0c4b-4a53-9a43-111111111111",
    type="registry.community.registered",
    schema=2,
    time=NOW,
    audience="public",
    correlation="cor_1",
    causation="evt_0",
    actor=None,
    data='{"name":"Cwm Rhondda – Ħ","topics":["frailty"],"size":1.0}',
)
ATTRIBUTES = {
    "specversion": "1.0",
    "id": EVENT.id,
    "source": "/registry",
    "type": "registry.community.registered",
    "subject": "com_1",
    "time": "2026-03-01T09:30:00.123456Z",
    "datacontenttype": "application/json",
    "dataschema": "urn:hedgerow:event:registry.community.registered:2",
    "sequence": "0000000007",
    "correlationid": "cor_1",
    "causationid": "evt_0",
    "audience": "public",
}


def test_the_attributes_are_those_of_the_contract():
    assert attributes(EVENT, "registry") == ATTRIBUTES
    without = {name: text for name, text in ATTRIBUTES.items() if name != "causationid"}
    assert attributes(EVENT._replace(causation=None), "registry") == without


def as_the_sdk_says(attributes: dict) -> dict:
    return {name: value for name, value in attributes.items() if name != "time"}


def test_the_official_sdk_reads_the_binary_mode():
    headers, key, value = binary(EVENT, "registry")
    event = from_kafka_event(KafkaMessage(headers=dict(headers), key=None, value=value))
    assert as_the_sdk_says(event.get_attributes()) == as_the_sdk_says(ATTRIBUTES)
    assert event.get_time() == NOW
    assert event.get_data() == msgspec.json.decode(EVENT.data)
    assert key == b"com_1"
    assert len(headers) == len(dict(headers)) == len(ATTRIBUTES)


def test_the_official_sdk_reads_the_structured_mode():
    headers = {"content-type": "application/cloudevents+json"}
    event = from_http_event(HTTPMessage(headers=headers, body=structured(EVENT, "registry")))
    assert as_the_sdk_says(event.get_attributes()) == as_the_sdk_says(ATTRIBUTES)
    assert event.get_time() == NOW
    assert event.get_data() == msgspec.json.decode(EVENT.data)


texts = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=20
)
events = st.builds(
    Event,
    **dict.fromkeys(("epoch", "transaction", "position"), st.just(0)),
    stream=texts,
    version=st.integers(1, 2**31 - 1),
    id=texts,
    type=st.from_regex(r"[a-z]+(\.[a-z]+(-[a-z]+)*){1,2}", fullmatch=True),
    schema=st.integers(1, 999),
    time=st.datetimes(timezones=st.just(NOW.tzinfo)),
    audience=st.sampled_from(["public", "internal"]),
    correlation=texts,
    causation=st.none() | texts,
    actor=st.none(),
    via=st.none(),
    origin=st.none() | texts,
    data=st.dictionaries(texts, texts | st.integers() | st.none()).map(
        lambda data: msgspec.json.encode(data).decode()
    ),
)


@given(events)
def test_an_event_comes_out_of_either_mode_as_it_went_in(event: Event):
    headers, _, value = binary(event, "registry")
    assert from_binary(headers, value) == event
    assert from_structured(structured(event, "registry")) == event


def test_the_data_travel_as_the_text_that_they_are():
    odd = EVENT._replace(data='{"b": 1.0,  "a":\n"\\u00e9", "b": 12345678901234567890123}')
    headers, _, value = binary(odd, "registry")
    assert value.decode() == odd.data
    assert from_binary(headers, value).data == odd.data
    assert from_structured(structured(odd, "registry")).data == odd.data


def test_a_page_holds_events_and_where_to_go_on():
    second = EVENT._replace(version=8, audience=INTERNAL)
    body = page([EVENT, second], "registry", "1-2-3", 1)
    assert from_page(body) == ([EVENT, second], "1-2-3")
    assert from_page(page([], "registry", "0-0-0", 1)) == ([], "0-0-0")
    assert msgspec.json.decode(body).keys() == {"events", "next", "epoch"}


def test_a_time_of_another_zone_is_read_in_utc():
    zone = timezone(timedelta(hours=1))
    entry = ATTRIBUTES | {"time": NOW.astimezone(zone).isoformat(), "data": {}}
    event = from_structured(msgspec.json.encode(entry))
    assert event.time == NOW
    assert event.time.utcoffset() == timedelta(0)


def test_what_an_envelope_has_more_is_passed_over():
    entry = ATTRIBUTES | {"data": {}, "traceparent": "00-1-2-01", "anything": 5}
    assert from_structured(msgspec.json.encode(entry)).id == EVENT.id
    headers, _, value = binary(EVENT, "registry")
    assert from_binary([*headers, ("ce_traceparent", b"00"), ("other", b"\xff")], value) == EVENT


HERE = "registry.community.registered"
NAMED = [
    f"urn:hedgerow:event:{HERE}:2",
    f"https://hedgerow.example/schemas/{HERE}/2",
    f"https://hedgerow.example/registry/schemas/{HERE}/2",
    f"http://127.0.0.1:8001/schemas/{HERE}/2",
    f"https://[2001:db8::1]:8443/a/b/schemas/{HERE}/0002",
]


@pytest.mark.parametrize("name", NAMED)
def test_a_schema_is_named_by_a_urn_or_by_its_address(name: str):
    entry = ATTRIBUTES | {"dataschema": name}
    assert from_structured(msgspec.json.encode(entry | {"data": {}})).schema == 2
    assert from_binary([(f"ce_{n}", text.encode()) for n, text in entry.items()], b"{}").schema == 2
    assert from_page(
        page([EVENT], "registry", "1-2-3", 1).replace(NAMED[0].encode(), name.encode())
    )


@pytest.mark.parametrize(
    ("said", "epoch"), [("3", 3), (3, 3), ("0000000003", 3), ("", 0), ("third", 0), ("9" * 30, 0)]
)
def test_the_epoch_of_an_event_goes_with_it(said: str | int, epoch: int):
    entry = ATTRIBUTES | {"epoch": said, "data": {}}
    read = from_structured(msgspec.json.encode(entry))
    assert read == EVENT._replace(epoch=epoch, data="{}")
    headers = [(f"ce_{n}", str(v).encode()) for n, v in entry.items() if n != "data"]
    assert from_binary(headers, b"{}") == read
    assert from_structured(structured(read, "registry")) == read  # as one that waits is kept


def test_the_origin_of_an_event_goes_with_it():
    event = EVENT._replace(origin="example")
    headers, _, value = binary(event, "registry")
    assert dict(headers)["ce_origin"] == b"example"
    assert from_binary(headers, value) == from_structured(structured(event, "registry")) == event


SPOILT = {
    "no id": {"id": None},
    "no sequence": {"sequence": None},
    "a sequence that is none": {"sequence": "seven"},
    "a negative sequence": {"sequence": "-000000007"},
    "a sequence beyond all versions": {"sequence": "9999999999"},
    "an id that no database takes": {"id": "a\0b"},
    "a subject that no database takes": {"subject": "a\0b"},
    "a time that is none": {"time": "yesterday"},
    "a time without a zone": {"time": "2026-03-01T09:30:00"},
    "another schema": {"dataschema": "https://example.org/schema"},
    "an address that ends too early": {"dataschema": f"https://example.org/schemas/{HERE}"},
    "an address without a host": {"dataschema": f"https:///schemas/{HERE}/2"},
    "an address of another kind": {"dataschema": f"ftp://example.org/schemas/{HERE}/2"},
    "the address of another type": {"dataschema": "https://example.org/schemas/registry.x.y/2"},
    "the URN of another type": {"dataschema": "urn:hedgerow:event:registry.x.y:2"},
    "an origin that no database takes": {"origin": "a\0b"},
    "a schema without a version": {"dataschema": "urn:hedgerow:event:registry.x"},
    "a number for a text": {"type": 5},
}


@pytest.mark.parametrize("changes", SPOILT.values(), ids=SPOILT)
def test_what_is_no_event_of_this_platform_says_so(changes: dict):
    spoilt = {k: v for k, v in (ATTRIBUTES | changes).items() if v is not None}
    with pytest.raises(MalformedEnvelope):
        from_structured(msgspec.json.encode(spoilt | {"data": {}}))
    headers = [(f"ce_{k}", v.encode()) for k, v in spoilt.items() if isinstance(v, str)]
    with pytest.raises(MalformedEnvelope):
        from_binary(headers, b"{}")


@pytest.mark.parametrize("body", [b"", b"null", b"[]", b"{}", b"no JSON", b"\xff\xfe", b'{"a":'])
def test_a_body_that_is_no_event_says_so(body: bytes):
    with pytest.raises(MalformedEnvelope):
        from_structured(body)
    with pytest.raises(MalformedEnvelope):
        from_page(body)


def test_a_record_that_is_no_event_says_so():
    headers, _, value = binary(EVENT, "registry")
    without = [header for header in headers if header[0] != "ce_id"]
    nothing = [header for header in headers if header[0] != "ce_sequence"]
    nothing.append(("ce_sequence", b"0000000000"))
    for spoilt in (
        [],
        without,
        [*without, ("ce_id", None)],
        [*without, ("ce_id", b"\xff")],
        nothing,
    ):
        with pytest.raises(MalformedEnvelope):
            from_binary(spoilt, value)
    for body in (b"", b"no JSON", b"\xff", b'{"a":'):
        with pytest.raises(MalformedEnvelope):
            from_binary(headers, body)
