"""Where each community stands on the map: near those it is joined to, today where it was yesterday.

A first layout places groups as discs that are drawn to one another by the edges between them, then
the members within. Later ones keep every community where it was, and place newcomers beside those
they are joined to. Units are those of the picture, 1200 by 900; who stands alone has a band below.
"""

import hashlib
from collections.abc import Mapping, Sequence
from math import ceil, sqrt

import numpy as np

from services.discovery.index.arrays import Floats, Places
from services.discovery.map.field import BAND, FIELD
from services.discovery.map.graph import Edge, Pair
from services.discovery.map.groups import Group
from services.discovery.map.spots import Spots

_KNOWN_ENOUGH = 0.5  # of the joined have a place: else all is laid out anew
_FAR = 250.0  # from all that it is joined to: then a community is placed anew
_DIGITS = 1

Point = tuple[float, float]


def lay_out(
    ids: Sequence[str],
    groups: Sequence[Group],
    joined: Sequence[Edge],
    beside: Sequence[Sequence[Pair]],
    before: Mapping[str, Point],
) -> list[Point]:
    """Give each community its place, by number. `before` is where communities stood, by id."""
    nodes = [number for number, others in enumerate(beside) if others]
    kept = {n: before[ids[n]] for n in nodes if ids[n] in before and not _in_band(before[ids[n]])}
    kept = {n: at for n, at in kept.items() if not _astray(at, beside[n], kept)}
    if len(kept) < _KNOWN_ENOUGH * len(nodes):
        places = _fitted(_first(groups, joined), nodes)
    else:
        places = _newcomers(nodes, beside, kept)
    alone = [n for n, others in enumerate(beside) if not others]
    places |= _alone(alone, ids)
    rounded = [places[number] for number in range(len(ids))]
    return [(round(x, _DIGITS), round(y, _DIGITS)) for x, y in rounded]


def _in_band(point: Point) -> bool:
    return point[1] > (FIELD[3] + BAND[1]) / 2


def _astray(at: Point, others: Sequence[Pair], kept: Mapping[int, Point]) -> bool:
    """Whether nobody that it is joined to is anywhere near."""
    known = [kept[other] for other, _ in others if other in kept]
    return bool(known) and min(_away(at, place) for place in known) > _FAR


def _away(one: Point, other: Point) -> float:
    return sqrt((one[0] - other[0]) ** 2 + (one[1] - other[1]) ** 2)


def _newcomers(
    nodes: Sequence[int], beside: Sequence[Sequence[Pair]], kept: Mapping[int, Point]
) -> dict[int, Point]:
    """Keep who has a place; who has none goes beside those of its neighbours who have one."""
    places = dict(kept)
    spots = Spots(FIELD, _gap(len(nodes)), places.values())
    waiting = [n for n in nodes if n not in places]
    while waiting:
        ready = [n for n in waiting if any(other in places for other, _ in beside[n])]
        for number in ready or waiting[:1]:
            known = [places[other] for other, _ in beside[number] if other in places]
            places[number] = spots.take(_middle(known) if known else spots.emptiest())
        taken = set(ready or waiting[:1])
        waiting = [n for n in waiting if n not in taken]
    return places


def _gap(count: int) -> float:
    """How far apart so many may stand, with room to spare."""
    area = (FIELD[2] - FIELD[0]) * (FIELD[3] - FIELD[1])
    return min(14.0, 0.5 * sqrt(area / max(count, 1)))


def _middle(points: Sequence[Point]) -> Point:
    return sum(x for x, _ in points) / len(points), sum(y for _, y in points) / len(points)


def _alone(alone: Sequence[int], ids: Sequence[str]) -> dict[int, Point]:
    """A place in the band for each, by its id: others who come or go move it hardly ever."""
    if not alone:
        return {}
    left, top, right, bottom = BAND
    slots = 256
    while slots < 2 * len(alone):
        slots *= 2
    rows = max(1, round(sqrt(slots * (bottom - top) / (right - left))))
    columns = ceil(slots / rows)
    taken: set[int] = set()
    places: dict[int, Point] = {}
    for number in alone:
        digest = hashlib.sha256(ids[number].encode()).digest()
        slot = int.from_bytes(digest[:8], "big") % slots
        while slot in taken:
            slot = (slot + 1) % slots
        taken.add(slot)
        row, column = slot % rows, slot // rows
        places[number] = (
            left + (right - left) * (column + 0.5) / columns,
            top + (bottom - top) * (row + 0.5) / rows,
        )
    return places


# --- the first layout ---


def _first(groups: Sequence[Group], joined: Sequence[Edge]) -> dict[int, Point]:
    """Groups as discs, and members within; in units of a member's own room."""
    group_of = {n: place for place, group in enumerate(groups) for n in group.members}
    within: list[list[Edge]] = [[] for _ in groups]
    across: dict[Pair, float] = {}
    for edge in joined:
        one, other = sorted((group_of[edge.low], group_of[edge.high]))
        if one == other:
            within[one].append(edge)
        else:
            across[one, other] = across.get((one, other), 0.0) + edge.weight
    radii = np.array([sqrt(len(group.members)) + 0.8 for group in groups])
    centres = _discs(radii, across)
    places: dict[int, Point] = {}
    for place, group in enumerate(groups):
        inner = _members(group, within[place]) * (radii[place] - 0.8)
        for number, (x, y) in zip(group.members, (inner + centres[place]).tolist(), strict=True):
            places[number] = (x, y)
    return places


def _spiral(count: int) -> Floats:
    """Points spread evenly over a disc of radius 1, from its middle outwards (Vogel 1979)."""
    turns = np.arange(count) * (np.pi * (3.0 - sqrt(5.0)))
    away = np.sqrt((np.arange(count) + 0.5) / max(count, 1))
    return np.stack([away * np.cos(turns), away * np.sin(turns)], axis=1)


def _discs(radii: Floats, across: Mapping[Pair, float]) -> Floats:
    """Centres of discs that do not overlap, near those they are drawn to."""
    count = len(radii)
    places = _spiral(count) * sqrt(float(np.square(radii).sum())) * 1.2
    pull = np.zeros((count, count))
    for (one, other), weight in across.items():
        pull[one, other] = pull[other, one] = weight / sqrt(radii[one] * radii[other])
    pull /= pull.max() or 1.0
    apart = radii[:, np.newaxis] + radii[np.newaxis, :] + 0.6
    rounds = int(np.clip(4e7 / max(count, 1) ** 2, 20, 300))
    for turn in range(rounds):
        gaps = places[np.newaxis, :, :] - places[:, np.newaxis, :]
        away = np.sqrt(np.square(gaps).sum(axis=2)) + 1e-9
        lacking = np.maximum(apart - away, 0.0)
        np.fill_diagonal(lacking, 0.0)
        drawn = pull * np.maximum(away - apart, 0.0) * (0.1 * (1.0 - turn / rounds))
        forces = (drawn - 0.5 * lacking) / away
        places += np.einsum("ij,ijk->ik", forces, gaps)
        places *= 1.0 - 0.02 * (1.0 - turn / rounds)  # all are drawn to the middle a little
    return places


def _members(group: Group, joined: Sequence[Edge]) -> Floats:
    """Places of a group's members in a disc of radius 1: who has most ties is in the middle."""
    size = len(group.members)
    numbers = {number: place for place, number in enumerate(group.members)}
    ends: Places = np.array([(numbers[e.low], numbers[e.high]) for e in joined], np.int64)
    weights = np.array([e.weight for e in joined])
    ties = np.zeros(size)
    if len(joined):
        np.add.at(ties, ends[:, 0], weights)
        np.add.at(ties, ends[:, 1], weights)
    places = np.empty((size, 2))
    places[np.argsort(-ties, kind="stable")] = _spiral(size)
    if size < 3:
        return places * 0.6
    room = 1.0 / sqrt(size)  # the distance that neighbours would like to have
    rounds = int(np.clip(2e7 / size**2, 10, 80))
    for turn in range(rounds):
        step = _push(places, room)
        if len(joined):
            _pull(step, places, ends, weights, room)
        length = np.sqrt(np.square(step).sum(axis=1, keepdims=True)) + 1e-9
        heat = 2.0 * room * (1.0 - turn / rounds)
        places += step / length * np.minimum(length, heat)
        out = np.sqrt(np.square(places).sum(axis=1, keepdims=True))
        places /= np.maximum(out, 1.0)
    return places


def _push(places: Floats, room: float) -> Floats:
    """How strongly each is pushed by all others (Fruchterman & Reingold 1991)."""
    x, y = places[:, 0], places[:, 1]
    dx, dy = np.subtract.outer(x, x), np.subtract.outer(y, y)
    force = room * room / (dx * dx + dy * dy + 1e-6)
    return np.stack([(dx * force).sum(axis=1), (dy * force).sum(axis=1)], axis=1)


def _pull(step: Floats, places: Floats, ends: Places, weights: Floats, room: float) -> None:
    """Add, in place, how strongly each is drawn to those it is joined to."""
    gaps = places[ends[:, 1]] - places[ends[:, 0]]
    length = np.sqrt(np.square(gaps).sum(axis=1, keepdims=True))
    drawn = gaps * length / room * np.minimum(weights, 1.0)[:, np.newaxis]
    np.add.at(step, ends[:, 0], drawn)
    np.add.at(step, ends[:, 1], -drawn)


def _fitted(places: Mapping[int, Point], nodes: Sequence[int]) -> dict[int, Point]:
    """The same places, drawn out or in to fill the field, and none upon another."""
    if not nodes:
        return {}
    points = np.array([places[number] for number in nodes])
    left, top, right, bottom = FIELD
    low, high = points.min(axis=0), points.max(axis=0)
    room = np.array([right - left, bottom - top])
    scale = room / np.maximum(high - low, 1e-9)
    scale = np.minimum(scale, 2.0 * scale.min())  # drawn out to the sides, not beyond likeness
    scale = np.minimum(scale, 60.0)  # few communities need not fill it all
    middle = np.array([(left + right) / 2, (top + bottom) / 2])
    fitted = (points - (low + high) / 2) * scale + middle
    spots = Spots(FIELD, _gap(len(nodes)), ())
    return {n: spots.take((x, y)) for n, (x, y) in zip(nodes, fitted.tolist(), strict=True)}
