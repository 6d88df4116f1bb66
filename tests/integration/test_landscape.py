"""The landscape over HTTP: counts as of any day, over each database."""

import csv
import io
import json
import uuid
from collections import Counter
from datetime import UTC, datetime
from typing import Any

import pytest

from services.discovery.landscape.numbers import DEFINITIONS
from services.discovery.projections.registry import DOCUMENTS, NETWORKS
from services.discovery.projections.spans import SPANS
from shared.eventstore.events import START, Event
from shared.projection.projection import project
from tests.discovery import Discovery

SPRING, SUMMER, AUTUMN = "2025-03-10", "2025-06-10", "2025-09-10"


class History:
    """Events of the registry and of scheduling, each on a day."""

    def __init__(self, discovery: Discovery) -> None:
        self.discovery = discovery
        self._versions: Counter[str] = Counter()

    def happens(self, day: str, kind: str, stream: str, **data: Any) -> None:
        self._versions[stream] += 1
        time = datetime.fromisoformat(f"{day}T12:00:00").replace(tzinfo=UTC)
        event = Event(
            *START, stream, self._versions[stream], str(uuid.uuid4()), kind, 1, time,
            "public", "c", None, None, json.dumps(data),
        )  # fmt: skip
        with self.discovery.service.database.write() as connection:
            project(connection, [SPANS, DOCUMENTS, NETWORKS], 1, [event])

    def community(self, day: str, name: str, *networks: str, **data: Any) -> None:
        fields = {"name": name, "domain": "Falls", "networks": networks} | data
        self.happens(day, "registry.community.registered", name, **fields)

    def changes(self, day: str, name: str, change: str, **data: Any) -> None:
        self.happens(day, f"registry.community.{change}", name, **data)

    def stands(self, day: str, name: str, standing: str) -> None:
        kind = "scheduling.community.standing-changed"
        self.happens(day, kind, name, standing=standing, before="", meetings=5)

    def asks(self, query: str = "", status: int = 200) -> Any:
        self.discovery.follower.catch_up(self.discovery.service.database)
        answer = self.discovery.anyone.get(f"/landscape{query}")
        assert answer.status_code == status, answer.text
        return answer.json

    def row(self, query: str, name: str) -> dict[str, Any]:
        return {item["name"]: item for item in self.asks(query)["items"]}[name]


@pytest.fixture
def history(each_discovery: Discovery) -> History:
    """Two networks; one community in each, one in both, and one in none that came from a list."""
    found = History(each_discovery)
    found.happens(SPRING, "registry.network.registered", "net_w", name="Wessex", aliases=["W AHSN"])
    found.happens(SPRING, "registry.network.registered", "net_y", name="Yorkshire")
    found.community(SPRING, "com_w", "net_w", stage="potential", region="Wessex")
    found.community(SPRING, "com_y", "net_y", region="=cmd()", sectors=["health", "social care"])
    found.community(SUMMER, "com_b", "net_w", "net_y", state="proposed")
    found.community(SUMMER, "com_l", source="list")
    return found


def test_open_communities_are_counted_in_each_of_their_networks_and_once_in_all(
    history: History,
) -> None:
    body = history.asks("?by=network")
    assert {i["name"]: i["communities"] for i in body["items"]} == {
        "Wessex": 2,
        "Yorkshire": 2,
        "No network": 1,
    }
    total = body["total"]
    assert (total["communities"], total["state_active"], total["state_proposed"]) == (4, 3, 1)
    assert body["definitions"].keys() == DEFINITIONS.keys()
    assert DEFINITIONS.keys() <= total.keys()


def test_as_of_a_day_it_is_as_it_was_on_that_day(history: History) -> None:
    history.changes(AUTUMN, "com_w", "closed", into=[])
    history.changes(AUTUMN, "com_y", "network-left", network="net_y")
    history.changes(AUTUMN, "com_b", "state-changed", state="active")

    def counts(day: str) -> dict[str, int]:
        body = history.asks(f"?as_of={day}")
        return {item["name"]: item["communities"] for item in body["items"]}

    assert counts("2025-03-09") == {}
    assert counts(SPRING) == {"Wessex": 1, "Yorkshire": 1}
    assert counts(SUMMER) == {"Wessex": 2, "Yorkshire": 2, "No network": 1}
    assert counts(AUTUMN) == {"Wessex": 1, "Yorkshire": 1, "No network": 2}
    whole = history.asks(f"?as_of={AUTUMN}")["total"]
    assert (whole["state_closed"], whole["state_proposed"], whole["state_active"]) == (1, 0, 3)
    assert history.asks(f"?as_of={SUMMER}T12:00:00Z")["total"]["communities"] == 4
    assert history.asks(f"?as_of={SUMMER}T11:59:59Z")["total"]["communities"] == 2


def test_conveners_needed_and_for_how_long(history: History) -> None:
    history.changes(SUMMER, "com_y", "convener-found")
    total = history.asks(f"?as_of={AUTUMN}T12:00:00Z")["total"]
    assert total["conveners_needed"] == 2  # one came from a list, and is nobody's yet
    assert total["convener_needed_days_longest"] == 184
    assert total["convener_needed_days_median"] == 184
    row = history.row(f"?as_of={AUTUMN}T12:00:00Z", "Yorkshire")
    assert (row["conveners_needed"], row["convener_needed_days_longest"]) == (1, 92)
    history.changes(AUTUMN, "com_y", "convener-needed")
    assert history.asks("?as_of=2025-09-11")["total"]["conveners_needed"] == 3
    assert history.asks(f"?as_of={SPRING}")["total"]["conveners_needed"] == 2
    history.changes(AUTUMN, "com_w", "closed", into=[])
    assert history.asks("?as_of=2025-09-11")["total"]["conveners_needed"] == 2


def test_nothing_stands_where_nobody_waits(history: History) -> None:
    row = history.row("?by=network", "No network")
    assert (row["conveners_needed"], row["convener_needed_days_median"]) == (0, None)


def test_links_and_those_that_cross_a_networks_edge(history: History) -> None:
    history.discovery.follower.catch_up(history.discovery.service.database)
    history.discovery.link("com_w", "com_y")
    within = history.discovery.link("com_w", "com_b")
    body = history.asks()
    assert (body["total"]["links"], body["total"]["links_across_networks"]) == (2, 1)
    assert {i["name"]: (i["links"], i["links_across_networks"]) for i in body["items"]} == {
        "Wessex": (2, 1),
        "Yorkshire": (2, 1),
        "No network": (0, 0),
    }
    assert history.asks("?network=W+AHSN")["total"]["links"] == 2
    before = body["as_of"]
    history.discovery.operator.done(f"/links/{within}/ending")
    assert history.asks()["total"]["links"] == 1
    assert history.asks(f"?as_of={before}")["total"]["links"] == 2
    assert history.asks(f"?as_of={AUTUMN}")["total"]["links"] == 0


def test_quiet_ones_by_their_own_rhythm(history: History) -> None:
    history.stands(SUMMER, "com_w", "quieter-than-usual")
    history.stands(AUTUMN, "com_w", "quiet")
    history.stands(AUTUMN, "com_y", "as-usual")
    names = ("quiet", "quieter_than_usual", "rhythm_known")
    then, now = history.asks(f"?as_of={SUMMER}")["total"], history.asks()["total"]
    assert [then[name] for name in names] == [0, 1, 1]
    assert [now[name] for name in names] == [1, 0, 2]


def test_a_standing_that_comes_before_its_community_waits_for_it(history: History) -> None:
    history.stands(SPRING, "com_z", "quiet")
    assert history.asks()["total"]["quiet"] == 0
    history.community(AUTUMN, "com_z")
    assert history.asks()["total"]["quiet"] == 1
    assert history.asks(f"?as_of={SUMMER}")["total"]["quiet"] == 0


def test_by_stage_region_and_sector(history: History) -> None:
    history.changes(SUMMER, "com_w", "stage-changed", stage="maturing")
    names = [item["name"] for item in history.asks("?by=stage")["items"]]
    assert names == ["maturing", "No stage"]
    assert history.row("?by=stage", "maturing")["stage_maturing"] == 1
    assert history.row(f"?by=stage&as_of={SPRING}", "potential")["communities"] == 1
    assert history.row("?by=region", "Wessex")["communities"] == 1
    history.changes(AUTUMN, "com_y", "described", sectors=["health"])
    assert history.row("?by=sector", "health")["communities"] == 1
    assert [i["name"] for i in history.asks("?by=sector")["items"]] == ["health", "No sector"]


def test_a_network_reports_its_own(history: History) -> None:
    body = history.asks("?by=network&network=wessex")
    assert (body["network"], body["total"]["communities"]) == ("net_w", 2)
    assert {i["name"]: i["communities"] for i in body["items"]} == {"Wessex": 2, "Yorkshire": 1}


def test_the_trend_is_what_each_months_end_would_have_reported(history: History) -> None:
    history.changes(AUTUMN, "com_w", "closed", into=[])
    trend = history.asks("?as_of=2025-10-20")["total"]["trend"]
    assert len(trend) == 12
    assert (trend[0]["as_of"][:10], trend[-1]["as_of"][:10]) == ("2024-10-31", "2025-09-30")
    for point in trend:
        then = history.asks(f"?as_of={point['as_of']}")["total"]
        assert {name: then[name] for name in point if name != "as_of"} == {
            name: point[name] for name in point if name != "as_of"
        }
    assert [point["communities"] for point in trend[4:]] == [0, 2, 2, 2, 4, 4, 4, 3]


def test_the_table_has_a_line_for_each_number_with_its_definition_and_no_formula(
    history: History,
) -> None:
    history.asks()
    answer = history.discovery.anyone.get("/landscape.csv?by=region")
    assert answer.content_type == "text/csv; charset=utf-8"
    assert answer.data.startswith(b"\xef\xbb\xbfby,id,")  # by which Excel knows UTF-8
    rows = list(csv.DictReader(io.StringIO(answer.data.decode("utf-8-sig"))))
    assert {row["name"] for row in rows} >= {"Total", "'=cmd()", "Wessex", "No region"}
    assert not any(cell[:1] in "=+-@" for row in rows for cell in row.values() if cell)
    assert all(row["definition"] == DEFINITIONS[row["number"]] for row in rows)
    (whole,) = [
        r for r in rows
        if (r["name"], r["number"]) == ("Total", "communities")
        and r["as_of"] == max(row["as_of"] for row in rows)
    ]  # fmt: skip
    assert whole["value"] == "4"
    asked = history.discovery.anyone.get("/landscape?by=region", Accept="text/csv")
    assert asked.content_type == "text/csv; charset=utf-8"
    assert len(list(csv.DictReader(io.StringIO(asked.text)))) == len(rows)


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("by=colour", "by"),
        ("as_of=yesterday", "as_of"),
        ("as_of=2025-02-30", "as_of"),
        ("as_of=2999-01-01", "as_of"),
        ("as_of=2025-01-01T10:00:00", "as_of"),
        ("network=Mars", "network"),
        ("region=Wessex", "region"),
    ],
)
def test_what_cannot_be_reported_is_refused_by_name(
    discoverer: Discovery, query: str, field: str
) -> None:
    discoverer.follower.catch_up(discoverer.service.database)
    answer = discoverer.anyone.get(f"/landscape?{query}")
    assert answer.status_code == 422
    assert list(answer.json["errors"]) == [field]


def test_unmet_searches_are_not_told_of_a_time_that_is_forgotten(history: History) -> None:
    assert history.asks()["total"]["unmet_searches"] == 0
    assert history.asks(f"?as_of={SUMMER}")["total"]["unmet_searches"] is None
