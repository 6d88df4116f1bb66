"""Times and durations as they are written."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.clock import Clock, parse_duration, parse_rfc3339, rfc3339


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("P30D", timedelta(days=30)),
        ("P2W", timedelta(weeks=2)),
        ("P1W2DT3H4M5S", timedelta(weeks=1, days=2, hours=3, minutes=4, seconds=5)),
        ("PT90M", timedelta(minutes=90)),
        ("-PT12H", timedelta(hours=-12)),
        ("+P1D", timedelta(days=1)),
        ("P0D", timedelta(0)),
        (" P1D ", timedelta(days=1)),
    ],
)
def test_a_duration_is_read(text: str, span: timedelta):
    assert parse_duration(text) == span


@pytest.mark.parametrize(
    "text",
    [
        *("", "P", "PT", "P1DT", "30D", "P1Y", "P1M", "T12H", "p1d", "P1.5D", "P-1D", "P1D2W"),
        *("PT1S1M", "P1H", "--P1D", "P1D P1D", "P999999999999D"),
    ],
)
def test_what_is_no_duration_is_refused(text: str):
    with pytest.raises(ValueError, match="is not a duration such as P30D"):
        parse_duration(text)


def test_a_clock_tells_the_time_in_utc_shifted_by_its_offset():
    before = datetime.now(UTC)
    now, later = Clock().now(), Clock(timedelta(days=30)).now()
    assert before <= now <= datetime.now(UTC)
    assert timedelta(days=30) <= later - now < timedelta(days=30, minutes=1)
    assert now.tzinfo is UTC


zones = st.timedeltas(timedelta(hours=-14), timedelta(hours=14)).map(
    lambda offset: timezone(timedelta(minutes=offset // timedelta(minutes=1)))
)
moments = st.datetimes(
    datetime(1000, 1, 2),  # noqa: DTZ001 - the strategy gives them their zones
    datetime(9999, 12, 30),  # noqa: DTZ001
    timezones=zones,
)


@given(moments)
def test_a_time_is_read_as_it_was_written(moment: datetime):
    assert parse_rfc3339(rfc3339(moment)) == moment


@given(moments, moments)
def test_times_sort_as_their_texts_do(one: datetime, other: datetime):
    assert (one < other) == (rfc3339(one) < rfc3339(other))


def test_a_time_is_written_in_utc_to_the_microsecond():
    moment = datetime(2026, 3, 1, 10, 30, tzinfo=timezone(timedelta(hours=1)))
    assert rfc3339(moment) == "2026-03-01T09:30:00.000000Z"


@pytest.mark.parametrize("text", ["2026-03-01T09:30:00", "2026-03-01", "yesterday", ""])
def test_a_time_without_a_zone_is_refused(text: str):
    with pytest.raises(ValueError, match=r"names no zone|is not a time"):
        parse_rfc3339(text)


@pytest.mark.parametrize("text", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"])
def test_a_time_beyond_the_calendar_is_refused(text: str):
    with pytest.raises(ValueError, match="beyond"):
        parse_rfc3339(text)
