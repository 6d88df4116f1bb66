"""Networks, organisations and people over HTTP."""

from typing import Any

import pytest

from tests.registry import Registry, at_once

WESSEX: dict[str, Any] = {
    "name": "Health Innovation Wessex",
    "kind": "health-innovation-network",
    "aliases": ["HI Wessex"],
    "names": [
        {"name": "Wessex AHSN", "from": "2013-05-01", "to": "2023-09-30"},
        {"name": "Health Innovation Wessex", "from": "2023-10-01", "to": None},
    ],
}


@pytest.mark.parametrize(
    ("stem", "body", "change"),
    [
        ("networks", WESSEX, {"aliases": ["Wessex"]}),
        (
            "organisations",
            {"name": "Solent", "kind": "nhs-trust", "ods_code": "R9X"},
            {"name": "S"},
        ),
        ("people", {"name": "Ada", "email": "ada@people.example"}, {"name": "Ada L"}),
    ],
)
def test_each_is_made_read_changed_and_listed(
    each_registry: Registry, stem: str, body: dict[str, Any], change: dict[str, Any]
):
    operator = each_registry.operator
    made = operator.post(f"/{stem}", body)
    at = f"/{stem}/{made.json['id']}"
    assert (made.status_code, made.headers["Location"]) == (201, at)
    assert made.headers["ETag"] == '"1"'
    assert {name: made.json[name] for name in body} == body
    read = operator.get(at)
    assert (read.json, read.headers["ETag"]) == (made.json, '"1"')
    known = 200 if stem == "people" else 304  # people may be erased without a new version
    assert operator.get(at, If_None_Match='"1"').status_code == known
    assert operator.patch(at, change).status_code == 428
    assert operator.patch(at, change, '"9"').status_code == 412
    changed = operator.patch(at, change, '"1"')
    assert (changed.status_code, changed.headers["ETag"]) == (200, '"2"')
    assert changed.json == made.json | change | {"version": 2}
    listed = operator.get(f"/{stem}").json
    assert (listed["items"], listed["next"]) == ([changed.json], None)


@pytest.mark.parametrize("stem", ["networks", "organisations", "people"])
@pytest.mark.parametrize("method", ["GET", "PATCH"])
def test_what_is_not_there_is_404(registry: Registry, stem: str, method: str):
    answer = registry.operator.ask(
        method, f"/{stem}/nobody", json={"name": "A"}, headers={"If-Match": "*"}
    )
    assert (answer.status_code, answer.json["title"]) == (404, "Not Found")


@pytest.mark.parametrize(
    "name",
    ["Health Innovation Wessex", "Wessex AHSN", "wessex ahsn", "HI Wessex", " HI  WESSEX "],
)
def test_a_network_is_found_by_any_name_it_has_or_had(registry: Registry, name: str):
    made = registry.operator.made("/networks", **WESSEX)
    assert registry.anyone.get(f"/networks/{name}").json == made
    community = registry.operator.community(networks=[name])
    listed = registry.anyone.ask("GET", "/communities", query_string={"network": name}).json
    assert [item["id"] for item in listed["items"]] == [community]


@pytest.mark.parametrize(
    "body",
    [
        {"name": "wessex  AHSN"},
        {"name": "Other", "aliases": ["Fine", "Health Innovation WESSEX"]},
        {"name": "Other", "names": [{"name": "HI Wessex"}]},
    ],
)
def test_a_name_finds_one_network_only(registry: Registry, body: dict[str, Any]):
    operator = registry.operator
    operator.made("/networks", **WESSEX)
    answer = operator.post("/networks", body)
    assert answer.status_code == 409
    assert "is another network's name or alias" in answer.json["errors"]["name"][0]
    other = operator.made("/networks", name="Other network")
    at = f"/networks/{other['id']}"
    assert operator.patch(at, body, "*").status_code == 409
    assert operator.get(at).json == other


def test_two_networks_of_one_name_at_once_become_one(each_registry: Registry):
    calls = [lambda: each_registry.operator.post("/networks", {"name": "Wessex"})] * 4
    statuses = sorted(answer.status_code for answer in at_once(*calls))
    assert statuses == [201, 409, 409, 409]
    assert len(each_registry.anyone.get("/networks").json["items"]) == 1


def test_a_renamed_network_keeps_its_communities(registry: Registry):
    operator = registry.operator
    network = operator.made("/networks", name="Wessex AHSN")["id"]
    community = operator.community(networks=["Wessex AHSN"])
    operator.changed(
        f"/networks/{network}",
        name="Health Innovation Wessex",
        names=[{"name": "Wessex AHSN", "to": "2023-09-30"}],
    )
    for name in ("Wessex AHSN", "Health Innovation Wessex"):
        answer = registry.anyone.ask("GET", "/communities", query_string={"network": name})
        assert [item["id"] for item in answer.json["items"]] == [community]


@pytest.mark.parametrize(
    ("body", "errors"),
    [
        ({"kind": "club"}, {"kind": "must be one of"}),
        ({"names": [{"from": "2020-01-01"}]}, {"names.0.name": "is required"}),
        ({"names": [{"name": "A", "till": "x"}]}, {"names.0.till": "is not a field here"}),
        ({"names": [{"name": "A", "to": "then"}]}, {"names.0.to": "must be a date"}),
        ({"names": ["A"]}, {"names.0": "must be a JSON object"}),
        ({"names": "A"}, {"names": "must be a list"}),
        ({"names": None}, {"names": "must not be null"}),
        ({"aliases": None}, {"aliases": "must not be null"}),
        (
            {"names": [{"name": "A", "from": "2020-01-02", "to": "2020-01-01"}]},
            {"names": "ends before it begins"},
        ),
    ],
)
def test_a_wrong_network_is_refused_by_field(
    registry: Registry, body: dict[str, Any], errors: dict[str, str]
):
    answer = registry.operator.post("/networks", {"name": "Wessex"} | body)
    assert (answer.status_code, set(answer.json["errors"])) == (422, set(errors))
    for field, words in errors.items():
        assert words in answer.json["errors"][field][0]


@pytest.mark.parametrize(
    ("code", "kept"), [("r9x", "R9X"), (" RHM ", "RHM"), ("8hk48", "8HK48"), (None, None)]
)
def test_an_ods_code_is_kept_in_upper_case(registry: Registry, code: Any, kept: Any):
    made = registry.operator.made("/organisations", name="Solent", ods_code=code)
    assert made["ods_code"] == kept


@pytest.mark.parametrize("code", ["RX", "R-9", "ABCDEFGHIJKLM", "Ä12", "R 9X", 5])
def test_what_is_no_ods_code_is_refused(registry: Registry, code: Any):
    answer = registry.operator.post("/organisations", {"name": "Solent", "ods_code": code})
    assert (answer.status_code, list(answer.json["errors"])) == (422, ["ods_code"])


def test_an_organisations_code_can_be_cleared(registry: Registry):
    made = registry.operator.made("/organisations", name="Solent", ods_code="R9X")
    at = f"/organisations/{made['id']}"
    assert registry.operator.changed(at, ods_code=None)["ods_code"] is None


@pytest.mark.parametrize(
    "email", ["ada@people.example", "ADA@People.Example", " ada@people.example "]
)
def test_a_known_address_answers_who_has_it(registry: Registry, email: str):
    operator = registry.operator
    ada = operator.made("/people", name="Ada", email="ada@people.example")
    answer = operator.post("/people", {"name": "Somebody", "email": email})
    assert (answer.status_code, answer.json) == (200, ada)
    assert len(operator.get("/people").json["items"]) == 1


def test_two_with_one_address_at_once_become_one_person(each_registry: Registry):
    body = {"name": "Ada", "email": "ada@people.example"}
    answers = at_once(*[lambda: each_registry.operator.post("/people", body)] * 4)
    assert sorted(answer.status_code for answer in answers) == [200, 200, 200, 201]
    assert len({answer.json["id"] for answer in answers}) == 1
    assert [e["type"] for e in each_registry.operator.events()] == ["registry.person.registered"]


def test_people_without_an_address_are_each_somebody(registry: Registry):
    assert registry.operator.person("Ada") != registry.operator.person("Ada")


@pytest.mark.parametrize("email", ["ada", "ada@", "@people.example", "a b@people.example", 5, None])
def test_what_is_no_address_is_refused(registry: Registry, email: Any):
    answer = registry.operator.post("/people", {"name": "Ada", "email": email})
    assert (answer.status_code, list(answer.json["errors"])) == (422, ["email"])


def test_anothers_address_is_refused(each_registry: Registry):
    operator = each_registry.operator
    operator.person("Ada", email="ada@people.example")
    bob = operator.person("Bob", email="bob@people.example")
    answer = operator.patch(f"/people/{bob}", {"email": "ada@PEOPLE.example"}, "*")
    assert answer.json["errors"] == {"email": ["is another person's address"]}
    assert operator.get(f"/people/{bob}").json["email"] == "bob@people.example"


def test_of_two_who_change_one_version_at_once_one_is_told_that_it_is_stale(
    each_registry: Registry,
):
    operator = each_registry.operator
    for at in (f"/people/{operator.person()}", f"/communities/{operator.community()}"):
        names = ["One", "Two", "Three", "Four"]
        answers = at_once(
            *(
                lambda n=n, at=at: each_registry.operator.patch(at, {"name": n}, '"1"')
                for n in names
            )
        )
        assert sorted(answer.status_code for answer in answers) == [200, 412, 412, 412]
        winner = next(answer.json for answer in answers if answer.status_code == 200)
        assert operator.get(at).json == winner


def test_a_person_is_not_kept_by_what_stands_between(registry: Registry):
    answer = registry.operator.get(f"/people/{registry.operator.person()}")
    assert answer.headers["Cache-Control"] == "no-store"
