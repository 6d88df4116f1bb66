"""Applications: what is done with one, with its words beside the events."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from services.scheduling import admitting, known, queries, texts
from services.scheduling.domain import admission
from services.scheduling.domain import application_decisions as d
from services.scheduling.domain.admission import Changes
from services.scheduling.domain.application import About, Application, SponsorNamed
from services.scheduling.domain.budget import SPONSOR_REMINDERS, SPONSORS
from services.scheduling.domain.calendar import RenewLink
from services.scheduling.domain.cohort import FINISHED, Cohort
from services.scheduling.domain.refusal import Refused
from services.scheduling.events import APPLICATION, CALENDAR, COHORT
from services.scheduling.projections.own import PROGRAMMES
from shared.connection import Connection
from shared.eventstore.events import Cause, Event
from shared.eventstore.streams import Change
from shared.identifiers import derived_id
from shared.service import Service

Append = Callable[[Connection, Iterable[Change]], list[Event]]
_TO_CONFIRM = timedelta(days=60)  # how long a sponsor's link lasts


@dataclass(frozen=True)
class Answers:
    """What an application is to say: the events, at which version, and the words beside them."""

    version: int
    events: list[Any]
    words: dict[str, str | None]


@dataclass(frozen=True)
class Applying:
    """Works in one transaction. `append` adds events; the cohort's lock is taken first.

    `actor` is the person in whose name it is done, None where it is the programme team's, or, with
    `by_link`, the applicant's whose link it is.
    """

    service: Service
    connection: Connection
    append: Append
    actor: str | None = None
    by_link: bool = False

    @property
    def now(self) -> datetime:
        return self.service.clock.now()

    def cohort(self, cohort: str) -> Cohort:
        admitting.in_turn(self.connection, cohort)
        return self.service.streams.load(self.connection, COHORT, cohort).state

    def start(self, stream: str, cohort_id: str, person: str, fields: Mapping[str, Any]) -> None:
        """A new application with what it says so far. Raises Refused."""
        admitting.in_turn(self.connection, cohort_id)
        answers = self.decide_start(stream, cohort_id, person, fields)
        self.append(self.connection, [Change(stream, 0, answers.events)])
        self._keep(stream, person, answers)
        if late := fields.get("late_reason"):
            self._keep_late_reason(stream, person, answers.events[0].late and late)

    def decide_start(
        self, stream: str, cohort_id: str, person: str, fields: Mapping[str, Any]
    ) -> Answers:
        """What would begin such an application. Raises Refused where it cannot be begun."""
        cohort = self.service.streams.load(self.connection, COHORT, cohort_id).state
        there = queries.application_of(self.connection, cohort_id, person)
        if there is not None:
            raise Refused(
                f"This person has applied to this cohort already: {there.id}.", unlawful=True
            )
        about, late = About(cohort_id, cohort.name, person), "late_reason" in fields
        begin = d.Start(about, cohort.is_open(self.now), late, cohort.state == FINISHED)
        events = list(d.decide(Application(), begin))
        more, words = self._answers(stream, _after(Application(), events), fields)
        return Answers(0, [*events, *more], words)

    def answer(self, stream: str, fields: Mapping[str, Any]) -> None:
        """What it says from now on. Raises Refused."""
        person = _person(self.service.streams.load(self.connection, APPLICATION, stream).state)
        answers = self.decide_answer(stream, fields)
        self.append(self.connection, [Change(stream, answers.version, answers.events)])
        self._keep(stream, person, answers)

    def decide_answer(self, stream: str, fields: Mapping[str, Any]) -> Answers:
        """What would change by it. Raises Refused."""
        loaded = self.service.streams.load(self.connection, APPLICATION, stream)
        check_not_erased(self.connection, _person(loaded.state))
        events, words = self._answers(stream, loaded.state, fields)
        return Answers(loaded.version, events, words)

    def _keep(self, stream: str, person: str, answers: Answers) -> None:
        """The applicant's words; those of a sponsor who was replaced go."""
        writer = self.actor or person
        texts.keep_answers(self.connection, stream, person, answers.words, self.now, writer=writer)
        if any(isinstance(event, SponsorNamed) for event in answers.events):
            texts.delete_answer(self.connection, stream, texts.SPONSOR_REASON)

    def _keep_late_reason(self, stream: str, person: str, reason: str | None) -> None:
        words = {texts.LATE_REASON: reason} if reason else {}
        texts.keep_answers(self.connection, stream, person, words, self.now, writer=self.actor)

    def _answers(
        self, stream: str, state: Application, fields: Mapping[str, Any]
    ) -> tuple[list[Any], dict[str, str | None]]:
        said = {**fields.get("eligibility", {}), **fields.get("priority", {})}
        said.pop("text", None)
        words: dict[str, str | None] = {
            name: fields[name].get("text")
            for name in (texts.ELIGIBILITY, texts.PRIORITY)
            if "text" in fields.get(name, {})
        }
        words |= {n: fields[n] for n in (texts.ABOUT, texts.COMMUNITY) if n in fields}
        kept = [n for n in texts.BY_THE_APPLICANT if words.get(n, n in state.texts)]
        before = texts.answers(self.connection, stream)
        reworded = [n for n, text in words.items() if (text or "") != before.get(n, "")]
        command = d.Answer(
            replace(state.facts, **said),
            fields.get("community", state.community),
            tuple(kept),
            tuple(reworded),
        )
        events: list[Any] = d.decide(state, command)
        if "sponsor" in fields:
            events += self._name_sponsor(_after(state, events), fields["sponsor"])
        return events, words

    def _name_sponsor(self, state: Application, sponsor: str) -> list[Any]:
        """A new sponsor of an application that was handed in is asked at once."""
        command = d.NameSponsor(sponsor, self._over_budget(state))
        events: list[Any] = d.decide(state, command)
        state = _after(state, events)
        if state.submitted and events:
            events += d.decide(state, d.AskSponsorAgain(**self._asked(state)))
        return events

    def _over_budget(self, state: Application) -> str | None:
        """Why the applicant may name no other sponsor now; the programme team always may."""
        if not self._is_applicant(_person(state)):
            return None
        theirs = queries.applications_by(self.connection, _cohort(state), _person(state))
        named = [
            event.time
            for found in theirs
            for event in self.service.store.load(self.connection, found.id)
            if event.type == "scheduling.application.sponsor-named"
        ]
        return SPONSORS.refusal(named, self.now)

    def _is_applicant(self, person: str) -> bool:
        return self.by_link or self.actor == person

    def ask_again(self, stream: str) -> None:
        """Write to the sponsor again, by a new link. Raises Refused."""
        loaded = self.service.streams.load(self.connection, APPLICATION, stream)
        state = loaded.state
        check_not_erased(self.connection, _person(state))
        gone = known.erased(self.connection, state.sponsor)
        over = None
        if self._is_applicant(_person(state)):
            over = SPONSOR_REMINDERS.refusal(self._reminders(stream, state), self.now)
        command = d.AskSponsorAgain(sponsor_gone=gone, over_budget=over, **self._asked(state))
        self.append(self.connection, [Change(stream, loaded.version, d.decide(state, command))])

    def _reminders(self, stream: str, state: Application) -> list[datetime]:
        """When the present sponsor was written to, after the first time."""
        asked = [
            event.time
            for event in self.service.store.load(self.connection, stream)
            if event.type == "scheduling.application.sponsor-asked"
            and self.service.types.decode(event).sponsor == state.sponsor
        ]
        return asked[1:]

    def submit(self, stream: str, late_reason: str | None) -> None:
        """Hand it in. Raises Refused."""
        loaded = self.service.streams.load(self.connection, APPLICATION, stream)
        check_not_erased(self.connection, _person(loaded.state))
        cohort = self.cohort(_cohort(loaded.state))
        open_ = cohort.is_open(self.now)
        late = late_reason is not None
        finished = cohort.state == FINISHED
        gone = known.erased(self.connection, loaded.state.sponsor)
        command = d.Submit(
            open_, late, finished=finished, sponsor_gone=gone, **self._asked(loaded.state)
        )
        events = d.decide(loaded.state, command)
        self.append(self.connection, [Change(stream, loaded.version, events)])
        if events and late and not open_:
            self._keep_late_reason(stream, _person(loaded.state), late_reason)

    def place(self, stream: str, step: str) -> None:
        """Accept, decline or withdraw, with all applications of its cohort in view.

        Raises Refused.
        """
        before = self.service.streams.load(self.connection, APPLICATION, stream).state
        check_not_erased(self.connection, _person(before))
        cohort_id = _cohort(before)
        cohort = self.cohort(cohort_id)
        applications = admitting.load(self.connection, self.service, cohort_id)
        states, at = admitting.states(applications), admitting.places(cohort, self.now)
        changes: Changes
        more: list[Change] = []
        match step:
            case "acceptance":
                calendar, more = self._calendar(_person(before))
                changes = admission.accept(states, stream, at, self.now, calendar)
            case "declination":
                changes = admission.decline(states, stream, at)
            case _:
                changes = admission.withdraw(states, stream, at)
        more = more if changes else []
        self.append(self.connection, [*admitting.changes_of(applications, changes), *more])

    def _calendar(self, person: str) -> tuple[int, list[Change]]:
        """The generation of a participant's calendar link, and what makes one where none is."""
        stream = derived_id("cal", person)
        loaded = self.service.streams.load(self.connection, CALENDAR, stream)
        events = CALENDAR.decide(loaded.state, RenewLink(person, only_first=True))
        return loaded.state + len(events), [Change(stream, loaded.version, events)]

    def _asked(self, state: Application) -> dict[str, Any]:
        """What the sponsor is asked: for how many days, of which programme, and until when."""
        cohort = self.service.streams.load(self.connection, COHORT, _cohort(state)).state
        programme = queries.one(self.connection, PROGRAMMES, cohort.programme)
        return {
            "days": float(programme.state.rules.commitment.days) if programme else 10.0,
            "expires": (self.now + _TO_CONFIRM).replace(microsecond=0),
            "programme": cohort.programme_name or None,
        }


def check_not_erased(connection: Connection, *people: str) -> None:
    """Raises Refused where nothing more is taken: of the applicant, or of who writes for them."""
    if known.erased(connection, *people):
        raise Refused(
            "The person whose words these would be was erased. Nothing more is taken.",
            unlawful=True,
        )


def lapse_offers(service: Service, now: datetime) -> int:
    """A timed pass: offers that nobody answered go on to those who wait."""
    with service.database.read() as connection:
        due = queries.cohorts_with_old_offers(connection, now.date())
    for cohort_id in due:
        with service.write() as connection:
            admitting.in_turn(connection, cohort_id)
            cohort = service.streams.load(connection, COHORT, cohort_id).state
            applications = admitting.load(connection, service, cohort_id)
            service.streams.append(
                connection,
                admitting.lapsed(applications, cohort, now),
                cause=Cause(correlation=f"offers-lapsed-{now.date().isoformat()}"),
                now=now,
            )
    return len(due)


def _after(state: Application, events: list[Any]) -> Application:
    for event in events:
        state = APPLICATION.evolve(state, event)
    return state


def _person(state: Application) -> str:
    return state.about.person if state.about else ""


def _cohort(state: Application) -> str:
    return state.about.cohort if state.about else ""
