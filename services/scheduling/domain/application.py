"""An application: a person's request to join a cohort. What they wrote is not in its events."""

from dataclasses import dataclass, replace
from datetime import date, datetime

from services.scheduling.domain.eligibility import NOTHING_SAID, Facts

OFFER, WAITING_LIST, NOT_OFFERED = "offer", "waiting-list", "not-offered"
DECISIONS = (OFFER, WAITING_LIST, NOT_OFFERED)

DRAFT, SUBMITTED, SPONSOR_CONFIRMED = "draft", "submitted", "sponsor-confirmed"
DECIDED, RELEASED = "decided", "released"
ACCEPTED, DECLINED, LAPSED, WITHDRAWN = "accepted", "declined", "lapsed", "withdrawn"
STATES = (
    *(DRAFT, SUBMITTED, SPONSOR_CONFIRMED, DECIDED, RELEASED),
    *(ACCEPTED, DECLINED, LAPSED, WITHDRAWN),
)
CONFIRMED, REFUSED = "confirmed", "refused"


@dataclass(frozen=True, slots=True)
class About:
    """Whose application it is, to what: in every event, so that nobody need ask."""

    cohort: str
    cohort_name: str
    person: str


@dataclass(frozen=True, slots=True)
class Started:
    """`late`: an operator took it after the closing date, with a reason."""

    about: About
    late: bool = False


@dataclass(frozen=True, slots=True)
class Answered:
    """`texts` names the answers that hold words of the person's own; they are kept elsewhere.

    `reworded` names those whose words are others than before.
    """

    about: About
    facts: Facts
    community: str | None = None
    texts: tuple[str, ...] = ()
    reworded: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class SponsorNamed:
    """`sponsor` is a person, known for this purpose and time only."""

    about: About
    sponsor: str


@dataclass(frozen=True, slots=True)
class Submitted:
    about: About
    late: bool = False


@dataclass(frozen=True, slots=True)
class SponsorAsked:
    """The sponsor's link is signed with this generation and expiry."""

    about: About
    sponsor: str
    generation: int
    expires: datetime
    days: float
    programme_name: str | None = None


@dataclass(frozen=True, slots=True)
class SponsorConfirmed:
    about: About
    sponsor: str


@dataclass(frozen=True, slots=True)
class SponsorRefused:
    about: About
    sponsor: str


@dataclass(frozen=True, slots=True)
class DecisionMade:
    """Private until all are released together: nobody is told.

    `reworded`: the decision is the same, with another reason.
    """

    about: About
    decision: str
    at: datetime
    reworded: bool | None = None


@dataclass(frozen=True, slots=True)
class DecisionReleased:
    """`reply_by` is the last day for an offer; `position` the place on the waiting list."""

    about: About
    decision: str
    reply_by: date | None = None
    position: int | None = None


@dataclass(frozen=True, slots=True)
class PlaceOffered:
    """A place came free, and goes to the first on the waiting list."""

    about: About
    reply_by: date


@dataclass(frozen=True, slots=True)
class OfferLapsed:
    """`finished`: the cohort is over, and the place goes on to nobody."""

    about: About
    reply_by: date
    finished: bool | None = None


@dataclass(frozen=True, slots=True)
class Accepted:
    """`calendar` is the generation of the link of the participant's own calendar."""

    about: About
    calendar: int | None = None


@dataclass(frozen=True, slots=True)
class Declined:
    about: About


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """`was` is the state until then: of one that was accepted, a place comes free."""

    about: About
    was: str


@dataclass(frozen=True, slots=True)
class Forgotten:
    """The words of it were deleted: the person was erased, or their time has passed."""

    about: About
    why: str


ApplicationEvent = (
    Started
    | Answered
    | SponsorNamed
    | Submitted
    | SponsorAsked
    | SponsorConfirmed
    | SponsorRefused
    | DecisionMade
    | DecisionReleased
    | PlaceOffered
    | OfferLapsed
    | Accepted
    | Declined
    | Withdrawn
    | Forgotten
)


@dataclass(frozen=True, slots=True)
class Application:
    """`outcome` is what it came to: accepted, declined, lapsed or withdrawn.

    `changed_since_decision`: it says something else than when it was decided.
    """

    about: About | None = None
    late: bool = False
    community: str | None = None
    facts: Facts = NOTHING_SAID
    texts: tuple[str, ...] = ()
    sponsor: str | None = None
    sponsor_reply: str | None = None
    generation: int = 0
    submitted: bool = False
    decision: str | None = None
    decided_at: datetime | None = None
    released: bool = False
    reply_by: date | None = None
    position: int | None = None
    outcome: str | None = None
    forgotten: bool = False
    changed_since_decision: bool = False

    @property
    def state(self) -> str:
        if self.outcome is not None:
            return self.outcome
        if self.released:
            return RELEASED
        if self.decision is not None:
            return DECIDED
        if self.sponsor_reply == CONFIRMED and self.submitted:
            return SPONSOR_CONFIRMED
        return SUBMITTED if self.submitted else DRAFT

    @property
    def offered(self) -> bool:
        """Whether a place is held for an answer."""
        return self.state == RELEASED and self.decision == OFFER

    @property
    def waiting(self) -> bool:
        """On the waiting list, and told so; not the same as not yet decided."""
        return self.state == RELEASED and self.decision == WAITING_LIST

    @property
    def finished(self) -> bool:
        """Nothing more comes of it: it came to something, or was told that there is no place."""
        return self.outcome is not None or (self.released and self.decision == NOT_OFFERED)


def evolve(application: Application, event: ApplicationEvent) -> Application:
    """The application after an event."""
    a = application
    match event:
        case Started(about, late):
            return Application(about=about, late=late)
        case Answered(_, facts, community, texts):
            return _edited(replace(a, facts=facts, community=community, texts=texts))
        case SponsorNamed(_, sponsor):
            changed = sponsor != a.sponsor
            reply = None if changed else a.sponsor_reply
            return _edited(replace(a, sponsor=sponsor, sponsor_reply=reply))
        case Submitted():
            return replace(a, submitted=True)
        case SponsorAsked(_, _, generation):
            return replace(a, generation=generation)
        case SponsorConfirmed():
            return replace(a, sponsor_reply=CONFIRMED)
        case SponsorRefused():
            return replace(a, sponsor_reply=REFUSED)
        case DecisionMade(_, decision, at):
            return replace(a, decision=decision, decided_at=at, changed_since_decision=False)
        case DecisionReleased(_, decision, reply_by, position):
            return replace(
                a, decision=decision, released=True, reply_by=reply_by, position=position
            )
        case PlaceOffered(_, reply_by):
            return replace(a, decision=OFFER, reply_by=reply_by, position=None)
        case Forgotten():
            return replace(a, texts=(), forgotten=True)
        case _:
            return replace(a, outcome=_OUTCOMES[type(event)], reply_by=None, position=None)


def _edited(application: Application) -> Application:
    decided = application.decision is not None
    return replace(application, changed_since_decision=decided)


def as_its_applicant_knows(application: Application) -> Application:
    """Without a decision that has not been released: nothing that they see may depend on one."""
    if application.released:
        return application
    return replace(application, decision=None, decided_at=None, changed_since_decision=False)


_OUTCOMES: dict[type, str] = {
    Accepted: ACCEPTED,
    Declined: DECLINED,
    OfferLapsed: LAPSED,
    Withdrawn: WITHDRAWN,
}
