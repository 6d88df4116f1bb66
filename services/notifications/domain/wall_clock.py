"""A session's time, as its events say it: a date, hours and a zone; and the moments these mean.

An `end` that is not after `start` is on the next day.
"""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

When = Mapping[str, Any]


def begins(when: When) -> datetime:
    """The moment at which it begins, in UTC."""
    return local_start(when).astimezone(UTC)


def ends(when: When) -> datetime:
    """The moment at which it ends, in UTC; never before it begins."""
    return max(_end(when).astimezone(UTC), begins(when))


def local_start(when: When) -> datetime:
    return _local(when, when["start"])


def local_end(when: When) -> datetime:
    return max(_end(when), local_start(when))


def before(when: When, span: timedelta) -> datetime:
    """The moment so long before it begins: whole days on the wall, so that the hour stays."""
    start = local_start(when)
    if span < timedelta(days=1):
        return start.astimezone(UTC) - span
    wall = start.replace(tzinfo=None, fold=0) - span
    return wall.replace(tzinfo=ZoneInfo(when["zone"])).astimezone(UTC)


def _end(when: When) -> datetime:
    return _local(when, when["end"], int(when["end"] <= when["start"]))


def _local(when: When, hour: str, days: int = 0) -> datetime:
    day = date.fromisoformat(when["date"]) + timedelta(days=days)
    clock = time.fromisoformat(hour)
    fold = int(when.get("occurrence") == "second")
    return datetime.combine(day, clock, ZoneInfo(when["zone"])).replace(fold=fold)
