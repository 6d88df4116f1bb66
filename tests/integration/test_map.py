"""The map over HTTP: drawn by a process of the worker's, followed by the web, rebuilt."""

import threading
from typing import Any
from xml.etree import ElementTree

import pytest

from services.discovery.map.chart import Chart
from services.discovery.map.drawing import draw
from services.discovery.map.store import Stored, read_map, write_map
from services.discovery.map.work import Drawing, DrawingFailed
from shared.clock import Clock, rfc3339
from shared.eventstore.events import START, Cursor, Event
from shared.projection.consumer import Consumer
from shared.projection.generations import FOLLOWED, active
from shared.projection.positions import positions
from shared.projection.rebuild import rebuild_followed, rebuild_own
from shared.stream.source import Batch, Look
from tests.discovery import Discovery
from tests.integration.test_discovery_api import WESSEX, YORKSHIRE

FALLS = ["falls", "balance", "care homes", "strength"]
SEPSIS = ["sepsis", "deterioration", "escalation", "antibiotics"]


def community(discovery: Discovery, name: str, topics: list[str], **data: Any) -> str:
    return discovery.community(
        name, domain=f"We share {' and '.join(topics)}", topics=topics, **data
    )


@pytest.fixture
def landscape(each_discovery: Discovery) -> Discovery:
    """Four communities who work on falls in two networks, three on sepsis, one on its own."""
    each_discovery.hears("registry.network.registered", "net_w", **named(WESSEX))
    each_discovery.hears("registry.network.registered", "net_y", **named(YORKSHIRE))
    for number, network in enumerate(["net_w", "net_w", "net_y", "net_y"]):
        community(each_discovery, f"Falls {number}", FALLS, networks=[network], region="South")
    for number in range(3):
        community(each_discovery, f"Sepsis {number}", SEPSIS, region="North")
    each_discovery.community("Hermits", domain="Quite another matter")
    return each_discovery


def named(network: dict[str, Any]) -> dict[str, Any]:
    dated = [{"name": name, "from": None, "to": None} for name in network["names"]]
    return network | {"names": dated}


def drawn(discovery: Discovery) -> Chart:
    """Let the map be drawn, and the web know as much."""
    stored = draw(discovery.service.database, None, rfc3339(discovery.service.clock.now()))
    assert stored
    discovery.follower.catch_up(discovery.service.database)
    return stored.chart


def shown(discovery: Discovery, query: str = "") -> Any:
    discovery.follower.catch_up(discovery.service.database)
    answer = discovery.anyone.get(f"/map{query}")
    assert answer.status_code == 200, answer.text
    return answer.json


def names(items: list[dict[str, Any]]) -> list[str]:
    return sorted(item["name"] for item in items)


def test_before_the_first_map_it_is_said_when_to_ask_again(discoverer: Discovery) -> None:
    discoverer.follower.catch_up(discoverer.service.database)
    for path in ("/map", "/map.svg"):
        answer = discoverer.anyone.get(path)
        assert answer.status_code == 503
        assert int(answer.headers["Retry-After"]) > 0
        assert answer.json["detail"].startswith("The first map is being drawn")


def test_every_open_community_is_a_node_in_its_group_or_stands_alone(landscape: Discovery) -> None:
    closed = community(landscape, "Falls 9", FALLS)
    landscape.closes(closed)
    drawn(landscape)
    body = shown(landscape)
    assert len(body["nodes"]) == 8
    assert names(body["isolated"]) == ["Hermits"]
    assert sorted(group["size"] for group in body["groups"]) == [3, 4]
    ids = {node["id"] for node in body["nodes"]}
    assert {end for edge in body["edges"] for end in (edge["from"], edge["to"])} <= ids
    assert {edge["kind"] for edge in body["edges"]} == {"match"}
    (falls,) = [group for group in body["groups"] if group["size"] == 4]
    pair = falls["missing_introductions"][0]
    assert {n for one in pair["communities"] for n in one["networks"]} == {
        *("Health Innovation Wessex", "Health Innovation Yorkshire")
    }
    assert pair["reasons"][0].startswith("Shared topics: ")


def test_the_process_that_the_worker_starts_draws_the_map_once_for_one_change(
    landscape: Discovery,
) -> None:
    service = landscape.service
    drawing = Drawing(service.database, None, service.clock)
    assert drawing.step()
    assert len(shown(landscape)["nodes"]) == 8
    assert not Drawing(service.database, None, service.clock).step()


def test_a_map_that_cannot_be_drawn_is_said_and_the_one_before_stays(
    discoverer: Discovery, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn(discoverer)
    discoverer.community()
    monkeypatch.setattr("services.discovery.map.work.sys.executable", "/bin/false")
    with pytest.raises(DrawingFailed, match="could not be drawn"):
        Drawing(discoverer.service.database, None, discoverer.service.clock).step()
    assert discoverer.anyone.get("/map").status_code == 200


def test_of_two_who_draw_at_once_one_is_stored(discoverer: Discovery) -> None:
    drawn(discoverer)
    database = discoverer.service.database
    with database.read() as connection:
        first = read_map(connection)
    assert first
    again = Stored(2, first.at, 1.0, first.signature, first.chart)
    for expected in (True, False):
        with database.write() as connection:
            assert write_map(connection, again) is expected


def test_who_came_who_closed_and_who_linked_since_is_shown_at_once(landscape: Discovery) -> None:
    before = drawn(landscape)
    new = community(landscape, "Falls 4", FALLS, networks=["net_w"])
    gone = next(n["id"] for n in shown(landscape)["nodes"] if n["name"] == "Falls 0")
    landscape.closes(gone)
    one, other = (n["id"] for n in shown(landscape)["nodes"] if n["name"] in ("Hermits", "Falls 1"))
    landscape.link(one, other)
    body = shown(landscape)
    nodes = {node["id"]: node for node in body["nodes"]}
    assert gone not in nodes
    beside = next(n for n in body["nodes"] if n["name"] == "Falls 1")
    assert nodes[new]["group"] == beside["group"]
    assert abs(nodes[new]["x"] - beside["x"]) < 200
    linked = [{e["from"], e["to"]} for e in body["edges"] if e["kind"] == "link"]
    assert linked == [{one, other}]
    assert body["isolated"] == []
    places = before.places()
    assert all((n["x"], n["y"]) == places[n["id"]] for n in body["nodes"] if n["id"] in places)
    after = drawn(landscape).places()
    assert all(after[name] == places[name] for name in after.keys() & places if name != one
               and name != other)  # fmt: skip


@pytest.mark.parametrize("query", ["network=net_y", "network=health+innovation+YORKSHIRE"])
def test_the_map_of_a_network_by_any_of_its_names(landscape: Discovery, query: str) -> None:
    drawn(landscape)
    assert names(shown(landscape, f"?{query}")["nodes"]) == ["Falls 2", "Falls 3"]


def test_the_map_of_a_region_and_what_is_refused(landscape: Discovery) -> None:
    drawn(landscape)
    assert len(shown(landscape, "?region=north")["nodes"]) == 3
    assert shown(landscape, "?region=north&network=net_w")["nodes"] == []
    refused = landscape.anyone.get("/map?network=Mars")
    assert refused.status_code == 422
    assert refused.json["errors"]["network"][0].startswith("'Mars' is no network's id")
    assert landscape.anyone.get("/map.svg?networks=net_w").status_code == 422


def test_the_picture_is_an_svg_and_is_not_sent_again_to_who_has_it(landscape: Discovery) -> None:
    drawn(landscape)
    answer = landscape.anyone.get("/map.svg")
    assert answer.content_type == "image/svg+xml; charset=utf-8"
    svg = ElementTree.fromstring(answer.text)  # noqa: S314 - our own
    assert (svg.findtext("{http://www.w3.org/2000/svg}title") or "").startswith("Map of 8")
    again = landscape.anyone.get("/map.svg", **{"If-None-Match": answer.headers["ETag"]})
    assert again.status_code == 304


# --- rebuilt ---


class Told:
    """Events as another service would tell them, in order, for a consumer or a rebuild."""

    transport, sources, partition = "told", ("registry",), "registry/told"

    def __init__(self, events: list[Event], stored: Any, until: Any = None) -> None:
        self._events, self._stored, self._until = events, stored, until
        self._position: str | None = None

    def poll(self, seconds: float) -> list[Batch]:
        self._position = self._position or self._stored().get(self.partition)
        after = Cursor.parse(self._position) if self._position else START
        bound = Cursor.parse(self._until().get(self.partition, "0-0-0")) if self._until else None
        ahead = [e for e in self._events if e.cursor > after and (not bound or e.cursor <= bound)]
        if not ahead:
            return []
        some = ahead[:3]  # a few at a time, so that the map is asked for in between
        return [Batch("registry", self.partition, self._position, str(some[-1].cursor), some)]

    def moved(self, batches: list[Batch]) -> None:
        self._position = batches[-1].after if batches else self._position

    def reads(self, partition: str) -> bool:
        return partition == self.partition

    def reset(self) -> None:
        self._position = None

    def look(self) -> list[Look]:
        return []

    def close(self) -> None:
        pass


def test_a_rebuild_gives_the_same_groups_row_by_row_while_the_map_is_served(
    each_discovery: Discovery, monkeypatch: pytest.MonkeyPatch
) -> None:
    service = each_discovery.service
    events = recorded(each_discovery, monkeypatch)
    consumer = Consumer(
        service.database, Clock(), Told(events, at(each_discovery)), service.followed
    )
    while consumer.step(0):
        pass
    each_discovery.link(*(n["id"] for n in drawn_nodes(each_discovery, "Falls 5", "Sepsis 5")))
    before, places = rows_of(drawn(each_discovery)), drawn(each_discovery).places()
    done, answers = threading.Event(), []

    def ask() -> None:
        while not done.is_set():
            answers.append(each_discovery.anyone.get("/map").status_code)
            each_discovery.follower.catch_up(service.database)

    asking = threading.Thread(target=ask)
    asking.start()
    rebuild_own(service.database, service.store, service.own, present=service.types.present)
    rebuild_followed(
        service.database,
        Clock(),
        service.followed,
        [lambda stored, until: Told(events, stored, until)],
    )
    done.set()
    asking.join()
    with service.database.read() as connection:
        assert active(connection, FOLLOWED) == 2
    again = drawn(each_discovery)
    assert set(answers) == {200}
    assert rows_of(again) == before
    assert again.places() == places


def at(discovery: Discovery) -> Any:
    def stored() -> dict[str, str]:
        with discovery.service.database.read() as connection:
            return positions(connection, active(connection, FOLLOWED))

    return stored


def recorded(discovery: Discovery, monkeypatch: pytest.MonkeyPatch) -> list[Event]:
    """The events of a landscape, as the registry's store would have them; nobody is told yet."""
    from tests import discovery as told

    events: list[Event] = []

    class Kept(Event):
        def __new__(cls, *_: Any, **fields: Any) -> Any:
            events.append(Event(1, 0, len(events) + 1, **fields))
            return events[-1]

    with monkeypatch.context() as patch:
        patch.setattr(told, "Event", Kept)
        patch.setattr(told, "apply_events", lambda *_: [])
        patch.setattr(told.Inbox, "admit", lambda *_: [])
        for number in range(5, 9):
            network = f"net_{number % 2}"
            community(discovery, f"Falls {number}", FALLS, networks=[network])
            community(discovery, f"Sepsis {number}", SEPSIS, networks=[network])
        discovery.closes(community(discovery, "Falls 11", FALLS))
    return events


def drawn_nodes(discovery: Discovery, *wanted: str) -> list[dict[str, Any]]:
    drawn(discovery)
    return [node for node in shown(discovery)["nodes"] if node["name"] in wanted]


def rows_of(chart: Chart) -> list[Any]:
    """Everything on the map but where it is: that goes on from the map before."""
    return [
        *((node.id, node.group, node.ties) for node in chart.nodes),
        *chart.edges,
        *chart.groups,
        *chart.bridges,
    ]
