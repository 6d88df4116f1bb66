"""Sessions that end on the next day overlap what is on that morning, and nothing else."""

from datetime import UTC, date, datetime

import pytest

from services.discovery.domain.joint_session import Session, When, clashes, ends


def _session(key: str, day: str, start: str, end: str) -> Session:
    when = When(date.fromisoformat(day), start, end, "Europe/London")
    return Session(key, key.title(), when, ("com_a",))


@pytest.mark.parametrize(
    ("day", "start", "overlap"),
    [("2027-03-11", "01:00", True), ("2027-03-11", "01:30", False), ("2027-03-10", "20:00", False)],
)
def test_a_night_clashes_with_the_next_morning(day: str, start: str, *, overlap: bool):
    night = _session("night", "2027-03-10", "22:00", "01:30")
    other = _session("other", day, start, f"{int(start[:2]) + 1:02d}:30")
    assert ends(night.when) == datetime(2027, 3, 11, 1, 30, tzinfo=UTC)
    assert bool(clashes(other, [night])) is overlap
    if overlap:
        assert "22:00–01:30 (the next day)" in clashes(other, [night])[0]
