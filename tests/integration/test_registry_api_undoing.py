"""Taking an import's run back, over HTTP."""

from tests.registry import Registry

ONE = {"id": "1", "name": "Breathe", "domain": "Breathing well", "network": "Lungs"}
TWO = {"id": "2", "name": "Walk", "domain": "Walking far"}


def undo(registry: Registry, run: str) -> tuple[int, int, int]:
    found = registry.operator.done(f"/communities/import/{run}/undoing")
    return found["taken_back"], found["restored"], found["kept"]


def states(registry: Registry) -> dict[str, str]:
    items = registry.anyone.get("/communities").json["items"]
    return {item["external_id"]: item["state"] for item in items}


def test_what_a_run_registered_is_closed(each_registry: Registry):
    run = each_registry.operator.import_list(ONE, TWO)["run"]
    assert undo(each_registry, run) == (2, 0, 0)
    assert states(each_registry) == {"1": "closed", "2": "closed"}


def test_what_a_run_changed_is_as_before_and_the_rest_stays(each_registry: Registry):
    operator = each_registry.operator
    operator.import_list(ONE, TWO)
    run = operator.import_list(ONE | {"domain": "Asthma"}, TWO)["run"]
    assert undo(each_registry, run) == (0, 1, 0)
    domains = [i["domain"] for i in each_registry.anyone.get("/communities").json["items"]]
    assert sorted(domains) == ["Breathing well", "Walking far"]


def test_taking_a_run_back_twice_changes_nothing_the_second_time(registry: Registry):
    run = registry.operator.import_list(ONE)["run"]
    undo(registry, run)
    before = registry.operator.events()
    assert undo(registry, run) == (0, 0, 1)
    assert registry.operator.events() == before


def test_what_a_person_has_claimed_since_is_kept(registry: Registry):
    run = registry.operator.import_list(ONE)["run"]
    community = registry.anyone.get("/communities?external_id=1").json["items"][0]["id"]
    person = registry.operator.person()
    registry.operator.made(
        f"/communities/{community}/roles", person=person, role="convener", **{"from": "2026-01-01"}
    )
    assert undo(registry, run) == (0, 0, 1)
    assert states(registry) == {"1": "active"}


def test_a_later_import_brings_it_back(registry: Registry):
    run = registry.operator.import_list(ONE)["run"]
    undo(registry, run)
    again = registry.operator.import_list(ONE)
    assert (again["new"], again["changed"]) == (0, 1)
    assert states(registry) == {"1": "active"}


def test_a_run_that_never_was_is_404(registry: Registry):
    for run in ("run_00000000000000000000", "nonsense"):
        answer = registry.operator.post(f"/communities/import/{run}/undoing")
        assert answer.status_code == 404


def test_what_people_do_under_an_imports_id_is_not_part_of_it(each_registry: Registry):
    operator = each_registry.operator
    run = operator.import_list(ONE)["run"]
    body = {"name": "Sing", "domain": "Singing for lungs"}
    mine = operator.post("/communities", body, X_Correlation_ID=run).json["id"]
    assert undo(each_registry, run) == (1, 0, 0)
    assert each_registry.anyone.get(f"/communities/{mine}").json["state"] == "active"


def test_what_is_no_import_is_not_taken_back_by_its_correlation_id(each_registry: Registry):
    operator = each_registry.operator
    body = {"name": "Sing", "domain": "Singing for lungs"}
    mine = operator.post("/communities", body, X_Correlation_ID="of-mine").json["id"]
    assert operator.post("/communities/import/of-mine/undoing").status_code == 404
    assert each_registry.anyone.get(f"/communities/{mine}").json["state"] == "active"


def test_an_ods_code_belongs_to_one_organisation(each_registry: Registry):
    operator = each_registry.operator
    operator.made("/organisations", name="Solent", ods_code="R1C")
    answer = operator.post("/organisations", {"name": "Other", "ods_code": "r1c"})
    assert answer.status_code == 409
    assert "ods_code" in answer.json["errors"]
