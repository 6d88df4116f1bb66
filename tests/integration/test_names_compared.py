"""However a name is written, it is one.

So in the registry's networks, lists and imports, in discovery's filters, counts, reasons and
landscape, and in the rows of a database from before.
"""

from pathlib import Path
from typing import Any

import pytest

from services.registry.domain.network import NetworkRegistered
from services.registry.events import NETWORK
from shared.database import Database
from shared.eventstore.events import Cause
from shared.eventstore.streams import Change
from shared.migrations.migrate import migrate
from tests.discovery import Discovery
from tests.migrating import migrate_again, migrated_to
from tests.notifications import open_notifications
from tests.registry import Registry

ONE = "St John's Network"
WAYS = [
    "St John’s Network",
    "ST JOHNʼS  NETWORK",
    "St\u00a0John's Net\u00adwork",
    "\u200bSt John`s network",
    "Ｓt John's Network",
]


@pytest.mark.parametrize("way", WAYS)
def test_a_network_written_in_another_way_is_the_one_there_is(registry: Registry, way: str):
    operator = registry.operator
    made = operator.made("/networks", name=ONE, aliases=["Nottingham – Derby"])
    again = operator.post("/networks", {"name": way})
    assert (again.status_code, list(again.json["errors"])) == (409, ["name"])
    alias = {"name": "Another", "aliases": ["nottingham-derby"]}
    assert operator.post("/networks", alias).status_code == 409
    assert registry.anyone.get(f"/networks/{way}").json["id"] == made["id"]
    report = operator.import_list({"id": "1", "domain": "Feet", "network": way})
    assert (report["new"], report["networks_made"]) == (1, [])
    community = operator.made("/communities", name="A", domain="B", networks=[way, ONE])
    assert community["networks"] == [made["id"]]
    listed = registry.anyone.ask("GET", "/communities", query_string={"network": way}).json["items"]
    assert len(listed) == 2


def test_an_import_makes_one_network_of_all_its_ways_to_write_it(registry: Registry):
    records = [{"id": w, "domain": "Feet", "network": w} for w in (ONE, *WAYS)]
    assert registry.operator.import_list(*records)["networks_made"] == [ONE]
    assert len(registry.anyone.get("/networks").json["items"]) == 1


def test_regions_are_found_and_topics_are_kept_once_however_they_are_written(registry: Registry):
    topics = ["Patients’ rights", "patients' rights", "Falls"]
    community = registry.operator.made(
        "/communities", name="A", domain="B", region="King’s Lynn – West", topics=topics
    )
    assert community["topics"] == ["Patients’ rights", "Falls"]
    for way in ("King's Lynn-West", " KING'S  LYNN — WEST"):
        found = registry.anyone.ask("GET", "/communities", query_string={"region": way}).json
        assert [item["id"] for item in found["items"]] == [community["id"]]


def test_keys_of_rows_from_before_are_brought_up_to_date(each_registry: Registry):
    registry = each_registry
    network = registry.operator.made("/networks", name="St John’s Network", aliases=["A – B"])
    registry.operator.community(region="King’s Lynn", networks=[network["id"]])
    database = registry.service.database
    with database.write() as connection:
        connection.exec_driver_sql("UPDATE communities_1 SET region = 'king’s lynn'")
        connection.exec_driver_sql("DELETE FROM network_names_1")
        old = f"INSERT INTO network_names_1 VALUES ('{network['id']}', 'st john’s network')"
        connection.exec_driver_sql(old)
    migrate_again(database, registry.service.migrations, "registry_0003")
    assert registry.anyone.get("/networks/St John's Network").json["id"] == network["id"]
    assert registry.anyone.get("/networks/a-b").json["id"] == network["id"]
    assert len(registry.anyone.get("/communities?region=King's Lynn").json["items"]) == 1


def test_two_networks_from_before_that_share_a_name_can_still_be_changed(registry: Registry):
    """The older one is found by it."""
    ids = ["net_00000000000000000001", "net_00000000000000000002"]
    with registry.service.write() as connection:
        for stream, name in zip(ids, (ONE, WAYS[0]), strict=True):
            registry.service.streams.load(connection, NETWORK, stream)
            registry.service.streams.append(
                connection,
                [Change(stream, 0, [NetworkRegistered(name=name)])],
                cause=Cause(correlation="c"),
                now=registry.service.clock.now(),
            )
    operator = registry.operator
    assert registry.anyone.get(f"/networks/{WAYS[1]}").json["id"] == ids[0]
    for stream in ids:
        operator.changed(f"/networks/{stream}", aliases=[f"Alias of {stream}"])
    taken = operator.patch(f"/networks/{ids[1]}", {"aliases": [f"alias  OF {ids[0]}"]}, "*")
    assert taken.status_code == 409
    operator.changed(f"/networks/{ids[1]}", name="St Jude's Network")


def test_notifications_compares_regions_by_the_key_too_also_those_from_before(tmp_path: Path):
    url = f"sqlite:///{tmp_path}/post.db"
    with open_notifications(url, tmp_path) as post:
        post.community("com_a", region="King’s  Lynn")
        assert regions(post.service.database) == ["king's lynn"]
    before = f"sqlite:///{tmp_path}/before.db"
    migrated_to(before, post.service.migrations, "notifications_0002")
    database = Database(before)
    with database.write() as connection:
        connection.exec_driver_sql(
            "INSERT INTO communities_1 (id, state, region, content)"
            " VALUES ('com_a', 'active', 'king’s  lynn', ?)",
            ('{"region": "King’s  Lynn"}',),
        )
    migrate(before, before, post.service.migrations)
    assert regions(database) == ["king's lynn"]
    database.close()


def regions(database: Database) -> list[str]:
    with database.read() as connection:
        return list(connection.exec_driver_sql("SELECT region FROM communities_1").scalars())


def register(discovery: Discovery, community: str, **data: Any) -> None:
    fields = {"name": "Falls", "domain": "Falls at home"} | data
    discovery.hears("registry.community.registered", community, **fields)


def asked(discovery: Discovery, path: str, **query: str) -> Any:
    discovery.follower.catch_up(discovery.service.database)
    answer = discovery.anyone.ask("GET", path, query_string=query)
    assert answer.status_code == 200, answer.text
    return answer.json


def test_discovery_filters_counts_and_explains_by_the_key(discoverer: Discovery):
    register(discoverer, "com_a", region="King's Lynn", sectors=["Patients’ groups"])
    register(discoverer, "com_b", region="King’s Lynn", sectors=["patients' groups"])
    register(discoverer, "com_c", region="king’s  lynn", sectors=[])
    for way in ("King's Lynn", "King\u2019s\u00a0Lynn"):
        found = asked(discoverer, "/search", q="falls", region=way)
        assert {item["id"] for item in found["items"]} == {"com_a", "com_b", "com_c"}
    facets = asked(discoverer, "/search", q="falls")["facets"]
    assert facets["region"] == {"King's Lynn": 3}
    assert list(facets["sector"].values()) == [2]
    (one, *_) = asked(discoverer, "/communities/com_a/related")["items"]
    assert one["region"] == "King’s Lynn"
    assert one["sectors"] == ["patients' groups"]


@pytest.mark.parametrize(("by", "rows"), [("region", {"King's Lynn": 3}), ("sector", {"NHS": 2})])
def test_the_landscape_has_one_row_for_all_ways_to_write_a_region_or_a_sector(
    each_discovery: Discovery, by: str, rows: dict[str, int]
):
    register(each_discovery, "com_a", region="King's Lynn", sectors=["NHS"])
    register(each_discovery, "com_b", region="King’s Lynn", sectors=["nhs", "ＮＨＳ"])
    register(each_discovery, "com_c", region="King's Lynn", sectors=[])
    found = asked(each_discovery, "/landscape", by=by)
    counted = {line["name"]: line for line in found["items"]}
    assert {name: counted[name]["communities"] for name in rows} == rows
    assert {name for name in counted if not name.startswith("No ")} == set(rows)
    assert counted[next(iter(rows))]["convener_needed_days_longest"] == 0
