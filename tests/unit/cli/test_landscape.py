import json

import pytest

from hedgerow.failures import CannotDo
from hedgerow.landscape import KINDS, FirstStart, Load, example, states_between
from hedgerow.service import Service

LANDSCAPE = {
    "networks": [{"key": "w", "name": "Wessex", "kind": "hin", "aliases": [], "names": []}],
    "organisations": [{"key": "o", "name": "Marlmere", "ods_code": None}],
    "people": [{"key": "ann", "name": "Ann", "email": "ann@example.org"}],
    "communities": [
        {
            "key": "old",
            "name": "Old falls",
            "domain": "Falls",
            "networks": ["w"],
            "organisation": "o",
            "roles": [
                {"person": "ann", "role": "convener", "from": "2024-01-01", "to": None},
                {"person": "ann", "role": "member", "from": "2023-01-01", "to": "2024-01-01"},
            ],
            "state": "active",
            "closure": {"ending": "merged", "into": ["new"]},
        },
        {
            "key": "new",
            "name": "New falls",
            "domain": "Falls",
            "url": None,
            "networks": [],
            "organisation": None,
            "roles": [],
            "state": "dormant",
            "closure": None,
        },
    ],
}


class Registry:
    """Makes what it is told of; the same Idempotency-Key again makes nothing and answers alike."""

    def __init__(self, stand_in, first_state="active"):
        self.made, self.answered, self.failing = [], {}, []
        self.first_state = first_state
        self.stand_in = stand_in
        stand_in.routes = self

    def get(self, route):
        return self.list if route == ("GET", "/communities") else self.take

    def list(self, request):
        items = [path for path, _ in self.made if path == "/communities"]
        return 200, {"items": items[: int(request["query"]["limit"])], "next": None}

    def take(self, request):
        if self.failing:
            return self.failing.pop(0)
        key, body = request["headers"]["Idempotency-Key"], json.loads(request["body"])
        if key not in self.answered:
            self.made.append((request["path"], body))
            made = {"id": f"{request['path'].strip('/')[:3]}_{len(self.made)}"}
            if request["path"] == "/communities":
                made["state"] = self.first_state
            self.answered[key] = (201, made)
        return self.answered[key]


@pytest.fixture
def registry(services):
    return Registry(services["registry"])


@pytest.fixture
def load(registry):
    """Loads the landscape; returns the counts that were told."""
    service = Service("registry", registry.stand_in.url, "a-token")
    return lambda: list(Load(service, pause=lambda _: None).run(LANDSCAPE))


def test_everything_is_told_with_the_ids_that_the_registry_gave(registry, load):
    load()
    assert registry.made == [
        ("/networks", {"name": "Wessex", "kind": "hin", "aliases": [], "names": []}),
        ("/organisations", {"name": "Marlmere"}),
        ("/people", {"name": "Ann", "email": "ann@example.org"}),
        (
            "/communities",
            {
                "name": "Old falls",
                "domain": "Falls",
                "networks": ["net_1"],
                "organisation": "org_2",
            },
        ),
        (
            "/communities/com_4/roles",
            {"person": "peo_3", "role": "convener", "from": "2024-01-01"},
        ),
        (
            "/communities/com_4/roles",
            {"person": "peo_3", "role": "member", "from": "2023-01-01", "to": "2024-01-01"},
        ),
        ("/communities", {"name": "New falls", "domain": "Falls", "networks": []}),
        ("/communities/com_7/state", {"state": "dormant"}),
        ("/communities/com_4/closure", {"ending": "merged", "into": ["com_7"]}),
    ]


def test_a_proposed_community_is_registered_as_one(registry):
    service = Service("registry", registry.stand_in.url, "a-token")
    proposed = {"key": "p", "name": "P", "domain": "Falls", "state": "proposed"}
    list(Load(service).run({kind: [proposed] if kind == "communities" else [] for kind in KINDS}))
    assert registry.made == [
        ("/communities", {"name": "P", "domain": "Falls", "state": "proposed", "networks": []})
    ]


def test_progress_is_told_item_by_item_to_the_end(load):
    assert load() == [(done, 6) for done in range(1, 7)]


def test_a_second_load_makes_nothing_anew(registry, load):
    load()
    first = list(registry.made)
    load()
    assert registry.made == first


def test_a_load_that_was_interrupted_continues(registry, load):
    whole = Registry(registry.stand_in)
    load()
    registry.stand_in.routes = registry
    service = Service("registry", registry.stand_in.url, "a-token")
    loading = Load(service).run(LANDSCAPE)
    for _ in range(4):
        next(loading)
    load()
    assert registry.made == whole.made


def test_a_registry_that_is_busy_for_a_moment_is_asked_again(registry, load):
    registry.failing = [(503, {"title": "Service Unavailable"}), (409, {})]
    load()
    assert len(registry.made) == 9


def test_what_the_registry_will_never_take_is_told_at_once_with_its_item(registry, load):
    registry.failing = [(422, {"detail": "Not valid", "errors": {"kind": ["Unknown field."]}})]
    with pytest.raises(CannotDo) as failure:
        load()
    assert failure.value.message == (
        "The registry refused: Not valid (kind: Unknown field.) (networks-w of the example)"
    )
    assert registry.made == []


@pytest.mark.parametrize(
    ("present", "wanted", "through"),
    [
        ("active", "active", ()),
        ("active", "dormant", ("dormant",)),
        ("proposed", "dormant", ("active", "dormant")),
        ("proposed", "proposed", ()),
        ("active", "closed", ()),
    ],
)
def test_states_are_gone_through_in_order(present, wanted, through):
    assert states_between(present, wanted) == through


@pytest.fixture
def first_start(tmp_path):
    return FirstStart(tmp_path)


@pytest.fixture
def service(registry):
    return Service("registry", registry.stand_in.url, "a-token")


def test_an_empty_registry_is_due_for_the_example(first_start, service):
    assert first_start.due(service)


def test_a_registry_with_other_communities_never_is(first_start, service, load):
    load()
    assert not first_start.due(service)


def test_an_interrupted_load_is_still_due(first_start, service, load):
    first_start.begun()
    load()
    assert first_start.due(service)


def test_a_load_that_has_ended_is_not_due_again_even_if_all_was_taken_away(first_start, service):
    first_start.begun()
    first_start.loaded()
    assert not first_start.due(service)


def test_every_key_in_the_example_that_comes_with_hedgerow_is_known():
    landscape = example()
    keys = {kind: [item["key"] for item in landscape[kind]] for kind in KINDS}
    assert all(len(known) == len(set(known)) for known in keys.values())
    communities = landscape["communities"]
    assert len(communities) >= 60
    assert {n for c in communities for n in c["networks"]} <= set(keys["networks"])
    assert {c["organisation"] for c in communities} - {None} <= set(keys["organisations"])
    assert {r["person"] for c in communities for r in c["roles"]} <= set(keys["people"])
    endings = [c["closure"] for c in communities if c["closure"]]
    assert {into for e in endings for into in e["into"]} <= set(keys["communities"])
