"""The map in words: what the picture shows, for those who do not see it."""

from services.discovery.map.chart import Group
from services.discovery.map.view import View

_NAMED = 8  # members of each group
_PAIRS = 3
_GROUPS = 60
_ALONE = 20


def title(view: View) -> str:
    """What it is a map of, in a line."""
    links = sum(edge.linked for edge in view.edges)
    return (
        f"Map of {_count(len(view.spots), 'community')}:"
        f" {_count(len(view.groups), 'group')}, {_count(links, 'link')}"
    )


def described(view: View) -> str:
    """Say each group with its members and who ought to meet, bridges, and who stands alone."""
    if not view.spots:
        return "There is no open community here."
    matches = sum(not edge.linked for edge in view.edges)
    faint = _count(matches, "line stands for a good match", "lines stand for good matches")
    lines = [f"Besides links, {faint}."]
    by_size = sorted(view.groups, key=lambda place: (-view.sizes[place], place))
    lines += [_group(view, place, view.groups[place]) for place in by_size[:_GROUPS]]
    if len(by_size) > _GROUPS:
        lines.append(f"And {_count(len(by_size) - _GROUPS, 'smaller group')}.")
    bridges = [spot.document.shown_name for spot in view.spots.values() if spot.bridge]
    if bridges:
        lines.append(f"Parts hang together by: {_listed(bridges, _ALONE)}.")
    alone = [spot.document.shown_name for spot in view.spots.values() if spot.alone]
    if alone:
        lines.append(f"With no link and no strong match: {_listed(alone, _ALONE)}.")
    return "\n".join(lines)


def _group(view: View, place: int, group: Group) -> str:
    members = [spot for spot in view.spots.values() if spot.group == place]
    members.sort(key=lambda spot: (-spot.ties, spot.document.id))
    names = [spot.document.shown_name for spot in members]
    said = f"{group.name}: {_count(len(members), 'community')}, {_listed(names, _NAMED)}."
    ids = {place: spot.document.shown_name for place, spot in view.spots.items()}
    pairs = [
        f"{ids[pair.low]} and {ids[pair.high]}"
        for pair in view.introductions(group)
        if pair.low in ids and pair.high in ids
    ][:_PAIRS]
    return f"{said} Who ought to meet: {'; '.join(pairs)}." if pairs else said


def _count(number: int, one: str, many: str | None = None) -> str:
    plural = many or (one[:-1] + "ies" if one.endswith("y") else one + "s")
    return f"{number:,} {one if number == 1 else plural}"


def _listed(names: list[str], most: int) -> str:
    more = len(names) - most
    return ", ".join(names[:most]) + (f" and {more:,} more" if more > 0 else "")
