"""Communities to draw maps of, without a database."""

from collections.abc import Iterable, Sequence
from typing import Any

from services.discovery.follower import as_document
from services.discovery.map.chart import Chart
from services.discovery.map.compute import compute
from services.discovery.map.material import Material, gather
from shared.projection.projection import Row

FALLS = ("falls", "balance", "care homes", "strength", "footwear")
SEPSIS = ("sepsis", "deterioration", "early warning", "escalation", "antibiotics")
WOUNDS = ("wounds", "ulcers", "compression", "dressings", "healing")


def row(community: str, topics: Sequence[str] = (), **content: Any) -> Row:
    """A community as discovery's table holds it; its domain is its topics."""
    texts = dict.fromkeys(("practice", "learning_question", "region", "stage"), "")
    lists: dict[str, Any] = {"sectors": [], "networks": [], "successors": []}
    known: dict[str, Any] = {
        "name": "",
        "domain": "; ".join(topics),
        "topics": list(topics),
        "state": "active",
    }
    return {"id": community, "version": 1, "at": "", "content": texts | lists | known | content}


def themed(theme: str, topics: Sequence[str], count: int, **content: Any) -> list[Row]:
    """Communities of one theme: each has three of its five topics."""
    return [
        row(f"com_{theme}{n}", [topics[(n + i) % len(topics)] for i in range(3)], **content)
        for n in range(count)
    ]


def material(rows: Iterable[Row]) -> Material:
    """What is computed from, by words alone."""
    return gather(sorted(rows, key=lambda r: r["id"]), ())


def chart(
    rows: Sequence[Row],
    accepted: Iterable[tuple[str, str]] = (),
    before: Chart | None = None,
) -> Chart:
    """The map of some communities."""
    documents = {r["id"]: as_document(r) for r in rows}

    def read(ids: Sequence[str]) -> dict[str, Any]:
        return {name: documents[name] for name in ids}

    return compute(material(rows), accepted, read, before)
