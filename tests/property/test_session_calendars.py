"""Any series of changes: the sequence rises by one for each that a calendar must show, and the feed
is as the stream is."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import icalendar
from hypothesis import given, settings
from hypothesis import strategies as st

from services.scheduling.calendars.feed import Feed, calendar
from services.scheduling.documents import uid
from services.scheduling.domain import session_decisions as d
from services.scheduling.domain.refusal import Refused
from services.scheduling.domain.session import MEETING, SHOWN, Particulars, Session
from services.scheduling.domain.wall_clock import When
from services.scheduling.events import EVENT_TYPES, SESSION
from services.scheduling.queries import Found
from shared.eventstore.events import START, Event
from shared.identifiers import new_id

FIRST = Particulars(
    MEETING,
    "We meet",
    When(date(2027, 3, 1), "10:00", "12:00", "Europe/London"),
    communities=("com_a",),
)
NOW = "2026-01-01T00:00:00.000000Z"

details = st.fixed_dictionaries(
    {},
    optional={
        "title": st.text("ab,;\\\né健", min_size=1, max_size=90).map(str.strip).filter(bool),
        "place": st.text("xyz, ", max_size=20),
        "capacity": st.one_of(st.none(), st.integers(1, 9)),
        "topics": st.lists(st.sampled_from(["a", "b"]), max_size=2, unique=True).map(tuple),
    },
)
changes = st.tuples(
    st.just("change"), details, st.one_of(st.none(), st.integers(0, 700)), st.booleans()
)
steps = st.lists(
    st.one_of(changes, st.sampled_from([("postpone",), ("cancel",), ("reinstate",)])), max_size=25
)


def command(session: Session, step: Any) -> d.Command:
    match step:
        case ("postpone",):
            return d.Postpone()
        case ("cancel",):
            return d.Cancel()
        case ("reinstate",):
            return d.Reinstate()
    _, fields, days, joins = step
    after = replace(session.known, **fields)
    if days is not None:
        after = replace(after, when=replace(after.when, date=date(2027, 3, 1) + timedelta(days)))
    return d.Change(after, dated=days is not None, join_address=joins)


def looks(session: Session) -> Any:
    """What a calendar shows of it."""
    return (session.state, *(getattr(session.known, name) for name in SHOWN))


def stored(event: Any) -> Any:
    """The event as it comes out of the store again."""
    new = EVENT_TYPES.encode(event)
    columns = dict.fromkeys(Event._fields[3:], "x")
    columns |= {"type": new.type, "schema": new.schema, "data": new.data}
    return EVENT_TYPES.decode(Event(*START, **columns))  # type: ignore[arg-type]


@given(steps)
@settings(max_examples=150)
def test_the_sequence_rises_by_one_for_each_change_that_a_calendar_must_show(taken: list[Any]):
    [planned] = d.decide(Session(), d.Schedule(FIRST))
    session, key = SESSION.evolve(SESSION.initial, stored(planned)), new_id("ses")
    for step in taken:
        try:
            asked = command(session, step)
            events = d.decide(session, asked)
        except Refused:
            continue
        after = session
        for event in events:
            after = SESSION.evolve(after, stored(event))
        joins = isinstance(asked, d.Change) and asked.join_address and bool(events)
        shown = looks(after) != looks(session) or joins
        dated_again = session.state == "postponed" and after.state == "planned"
        assert after.sequence == session.sequence + int(shown or dated_again)
        session = after
    [event] = icalendar.Calendar.from_ical(
        calendar(Feed("n", "d", [Found(key, 1, NOW, NOW, session)]))
    ).walk("VEVENT")
    assert str(event["UID"]) == uid(key)
    assert int(event["SEQUENCE"]) == session.sequence
    assert str(event["STATUS"]) == ("CONFIRMED" if session.state == "planned" else "CANCELLED")
    assert event["DTSTART"].dt.timestamp() == session.known.when.begins().timestamp()
    assert event["DTEND"].dt.timestamp() == session.known.when.ends().timestamp()


def test_no_identity_is_used_twice():
    found = [uid(new_id("ses")) for _ in range(1000)]
    assert len(set(found)) == 1000
