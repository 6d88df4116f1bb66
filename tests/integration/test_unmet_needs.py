"""Searches that find nothing, over HTTP: noted without who asked, shown to the network's token."""

import pytest

from services.discovery.meaning.store import write_vectors
from services.discovery.meaning.text import key_of
from services.discovery.unmet.noting import Noting
from shared.identifiers import derived_id
from tests.discovery import Discovery
from tests.unit.discovery.test_saved_search_matching import Meanings

ADDRESSES = ("192.0.2.1", "192.0.2.2", "2001:db8::1")
WESSEX = derived_id("net", "Wessex")


@pytest.fixture
def noted(discoverer: Discovery) -> Discovery:
    """A community that works on falls, in Wessex, with a vector that is like nothing else."""
    discoverer.hears("registry.network.registered", WESSEX, name="Wessex")
    discoverer.hears("registry.network.registered", derived_id("net", "Kent"), name="Kent")
    discoverer.community("Falls", networks=[WESSEX], region="Eastleigh")
    encoder, database = Meanings(), discoverer.service.database
    with database.write() as connection:
        text = "Falls. Preventing falls in care homes"
        write_vectors(connection, {key_of(text): encoder.encode(text)}, encoder.id)
    discoverer.follower.hear(encoder)  # type: ignore[arg-type]
    discoverer.follower.catch_up(database)
    discoverer.app.extensions["hedgerow_noting"] = Noting(database, discoverer.service.clock)
    return discoverer


def search(discovery: Discovery, query: str, address: str, agent: str = "Firefox") -> int:
    answer = discovery.app.test_client().get(
        f"/search?{query}",
        environ_overrides={"REMOTE_ADDR": address},
        headers={"User-Agent": agent},
    )
    assert answer.status_code == 200, answer.text
    discovery.app.extensions["hedgerow_noting"].write()
    return int(answer.json["total"])


def all_search(discovery: Discovery, query: str) -> None:
    assert [search(discovery, query, address) for address in ADDRESSES] == [0, 0, 0]


def needs(discovery: Discovery, query: str = "") -> list[str]:
    answer = discovery.operator.get(f"/unmet-needs{query}")
    assert answer.status_code == 200, answer.text
    return [item["looked_for"] for item in answer.json["items"]]


def test_what_three_looked_for_and_nobody_has_is_shown_with_a_token_alone(noted: Discovery):
    for address in ADDRESSES[:2]:
        search(noted, "q=zzz+yyy", address)
    assert needs(noted) == []
    search(noted, "q=zz+yy+zz", ADDRESSES[2])
    assert needs(noted) == ["zzz yyy"]
    assert needs(noted, "?network=Kent") == ["zzz yyy"]
    assert noted.anyone.get("/unmet-needs").status_code == 401


def test_several_browsers_at_one_address_are_one_asker(noted: Discovery):
    for agent in ("Firefox", "Safari", "Chrome", "curl"):
        search(noted, "q=zzz+yyy", ADDRESSES[0], agent)
    for host in ("2001:db8::1", "2001:db8::2", "2001:db8::a:1"):  # one household
        search(noted, "q=zzz+yyy", host)
    assert needs(noted) == []
    search(noted, "q=zzz+yyy", ADDRESSES[1])
    assert needs(noted) == ["zzz yyy"]


def test_what_one_network_lacks_is_shown_to_that_network(noted: Discovery):
    all_search(noted, "q=falls&network=Kent")
    assert needs(noted, "?network=Kent") == ["falls"]
    assert needs(noted, "?network=Wessex") == []
    assert needs(noted) == ["falls"], "there are falls in Wessex, where nobody looked for them"


def test_what_only_another_filter_hides_is_no_unmet_need(noted: Discovery):
    all_search(noted, "q=falls&region=Leeds")
    assert needs(noted) == []


def test_what_has_come_to_be_since_is_shown_no_more(noted: Discovery):
    all_search(noted, "q=zzz+yyy")
    noted.community("Zzz", domain="zzz yyy")
    noted.follower.catch_up(noted.service.database)
    assert needs(noted) == []


def test_while_a_vector_is_missing_nothing_is_noted(noted: Discovery):
    noted.community("New", domain="xx")
    noted.follower.catch_up(noted.service.database)
    all_search(noted, "q=zzz+yyy")
    with noted.service.database.read() as connection:
        assert connection.exec_driver_sql("SELECT * FROM unmet_searches").all() == []


def test_a_search_goes_on_where_nothing_can_be_noted(noted: Discovery):
    del noted.app.extensions["hedgerow_noting"]
    answer = noted.anyone.get("/search?q=zzz")
    assert (answer.status_code, answer.json["total"]) == (200, 0)
