"""Networks: what discovery keeps of their events, and every name by which one is found."""

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from services.discovery.networks import Networks
from services.discovery.projections.registry import fold_network
from shared.eventstore.events import Event
from shared.projection.projection import Row

WESSEX = {
    "name": "Health Innovation Wessex",
    "aliases": ["HI Wessex"],
    "names": [{"name": "Wessex AHSN", "ends": "2023-09-30"}],
}


def fold(row: Row | None, change: str, **data: Any) -> Row:
    now, kind = datetime(2026, 1, 1, tzinfo=UTC), f"registry.network.{change}"
    text = msgspec.json.encode(data).decode()
    return fold_network(
        row, Event(1, 0, 1, "net_w", 1, "e", kind, 1, now, "public", "c", None, None, text)
    )


def known(row: Row) -> Networks:
    networks = Networks()
    networks.learn([(row["id"], row["content"])])
    return networks


@pytest.mark.parametrize(
    "named",
    [
        *("net_w", "Health Innovation Wessex", "Wessex AHSN", " wessex   ahsn ", "hi WESSEX"),
        *("HI\u00a0Wessex", "Wes\u00adsex AHSN", "Health Innovation Wesse\u200dx"),
    ],
)
def test_a_network_is_found_by_id_name_former_name_or_alias_whatever_case_and_spacing(
    named: str,
) -> None:
    assert known(fold(None, "registered", **WESSEX)).find(named) == "net_w"


def test_a_network_is_found_by_the_names_that_it_was_given_later() -> None:
    row = fold(fold(None, "registered", **WESSEX), "described", aliases=["The Solent"])
    networks = known(row)
    assert networks.find("the solent") == "net_w"
    assert networks.find("HI Wessex") is None
    assert networks.find("Wessex AHSN") == "net_w"
    assert networks.name("net_w") == "Health Innovation Wessex"


def test_a_network_that_changes_its_names_is_found_by_the_new_ones_only() -> None:
    networks = Networks()
    networks.learn([("net_w", {"name": "Old", "names": [], "aliases": []})])
    networks.learn([("net_w", {"name": "New", "names": [], "aliases": []})])
    assert (networks.find("new"), networks.find("old")) == ("net_w", None)


def test_what_was_kept_before_former_names_were_is_found_by_its_name_and_learns_others() -> None:
    row: Row = {"id": "net_w", "content": {"name": "Health Innovation Wessex"}}
    assert known(row).find("health innovation wessex") == "net_w"
    assert known(fold(row, "described", aliases=["HI"])).find("hi") == "net_w"


def test_a_network_that_is_not_known_is_not_found() -> None:
    networks = known(fold(None, "registered", **WESSEX))
    assert (networks.find("Yorkshire"), networks.name("net_y")) == (None, None)
