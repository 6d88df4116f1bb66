"""Every event type and version has a schema and a golden sample, and what is published fits."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator, FormatChecker

from shared.contracts import schemas
from shared.eventstore.codec import EventType, EventTypes
from shared.eventstore.epochs import Reason
from shared.eventstore.events import START, Event
from shared.stream.envelope import from_structured
from tests.contract.event_types import EVENT_TYPES, VERSIONS
from tests.identity_provider import bind_and_unbind, running_issuer, settings_for
from tests.registry import Registry, every_command, open_registry

FOLDER = Path(schemas.__file__).parent
ENDS = (".schema.json", ".sample.json")
KINDS = {kind.name: kind for kind in EVENT_TYPES}


def validator(schema: Any) -> Draft202012Validator:
    return Draft202012Validator(schema, format_checker=FormatChecker())


def sampled(name: str, version: int) -> Event:
    """The golden sample as it would come out of a store."""
    data = json.dumps(schemas.sample(name, version))
    columns = dict.fromkeys(Event._fields[3:], "x") | {"type": name, "schema": version}
    return Event(*START, **(columns | {"data": data}))  # type: ignore[arg-type]


def properties(schema: Any) -> Iterator[tuple[str, Any]]:
    """All properties, those of nested objects too."""
    for name, inner in schema.get("properties", {}).items():
        yield name, inner
        yield from properties(inner.get("items", inner))


def test_every_version_of_every_event_type_has_a_schema_and_nothing_else_has_one():
    assert set(schemas.published()) == set(VERSIONS)


def test_every_schema_has_a_sample_and_every_sample_a_schema():
    files = [path.name for path in (FOLDER / "events").iterdir()]
    stems = {kind: {f.removesuffix(kind) for f in files if f.endswith(kind)} for kind in ENDS}
    assert stems[".schema.json"] == stems[".sample.json"]
    assert len(files) == 2 * len(VERSIONS)


@pytest.mark.parametrize(("name", "version"), VERSIONS)
def test_a_schema_is_valid_and_says_in_words_what_it_describes(name: str, version: int):
    schema = schemas.schema(name, version)
    assert schema is not None
    Draft202012Validator.check_schema(schema)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert schema["$id"] == f"urn:hedgerow:event:{name}:{version}"
    assert schema["title"]
    assert schema["description"].endswith(".")
    for field, inner in properties(schema):
        assert inner["description"].endswith("."), field


@pytest.mark.parametrize(("name", "version"), VERSIONS)
def test_a_schema_lets_readers_meet_fields_that_they_do_not_know(name: str, version: int):
    extended = (schemas.sample(name, version) or {}) | {"a_field_of_tomorrow": 1}
    validator(schemas.schema(name, version)).validate(extended)


@pytest.mark.parametrize(("name", "version"), VERSIONS)
def test_a_sample_fits_its_schema_and_shows_every_field(name: str, version: int):
    schema, sample = schemas.schema(name, version), schemas.sample(name, version)
    assert schema is not None
    validator(schema).validate(sample)
    assert set(sample or {}) == set(schema["properties"])


@pytest.mark.parametrize(("name", "version"), VERSIONS)
def test_a_sample_of_any_version_is_read_as_the_present_event(name: str, version: int):
    kind = KINDS[name]
    types = EventTypes([kind])
    assert isinstance(types.decode(types.present(sampled(name, version))), kind.holds)


@pytest.mark.parametrize("kind", EVENT_TYPES, ids=lambda kind: kind.name)
def test_a_present_sample_is_written_again_as_it_was_read(kind: EventType):
    types = EventTypes([kind])
    again = types.encode(types.decode(sampled(kind.name, kind.version)))
    assert json.loads(again.data) == schemas.sample(kind.name, kind.version)
    assert (again.type, again.schema, again.audience) == (kind.name, kind.version, kind.audience)


@pytest.mark.parametrize("kind", EVENT_TYPES, ids=lambda kind: kind.name)
def test_every_field_that_the_code_knows_is_described(kind: EventType):
    schema = schemas.schema(kind.name, kind.version)
    assert schema is not None
    assert set(schema["properties"]) == set(kind.holds.__dataclass_fields__)


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Registry]:
    folder = tmp_path_factory.mktemp("registry")
    database = f"sqlite:///{folder / 'registry.db'}"
    with (
        running_issuer() as issuer,
        open_registry(database, folder, **settings_for(issuer)) as found,
    ):
        every_command(found.operator)
        bind_and_unbind(issuer, found)
        with found.service.write() as connection:
            found.service.raise_epoch(connection, Reason.RESENT)
        yield found


def test_every_event_of_a_real_run_fits_its_schema(registry: Registry):
    events = registry.operator.events()
    assert {event["type"] for event in events} == {
        name for name, kind in KINDS.items() if name.startswith("registry.") and not kind.whole
    }
    for event in events:
        version = int(event["dataschema"].rsplit(":")[-1])
        validator(schemas.schema(event["type"], version)).validate(event["data"])


def test_every_envelope_of_a_real_run_fits_the_published_one(registry: Registry):
    described = json.loads((FOLDER / "asyncapi.json").read_text())
    parts = described["components"]["schemas"]
    page = validator({"$ref": "#/components/schemas/Page", "components": {"schemas": parts}})
    for query in ("limit=1000", "limit=1", "types=registry.organisation.*"):
        page.validate(registry.operator.get(f"/events?{query}").json)


def test_an_envelope_says_which_schema_its_data_have_and_where_to_read_it(registry: Registry):
    for event in registry.operator.events():
        _, _, _, name, version = event["dataschema"].split(":")
        answer = registry.anyone.get(f"/schemas/{name}/{version}")
        assert (answer.status_code, answer.json["$id"]) == (200, event["dataschema"])
        assert answer.content_type == "application/schema+json"


@pytest.mark.parametrize(
    "address",
    [
        "/schemas/registry.community.registered/99",
        "/schemas/registry.community.unheard-of/1",
        "/schemas/published/1",
        "/schemas/..%2f..%2fasyncapi/1",
        "/schemas/registry.community.registered/one",
    ],
)
def test_a_schema_that_is_not_there_is_not_found(registry: Registry, address: str):
    assert registry.anyone.get(address).status_code == 404


def test_only_the_services_see_what_is_internal(registry: Registry):
    internal = {kind.name for kind in EVENT_TYPES if kind.audience == "internal"}
    shown = {event["type"] for event in registry.anyone.events()}
    assert internal
    written = {n for n, kind in KINDS.items() if n.startswith("registry.") and not kind.whole}
    assert shown == written - internal


def test_an_envelope_is_read_back_as_the_event_that_it_was(registry: Registry):
    with registry.service.database.read() as connection:
        stored = registry.service.store.read(connection, START, 1000)
    shown = registry.operator.events()
    read = [from_structured(json.dumps(event)) for event in shown]
    assert [(e.stream, e.version, e.id, e.time, e.data) for e in read] == [
        (e.stream, e.version, e.id, e.time, json.dumps(json.loads(e.data))) for e in stored
    ]


def test_no_event_holds_a_persons_name_or_address(registry: Registry):
    text = registry.operator.get("/events?limit=1000").text
    assert "Lovelace" not in text
    assert "people.example" not in text
