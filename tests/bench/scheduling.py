"""Scheduling: feeds, clashes and the table of participants; each also with ten times the data.

Within this process, over SQLite, so that what is measured is scheduling's own work and the
database's; gunicorn adds the same to every call.
"""

import gc
import statistics
import time
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from functools import partial
from typing import Any

from services.scheduling import attending, queries, registry_client
from services.scheduling.clashing import clash_warnings
from services.scheduling.domain import application as a
from services.scheduling.domain import attendance as at
from services.scheduling.events import APPLICATION
from services.scheduling.projections.own import SESSIONS
from shared import logs
from shared.eventstore.events import Cause
from shared.eventstore.streams import Change
from tests.bench import table
from tests.bench.ground import Ground
from tests.scheduling import Scheduling, brochure, open_scheduling

_TIMES = 60
_CLASH_MOST, _TABLE_MOST = 20.0, 100.0  # ms


def scheduling(ground: Ground) -> Iterator[table.Line]:
    registry_client.add_person = lambda *_: "per_sponsor"  # who sponsors is not what is measured
    logs.configure("scheduling", "web", form="text", level="error")
    with open_scheduling(ground.database("sqlite"), ground.room()) as service:
        yield from _feeds(service)
        yield from _own_feed(service)
    with open_scheduling(ground.database("sqlite"), ground.room()) as service:
        yield from _clashes(service)
    with open_scheduling(ground.database("sqlite"), ground.room()) as service:
        yield from _participants(service)


def _ms(work: Callable[[], Any], times: int = _TIMES) -> tuple[float, float]:
    """The median and the 99th percentile."""
    work()
    gc.collect()
    gc.freeze()  # as the server does with what is there when it starts
    found = []
    for _ in range(times):
        started = time.perf_counter()
        work()
        found.append((time.perf_counter() - started) * 1000)
    return statistics.median(found), statistics.quantiles(found, n=100)[98]


def _line(what: str, found: tuple[float, float], grown: float, bound: str) -> table.Line:
    median, p99 = found
    figure = f"{median:.1f} ms (p99 {p99:.1f})"
    return table.Line(
        what, figure, "", "", f"× {grown / median:.1f} with 10 × the data", None, bound
    )


def _met(what: str, p99: float, most: float, grown: float, bound: str) -> table.Line:
    figure = f"{p99:.1f} ms ({grown:.1f} with 10 × the data)"
    return table.Line(what, figure, "", "", f"≤ {most:g} ms", p99 <= most, bound)


def _feeds(service: Scheduling) -> Iterator[table.Line]:
    """Feeds of cohorts with 12, 120, 500 and 5,000 sessions."""
    community, paths = service.community(), {}
    for count in (12, 120, 500, 5000):
        cohort = service.cohort()["id"]
        for start in range(0, count, 60):
            repeat = {"weeks": 1, "count": min(60, count - start)}
            day = date(2026, 1, 5) + timedelta(days=start // 60 % 5)
            service.meeting(community, cohort=cohort, repeat=repeat, date=day.isoformat())
        paths[count] = f"/cohorts/{cohort}/calendar.ics"

    def unchanged(count: int) -> Callable[[], Any]:
        etag = service.anyone.get(paths[count]).headers["ETag"]
        return lambda: service.anyone.get(paths[count], If_None_Match=etag)

    def built(count: int) -> Callable[[], Any]:
        return lambda: service.anyone.get(paths[count])

    for few, many in ((12, 120), (500, 5000)):
        same, more = _ms(unchanged(few)), _ms(unchanged(many), 10)[0]
        yield _line(
            f"cohort feed of {few}, unchanged (304)", same, more, "ids and versions, one query"
        )
        same, more = _ms(built(few)), _ms(built(many), 10)[0]
        yield _line(
            f"cohort feed of {few}, built", same, more, "Python: a few lines for each session"
        )


def _own_feed(service: Scheduling) -> Iterator[table.Line]:
    """Of a person who said yes to ten meetings of each of 20 communities; then of 200."""
    found = {}
    for count in (20, 200):
        person = service.person(f"In {count}")
        for n in range(count):
            made = service.meeting(service.community(f"C{n}"), repeat={"weeks": 6, "count": 10})
            for session in made["sessions"]:
                path = f"/sessions/{session['id']}/replies/{person}"
                service.operator.ask("PUT", path, json={"reply": "yes"})
        url = service.operator.made(f"/people/{person}/calendar-link")["url"]
        found[count] = _ms(partial(service.anyone.get, url.removeprefix("http://localhost")), 20)
    yield _line("own feed, 20 communities, 200 sessions", found[20], found[200][0], "as above")


def _clashes(service: Scheduling) -> Iterator[table.Line]:
    """Checked against 10,000 sessions of 200 communities over five years; then 100,000."""
    for n in range(200):
        community = service.community(f"C{n}")
        service.role(community, service.person(f"P{n % 150}"))
    for n in range(0, 200, 2):
        both = [service.community(f"C{n}"), service.community(f"C{n + 1}")]
        service.hears("discovery.link.accepted", f"lnk_{n}", link=f"lnk_{n}", communities=both)
    _fill(service, 10_000)
    first = _clash_check(service)
    _fill(service, 100_000)
    grown = _clash_check(service)
    bound = "six small queries by the day, and the overlaps in Python"
    yield _met("clash check, 10,000 sessions, p99", first, _CLASH_MOST, grown, bound)


def _fill(service: Scheduling, count: int) -> None:
    with service.service.database.read() as connection:
        there = connection.exec_driver_sql("SELECT count(*) FROM sessions_1").scalar_one()
    for n in range(there, count, 60):
        group = n // 60
        day = date(2026, 1, 5) + timedelta(days=group * 7919 % 1500)
        service.meeting(
            service.community(f"C{group % 200}"),
            date=day.isoformat(),
            start=f"{9 + group % 8:02d}:00",
            end=f"{11 + group % 8:02d}:00",
            repeat={"weeks": 2, "count": min(60, count - n)},
        )


def _clash_check(service: Scheduling) -> float:
    with service.service.database.read() as connection:
        sample = queries.select(connection, SESSIONS, "1 = 1", (), "id LIMIT 200")
    turn = iter(sample * 20)

    def check() -> None:
        found = next(turn)
        with service.service.database.read() as connection:
            clash_warnings(connection, found.id, found.state.known)

    return _ms(check, 300)[1]


def _participants(service: Scheduling) -> Iterator[table.Line]:
    """200 people with everything recorded; then 2,000."""
    found = {}
    for count in (200, 2000):
        found[count] = _ms(partial(service.operator.get, _cohort_of(service, count)))
    bound = "a few queries, then each one's account in Python"
    yield _met("table of 200 participants, p99", found[200][1], _TABLE_MOST, found[2000][0], bound)


def _cohort_of(service: Scheduling, count: int) -> str:
    """The table's path, of a cohort whose participants were all at all of its sessions."""
    cohort = service.cohort(places=count, sessions=brochure())
    operator, community = service.operator, service.community("Falls")
    people = [service.person(f"{count} {n}") for n in range(count)]
    made = []
    for person in people:
        body = {"person": person, "community": community, "eligibility": "q-member"}
        body |= {"sponsor": {"name": "S", "email": "s@s.example"}, "late_reason": "x"}
        made.append(operator.made(f"/cohorts/{cohort['id']}/applications", **body)["id"])
        operator.done(f"/applications/{made[-1]}/submission", late_reason="x")
        decision = {"decision": "offer"}
        operator.ask("PUT", f"/applications/{made[-1]}/decision", json=decision)
    operator.done(f"/cohorts/{cohort['id']}/release")
    _accept_all(service, made)
    meetings = [service.meeting(community, date=f"2019-0{n}-13") for n in (3, 5, 9)]
    for session in [*cohort["sessions"], *meetings]:
        _all_came(service, session["id"], people)
    return f"/cohorts/{cohort['id']}/participants"


def _accept_all(service: Scheduling, applications: list[str]) -> None:
    """All at once: one by one, each would look at all the others."""
    inner = service.service
    with inner.write() as connection:
        loaded = inner.streams.load_many(connection, APPLICATION, applications)
        changes = [Change(key, x.version, [a.Accepted(x.state.about)]) for key, x in loaded.items()]
        inner.streams.append(connection, changes, cause=Cause("bench"), now=inner.clock.now())


def _all_came(service: Scheduling, session: str, people: list[str]) -> None:
    inner = service.service
    with inner.write() as connection:
        found = queries.many(connection, SESSIONS, [session])[0]
        about = attending.about(session, found.state)
        events = [at.Recorded(about, person, "attended") for person in people]
        change = Change(attending.stream_of(session), 0, events)
        inner.streams.append(connection, [change], cause=Cause("bench"), now=inner.clock.now())
