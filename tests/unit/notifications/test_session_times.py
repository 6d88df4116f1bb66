"""The time of a session in messages, also of one that ends at midnight or on the next day."""

from datetime import datetime

import pytest

from services.notifications.domain.wall_clock import ends
from services.notifications.rendering import said_when


@pytest.mark.parametrize(
    ("day", "start", "end", "ended", "said"),
    [
        ("2027-03-10", "10:00", "11:30", "2027-03-10T11:30:00+00:00", "10:00 to 11:30"),
        ("2027-03-10", "19:00", "00:00", "2027-03-11T00:00:00+00:00", "19:00 to midnight"),
        (
            "2027-07-10",
            "22:00",
            "01:30",
            "2027-07-11T00:30:00+00:00",
            "22:00 to 01:30 the next day",
        ),
        (
            "2027-03-27",
            "22:00",
            "03:00",
            "2027-03-28T02:00:00+00:00",
            "22:00 to 03:00 the next day",
        ),
    ],
)
def test_a_session_ends_on_its_day_or_the_next(
    day: str, start: str, end: str, ended: str, said: str
):
    when = {"date": day, "start": start, "end": end, "zone": "Europe/London"}
    assert ends(when) == datetime.fromisoformat(ended)
    assert said in said_when(when)
