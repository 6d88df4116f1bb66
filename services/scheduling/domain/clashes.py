"""What overlaps, and where there is room: warnings and suggestions, never a refusal."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from services.scheduling.domain.plan_rules import CLASH, Warned
from services.scheduling.domain.wall_clock import When

SAME_COHORT, SAME_COMMUNITY = "the same cohort", "the same community"
SAME_PEOPLE, LINKED, RELATED = (
    "people who have a part in both",
    "a linked community",
    "a related one",
)


@dataclass(frozen=True, slots=True)
class Other:
    """A session that may be in the way, and what it has to do with this one."""

    id: str
    title: str
    when: When
    because: str


def clashes(when: When, others: Iterable[Other], key: str) -> list[Warned]:
    """A warning for each of the others that overlaps in time; `key` names the session."""
    found = []
    for other in others:
        if other.when.overlaps(when):
            said = (
                f"Overlaps “{other.title}” ({other.id}) of {other.because}, {other.when.written}."
            )
            found.append(Warned(CLASH, key, said))
    return found


@dataclass(frozen=True, slots=True)
class Wanted:
    """A slot of so many minutes, between two hours of the day, on working days.

    A `latest` that is not after `earliest` is on the next day.
    """

    minutes: int
    earliest: str
    latest: str
    zone: str


def free_slots(
    wanted: Wanted, days: Sequence[date], busy: Sequence[When], taken: Iterable[date], most: int
) -> list[When]:
    """The first slots, on the half-hour, at which nothing is. `taken` days are left out."""
    left_out = set(taken)
    stretches = sorted((b.begins(), b.ends()) for b in busy)
    found: list[When] = []
    for day in days:
        if day.weekday() >= 5 or day in left_out:
            continue
        for slot in _slots(day, wanted):
            begins, ends = slot.begins(), slot.ends()
            if not any(b < ends and begins < e for b, e in stretches):
                found.append(slot)
                break
        if len(found) == most:
            break
    return found


def _slots(day: date, wanted: Wanted) -> Iterable[When]:
    at = datetime.combine(day, _hour(wanted.earliest))
    last = datetime.combine(day, _hour(wanted.latest))
    if wanted.latest <= wanted.earliest:
        last += timedelta(days=1)
    length, here = timedelta(minutes=wanted.minutes), ZoneInfo(wanted.zone)
    while at + length <= last:
        if _exists(at, here) and _exists(at + length, here):
            yield When(at.date(), f"{at:%H:%M}", f"{at + length:%H:%M}", wanted.zone)
        at += timedelta(minutes=30)


def _exists(at: datetime, here: ZoneInfo) -> bool:
    aware = at.replace(tzinfo=here)
    return datetime.fromtimestamp(aware.timestamp(), here).replace(tzinfo=None) == at


def _hour(text: str) -> time:
    return time(int(text[:2]), int(text[3:]))
