"""Colours and shapes of groups: told apart by either alone, on a screen, in print, in any sight."""

from typing import NamedTuple

# At least 3:1 against white, and no two nearer than 40 in CIELAB, whether seen with all three kinds
# of cones or without one of them (Machado, Oliveira & Fernandes 2009): see the palette's test.
COLOURS = ("#4020e0", "#e06020", "#00a080", "#602000", "#a060c0", "#000020")
SHAPES = ("circle", "square", "triangle", "diamond")
STYLES = len(COLOURS) * len(SHAPES)
ALONE = "#5f6b73"  # who is in no group: a small hollow circle


class Style(NamedTuple):
    """How the members of a group are drawn."""

    colour: str
    shape: str


def style(number: int) -> Style:
    """The style of this number: neighbours differ in both, and all 24 differ."""
    number %= STYLES
    shapes = len(SHAPES)
    shifted = number + number // (len(COLOURS) * 2)
    return Style(COLOURS[number % len(COLOURS)], SHAPES[shifted % shapes])
