"""The AsyncAPI document and docs/events.md list all there is to follow, and nothing else."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from shared.contracts import schemas
from shared.eventstore.codec import EventType
from shared.eventstore.events import START, Event
from shared.settings import PORTS, SERVICES
from shared.stream.envelope import binary
from shared.stream.kafka import ALL_TOPICS, PARTITIONS
from tests.contract.event_types import EVENT_TYPES, VERSIONS

FOLDER = Path(schemas.__file__).parent
DOCUMENT: dict[str, Any] = json.loads((FOLDER / "asyncapi.json").read_text())
MESSAGES: dict[str, Any] = DOCUMENT["components"]["messages"]
TABLE = (Path(__file__).parents[2] / "docs" / "events.md").read_text()
STREAMS = {
    "community": "com_…",
    "network": "net_…",
    "organisation": "org_…",
    "person": "per_…",
    "programme": "pgm_…",
    "cohort": "coh_…",
    "session": "ses_…",
    "application": "app_…",
    "attendance": "att_…",
    "calendar": "cal_…",
    "announcement": "ann_…",
    "delivery": "dlv_…",
    "proposal": "prp_…",
    "link": "lnk_…",
    "feedback": "fbk_…",
    "saved-search": "sav_…",
    "sign-in": "sin_…",
    "address-change": "adc_…",
    "membership": "mbr_…",
    "account": "oib_…",
    "grant": "grt_…",
    "platform": "epo_…",
}


def references(part: Any) -> Iterator[str]:
    if isinstance(part, dict):
        if isinstance(part.get("$ref"), str):
            yield part["$ref"]
        for inner in part.values():
            yield from references(inner)
    elif isinstance(part, list):
        for inner in part:
            yield from references(inner)


def at(pointer: str) -> Any:
    """What a reference within the document points to."""
    found: Any = DOCUMENT
    for step in pointer.removeprefix("#/").split("/"):
        found = found[step]
    return found


def test_the_document_is_of_asyncapi_3_and_says_what_it_is():
    assert DOCUMENT["asyncapi"] == "3.0.0"
    assert DOCUMENT["info"]["title"]
    assert DOCUMENT["info"]["version"]
    assert set(DOCUMENT) == {
        *("asyncapi", "info", "defaultContentType", "servers"),
        *("channels", "operations", "components"),
    }


@pytest.mark.parametrize("reference", sorted(set(references(DOCUMENT))))
def test_every_reference_leads_somewhere(reference: str):
    if reference.startswith("#/"):
        assert at(reference)
    else:
        assert (FOLDER / reference).is_file()


def test_every_topic_is_a_channel_with_its_partitions_and_endless_retention():
    channels = [c for c in DOCUMENT["channels"].values() if "kafka" in c.get("bindings", {})]
    assert sorted(channel["address"] for channel in channels) == sorted(ALL_TOPICS)
    for channel in channels:
        binding = channel["bindings"]["kafka"]
        assert binding["partitions"] == PARTITIONS
        assert binding["topicConfiguration"]["retention.ms"] == -1


@pytest.mark.parametrize("service", SERVICES)
def test_every_services_feed_is_a_channel_at_its_own_address(service: str):
    channel = DOCUMENT["channels"][f"{service}-feed"]
    assert channel["address"] == "/events"
    assert channel["servers"] == [{"$ref": f"#/servers/{service}"}]
    assert DOCUMENT["servers"][service]["host"].endswith(f":{PORTS[service]}")


def test_every_channel_is_published_to_by_one_operation():
    channels = [o["channel"]["$ref"].rpartition("/")[2] for o in DOCUMENT["operations"].values()]
    assert sorted(channels) == sorted(DOCUMENT["channels"])
    assert {o["action"] for o in DOCUMENT["operations"].values()} == {"send"}


def test_every_event_type_and_version_is_a_message_and_no_other_is():
    assert set(MESSAGES) - {"page"} == {f"{name}.{version}" for name, version in VERSIONS}


@pytest.mark.parametrize("kind", EVENT_TYPES, ids=lambda kind: kind.name)
def test_a_message_is_in_the_topic_of_its_audience_and_in_no_other(kind: EventType):
    service = kind.name.split(".")[0]
    for version in range(1, kind.version + 1):
        key = f"{kind.name}.{version}"
        assert [c["address"] for c in DOCUMENT["channels"].values() if key in c["messages"]] == [
            f"hedgerow.{service}.{kind.audience}"
        ]
        assert MESSAGES[key]["payload"]["schema"]["$ref"] == f"./events/{key}.schema.json"
        schema = schemas.schema(kind.name, version)
        assert schema is not None
        assert MESSAGES[key]["title"] == schema["title"]


def test_a_records_headers_are_as_the_document_says():
    event = Event(
        *START._replace(epoch=2),
        stream="com_a",
        version=3,
        id="e1",
        type="registry.community.reopened",
        schema=1,
        time=datetime(2026, 3, 1, tzinfo=UTC),
        audience="public",
        correlation="c1",
        causation="e0",
        actor="per_a",
        data="{}",
        origin="example",
    )
    headers, key, value = binary(event, "registry")
    described = DOCUMENT["components"]["schemas"]["KafkaHeaders"]
    told = {name: text.decode() for name, text in headers}
    Draft202012Validator(described).validate(told)
    assert set(told) == set(described["properties"])
    assert (key, value) == (b"com_a", b"{}")


def rows() -> dict[tuple[str, int], list[str]]:
    """The table in docs/events.md: its cells by event type and version."""
    cells = [
        [cell.strip() for cell in line.strip("| \n").split("|")]
        for line in TABLE.splitlines()
        if line.startswith("| `")
    ]
    return {(row[0].strip("`"), int(row[3])): row for row in cells}


def test_the_table_in_the_docs_has_every_event_type_and_version_once():
    listed = [line for line in TABLE.splitlines() if line.startswith("| `")]
    assert set(rows()) == set(VERSIONS)
    assert len(listed) == len(VERSIONS)


@pytest.mark.parametrize("kind", EVENT_TYPES, ids=lambda kind: kind.name)
def test_a_row_tells_the_stream_the_audience_and_what_the_event_means(kind: EventType):
    _, stream, audience, _, meaning = rows()[kind.name, kind.version]
    assert STREAMS[kind.name.split(".")[1]] in stream
    assert audience == kind.audience
    assert len(meaning) > 15
