"""A cohort: one run of a programme, with its places, its closing date and its state."""

from dataclasses import dataclass, fields, replace
from datetime import date, datetime

from services.scheduling.domain.refusal import Refused
from services.scheduling.domain.wall_clock import check_date, check_zone, end_of_day

PLANNED, OPEN, CLOSED = "planned", "open", "closed"
DECIDED, RUNNING, FINISHED = "decided", "running", "finished"
STATES = (PLANNED, OPEN, CLOSED, DECIDED, RUNNING, FINISHED)
_LAWFUL = {PLANNED: (OPEN,), OPEN: (CLOSED,), CLOSED: (OPEN,)}


@dataclass(frozen=True, slots=True)
class Created:
    """`applications_close` is the last day, to its end in the zone."""

    programme: str
    programme_name: str
    name: str
    zone: str
    places: int
    applications_close: date | None = None
    reply_days: int = 14


@dataclass(frozen=True, slots=True)
class Changed:
    """Only what changed."""

    name: str | None = None
    zone: str | None = None
    places: int | None = None
    applications_close: date | None = None
    reply_days: int | None = None


@dataclass(frozen=True, slots=True)
class Opened:
    name: str
    zone: str
    places: int
    applications_close: date | None = None


@dataclass(frozen=True, slots=True)
class Closed:
    name: str


@dataclass(frozen=True, slots=True)
class Decided:
    """All decisions were released together; who was told what is in the applications."""

    name: str


@dataclass(frozen=True, slots=True)
class Started:
    name: str


@dataclass(frozen=True, slots=True)
class Finished:
    name: str


CohortEvent = Created | Changed | Opened | Closed | Decided | Started | Finished


@dataclass(frozen=True, slots=True)
class Cohort:
    created: bool = False
    programme: str = ""
    programme_name: str = ""
    name: str = ""
    zone: str = "Europe/London"
    places: int = 0
    applications_close: date | None = None
    reply_days: int = 14
    state: str = PLANNED
    decided: bool = False

    def past_closing(self, now: datetime) -> bool:
        """Whether the last day for applications is over in the cohort's zone."""
        if self.applications_close is None:
            return False
        return now >= end_of_day(self.applications_close, self.zone)

    def is_open(self, now: datetime) -> bool:
        """Whether it takes applications at this moment."""
        return self.state == OPEN and not self.past_closing(now)


@dataclass(frozen=True, slots=True)
class Create:
    cohort: Created


@dataclass(frozen=True, slots=True)
class Change:
    changes: Changed
    taken: int = 0  # places that were accepted already


@dataclass(frozen=True, slots=True)
class Open:
    now: datetime


@dataclass(frozen=True, slots=True)
class Close:
    pass


@dataclass(frozen=True, slots=True)
class Decide:
    """The decisions are being released."""


@dataclass(frozen=True, slots=True)
class PassTime:
    """Say what time alone has brought: `first` and `last` are the days of the first module and of
    the last session, in the cohort's zone."""

    now: datetime
    today: date
    first: date | None
    last: date | None


Command = Create | Change | Open | Close | Decide | PassTime


def evolve(cohort: Cohort, event: CohortEvent) -> Cohort:
    match event:
        case Created():
            known = {f.name: getattr(event, f.name) for f in fields(event)}
            return Cohort(created=True, **known)
        case Changed():
            changes = {f.name: getattr(event, f.name) for f in fields(event)}
            return replace(cohort, **{k: v for k, v in changes.items() if v is not None})
        case Opened():
            return replace(cohort, state=OPEN)
        case Closed():
            return replace(cohort, state=DECIDED if cohort.decided else CLOSED)
        case Decided():  # one that decides early goes on taking applications until it closes
            state = OPEN if cohort.state == OPEN else DECIDED
            return replace(cohort, state=state, decided=True)
        case Started():
            return replace(cohort, state=RUNNING)
        case Finished():
            return replace(cohort, state=FINISHED)


def decide(cohort: Cohort, command: Command) -> list[CohortEvent]:
    """What a command brings about. Raises Refused."""
    match command:
        case Create(created):
            if cohort.created:
                raise Refused("This cohort is there already.", unlawful=True)
            _check(created.zone, created.places, created.applications_close)
            return [created]
        case _ if not cohort.created:
            raise Refused("There is no such cohort.", unlawful=True)
        case Change(changes, taken):
            return _change(cohort, changes, taken)
        case Open(now):
            _require(cohort, OPEN)
            if cohort.past_closing(now):
                raise Refused(
                    f"Applications closed on {cohort.applications_close}; set a later day first.",
                    field="applications_close",
                    unlawful=True,
                )
            close = cohort.applications_close
            return [Opened(cohort.name, cohort.zone, cohort.places, close)]
        case Close():
            _require(cohort, CLOSED)
            return [Closed(cohort.name)]
        case Decide():
            if cohort.state == FINISHED:
                raise Refused("This cohort has finished.", unlawful=True)
            return [] if cohort.decided else [Decided(cohort.name)]
        case PassTime():
            return _pass_time(cohort, command)


def _require(cohort: Cohort, wanted: str) -> None:
    if wanted in _LAWFUL.get(cohort.state, ()):
        return
    lawful = " or ".join(_LAWFUL.get(cohort.state, ())) or "neither opened nor closed any more"
    raise Refused(f"A cohort that is {cohort.state} can be {lawful}.", unlawful=True)


def _check(zone_name: str, places: int, close: date | None) -> None:
    check_zone(zone_name)
    if not 1 <= places <= 10_000:
        raise Refused("Must be from 1 to 10,000.", field="places")
    if close is not None:
        check_date(close, "applications_close")


def _change(cohort: Cohort, wanted: Changed, taken: int) -> list[CohortEvent]:
    changes = {f.name: getattr(wanted, f.name) for f in fields(wanted)}
    changes = {k: v for k, v in changes.items() if v is not None and v != getattr(cohort, k)}
    if not changes:
        return []
    after = replace(cohort, **changes)
    _check(after.zone, after.places, after.applications_close)
    if after.places < taken:
        raise Refused(f"{taken} places are accepted already.", field="places", unlawful=True)
    return [Changed(**changes)]


def _pass_time(cohort: Cohort, at: PassTime) -> list[CohortEvent]:
    events: list[CohortEvent] = []
    if cohort.state == OPEN and cohort.past_closing(at.now):
        events.append(Closed(cohort.name))
    state = evolve(cohort, events[0]).state if events else cohort.state
    if state == DECIDED and at.first is not None and at.first <= at.today:
        events.append(Started(cohort.name))
        state = RUNNING
    if state == RUNNING and at.last is not None and at.last < at.today:
        events.append(Finished(cohort.name))
    return events
