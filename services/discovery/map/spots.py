"""Free places in a field, so that no community stands upon another."""

from collections.abc import Iterable
from math import cos, sin, sqrt

Point = tuple[float, float]
Box = tuple[float, float, float, float]  # left, top, right, bottom

_TURN = 2.399963  # the golden angle, in radians
_MOST = 400  # places tried


class Spots:
    """Points in a field that are at least `gap` apart, as long as there is room."""

    def __init__(self, field: Box, gap: float, taken: Iterable[Point]) -> None:
        """Begin with some places taken, however near one another."""
        self._field, self._gap = field, gap
        self._cells: dict[tuple[int, int], list[Point]] = {}
        for point in taken:
            self._put(point)

    def take(self, wanted: Point) -> Point:
        """Take the free place nearest to the one wanted; the one wanted where none is free."""
        for turn in range(_MOST):
            away = self._gap * 0.6 * sqrt(turn)
            x, y = wanted[0] + away * cos(turn * _TURN), wanted[1] + away * sin(turn * _TURN)
            point = self._inside((x, y))
            if self._free(point):
                break
        else:
            point = self._inside(wanted)
        self._put(point)
        return point

    def emptiest(self, steps: int = 12) -> Point:
        """The middle of a part of the field that holds fewest; of equal ones the last."""
        left, top, right, bottom = self._field
        counts = dict.fromkeys(((i, j) for i in range(steps) for j in range(steps)), 0)
        for points in self._cells.values():
            for x, y in points:
                column = min(steps - 1, max(0, int((x - left) / (right - left) * steps)))
                row = min(steps - 1, max(0, int((y - top) / (bottom - top) * steps)))
                counts[column, row] += 1
        column, row = min(counts, key=lambda cell: (counts[cell], -cell[1], -cell[0]))
        return (
            left + (column + 0.5) * (right - left) / steps,
            top + (row + 0.5) * (bottom - top) / steps,
        )

    def _inside(self, point: Point) -> Point:
        left, top, right, bottom = self._field
        return min(max(point[0], left), right), min(max(point[1], top), bottom)

    def _cell(self, point: Point) -> tuple[int, int]:
        return int(point[0] // self._gap), int(point[1] // self._gap)

    def _put(self, point: Point) -> None:
        self._cells.setdefault(self._cell(point), []).append(point)

    def _free(self, point: Point) -> bool:
        column, row = self._cell(point)
        around = (
            other
            for i in (column - 1, column, column + 1)
            for j in (row - 1, row, row + 1)
            for other in self._cells.get((i, j), ())
        )
        least = self._gap * self._gap
        return all((point[0] - x) ** 2 + (point[1] - y) ** 2 >= least for x, y in around)
