"""Importing lists over HTTP: exact counts, refusals by line and field, repeatable."""

import json
from typing import Any

import pytest

from tests.registry import PERSON, Caller, Registry

FALLS = {
    "id": "1",
    "name": "Falls",
    "domain": "Keeping people on their feet",
    "topics": ["falls", "frailty"],
    "network": "Wessex",
    "region": "Dorset",
    "url": "https://falls.example",
}
BREATHE = {"id": "2", "name": "Breathe", "domain": "Breathing well"}
COUNTS = ("new", "changed", "unchanged", "kept", "refused")


def counts(report: dict[str, Any]) -> tuple[int, ...]:
    return tuple(report[name] for name in COUNTS)


def only(registry: Registry) -> Any:
    """The one community that there is."""
    (item,) = registry.anyone.get("/communities").json["items"]
    return item


def test_a_list_is_imported_and_its_records_are_unclaimed(each_registry: Registry):
    report = each_registry.operator.import_list(FALLS, BREATHE, query="?source=q")
    assert counts(report) == (2, 0, 0, 0, 0)
    assert report["networks_made"] == ["Wessex"]
    assert report["run"].startswith("run_")
    falls, breathe = each_registry.anyone.get("/communities?sort=-name").json["items"]
    assert (breathe["name"], breathe["networks"], breathe["url"]) == ("Breathe", [], None)
    assert {name: falls[name] for name in ("name", "domain", "topics", "region", "url")} == {
        name: FALLS[name] for name in ("name", "domain", "topics", "region", "url")
    }
    assert (falls["source"], falls["external_id"]) == ("q", "1")
    assert (falls["unclaimed"], falls["needs_convener"], falls["state"]) == (True, False, "active")
    network = each_registry.anyone.get("/networks/Wessex").json
    assert falls["networks"] == [network["id"]]


def test_the_same_list_again_is_unchanged_and_writes_no_event(each_registry: Registry):
    each_registry.operator.import_list(FALLS, BREATHE)
    before = each_registry.operator.events()
    report = each_registry.operator.import_list(FALLS, BREATHE)
    assert counts(report) == (0, 0, 2, 0, 0)
    assert report["networks_made"] == []
    assert each_registry.operator.events() == before


def test_a_changed_line_is_a_change_of_that_field_by_that_run(registry: Registry):
    registry.operator.import_list(FALLS, BREATHE)
    report = registry.operator.import_list(FALLS | {"region": "Wessex"}, BREATHE)
    assert counts(report) == (0, 1, 1, 0, 0)
    event = registry.operator.events()[-1]
    assert event["data"] == {"region": "Wessex", "run": report["run"]}
    assert event["correlationid"] == report["run"]


def test_what_a_person_has_changed_since_is_kept_and_said_so(registry: Registry):
    registry.operator.import_list(FALLS, BREATHE)
    falls = registry.anyone.get("/communities?external_id=1").json["items"][0]
    registry.operator.changed(f"/communities/{falls['id']}", name="Our falls")
    changed = FALLS | {"name": "Their falls", "region": "Wessex"}
    report = registry.operator.import_list(changed, BREATHE)
    assert counts(report) == (0, 1, 1, 1, 0)
    found = registry.anyone.get(f"/communities/{falls['id']}").json
    assert (found["name"], found["region"]) == ("Our falls", "Wessex")


def test_a_record_is_keyed_by_source_and_id(registry: Registry):
    for source in ("one", "two"):
        report = registry.operator.import_list(BREATHE, query=f"?source={source}")
        assert report["new"] == 1
    assert registry.operator.import_list(BREATHE)["new"] == 1
    assert registry.operator.import_list(BREATHE, query="?source=import")["unchanged"] == 1
    assert len(registry.anyone.get("/communities").json["items"]) == 3


def test_a_record_twice_in_one_list_is_one_community_as_its_last_line_has_it(registry: Registry):
    report = registry.operator.import_list(BREATHE, BREATHE, BREATHE | {"region": "Kent"})
    assert counts(report) == (1, 1, 1, 0, 0)
    assert only(registry)["region"] == "Kent"


REFUSALS: list[tuple[Any, str | None, str]] = [
    ('{"id": "3", "domain": ', None, "is not JSON"),
    ("[1, 2]", None, "is not a JSON object"),
    ('"text"', None, "is not a JSON object"),
    ('{"id": "3", "domain": NaN}', None, "is not JSON"),
    ('{"a":' * 5000 + "1" + "}" * 5000, None, "is not JSON"),
    ({"domain": "d"}, "id", "is required"),
    ({"id": "", "domain": "d"}, "id", "must not be empty"),
    ({"id": 3, "domain": "d"}, "id", "must be text"),
    ({"id": "3"}, "domain", "is required"),
    ({"id": "3", "domain": " \u0007 "}, "domain", "must not be empty"),
    ({"id": "3", "domain": None}, "domain", "is required"),
    ({"id": "3", "domain": "d" * 5001}, "domain", "is 5,001 characters long"),
    ({"id": "3", "domain": "d", "name": "n" * 201}, "name", "at most 200"),
    ({"id": "3", "domain": "d", "topics": "falls"}, "topics", "must be a list of texts"),
    ({"id": "3", "domain": "d", "topics": ["a", 5]}, "topics.1", "must be text"),
    ({"id": "3", "domain": "d", "url": "www.falls.example"}, "url", "http"),
    ({"id": "3", "domain": "d", "url": "javascript:alert(1)"}, "url", "http"),
    ({"id": "3", "domain": "d", "colour": "green"}, "colour", "is not a field here"),
    ({"id": "3", "domain": "d", "query": "green"}, "query", "is not a field here"),
]


@pytest.mark.parametrize(("line", "field", "why"), REFUSALS, ids=range(len(REFUSALS)))
def test_a_line_is_refused_for_itself_with_its_number_and_field(
    registry: Registry, line: Any, field: str | None, why: str
):
    report = registry.operator.import_list(BREATHE, line, FALLS)
    assert counts(report) == (2, 0, 0, 0, 1)
    (refusal,) = report["refusals"]
    assert (refusal["line"], refusal["field"]) == (2, field)
    assert why in refusal["reason"]


def test_several_wrong_fields_of_a_line_are_told_in_one_refusal(registry: Registry):
    report = registry.operator.import_list({"id": "", "domain": "", "url": "ftp://a"})
    (refusal,) = report["refusals"]
    assert refusal["field"] == "id"
    assert refusal["reason"].startswith("must not be empty; domain: must not be empty; url: ")


def test_a_refused_line_is_taken_once_it_is_mended(registry: Registry):
    registry.operator.import_list(BREATHE, "broken")
    assert counts(registry.operator.import_list(BREATHE, FALLS)) == (1, 0, 1, 0, 0)


def test_empty_lines_are_no_records_but_are_counted(registry: Registry):
    report = registry.operator.import_list("", BREATHE, "  ", "\r", "broken", "")
    assert counts(report) == (1, 0, 0, 0, 1)
    assert report["refusals"][0]["line"] == 5


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b""])
def test_lines_may_end_as_on_any_system(registry: Registry, end: bytes):
    body = (end or b"\n").join(json.dumps(r).encode() for r in (FALLS, BREATHE)) + end
    answer = registry.operator.send("/communities/import", body, "application/x-ndjson")
    assert counts(answer.json) == (2, 0, 0, 0, 0)


def test_where_a_list_gives_no_name_the_domains_first_words_are_shown(registry: Registry):
    domain = "one two three four five six seven eight nine ten eleven"
    registry.operator.import_list({"id": "1", "name": "", "domain": domain})
    assert only(registry)["name"] == "one two three four five six seven eight nine ten…"
    assert registry.operator.events()[0]["data"]["name"] == ""


def test_control_characters_become_spaces(registry: Registry):
    line = {
        "id": "1",
        "name": "Falls\u0000in\u0007care\thomes\u009f",
        "domain": "One\nline\r\nand\u202e another\ufeff",
        "topics": ["a\u0001b", "\u0002"],
        "network": "Wes\u0003sex",
    }
    report = registry.operator.import_list(line)
    assert (report["new"], report["networks_made"]) == (1, ["Wes sex"])
    found = only(registry)
    assert (found["name"], found["topics"]) == ("Falls in care homes", ["a b"])
    assert found["domain"] == "One line  and another"


def test_nulls_are_as_if_they_were_missing(registry: Registry):
    empty = dict.fromkeys(("name", "topics", "network", "region", "url"))
    registry.operator.import_list(BREATHE | empty)
    assert (only(registry)["name"], only(registry)["topics"]) == ("Breathing well", [])


def test_a_network_is_known_by_any_name_and_made_once(registry: Registry):
    operator = registry.operator
    wessex = operator.made("/networks", name="Health Innovation Wessex", aliases=["WX"])["id"]
    lines = [
        BREATHE | {"id": str(number), "network": name}
        for number, name in enumerate(["wx", "New & Old", "new and old", "NEW AND OLD"])
    ]
    assert operator.import_list(*lines)["networks_made"] == ["New & Old"]
    found = {i["external_id"]: i["networks"] for i in operator.get("/communities").json["items"]}
    made = operator.get("/networks/New and Old").json
    assert found == {"0": [wessex], "1": [made["id"]], "2": [made["id"]], "3": [made["id"]]}
    assert made["kind"] == "other"


def test_a_network_that_an_import_made_and_a_person_renamed_is_made_anew(registry: Registry):
    operator = registry.operator
    operator.import_list(BREATHE | {"network": "Wessex"})
    network = operator.get("/networks/Wessex").json["id"]
    operator.changed(f"/networks/{network}", name="Kent")
    report = operator.import_list({"id": "9", "domain": "d", "network": "Wessex"})
    assert (report["new"], report["networks_made"]) == (1, ["Wessex"])


def test_a_dry_run_says_what_would_be_done_and_does_nothing(each_registry: Registry):
    operator = each_registry.operator
    operator.import_list(BREATHE)
    before = operator.events()
    lines = (FALLS, BREATHE | {"region": "Kent"}, "broken")
    dry = operator.import_list(*lines, query="?dry_run=true")
    assert operator.events() == before
    assert operator.get("/networks").json["items"] == []
    done = operator.import_list(*lines, query="?dry_run=false")
    assert dry | {"run": done["run"]} == done


def test_a_closed_community_is_left_as_it_ended(registry: Registry):
    registry.operator.import_list(BREATHE)
    registry.operator.done(f"/communities/{only(registry)['id']}/closure", ending="faded")
    report = registry.operator.import_list(BREATHE | {"name": "Breathe anew"})
    assert counts(report) == (0, 0, 1, 0, 0)


def test_on_whose_behalf_a_list_was_imported_is_in_the_history(registry: Registry):
    Caller(registry.app, actor=PERSON).import_list(BREATHE)
    at = f"/communities/{only(registry)['id']}/history"
    assert registry.operator.get(at).json["items"][0]["by"] == PERSON


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("dry_run=maybe", "dry_run"),
        ("source=", "source"),
        (f"source={'s' * 101}", "source"),
        ("source=a%07b", "source"),
        ("sauce=q", "sauce"),
    ],
)
def test_a_wrong_parameter_is_refused_before_anything_is_read(
    registry: Registry, query: str, field: str
):
    answer = registry.operator.send(
        f"/communities/import?{query}", json.dumps(BREATHE).encode(), "application/x-ndjson"
    )
    assert (answer.status_code, list(answer.json["errors"])) == (422, [field])
    assert registry.operator.events() == []


@pytest.mark.parametrize("kind", ["application/json", "text/plain", "", "multipart/form-data"])
def test_another_kind_of_body_is_415(registry: Registry, kind: str):
    answer = registry.operator.send("/communities/import", json.dumps(BREATHE).encode(), kind)
    assert (answer.status_code, "text/csv" in answer.json["detail"]) == (415, True)


def test_an_empty_list_is_imported_too(registry: Registry):
    report = registry.operator.import_list()
    assert (counts(report), report["refusals"]) == ((0, 0, 0, 0, 0), [])


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_records_are_read_with_a_byte_order_mark_and_in_utf_16_too(
    registry: Registry, encoding: str, end: str
):
    lines = ['{"id": "1", "domain": "Caffè"}', '{"id": "2", "domain": "Füße"}']
    body = end.join(lines).encode(encoding)
    answer = registry.operator.send("/communities/import", body, "application/x-ndjson")
    assert (answer.status_code, answer.json["new"], answer.json["refusals"]) == (200, 2, [])
    names = {item["name"] for item in registry.anyone.get("/communities").json["items"]}
    assert names == {"Caffè", "Füße"}


@pytest.mark.parametrize("body", [b"", b"\xef\xbb\xbf", b"\xff\xfe", b"\n\n", b"\xef\xbb\xbf\r\n"])
def test_a_list_of_nothing_is_an_empty_list(registry: Registry, body: bytes):
    answer = registry.operator.send("/communities/import", body, "application/x-ndjson")
    assert (answer.status_code, answer.json["new"], answer.json["refused"]) == (200, 0, 0)
