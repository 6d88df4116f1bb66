"""A community's own rhythm: how long it usually is from meeting to meeting, and how it is now."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from statistics import median

AS_USUAL, QUIETER, QUIET, UNKNOWN = "as-usual", "quieter-than-usual", "quiet", "not-known-yet"
STANDINGS = (AS_USUAL, QUIETER, QUIET, UNKNOWN)
_FEWEST = 3  # meetings from which a rhythm is judged
_QUIETER, _QUIET = 1.5, 3.0  # usual gaps since the last meeting
_LATEST = 12  # meetings that count: a rhythm may change over the years


@dataclass(frozen=True, slots=True)
class Rhythm:
    """`usual_gap` is in days: the median, which one odd gap does not move."""

    meetings: int
    usual_gap: float | None
    last: date | None
    next: date | None
    standing: str


@dataclass(frozen=True, slots=True)
class StandingChanged:
    """How a community meets, against its own rhythm."""

    standing: str
    before: str
    meetings: int
    usual_gap: float | None = None
    last: date | None = None
    next: date | None = None


def rhythm(meetings: Sequence[date], today: date) -> Rhythm:
    """What the dates of a community's meetings, past and to come, say today."""
    days = sorted(set(meetings))
    past = [day for day in days if day <= today]
    ahead = next((day for day in days if day > today), None)
    last = past[-1] if past else None
    if len(past) < _FEWEST or last is None:
        return Rhythm(len(past), None, last, ahead, UNKNOWN)
    recent = past[-_LATEST:]
    usual = float(median((b - a).days for a, b in pairwise(recent)))
    return Rhythm(len(past), usual, last, ahead, _standing(usual, last, ahead, today))


def _standing(usual: float, last: date, ahead: date | None, today: date) -> str:
    """By the time since the last meeting; one that is planned soon enough makes up for it."""
    gap = max(usual, 1.0)
    waited = (today - last).days / gap
    if ahead is not None and (ahead - today).days <= gap:
        return AS_USUAL if waited < _QUIET else QUIETER
    if waited < _QUIETER:
        return AS_USUAL
    return QUIETER if waited < _QUIET else QUIET


def changed(before: str, now: Rhythm) -> list[StandingChanged]:
    """The event, where the standing is another one."""
    if before == now.standing:
        return []
    return [StandingChanged(now.standing, before, now.meetings, now.usual_gap, now.last, now.next)]
