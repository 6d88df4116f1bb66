"""The picture of the map: valid, legible, safe, and told in words too."""

import itertools
import math
from collections.abc import Sequence
from typing import Any
from xml.etree import ElementTree

import pytest

from services.discovery.follower import Known, as_document
from services.discovery.index import Index
from services.discovery.map.chart import Chart
from services.discovery.map.following import Present
from services.discovery.map.labels import Box, Labels, Wanted, shortened, width_of
from services.discovery.map.palette import COLOURS, STYLES, style
from services.discovery.map.picture import draw
from services.discovery.map.store import Signature, Stored
from services.discovery.map.view import View, as_json, view
from services.discovery.networks import Networks
from shared.projection.projection import Row
from tests.bench.mapping import Themes
from tests.unit.discovery.charting import FALLS, SEPSIS, chart, row, themed

SVG = "{http://www.w3.org/2000/svg}"
NASTY = '<script>alert(1)</script> & "friends" \x07\ud83d\ude00 ]]>'.encode(
    "utf-16", "surrogatepass"
).decode("utf-16")


def shown(rows: Sequence[Row], drawn: Chart | None = None, **asked: Any) -> tuple[View, Known]:
    networks = Networks()
    networks.learn([("net_w", {"name": "Wessex <&> Solent"})])
    index = Index()
    index.put_many(as_document(r) for r in rows)
    known = Known(index, networks, {r["id"]: 1 for r in rows}, {})
    stored = Stored(1, "2026-03-01T00:00:00Z", 0.1, Signature("", "", ""), drawn or chart(rows))
    return view(Present(stored, stored.chart), known, **asked), known


def picture(rows: Sequence[Row], **asked: Any) -> ElementTree.Element:
    return ElementTree.fromstring(draw(shown(rows, **asked)[0]))  # noqa: S314 - our own


def words(svg: ElementTree.Element) -> list[str]:
    return [text.text or "" for text in svg.iter(f"{SVG}text")]


def test_whatever_people_write_the_picture_is_xml_and_nothing_in_it_runs() -> None:
    rows = [
        *themed("f", [NASTY, *FALLS], 5, name=NASTY, networks=["net_w"]),
        row("com_z", domain=NASTY),
    ]
    svg = picture(rows)
    kinds = {element.tag.removeprefix(SVG) for element in svg.iter()}
    assert kinds <= {"svg", "title", "desc", "rect", "path", "circle", "text", "g"}
    assert any("<script>" in (text or "") for text in svg.itertext())


def test_it_has_a_title_and_a_text_that_names_groups_members_and_who_stands_alone() -> None:
    rows = [
        *themed("f", FALLS, 3, name="Steady residents", networks=["net_w"]),
        *themed("g", FALLS, 2, name="Upright residents", networks=["net_y"]),
        row("com_z", domain="unlike anybody", name="Hermits"),
    ]
    svg = picture(rows)
    assert svg.get("role") == "img"
    named = {svg.find(f"{SVG}{tag}").get("id") for tag in ("title", "desc")}
    assert set(svg.get("aria-labelledby", "").split()) == named
    assert svg.findtext(f"{SVG}title") == "Map of 6 communities: 1 group, 0 links"
    told = svg.findtext(f"{SVG}desc") or ""
    for said in (
        "5 communities, Steady residents",
        "Steady residents and Upright residents",
        "Hermits",
    ):
        assert said in told


def test_labels_of_a_large_map_do_not_overlap_and_are_inside_the_picture() -> None:
    landscape = Themes(600)
    rows = list(landscape.rows())
    svg = picture(rows)
    boxes = [box_of(text) for text in svg.iter(f"{SVG}text") if text.get("text-anchor") == "middle"]
    assert len(boxes) >= 10
    for one, other in itertools.combinations(boxes, 2):
        assert not one.overlaps(other)
    for box in boxes:
        assert 0 <= box.left < box.right <= 1200
        assert 0 <= box.top < box.bottom <= 900


def box_of(text: ElementTree.Element) -> Box:
    size, x, y = (float(text.get(name, "")) for name in ("font-size", "x", "y"))
    width = width_of(text.text or "", size, text.get("font-weight") == "bold")
    return Box(x - width / 2, y - size, x + width / 2, y + 0.2 * size)


def test_the_largest_group_has_its_label_and_a_long_one_is_cut_after_a_word() -> None:
    rows = themed("f", ["a name of a topic that goes on and on and on for ever", *FALLS], 6)
    (label,) = [w for w in words(picture(rows)) if w.endswith("…")][:1]
    assert len(label) <= 44
    assert shortened("one two three four", 12) == "one two…"
    assert shortened("unbroken" * 9, 12) == "unbrokenunb…"


def test_a_label_without_room_is_left_out() -> None:
    labels = Labels(Box(0, 0, 100, 20), ())
    assert labels.place(Wanted("first", 10, False, [(50, 10)]))
    assert labels.place(Wanted("second", 10, False, [(50, 10)])) is None


def test_a_label_goes_where_it_covers_nobody() -> None:
    labels = Labels(Box(0, 0, 200, 200), [(50, 50)])
    label = labels.place(Wanted("name", 10, False, [(50, 50), (50, 150)]))
    assert label
    assert label.box.holds(50, 150)


def test_a_bridge_is_ringed() -> None:
    rows = [*themed("f", FALLS, 4), *themed("s", SEPSIS, 4), row("com_b", domain="between")]
    drawn = chart(rows, [("com_b", "com_f0"), ("com_b", "com_s0")])
    shape = ElementTree.fromstring(draw(shown(rows, drawn)[0]))  # noqa: S314
    rings = [c for c in shape.iter(f"{SVG}circle") if float(c.get("r", "0")) > 7.5]
    (spot,) = [n for n in drawn.nodes if n.id == "com_b"]
    assert (spot.x, spot.y) in {(float(r.get("cx", "")), float(r.get("cy", ""))) for r in rings}


def test_the_map_of_a_network_has_its_members_and_pairs_with_others() -> None:
    rows = [*themed("f", FALLS, 2, networks=["net_w"]), *themed("g", FALLS, 2, networks=["net_y"])]
    asked, known = shown(rows, networks=["net_w"])
    body = as_json(asked, known)
    assert {node["id"] for node in body["nodes"]} == {"com_f0", "com_f1"}
    assert {(e["from"], e["to"]) for e in body["edges"]} <= {("com_f0", "com_f1")}
    (group,) = body["groups"]
    assert (group["size"], group["here"]) == (4, 2)
    for pair in group["missing_introductions"]:
        ids = {one["id"] for one in pair["communities"]}
        assert ids & {"com_f0", "com_f1"}
        assert ids & {"com_g0", "com_g1"}


def test_an_empty_map_says_so() -> None:
    svg = picture([])
    assert svg.findtext(f"{SVG}desc") == "There is no open community here."


# --- colours ---

_SEEN = {  # Machado, Oliveira & Fernandes (2009), severity 1
    "all cones": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    "protanopia": (
        (0.152286, 1.052583, -0.204868),
        (0.114503, 0.786281, 0.099216),
        (-0.003882, -0.048116, 1.051998),
    ),
    "deuteranopia": (
        (0.367322, 0.860646, -0.227968),
        (0.280085, 0.672501, 0.047413),
        (-0.011820, 0.042940, 0.968881),
    ),
    "tritanopia": (
        (1.255528, -0.076749, -0.178779),
        (-0.078411, 0.930809, 0.147602),
        (0.004733, 0.691367, 0.303900),
    ),
}


def linear(colour: str) -> list[float]:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    return [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]


def lab(rgb: Sequence[float]) -> tuple[float, float, float]:
    r, g, b = (min(1.0, max(0.0, part)) for part in rgb)
    x = (0.4124 * r + 0.3576 * g + 0.1805 * b) / 0.9505
    y = 0.2126 * r + 0.7152 * g + 0.0722 * b
    z = (0.0193 * r + 0.1192 * g + 0.9505 * b) / 1.089
    fx, fy, fz = (t ** (1 / 3) if t > 0.008856 else 7.787 * t + 16 / 116 for t in (x, y, z))
    return 116 * fy - 16, 500 * (fx - fy), 200 * (fy - fz)


@pytest.mark.parametrize("sight", _SEEN)
def test_colours_of_groups_are_told_apart_in_any_sight(sight: str) -> None:
    seen = [
        lab(
            [sum(f * p for f, p in zip(line, linear(colour), strict=True)) for line in _SEEN[sight]]
        )
        for colour in COLOURS
    ]
    assert min(math.dist(a, b) for a, b in itertools.combinations(seen, 2)) >= 40


@pytest.mark.parametrize("colour", COLOURS)
def test_colours_stand_out_against_white(colour: str) -> None:
    r, g, b = linear(colour)
    assert 1.05 / (0.2126 * r + 0.7152 * g + 0.0722 * b + 0.05) >= 3


def test_all_styles_differ_and_one_that_follows_another_differs_in_colour_and_shape() -> None:
    styles = [style(n) for n in range(STYLES)]
    assert len(set(styles)) == STYLES
    for one, other in itertools.pairwise(styles):
        assert one.colour != other.colour
        assert one.shape != other.shape


def test_a_group_has_the_same_colour_whatever_part_of_the_map_is_asked_for() -> None:
    rows = [*themed("f", FALLS, 4), *themed("s", SEPSIS, 3, networks=["net_w"])]
    whole, part = draw(shown(rows)[0]), draw(shown(rows, networks=["net_w"])[0])
    (group,) = [g for g in chart(rows).groups if g.id.startswith("com_s")]
    assert style(group.style).colour in part
    assert style(group.style).colour in whole
