"""A session: a dated thing that people attend. Its calendar identity never changes."""

from dataclasses import dataclass, replace

from services.scheduling.domain.wall_clock import When

MODULE, WEBINAR, CELEBRATION, MEETING = "module", "webinar", "celebration", "community-meeting"
COHORT_KINDS = (MODULE, WEBINAR, CELEBRATION)
KINDS = (*COHORT_KINDS, MEETING)
IN_PERSON, ONLINE, HYBRID = "in-person", "online", "hybrid"
MODALITIES = (IN_PERSON, ONLINE, HYBRID)
PLANNED, POSTPONED, CANCELLED = "planned", "postponed", "cancelled"
STATES = (PLANNED, POSTPONED, CANCELLED)


@dataclass(frozen=True, slots=True)
class Particulars:
    """All that anybody may know of a session. `when` of a postponed one is its last date.

    `communities` holds more than one for a joint session. Where and how to join online is not
    here: that is for those who are coming.
    """

    kind: str
    title: str
    when: When
    modality: str = IN_PERSON
    place: str = ""
    access: str = ""
    description: str = ""
    cohort: str | None = None
    cohort_name: str | None = None
    number: int | None = None
    communities: tuple[str, ...] = ()
    capacity: int | None = None
    series: str | None = None
    topics: tuple[str, ...] = ()
    outcomes: tuple[str, ...] = ()
    guests_each: int = 0


# What a calendar shows: a change of one of these raises the sequence.
SHOWN = ("title", "when", "modality", "place", "access", "description")


# --- what happened: each event holds the session as it is from then on ---


@dataclass(frozen=True, slots=True)
class Scheduled:
    session: Particulars
    sequence: int = 0


@dataclass(frozen=True, slots=True)
class Rescheduled:
    """It has another date or other hours; a postponed one has a date again.

    `reasoned`, here and below: a reason was given. Its words are kept where they can be erased.
    """

    session: Particulars
    sequence: int
    before: When
    was_postponed: bool = False
    reasoned: bool | None = None


@dataclass(frozen=True, slots=True)
class Changed:
    """Something else than its time changed: `changed` names the fields."""

    session: Particulars
    sequence: int
    changed: tuple[str, ...]
    reasoned: bool | None = None


@dataclass(frozen=True, slots=True)
class Postponed:
    """It will be, but not when it was to be, and there is no new date yet."""

    session: Particulars
    sequence: int
    reasoned: bool | None = None


@dataclass(frozen=True, slots=True)
class Cancelled:
    session: Particulars
    sequence: int
    reasoned: bool | None = None


@dataclass(frozen=True, slots=True)
class Reinstated:
    session: Particulars
    sequence: int
    reasoned: bool | None = None


@dataclass(frozen=True, slots=True)
class DecisionNeeded:
    """A community that holds it has closed: somebody must say what becomes of the session."""

    session: Particulars
    community: str
    ending: str
    into: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class DecisionSettled:
    """The community is open again: its sessions go on as they were planned."""

    session: Particulars
    community: str


SessionEvent = (
    Scheduled
    | Rescheduled
    | Changed
    | Postponed
    | Cancelled
    | Reinstated
    | DecisionNeeded
    | DecisionSettled
)


@dataclass(frozen=True, slots=True)
class Session:
    """`undecided` names the closed communities for which nobody has said what is to become.

    `reasoned_at` is the sequence of the change to this state, where a reason was given for it;
    `reason` are its words, which are in no event: readers fill them in, as long as they are kept.
    """

    particulars: Particulars | None = None
    state: str = PLANNED
    sequence: int = 0
    reasoned_at: int | None = None
    undecided: tuple[str, ...] = ()
    reason: str | None = None

    @property
    def known(self) -> Particulars:
        """Its particulars, once it is scheduled."""
        assert self.particulars is not None  # noqa: S101 - decide refuses what is not scheduled
        return self.particulars


def evolve(session: Session, event: SessionEvent) -> Session:
    """The session after an event."""
    match event:
        case Scheduled(particulars, sequence):
            return Session(particulars, PLANNED, sequence)
        case Rescheduled(particulars, sequence, _, _, reasoned):
            at = sequence if reasoned else None
            return Session(particulars, PLANNED, sequence, at, _left(session, particulars))
        case Changed(particulars, sequence):
            left = _left(session, particulars)
            return replace(session, particulars=particulars, sequence=sequence, undecided=left)
        case Postponed(particulars, sequence, reasoned):
            return replace(
                session,
                particulars=particulars,
                state=POSTPONED,
                sequence=sequence,
                reasoned_at=sequence if reasoned else None,
            )
        case Cancelled(particulars, sequence, reasoned):
            return Session(particulars, CANCELLED, sequence, sequence if reasoned else None)
        case Reinstated(particulars, sequence, reasoned):
            return Session(particulars, PLANNED, sequence, sequence if reasoned else None)
        case DecisionNeeded(_, community):
            undecided = dict.fromkeys((*session.undecided, community))
            return replace(session, undecided=tuple(undecided))
        case DecisionSettled(_, community):
            left = tuple(c for c in session.undecided if c != community)
            return replace(session, undecided=left)


def _left(session: Session, particulars: Particulars) -> tuple[str, ...]:
    """Still undecided: those that still hold it."""
    return tuple(c for c in session.undecided if c in particulars.communities)
