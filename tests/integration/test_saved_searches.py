"""Saved searches over HTTP and at the worker: who may, what is told, and that it is told once."""

from datetime import timedelta
from typing import Any

import pytest

from services.discovery.saved.work import Matching
from shared.identifiers import derived_id
from shared.projection import rebuild
from shared.projection.generations import OWN, active
from tests.discovery import Discovery
from tests.registry import Caller

ADA, BEA = derived_id("per", "Ada"), derived_id("per", "Bea")
BEES = {"name": "Bees", "domain": "Beekeeping on hospital roofs"}


class NoModel:
    """A worker whose sentence model was refused: words alone serve."""

    encoder = None


class Worker(Matching):
    def __init__(self, discovery: Discovery) -> None:
        super().__init__(discovery.service, NoModel())  # type: ignore[arg-type]

    def works(self) -> None:
        while self.step():
            pass


@pytest.fixture
def known(discoverer: Discovery) -> Discovery:
    return prepared(discoverer)


def prepared(discovery: Discovery) -> Discovery:
    """Two people, and a community that works on falls."""
    for person in (ADA, BEA):
        discovery.hears("registry.person.registered", person)
    discovery.community("Falls")
    discovery.follower.catch_up(discovery.service.database)
    return discovery


def saved(discovery: Discovery, **fields: Any) -> str:
    discovery.follower.catch_up(discovery.service.database)
    return str(discovery.operator.made("/saved-searches", person=ADA, **fields)["id"])


def told(discovery: Discovery) -> list[tuple[str, str]]:
    events = discovery.told("saved-search.matched")
    return [(event["subject"], event["data"]["community"]) for event in events]


def refused(caller: Caller, fields: dict[str, Any]) -> dict[str, Any]:
    answer = caller.post("/saved-searches", fields)
    assert answer.status_code == 422, answer.text
    return dict(answer.json["errors"])


def test_a_new_community_that_matches_is_told_once(known: Discovery):
    search, worker = saved(known, q="beekeeping"), Worker(known)
    bees = known.community(**BEES)
    worker.works()
    known.hears("registry.community.described", bees, name="Bees, again")
    worker.works()
    assert told(known) == [(search, bees)]
    (line,) = known.operator.get(f"/saved-searches/{search}").json["told"]
    assert line["community"] == bees


def test_what_matched_already_is_not_told_when_it_changes(known: Discovery):
    search = saved(known, q="falls")
    known.hears("registry.community.described", derived_id("com", "Falls"), name="Falls again")
    Worker(known).works()
    assert told(known) == []
    assert known.operator.get(f"/saved-searches/{search}").json["matched_when_made"] == 1


def test_a_community_that_comes_to_match_by_a_change_is_told(known: Discovery):
    search = saved(known, q="beekeeping")
    known.hears("registry.community.described", derived_id("com", "Falls"), topics=["beekeeping"])
    Worker(known).works()
    assert told(known) == [(search, derived_id("com", "Falls"))]


def test_filters_hold_for_what_is_new_too(known: Discovery):
    wessex = saved(known, q="beekeeping", filters={"region": "Wessex"})
    saved(known, q="beekeeping", region=["Kent"])
    bees = known.community(**BEES, region="WESSEX")
    Worker(known).works()
    assert told(known) == [(wessex, bees)]


def test_a_search_by_likeness_is_told_of_what_is_like_enough(known: Discovery):
    falls = derived_id("com", "Falls")
    near, far = saved(known, like=falls, threshold=0.3), saved(known, like=falls, threshold=1)
    more = known.community("More falls", domain="Preventing falls at home")
    known.community(**BEES)
    Worker(known).works()
    assert told(known) == [(near, more)]
    assert far != near


def test_an_import_the_example_and_old_news_tell_nobody(known: Discovery):
    saved(known, q="beekeeping")
    listed, old = derived_id("com", "Listed"), derived_id("com", "Old")
    known.hears("registry.community.registered", listed, **BEES, source="list", run="run_1")
    happened = known.service.clock.now() - timedelta(hours=49)
    known.learns("registry.community.registered", old, happened=happened, **BEES)
    known.reacts()
    Worker(known).works()
    assert told(known) == []
    assert known.service.pending["communities to match"](_reading(known)) == 0


def test_a_removed_search_and_a_closed_community_tell_nothing(known: Discovery):
    search, worker = saved(known, q="beekeeping"), Worker(known)
    saved(known, q="wasps")
    answer = known.operator.ask("DELETE", f"/saved-searches/{search}")
    assert (answer.status_code, answer.json) == (200, {"id": search, "removed": True})
    bees = known.community(**BEES)
    wasps = known.community("Wasps")
    known.closes(wasps)
    worker.works()
    assert told(known) == []
    assert known.operator.get(f"/saved-searches/{search}").status_code == 404
    assert bees not in str(known.told("saved-search.removed"))


def test_an_erased_person_s_searches_go_with_all_their_words(known: Discovery):
    search = saved(known, q="beekeeping for Jane Doe")
    known.hears("registry.person.erased", ADA)
    known.community(**BEES)
    Worker(known).works()
    assert told(known) == []
    (removed,) = known.told("saved-search.removed")
    assert (removed["subject"], removed["data"]["why"]) == (search, "erased")
    rows = _reading(known).exec_driver_sql("SELECT * FROM saved_search_words").all()
    kept = _reading(known).exec_driver_sql("SELECT body FROM idempotency_keys").all()
    assert rows == [] == kept
    assert "Jane" not in str(known.operator.events())


def test_words_are_in_no_event_and_in_the_person_s_copy(known: Discovery):
    saved(known, q="beekeeping for Jane Doe", region="Jane's")
    assert "Jane" not in str(known.operator.events())
    copy = known.service.holds(_reading(known), ADA)["saved_searches"]
    assert [line["q"] for line in copy] == ["beekeeping for Jane Doe"]
    assert known.service.holds(_reading(known), BEA)["saved_searches"] == []


def test_each_sees_and_removes_only_their_own(known: Discovery):
    search = saved(known, q="beekeeping")
    ada, bea = known.acting(ADA), known.acting(BEA)
    assert [item["id"] for item in ada.get("/saved-searches").json["items"]] == [search]
    assert bea.get("/saved-searches").json == {"items": [], "next": None}
    body = {"person": ADA, "q": "mine"}
    assert {
        bea.get(f"/saved-searches?person={ADA}").status_code,
        bea.get(f"/saved-searches/{search}").status_code,
        bea.ask("DELETE", f"/saved-searches/{search}").status_code,
        bea.post("/saved-searches", body).status_code,
    } == {403}
    assert known.anyone.post("/saved-searches", body).status_code == 401
    assert known.operator.get("/saved-searches").status_code == 422


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"q": "falls", "person": derived_id("per", "Nobody")}, "person"),
        ({}, "q"),
        ({"q": "falls", "like": "com_1"}, "q"),
        ({"q": "falls", "threshold": 0.5}, "threshold"),
        ({"like": "com_1"}, "like"),
        ({"like": "com_1", "region": "Kent"}, "region"),
        ({"like": "com_1", "threshold": 0.01}, "threshold"),
        ({"like": "com_1", "threshold": "much"}, "threshold"),
        ({"q": "falls", "stage": "ripe"}, "stage"),
        ({"q": "falls", "network": "Mars"}, "network"),
        ({"q": "falls", "filters": {"person": ADA}}, "filters"),
        ({"q": "falls", "filters": "Kent"}, "filters"),
        ({"q": "x" * 501}, "q"),
        ({"q": "falls", "often": True}, "often"),
    ],
)
def test_what_is_wrong_is_refused_by_name_and_nothing_is_kept(
    known: Discovery, fields: dict[str, Any], field: str
):
    assert list(refused(known.operator, {"person": ADA} | fields)) == [field]
    assert known.told("saved-search.made") == []


@pytest.mark.parametrize("q", ["the", "who is it for", "…?!", "of the and"])
def test_a_search_that_can_never_match_is_refused_with_a_reason(known: Discovery, q: str):
    (reason,) = refused(known.operator, {"person": ADA, "q": q})["q"]
    assert reason.startswith("would never match: these words say nothing of a subject")
    assert known.operator.get(f"/saved-searches?person={ADA}").json["items"] == []


def test_a_search_that_nobody_matches_yet_is_saved(known: Discovery):
    for q in ("haberdashery", "IT", "WHO", "健康", "x"):
        assert saved(known, q=q)


def test_a_person_has_fifty_at_most(known: Discovery):
    for number in range(50):
        saved(known, q=f"falls {number}")
    (reason,) = refused(known.operator, {"person": ADA, "q": "bees"})["person"]
    assert "as many as one person may have" in reason


def test_a_rebuild_while_it_serves_gives_the_same_ledger_and_tells_nobody(
    each_discovery: Discovery,
):
    discovery = prepared(each_discovery)
    service, worker = discovery.service, Worker(discovery)
    kept = saved(discovery, q="beekeeping")
    removed = saved(discovery, like=derived_id("com", "Falls"), threshold=0.2)
    discovery.community(**BEES)
    discovery.community("More falls")
    worker.works()
    discovery.operator.ask("DELETE", f"/saved-searches/{removed}")
    before, events = ledger(discovery), told(discovery)
    assert {line[1] for line in before["saved_search_told"]} == {kept, removed}
    rebuild.rebuild_own(service.database, service.store, service.own)
    assert active(_reading(discovery), OWN) == 2
    assert ledger(discovery) == before
    worker.works()
    assert told(discovery) == events
    wasps = discovery.community("Wasps", domain="Beekeeping too")
    worker.works()
    assert told(discovery) == [*events, (kept, wasps)]


def ledger(discovery: Discovery) -> dict[str, list[Any]]:
    """The own read models of saved searches in use, row by row."""
    connection = _reading(discovery)
    n = active(connection, OWN)
    return {
        table: connection.exec_driver_sql(f"SELECT * FROM {table}_{n} ORDER BY id").all()
        for table in ("saved_searches", "saved_search_told")
    }


def _reading(discovery: Discovery) -> Any:
    return discovery.service.database.session()
