"""The map as a picture: SVG of 1200 by 900 that reads well on a screen, in print, and aloud."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from math import cos, pi, sin, sqrt
from statistics import median
from xml.sax.saxutils import escape

from services.discovery.map.field import BAND, HEIGHT, WIDTH
from services.discovery.map.labels import Box, Label, Labels, Wanted, shortened
from services.discovery.map.palette import ALONE, style
from services.discovery.map.telling import described, title
from services.discovery.map.view import Spot, View

_INK, _FAINT, _LINK = "#212b32", "#aeb7bd", "#212b32"
_MOST_MATCHES = 20_000  # lines drawn, the strongest; more are only grey
_MOST_TOLD = 2_000  # communities up to which each has its name to hover on
_GROUP_LABELS, _NODE_LABELS = 40, 40
_LONGEST_GROUP, _LONGEST_NODE = 44, 34
_GROUP_SIZE, _NODE_SIZE = 15.0, 10.5
_HEAD = 56.0  # the height of the title and the legend


def draw(view: View) -> str:
    """Give the picture of what is asked for, with a text that says the same."""
    spots = list(view.spots.values())
    radius = max(1.6, min(6.0, 120.0 / sqrt(max(len(spots), 1))))
    labels = _labels(view, spots, radius)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH:g}" height="{HEIGHT:g}"'
        f' viewBox="0 0 {WIDTH:g} {HEIGHT:g}" role="img" aria-labelledby="map-title map-text"'
        " font-family=\"Arial, Helvetica, 'Liberation Sans', sans-serif\">",
        f'<title id="map-title">{_text(title(view))}</title>',
        f'<desc id="map-text">{_text(described(view))}</desc>',
        f'<rect width="{WIDTH:g}" height="{HEIGHT:g}" fill="#ffffff"/>',
        *_header(view),
        *_lines(view),
        *_marks(view, spots, radius),
        *_band(spots),
        *(_label(label) for label in labels),
        "</svg>\n",
    ]
    return "\n".join(parts)


def _text(text: str) -> str:
    """Text as XML may hold it: escaped, without control characters."""
    return escape("".join(c for c in text if c in "\n\t" or c.isprintable()))


# --- lines and marks ---


def _lines(view: View) -> Iterator[str]:
    """Matches first and faint, links over them and strong."""
    matches = [edge for edge in view.edges if not edge.linked]
    strongest = sorted(matches, key=lambda e: (-e.score, e.low, e.high))[:_MOST_MATCHES]
    wide = max(0.15, min(1.0, 30.0 / sqrt(max(len(strongest), 1))))
    yield from _path(view, ((e.low, e.high) for e in strongest), _FAINT, wide, "matches")
    linked = ((edge.low, edge.high) for edge in view.edges if edge.linked)
    yield from _path(view, linked, _LINK, 2.2, "links")


def _path(
    view: View, pairs: Iterable[tuple[int, int]], colour: str, wide: float, name: str
) -> Iterator[str]:
    ends = ((view.spots[low], view.spots[high]) for low, high in pairs)
    drawn = "".join(f"M{a.x:g} {a.y:g}L{b.x:g} {b.y:g}" for a, b in ends)
    if drawn:
        yield f'<path class="{name}" d="{drawn}" stroke="{colour}" stroke-width="{wide:.2f}"/>'


def _marks(view: View, spots: Sequence[Spot], radius: float) -> Iterator[str]:
    """Each community as a mark of its group's colour and shape, ringed where it is a bridge."""
    told = len(spots) <= _MOST_TOLD
    ordered = sorted(spots, key=lambda s: -1 if s.group is None else s.group)
    for place, members in groupby(ordered, key=lambda s: s.group):
        colour, shape = (ALONE, "circle") if place is None else style(view.groups[place].style)
        fill = f'fill="#ffffff" stroke="{colour}"' if place is None else f'fill="{colour}"'
        yield f"<g {fill}>"
        if told:
            yield from (_mark(spot, shape, radius) for spot in members)
        else:
            yield f'<path d="{"".join(_outline(s.x, s.y, shape, radius) for s in members)}"/>'
        yield "</g>"
    for spot in spots:
        if spot.bridge:
            yield (
                f'<circle cx="{spot.x:g}" cy="{spot.y:g}" r="{radius + 4:.1f}" fill="none"'
                f' stroke="{_INK}" stroke-width="1.6"/>'
            )


# How many corners, turned by which part of a circle, and how far out for the same area.
_CORNERED = {"square": (4, 0.125, 1.25), "diamond": (4, 0.0, 1.25), "triangle": (3, -0.25, 1.5)}


def _mark(spot: Spot, shape: str, radius: float) -> str:
    grown = radius * (1.0 + min(spot.ties, 6.0) / 12.0)
    where = f"; {', '.join(spot.networks)}" if spot.networks else ""
    name = _text(spot.document.shown_name + where)
    return f'<path d="{_outline(spot.x, spot.y, shape, grown)}"><title>{name}</title></path>'


def _outline(x: float, y: float, shape: str, radius: float) -> str:
    """The outline of a shape, all of about the same area."""
    if shape == "circle":
        r = round(radius, 1)
        return f"M{x - r:g} {y:g}a{r:g} {r:g} 0 1 0 {2 * r:g} 0a{r:g} {r:g} 0 1 0 {-2 * r:g} 0z"
    corners, turn, wide = _CORNERED[shape]
    angles = [(n / corners + turn) * 2 * pi for n in range(corners)]
    points = (f"{x + wide * radius * cos(a):.1f} {y + wide * radius * sin(a):.1f}" for a in angles)
    return f"M{'L'.join(points)}z"


# --- words ---


def _header(view: View) -> Iterator[str]:
    drawn_at = view.present.stored.at[:10]
    yield f'<text x="30" y="30" font-size="20" font-weight="bold" fill="{_INK}">' + (
        f"{_text(title(view))}</text>"
    )
    yield (
        f'<text x="30" y="50" font-size="12" fill="{_INK}">Drawn on {drawn_at}. Near one another:'
        " alike, or linked. Colour and shape: group.</text>"
    )
    for x, wide, colour, words in (
        (840.0, 2.2, _LINK, "link"),
        (915.0, 1.0, _FAINT, "good match"),
    ):
        yield f'<path d="M{x:g} 26h30" stroke="{colour}" stroke-width="{wide:g}"/>'
        yield f'<text x="{x + 36:g}" y="30" font-size="12" fill="{_INK}">{words}</text>'
    yield f'<circle cx="1048" cy="26" r="7" fill="none" stroke="{_INK}" stroke-width="1.6"/>'
    yield f'<text x="1060" y="30" font-size="12" fill="{_INK}">holds parts together</text>'


def _band(spots: Sequence[Spot]) -> Iterator[str]:
    alone = sum(spot.alone for spot in spots)
    if alone:
        y = BAND[1] - 24
        yield f'<path d="M30 {y:g}H{WIDTH - 30:g}" stroke="{_FAINT}" stroke-dasharray="3 4"/>'
        words = f"Alone: {alone:,} with no link and no strong match"
        yield f'<text x="30" y="{y + 14:g}" font-size="12" fill="{_INK}">{words}</text>'


def _labels(view: View, spots: Sequence[Spot], radius: float) -> list[Label]:
    """Groups first, then bridges, then those with the most ties, as long as there is room."""
    page = Box(6, _HEAD, WIDTH - 6, BAND[1] - 28)
    labels = Labels(page, ((spot.x, spot.y) for spot in spots))
    by_size = sorted(view.groups, key=lambda place: (-view.sizes[place], place))
    placed = [
        label
        for place in by_size[:_GROUP_LABELS]
        if (label := labels.place(_group_label(view, place, spots)))
    ]
    joined = [spot for spot in spots if not spot.alone]
    ranked = sorted(joined, key=lambda s: (not s.bridge, -s.ties, s.document.id))
    for spot in ranked[: 3 * _NODE_LABELS]:
        label = labels.place(_node_label(spot, radius), most_covered=0)
        if label:
            placed.append(label)
        if len(placed) >= _GROUP_LABELS + _NODE_LABELS:
            break
    return placed


def _group_label(view: View, place: int, spots: Sequence[Spot]) -> Wanted:
    members = [spot for spot in spots if spot.group == place]
    x, y = median(s.x for s in members), median(s.y for s in members)
    top, bottom = min(s.y for s in members), max(s.y for s in members)
    text = shortened(view.groups[place].name, _LONGEST_GROUP)
    away = _GROUP_SIZE * 1.3
    beside = [
        (x + dx, at + dy)
        for at, dy in ((top, -away), (bottom, away), (y, 0.0), (y, -2 * away), (y, 2 * away))
        for dx in (0.0, -60.0, 60.0)
    ]
    return Wanted(text, _GROUP_SIZE, True, beside)


def _node_label(spot: Spot, radius: float) -> Wanted:
    text = shortened(spot.document.shown_name, _LONGEST_NODE)
    away = radius * 1.5 + _NODE_SIZE * 0.9
    offsets = ((0.0, away), (0.0, -away), (40.0, away), (-40.0, away), (40.0, -away), (-40, -away))
    return Wanted(text, _NODE_SIZE, False, [(spot.x + dx, spot.y + dy) for dx, dy in offsets])


def _label(label: Label) -> str:
    weight = ' font-weight="bold"' if label.bold else ""
    return (
        f'<text x="{label.x:.1f}" y="{label.y:.1f}" font-size="{label.size:g}"{weight}'
        f' text-anchor="middle" fill="{_INK}" stroke="#ffffff" stroke-width="3"'
        f' stroke-linejoin="round" paint-order="stroke">{_text(label.text)}</text>'
    )
