"""What may be done with a session, and what each command brings about."""

from dataclasses import dataclass, fields, replace

from services.scheduling.domain.refusal import Refused
from services.scheduling.domain.session import (
    CANCELLED,
    CELEBRATION,
    COHORT_KINDS,
    MEETING,
    PLANNED,
    POSTPONED,
    SHOWN,
    Cancelled,
    Changed,
    DecisionNeeded,
    DecisionSettled,
    Particulars,
    Postponed,
    Reinstated,
    Rescheduled,
    Scheduled,
    Session,
    SessionEvent,
)
from services.scheduling.domain.wall_clock import check

JOIN_ADDRESS = "join_address"
_MOST_PLACES = 100_000


@dataclass(frozen=True, slots=True)
class Schedule:
    session: Particulars


@dataclass(frozen=True, slots=True)
class Change:
    """The session as it is to be. `dated`: its time was named, so a postponed one has one again.
    `join_address`: the address to join by is another one."""

    session: Particulars
    reason: str | None = None
    dated: bool = False
    join_address: bool = False


@dataclass(frozen=True, slots=True)
class Postpone:
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Cancel:
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Reinstate:
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class AskForDecision:
    """A community that holds it has closed."""

    community: str
    ending: str
    into: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SettleDecision:
    """A community that had closed is open again."""

    community: str


Command = Schedule | Change | Postpone | Cancel | Reinstate | AskForDecision | SettleDecision


def decide(session: Session, command: Command) -> list[SessionEvent]:
    """What a command brings about. Raises Refused."""
    match command:
        case Schedule(particulars):
            if session.particulars is not None:
                raise Refused("This session is planned already.", unlawful=True)
            _check(particulars)
            return [Scheduled(particulars)]
        case _ if session.particulars is None:
            raise Refused("There is no such session.", unlawful=True)
        case Change():
            return _change(session, command)
        case Postpone(reason):
            return _postpone(session, reason)
        case Cancel(reason):
            if session.state == CANCELLED:
                return []
            return [Cancelled(session.known, session.sequence + 1, _given(reason))]
        case Reinstate(reason):
            if session.state == PLANNED:
                raise Refused(
                    "It takes place as planned; only a cancelled or postponed session can be"
                    " reinstated.",
                    unlawful=True,
                )
            return [Reinstated(session.known, session.sequence + 1, _given(reason))]
        case AskForDecision(community, ending, into):
            if community in session.undecided or session.state == CANCELLED:
                return []
            return [DecisionNeeded(session.known, community, ending, into)]
        case SettleDecision(community):
            there = community in session.undecided
            return [DecisionSettled(session.known, community)] if there else []


def _check(particulars: Particulars) -> None:
    p = particulars
    check(p.when)
    if p.kind in COHORT_KINDS and p.cohort is None:
        raise Refused("A session of this kind belongs to a cohort: name it.", field="cohort")
    if p.kind == MEETING and not p.communities:
        raise Refused("Name the community or communities that meet.", field="communities")
    if p.capacity is not None and not 1 <= p.capacity <= _MOST_PLACES:
        raise Refused(f"Must be from 1 to {_MOST_PLACES:,}, or left out.", field="capacity")
    if p.guests_each and p.kind != CELEBRATION:
        raise Refused("Guests are invited to a celebration only.", field="guests_each")


def _change(session: Session, command: Change) -> list[SessionEvent]:
    """One event for the time and one for the rest, which raise the sequence once together."""
    before, after = session.known, command.session
    changed = [
        f.name
        for f in fields(after)
        if f.name != "when" and getattr(after, f.name) != getattr(before, f.name)
    ]
    changed += [JOIN_ADDRESS] if command.join_address else []
    dated_again = session.state == POSTPONED and command.dated
    moved = after.when != before.when or dated_again
    if not changed and not moved:
        return []
    if session.state == CANCELLED:
        raise Refused("This session is cancelled. Reinstate it first.", unlawful=True)
    _check(after)
    shown = moved or any(name in (*SHOWN, JOIN_ADDRESS) for name in changed)
    sequence = session.sequence + int(shown)
    events: list[SessionEvent] = []
    if changed:
        as_yet = replace(after, when=before.when)
        events.append(Changed(as_yet, sequence, tuple(changed), _given(command.reason)))
    if moved:
        given = _given(command.reason)
        events.append(Rescheduled(after, sequence, before.when, dated_again, given))
    return events


def _postpone(session: Session, reason: str | None) -> list[SessionEvent]:
    if session.state == CANCELLED:
        raise Refused("This session is cancelled. Reinstate it first.", unlawful=True)
    if session.state == POSTPONED:
        return []
    return [Postponed(session.known, session.sequence + 1, _given(reason))]


def _given(reason: str | None) -> bool | None:
    """Events say that there is a reason, never which."""
    return True if reason else None
