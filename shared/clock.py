"""The one place that reads a clock. Decisions are handed `now`, they never ask for it."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

_DURATION = re.compile(
    r"(?P<sign>[+-])?P(?:(?P<weeks>\d+)W)?(?:(?P<days>\d+)D)?"
    r"(?:T(?=\d)(?:(?P<hours>\d+)H)?(?:(?P<minutes>\d+)M)?(?:(?P<seconds>\d+)S)?)?"
)


def parse_duration(text: str) -> timedelta:
    """Read an ISO 8601 duration of weeks, days and time, such as `P30D` or `-PT90M`.

    Raises ValueError where it is none; years and months are refused, their length varies.
    """
    match = _DURATION.fullmatch(text.strip())
    parts = {k: int(v) for k, v in match.groupdict().items() if v and k != "sign"} if match else {}
    if match is None or not parts:
        raise ValueError(f"{text!r} is not a duration such as P30D or PT12H")
    try:
        span = timedelta(**parts)
    except OverflowError as error:
        raise ValueError(f"{text!r} is not a duration such as P30D: it is too long") from error
    return -span if match["sign"] == "-" else span


@dataclass(frozen=True)
class Clock:
    """The time in UTC, shifted by `offset` for development and tests."""

    offset: timedelta = timedelta(0)

    def now(self) -> datetime:
        return datetime.now(UTC) + self.offset


def rfc3339(moment: datetime) -> str:
    """Write an aware time as RFC 3339 in UTC, always with microseconds, so that texts sort."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def parse_rfc3339(text: str) -> datetime:
    """Read an RFC 3339 time. Raises ValueError where it is none or names no zone."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        said = f"{text[:60]!r} is not a time: write it like 2026-03-01T09:30:00Z"
        raise ValueError(said) from error
    if moment.tzinfo is None:
        raise ValueError(f"{text!r} names no zone: write it like 2026-03-01T09:30:00Z")
    try:
        return moment.astimezone(UTC)
    except OverflowError as error:
        said = f"{text!r} is beyond the years that are known here: write it like"
        raise ValueError(f"{said} 2026-03-01T09:30:00Z") from error
