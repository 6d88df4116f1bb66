"""Reads of people's data by those who have it by their task: recorded, and shown to the person."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from shared.erasure import ERASED
from shared.service import reads
from tests.registry import OPERATOR, SERVICE, Caller, Registry, open_registry, signed_in

ADA = "ada@people.example"


@pytest.fixture
def registry(database_url: str, tmp_path: Path) -> Iterator[Registry]:
    with open_registry(database_url, tmp_path) as found:
        yield found


def reads_of(registry: Registry, person: str, query: str = "") -> list[dict[str, str]]:
    answer = Caller(registry.app, SERVICE).get(f"/people/{person}/reads{query}")
    assert answer.status_code == 200, answer.text
    return list(answer.json["items"])


def test_who_was_read_sees_by_whom_when_and_why(registry: Registry):
    ada = signed_in(registry.app, ADA, "Ada")
    person = ada.get("/me").json["id"]
    registry.operator.get(f"/people/{person}", Hedgerow_Reason="she rang about her address")
    (read,) = ada.get(f"/people/{person}/reads").json["items"]
    assert (read["name"], read["by"], read["via"]) == ("the operator", None, "operator")
    assert (read["what"], read["why"]) == ("your name and address", "she rang about her address")
    assert read["at"].endswith("Z")


def test_the_operator_for_somebody_is_shown_as_such(registry: Registry):
    ada = signed_in(registry.app, ADA, "Ada")
    person = ada.get("/me").json["id"]
    other = registry.operator.person("Amara Okafor")
    Caller(registry.app, OPERATOR, other).get(f"/people/{person}/export")
    (read,) = ada.get(f"/people/{person}/reads").json["items"]
    assert (read["name"], read["by"]) == ("the operator, for Amara Okafor", other)


def test_an_operator_by_grant_is_named(registry: Registry):
    ada = signed_in(registry.app, ADA, "Ada")
    person = ada.get("/me").json["id"]
    bo = signed_in(registry.app, "bo@people.example", "Bo Nowak")
    registry.operator.made("/grants", person=bo.get("/me").json["id"], grant="operator")
    assert bo.get("/people").status_code == 200
    (read,) = ada.get(f"/people/{person}/reads").json["items"]
    assert (read["name"], read["via"], read["what"]) == ("Bo Nowak", "person", "the list of people")


def test_reading_oneself_and_the_services_among_themselves_are_not_recorded(registry: Registry):
    ada = signed_in(registry.app, ADA, "Ada")
    person = ada.get("/me").json["id"]
    ada.get(f"/people/{person}")
    ada.get(f"/people/{person}/export")
    Caller(registry.app, SERVICE).post("/people/contacts", {"ids": [person]})
    assert reads_of(registry, person) == []


def test_a_request_for_many_records_each_of_them_once(registry: Registry):
    people = [registry.operator.person(name) for name in ("Ada", "Bo", "Cy")]
    registry.operator.get("/people")
    assert [len(reads_of(registry, person)) for person in people] == [1, 1, 1]


def test_reads_come_a_page_at_a_time_the_newest_first(registry: Registry):
    person = registry.operator.person("Ada")
    for number in range(5):
        registry.operator.get(f"/people/{person}", Hedgerow_Reason=f"reason {number}")
    operator, found, path = registry.operator, [], f"/people/{person}/reads?limit=2"
    while path:
        page = operator.get(path).json
        found += [read["why"] for read in page["items"]]
        path = page["next"] and f"/people/{person}/reads?limit=2&cursor={page['next']}"
    assert found == [f"reason {number}" for number in (4, 3, 2, 1, 0)]


def test_services_that_do_not_answer_are_named(registry: Registry):
    person = registry.operator.person("Ada")
    missing = registry.operator.get(f"/people/{person}/reads").json["unavailable"]
    assert missing == ["scheduling", "notifications", "discovery"]


@pytest.mark.parametrize("reason", ["x" * 201, "two\tcolumns", "\xff\xfe"])
def test_a_reason_that_cannot_be_kept_is_refused_and_shows_nothing(registry: Registry, reason: str):
    person = registry.operator.person("Ada Lovelace")
    answer = registry.operator.get(f"/people/{person}", Hedgerow_Reason=reason)
    assert (answer.status_code, "Lovelace" in answer.text) == (422, False)
    assert reads_of(registry, person) == []


def test_a_reason_may_be_in_any_language(registry: Registry):
    person = registry.operator.person("Ada")
    said = "дзвінок — “Łódź”".encode().decode("latin-1")
    registry.operator.get(f"/people/{person}", Hedgerow_Reason=said)
    assert reads_of(registry, person)[0]["why"] == "дзвінок — “Łódź”"


def test_an_erasure_takes_the_reads_of_a_person_and_the_name_from_their_own(registry: Registry):
    ada, bo = registry.operator.person("Ada"), registry.operator.person("Bo")
    Caller(registry.app, OPERATOR, bo).get(f"/people/{ada}", Hedgerow_Reason="Bo asked me to")
    Caller(registry.app, OPERATOR, ada).get(f"/people/{bo}")
    assert registry.operator.ask("DELETE", f"/people/{bo}").status_code == 202
    assert reads_of(registry, bo) == []
    (left,) = reads_of(registry, ada)
    assert (left["by"], left["why"], left["name"]) == (None, "", "the operator")


def test_a_copy_holds_who_read_the_person_and_what_they_read(registry: Registry):
    ada, bo = registry.operator.person("Ada"), registry.operator.person("Bo")
    Caller(registry.app, OPERATOR, bo).get(f"/people/{ada}")
    of_ada = registry.operator.get(f"/people/{ada}/export").json["services"]["registry"]
    of_bo = registry.operator.get(f"/people/{bo}/export").json["services"]["registry"]
    assert [read["by"] for read in of_ada["reads_of_you"]] == [bo]
    assert [read["what"] for read in of_bo["your_reads_of_others"]] == ["your name and address"]
    assert ada not in str(of_bo["your_reads_of_others"])


def test_reads_go_after_a_year_and_with_an_erasure_that_they_overlapped(registry: Registry):
    service = registry.service
    now = service.clock.now()
    ada, bo = registry.operator.person("Ada"), registry.operator.person("Bo")
    registry.operator.get("/people")
    registry.operator.ask("DELETE", f"/people/{ada}")
    with service.database.write() as connection:  # by a request that began before the erasure
        reads.insert(connection, [ada], None, "operator", what="", why="", now=now)
        reads.tidy(connection, [ERASED], now)
    assert (len(reads_of(registry, ada)), len(reads_of(registry, bo))) == (0, 1)
    with service.database.write() as connection:
        reads.tidy(connection, [ERASED], now + timedelta(days=366))
    assert reads_of(registry, bo) == []
