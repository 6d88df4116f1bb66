"""A picture of how times grow with the number of communities, as SVG: both axes by tens."""

from collections.abc import Mapping, Sequence
from html import escape
from math import ceil, floor, log10

_WIDTH, _HEIGHT, _LEFT, _TOP, _LABELS = 760, 420, 70, 20, 230
_COLOURS = ("#005eb8", "#00703c", "#6f2c91", "#b8390e", "#00636e", "#7a5c00", "#3d3d3d", "#8a1538")


def growth(curves: Mapping[str, Sequence[tuple[int, float]]]) -> str:
    """Curves of (communities, milliseconds) by name; each is labelled at its right end."""
    sizes = [size for points in curves.values() for size, _ in points]
    times = [time for points in curves.values() for _, time in points]
    left, right = log10(min(sizes)), log10(max(sizes))
    low, high = floor(log10(min(times))), ceil(log10(max(times)))
    inner_width, inner_height = _WIDTH - _LEFT - _LABELS, _HEIGHT - _TOP - 50

    def x(size: float) -> float:
        return _LEFT + inner_width * (log10(size) - left) / ((right - left) or 1)

    def y(time: float) -> float:
        return _TOP + inner_height * (high - log10(time)) / ((high - low) or 1)

    parts = [_line(x(10**left), y(10**n), x(10**right), y(10**n)) for n in range(low, high + 1)]
    parts += [_text(_LEFT - 8, y(10**n) + 4, f"{10**n:g} ms", "end") for n in range(low, high + 1)]
    parts += [_text(x(size), _HEIGHT - 26, f"{size:,}", "middle") for size in sorted(set(sizes))]
    parts.append(_text(_LEFT + inner_width / 2, _HEIGHT - 6, "communities", "middle"))
    ends = _apart({name: y(points[-1][1]) for name, points in curves.items()})
    for number, (name, points) in enumerate(curves.items()):
        colour = _COLOURS[number % len(_COLOURS)]
        dashes = ' stroke-dasharray="6 4"' if name.startswith("ts_rank") else ""
        places = " ".join(f"{x(size):.1f},{y(time):.1f}" for size, time in points)
        parts.append(
            f'<polyline points="{places}" fill="none" stroke="{colour}" stroke-width="2"{dashes}/>'
        )
        parts.append(_text(x(10**right) + 10, ends[name] + 4, name, "start", colour))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img"'
        ' font-family="sans-serif" font-size="13"><title>Milliseconds to an answer (p50), by'
        ' number of communities</title><rect width="100%" height="100%" fill="white"/>'
        + "".join(parts)
        + "</svg>\n"
    )


def _line(x1: float, y1: float, x2: float, y2: float) -> str:
    return f'<path d="M{x1:.1f} {y1:.1f}L{x2:.1f} {y2:.1f}" stroke="#d8dde0"/>'


def _text(x: float, y: float, text: str, anchor: str, colour: str = "#212b32") -> str:
    place = f'x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"'
    return f'<text {place} fill="{colour}">{escape(text)}</text>'


def _apart(heights: Mapping[str, float], gap: float = 16) -> dict[str, float]:
    """Move labels down where they would overlap."""
    placed: dict[str, float] = {}
    last = float("-inf")
    for name, height in sorted(heights.items(), key=lambda item: item[1]):
        last = placed[name] = max(height, last + gap)
    return placed
