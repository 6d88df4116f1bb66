"""Calendars that never go wrong, as two parsers see them that others wrote."""

import gzip
from typing import Any

import pytest

from tests.calendar_parsers import by_ical_js, by_icalendar
from tests.scheduling import Scheduling, brochure


def both(body: bytes) -> dict[str, Any]:
    """What both parsers see, which must be the same."""
    one, other = by_icalendar(body), by_ical_js(body)
    assert one == other
    return one


def feed(scheduling: Scheduling, path: str) -> dict[str, Any]:
    answer = scheduling.anyone.get(path)
    assert answer.status_code == 200, answer.text
    assert answer.content_type == "text/calendar; charset=utf-8"
    return both(answer.data)


DAYS = [
    ("Europe/London", "2027-03-27", "10:00", "2027-03-27T10:00:00Z"),
    ("Europe/London", "2027-03-28", "10:00", "2027-03-28T09:00:00Z"),
    ("Europe/London", "2027-10-30", "10:00", "2027-10-30T09:00:00Z"),
    ("Europe/London", "2027-10-31", "00:30", "2027-10-30T23:30:00Z"),
    ("Europe/London", "2027-10-31", "01:30", "2027-10-31T00:30:00Z"),
    ("Europe/London", "2027-10-31", "10:00", "2027-10-31T10:00:00Z"),
    ("Europe/London", "2045-07-01", "10:00", "2045-07-01T09:00:00Z"),
    ("Europe/London", "2045-12-01", "10:00", "2045-12-01T10:00:00Z"),
    ("America/New_York", "2027-03-14", "10:00", "2027-03-14T14:00:00Z"),
    ("America/New_York", "2006-03-20", "10:00", "2006-03-20T15:00:00Z"),
    ("Australia/Sydney", "2027-04-04", "10:00", "2027-04-04T00:00:00Z"),
    ("Asia/Kolkata", "2027-04-04", "10:00", "2027-04-04T04:30:00Z"),
    ("Europe/Dublin", "2027-07-01", "10:00", "2027-07-01T09:00:00Z"),
    ("Africa/Casablanca", "2027-03-01", "10:00", "2027-03-01T10:00:00Z"),
    ("UTC", "2027-03-01", "10:00", "2027-03-01T10:00:00Z"),
]


@pytest.mark.parametrize(("zone", "date", "start", "instant"), DAYS)
def test_both_parsers_see_the_instant_in_every_season_and_year(
    scheduling: Scheduling, zone: str, date: str, start: str, instant: str
):
    community = scheduling.community()
    cohort = scheduling.cohort(sessions=[])
    scheduling.meeting(
        community, zone=zone, date=date, start=start, end="15:00", cohort=cohort["id"]
    )
    [event] = feed(scheduling, f"/cohorts/{cohort['id']}/calendar.ics")["events"]
    assert event["start"] == instant


@pytest.mark.parametrize(
    ("date", "start", "end", "ends"),
    [
        ("2027-03-10", "19:00", "00:00", "2027-03-11T00:00:00Z"),
        ("2027-07-10", "22:00", "01:30", "2027-07-11T00:30:00Z"),
        ("2027-03-27", "22:00", "03:00", "2027-03-28T02:00:00Z"),
        ("2027-10-30", "23:00", "01:30", "2027-10-31T00:30:00Z"),  # an hour that comes twice
    ],
)
def test_both_parsers_see_that_a_night_ends_on_the_next_day(
    scheduling: Scheduling, date: str, start: str, end: str, ends: str
):
    community = scheduling.community()
    scheduling.meeting(community, date=date, start=start, end=end)
    [event] = feed(scheduling, f"/communities/{community}/calendar.ics")["events"]
    assert event["end"] == ends


def test_a_time_that_exists_twice_is_the_first_unless_told(scheduling: Scheduling):
    community = scheduling.community()
    at = {"date": "2027-10-31", "start": "01:15", "end": "01:45"}
    first = scheduling.meeting(community, **at)
    second = scheduling.meeting(community, **at, occurrence="second")
    assert first["starts_at"] == "2027-10-31T00:15:00.000000Z"
    assert second["starts_at"] == "2027-10-31T01:15:00.000000Z"
    events = feed(scheduling, f"/communities/{community}/calendar.ics")["events"]
    assert [event["start"] for event in events] == ["2027-10-31T00:15:00Z", "2027-10-31T01:15:00Z"]


def test_the_uid_stays_and_the_sequence_rises_once_with_each_change(scheduling: Scheduling):
    community = scheduling.community()
    path, session = f"/communities/{community}/calendar.ics", scheduling.meeting(community)
    at = f"/sessions/{session['id']}"
    seen = [feed(scheduling, path)["events"]]
    scheduling.operator.changed(at, date="2027-03-17", place="Winchester")
    seen.append(feed(scheduling, path)["events"])
    scheduling.operator.done(f"{at}/postponement", reason="Snow")
    seen.append(feed(scheduling, path)["events"])
    scheduling.operator.changed(at, date="2027-04-14")
    seen.append(feed(scheduling, path)["events"])
    scheduling.operator.done(f"{at}/cancellation")
    seen.append(feed(scheduling, path)["events"])
    scheduling.operator.done(f"{at}/reinstatement")
    seen.append(feed(scheduling, path)["events"])
    assert {len(events) for events in seen} == {1}
    assert {events[0]["uid"] for events in seen} == {session["uid"]}
    assert [events[0]["sequence"] for events in seen] == [0, 1, 2, 3, 4, 5]
    statuses = [events[0]["status"] for events in seen]
    assert statuses == [
        *("CONFIRMED", "CONFIRMED", "CANCELLED", "CONFIRMED", "CANCELLED", "CONFIRMED")
    ]
    assert seen[3][0]["start"] == "2027-04-14T09:00:00Z"


def test_names_in_any_script_are_folded_and_escaped(scheduling: Scheduling):
    title = "Größe, Übergabe; 健康を分かち合う \\ حلقة " + "🌿" * 40
    community = scheduling.community(name="Ælfgifu’s, circle; 健康")
    scheduling.meeting(community, title=title, place="Zürich,\\; Straße")
    body = scheduling.anyone.get(f"/communities/{community}/calendar.ics").data
    assert all(len(line) <= 75 for line in body.split(b"\r\n"))
    found = both(body)
    assert found["name"] == "Ælfgifu’s, circle; 健康"
    assert found["events"][0]["summary"] == title
    assert found["events"][0]["location"] == "Zürich,\\; Straße"


def test_a_feed_that_has_not_changed_is_not_sent_again(scheduling: Scheduling):
    cohort = scheduling.cohort(sessions=brochure())
    path = f"/cohorts/{cohort['id']}/calendar.ics"
    first = scheduling.anyone.get(path)
    again = scheduling.anyone.get(path, If_None_Match=first.headers["ETag"])
    assert (again.status_code, again.data) == (304, b"")
    scheduling.operator.done(f"/sessions/{cohort['sessions'][3]['id']}/cancellation")
    changed = scheduling.anyone.get(path, If_None_Match=first.headers["ETag"])
    assert changed.status_code == 200
    assert changed.headers["ETag"] != first.headers["ETag"]


def test_a_feed_is_compressed_for_those_who_take_it(scheduling: Scheduling):
    cohort = scheduling.cohort(sessions=brochure())
    path = f"/cohorts/{cohort['id']}/calendar.ics"
    plain = scheduling.anyone.get(path)
    packed = scheduling.anyone.get(path, Accept_Encoding="gzip")
    assert packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.data) == plain.data
    assert packed.vary == plain.vary
    assert "Accept-Encoding" in plain.vary


def test_a_feed_says_its_name_and_how_often_to_look(scheduling: Scheduling):
    cohort = scheduling.cohort(sessions=brochure(), name="Wessex 2019")
    body = scheduling.anyone.get(f"/cohorts/{cohort['id']}/calendar.ics").text
    assert "\r\nNAME:Wessex 2019\r\n" in body
    assert "\r\nREFRESH-INTERVAL;VALUE=DURATION:PT1H\r\n" in body
    assert "RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU" in body
    assert body.count("BEGIN:VTIMEZONE") == 1
    assert body.index("END:VTIMEZONE") - body.index("BEGIN:VTIMEZONE") < 600


def test_a_joint_meeting_is_in_the_feed_of_each_community(scheduling: Scheduling):
    one, other = scheduling.community("One"), scheduling.community("Two")
    session = scheduling.meeting(one, communities=[one, other])
    for community in (one, other):
        [event] = feed(scheduling, f"/communities/{community}/calendar.ics")["events"]
        assert event["uid"] == session["uid"]


def test_a_persons_own_calendar_holds_what_they_said_yes_to(scheduling: Scheduling):
    community, ada = scheduling.community(), scheduling.person()
    coming = scheduling.meeting(
        community, modality="online", join_address="https://meet.example/secret"
    )
    scheduling.meeting(community, title="Not for me")
    reply = scheduling.operator.ask(
        "PUT", f"/sessions/{coming['id']}/replies/{ada}", json={"reply": "yes"}
    )
    assert reply.status_code == 200, reply.text
    path = scheduling.operator.made(f"/people/{ada}/calendar-link")["url"]
    path = path.removeprefix("http://localhost")
    [event] = feed(scheduling, path)["events"]
    assert event["uid"] == coming["uid"]
    assert "https://meet.example/secret" in scheduling.anyone.get(path).text
    public = scheduling.anyone.get(f"/communities/{community}/calendar.ics").text
    assert "meet.example" not in public
    assert "meet.example" not in scheduling.operator.get("/events?limit=1000").text


def test_an_address_made_anew_makes_the_old_one_lead_nowhere(scheduling: Scheduling):
    ada = scheduling.person()
    links = [scheduling.operator.made(f"/people/{ada}/calendar-link")["url"] for _ in range(2)]
    old, new = (link.removeprefix("http://localhost") for link in links)
    assert scheduling.anyone.get(old).status_code == 404
    assert scheduling.anyone.get(new).status_code == 200
    assert scheduling.operator.get(f"/people/{ada}/calendar-link").json["url"] == links[1]
    assert scheduling.anyone.get(new.replace(".ics", "x.ics")).status_code == 404


def test_a_calendar_of_what_is_not_there_is_not_found(scheduling: Scheduling):
    assert scheduling.anyone.get("/cohorts/coh_no/calendar.ics").status_code == 404
    assert scheduling.anyone.get("/communities/com_no/calendar.ics").status_code == 404
    assert scheduling.anyone.get("/calendars/nonsense.ics").status_code == 404
