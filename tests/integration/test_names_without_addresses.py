"""Wherever a name is taken, it holds no address that a mail program would make a link of."""

from typing import Any

import pytest

from tests.registry import Registry
from tests.scheduling import Scheduling

URL = "Free prizes: https://evil.example/x"


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("/people", {"name": "Visit evil.example"}, "name"),
        ("/people", {"name": "ada@evil.example"}, "name"),
        ("/communities", {"name": URL, "domain": "Feet"}, "name"),
        ("/networks", {"name": "Write to us@evil.example"}, "name"),
        ("/networks", {"name": "Wessex", "aliases": ["www.evil.example"]}, "aliases.0"),
        ("/networks", {"name": "Wessex", "names": [{"name": URL}]}, "names.0.name"),
        ("/organisations", {"name": URL}, "name"),
    ],
)
def test_the_registry_refuses_it_and_names_the_field(
    registry: Registry, path: str, body: dict[str, Any], field: str
):
    answer = registry.operator.post(path, body)
    assert (answer.status_code, list(answer.json["errors"])) == (422, [field])
    assert "holds an address" in answer.json["errors"][field][0]
    assert "evil" not in answer.text


def test_a_name_is_changed_to_none_either(registry: Registry):
    ada, falls = registry.operator.person("Ada"), registry.operator.community()
    for path, name in ((f"/people/{ada}", "See evil.example"), (f"/communities/{falls}", URL)):
        assert registry.operator.patch(path, {"name": name}, "*").status_code == 422


@pytest.mark.parametrize("name", ["The operator", "HEDGEROW", "A former\u00a0member"])
def test_nobody_is_named_as_what_speaks_for_the_platform(registry: Registry, name: str):
    refused = registry.operator.post("/people", {"name": name})
    assert (refused.status_code, list(refused.json["errors"])) == (422, ["name"])
    assert registry.operator.post("/people", {"name": f"{name} Jones"}).status_code == 201


def test_an_imported_line_is_refused_by_its_name_alone(registry: Registry):
    domain = "Falls; see https://falls.example for more"
    listed = {"id": "1", "name": URL, "domain": "Feet"}, {"id": "2", "name": "", "domain": domain}
    report = registry.operator.import_list(*listed)
    assert (report["new"], report["refused"]) == (1, 1)
    assert [(r["line"], r["field"]) for r in report["refusals"]] == [(1, "name")]


def test_programmes_and_cohorts_are_named_without_one(scheduling: Scheduling):
    body = {"template": "cop-leadership", "name": URL}
    assert scheduling.operator.post("/programmes", body).status_code == 422
    cohort = scheduling.cohort()["id"]
    answer = scheduling.operator.patch(f"/cohorts/{cohort}", {"name": URL}, "*")
    assert (answer.status_code, list(answer.json["errors"])) == (422, ["name"])
