"""Wall-clock times: what exists, what exists twice, and which instants they are."""

from datetime import UTC, date, datetime

import pytest

from services.scheduling.domain.refusal import Refused
from services.scheduling.domain.wall_clock import When, check, end_of_day, exists_twice
from tests.unit.scheduling.scenario import when


@pytest.mark.parametrize(
    "zone", ["localtime", "Factory", "posixrules", "posix/Europe/London", "right/Europe/London"]
)
def test_a_name_that_machines_use_among_themselves_is_no_zone(zone: str):
    with pytest.raises(Refused, match="no time zone") as refused:
        check(when(zone=zone))
    assert (refused.value.field, refused.value.unlawful) == ("zone", False)


@pytest.mark.parametrize(
    ("day", "start", "zone", "utc"),
    [
        ("2027-01-10", "09:30", "Europe/London", "2027-01-10T09:30"),
        ("2027-07-10", "09:30", "Europe/London", "2027-07-10T08:30"),
        ("2027-03-28", "00:59", "Europe/London", "2027-03-28T00:59"),
        ("2027-03-28", "02:00", "Europe/London", "2027-03-28T01:00"),
        ("2027-10-31", "00:59", "Europe/London", "2027-10-30T23:59"),
        ("2027-10-31", "01:30", "Europe/London", "2027-10-31T00:30"),
        ("2027-10-31", "02:00", "Europe/London", "2027-10-31T02:00"),
        ("2027-06-10", "09:30", "America/New_York", "2027-06-10T13:30"),
        ("2027-06-10", "09:30", "Asia/Kathmandu", "2027-06-10T03:45"),
        ("2028-02-29", "09:30", "Europe/London", "2028-02-29T09:30"),
        ("2019-01-18", "10:00", "Europe/London", "2019-01-18T10:00"),
    ],
)
def test_a_local_time_is_an_instant(day: str, start: str, zone: str, utc: str):
    at = when(day, start, "23:00", zone=zone)
    check(at)
    assert at.begins() == datetime.fromisoformat(utc).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("day", "start", "zone", "before", "after"),
    [
        ("2027-03-28", "01:00", "Europe/London", "00:59", "02:00"),
        ("2027-03-28", "01:30", "Europe/London", "00:59", "02:00"),
        ("2027-03-28", "01:59", "Europe/London", "00:59", "02:00"),
        ("2027-03-14", "02:30", "America/New_York", "01:59", "03:00"),
        ("2027-10-03", "02:10", "Australia/Lord_Howe", "01:59", "02:30"),
    ],
)
def test_a_time_that_does_not_exist_is_refused_with_the_nearest(
    day: str, start: str, zone: str, before: str, after: str
):
    with pytest.raises(Refused) as refused:
        check(when(day, start, "09:00", zone=zone))
    assert refused.value.field == "start"
    assert before in refused.value.reason
    assert after in refused.value.reason


@pytest.mark.parametrize(
    ("day", "hour", "zone", "twice"),
    [
        ("2027-10-31", "01:00", "Europe/London", True),
        ("2027-10-31", "01:59", "Europe/London", True),
        ("2027-10-31", "02:00", "Europe/London", False),
        ("2027-10-31", "00:59", "Europe/London", False),
        ("2027-03-28", "01:30", "Europe/London", False),
        ("2027-11-07", "01:30", "America/New_York", True),
        ("2027-11-07", "01:30", "Asia/Tokyo", False),
    ],
)
def test_an_hour_that_exists_twice_is_known(day: str, hour: str, zone: str, twice: bool):
    assert exists_twice(date.fromisoformat(day), hour, zone) is twice


def test_the_second_of_two_is_an_hour_later():
    first = when("2027-10-31", "01:15", "01:45")
    second = when("2027-10-31", "01:15", "01:45", occurrence="second")
    check(second)
    assert (second.begins() - first.begins()).total_seconds() == 3600
    assert (second.ends() - second.begins()).total_seconds() == 1800


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"end": "10:00"}, "end"),
        ({"end": "09:59"}, "end"),
        ({"start": "24:00"}, "start"),
        ({"start": "9:00"}, "start"),
        ({"end": "noon"}, "end"),
        ({"zone": "Europe/Atlantis"}, "zone"),
        ({"zone": ""}, "zone"),
        ({"zone": "/etc/passwd"}, "zone"),
        ({"zone": "../x"}, "zone"),
        ({"day": "1999-12-31"}, "date"),
        ({"day": "2100-01-01"}, "date"),
        ({"day": "9999-12-31"}, "date"),
        ({"occurrence": "second"}, "occurrence"),
    ],
)
def test_what_is_no_stretch_of_time_is_refused_by_its_field(changed: dict[str, str], field: str):
    with pytest.raises(Refused) as refused:
        check(when(**changed))
    assert refused.value.field == field


@pytest.mark.parametrize(
    ("day", "zone", "over"),
    [
        ("2018-11-19", "Europe/London", "2018-11-20T00:00"),
        ("2027-07-19", "Europe/London", "2027-07-19T23:00"),
        ("2027-10-31", "Europe/London", "2027-11-01T00:00"),
        ("2027-07-19", "America/New_York", "2027-07-20T04:00"),
    ],
)
def test_closes_on_a_day_means_the_end_of_that_day_in_the_zone(day: str, zone: str, over: str):
    expected = datetime.fromisoformat(over).replace(tzinfo=UTC)
    assert end_of_day(date.fromisoformat(day), zone) == expected


@pytest.mark.parametrize(
    ("one", "other", "overlap"),
    [
        (when(), when(), True),
        (when(), when(start="12:00", end="13:00"), False),
        (when(), when(start="11:59", end="13:00"), True),
        (when(), when("2027-03-11"), False),
        (when(), when(start="13:00", end="14:00", zone="Europe/Athens"), True),
        (when(), when(start="14:00", end="15:00", zone="Europe/Athens"), False),
        (
            when(start="22:00", end="23:00"),
            when("2027-03-11", "07:00", "08:00", zone="Asia/Tokyo"),
            True,
        ),
    ],
)
def test_overlapping_is_a_matter_of_instants(one: When, other: When, overlap: bool):
    assert one.overlaps(other) is overlap
    assert other.overlaps(one) is overlap
