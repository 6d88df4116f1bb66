"""What may be done with one application; who gets a place is decided in `admission`."""

from dataclasses import dataclass
from datetime import datetime

from services.scheduling.domain import application as a
from services.scheduling.domain.application import About, Application, ApplicationEvent
from services.scheduling.domain.eligibility import ELIGIBLE, Facts, find
from services.scheduling.domain.refusal import Refused

SPONSOR_GONE = (
    "Your sponsor is no longer known here, and cannot be asked: name another, with name and email"
    " address."
)


@dataclass(frozen=True, slots=True)
class Start:
    """`open_`: the cohort takes applications now. `late`: an operator takes it all the same.

    In a cohort that has `finished`, nothing is taken by anybody.
    """

    about: About
    open_: bool
    late: bool = False
    finished: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    facts: Facts
    community: str | None
    texts: tuple[str, ...]
    reworded: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class NameSponsor:
    """`over_budget` says why no other may be named now, by who names one."""

    sponsor: str
    over_budget: str | None = None


@dataclass(frozen=True, slots=True)
class Submit:
    """`expires` is when the sponsor's link does; `sponsor_gone` that they were erased.

    `programme` is its name, for the sponsor to read.
    """

    open_: bool
    late: bool
    days: float
    expires: datetime
    finished: bool = False
    sponsor_gone: bool = False
    programme: str | None = None


@dataclass(frozen=True, slots=True)
class AskSponsorAgain:
    days: float
    expires: datetime
    sponsor_gone: bool = False
    over_budget: str | None = None
    programme: str | None = None


@dataclass(frozen=True, slots=True)
class SponsorReplies:
    """With the generation of the link by which they do."""

    confirmed: bool
    generation: int


@dataclass(frozen=True, slots=True)
class Decide:
    """`reworded`: its reason is another one than before."""

    decision: str
    at: datetime
    reworded: bool = False
    finished: bool = False


@dataclass(frozen=True, slots=True)
class Forget:
    why: str


Command = Start | Answer | NameSponsor | Submit | AskSponsorAgain | SponsorReplies | Decide | Forget


def decide(application: Application, command: Command) -> list[ApplicationEvent]:
    """What a command brings about. Raises Refused."""
    about = application.about
    match command:
        case Start(started, open_, late, finished):
            if about is not None:
                raise Refused("This application is there already.", unlawful=True)
            _require_open(open_, late, finished)
            return [a.Started(started, late=not open_)]
        case _ if about is None:
            raise Refused("There is no such application.", unlawful=True)
        case Forget(why):
            return [] if application.forgotten else [a.Forgotten(about, why)]
        case _ if application.forgotten:
            raise Refused(
                "What was written for this application was deleted, as its person was erased or"
                " its time has passed. Nothing more is taken for it.",
                unlawful=True,
            )
        case SponsorReplies():
            return _sponsor_replies(application, about, command)
        case Decide(decision, reworded=False) if (
            application.released and decision == application.decision
        ):
            return []  # said again, as after a lost answer
        case _ if application.outcome is not None:
            raise Refused(f"This application is {application.outcome}.", unlawful=True)
        case Answer():
            return _answer(application, about, command)
        case NameSponsor():
            return _name_sponsor(application, about, command)
        case Submit():
            return _submit(application, about, command)
        case AskSponsorAgain():
            return _ask_again(application, about, command)
        case Decide():
            return _decide(application, about, command)


def missing(application: Application, *, sponsor_gone: bool = False) -> list[str]:
    """What is still needed, in words for the applicant; `sponsor_gone`: they were erased."""
    found: list[str] = []
    if application.outcome in (a.WITHDRAWN, a.DECLINED, a.LAPSED):
        return found
    described = "community_description" in application.texts
    if application.community is None and not (described or application.facts.plans_to_lead):
        found.append(
            "Name the community that you lead, describe it where it is not here, or say that you"
            " plan to lead one."
        )
    if find(ELIGIBLE, application.facts).met is None and "eligibility" not in application.texts:
        found.append(
            "Say how you are eligible: as a member of Q, or as one who leads or plans to lead a"
            " community that a network supports."
        )
    if application.sponsor is None:
        found.append("Name your line manager as sponsor, with name and email address.")
    elif sponsor_gone and application.sponsor_reply != a.CONFIRMED:
        found.append(SPONSOR_GONE)
    elif application.sponsor_reply == a.REFUSED:
        found.append("Your sponsor has refused the release; talk to them, or name another.")
    if not application.submitted:
        found.append("Hand the application in.")
    elif application.sponsor and application.sponsor_reply is None and not sponsor_gone:
        found.append("Your sponsor has not confirmed the release yet.")
    return found


def _require_not_released(application: Application) -> None:
    """A decision that the applicant does not know of yet must not show in what they can do."""
    if application.released:
        raise Refused(
            "Its decision has been released; what it says can no longer be changed.", unlawful=True
        )


def _require_open(open_: bool, late: bool, finished: bool) -> None:
    if finished:
        raise Refused("This cohort has finished; it takes no applications any more.", unlawful=True)
    if not open_ and not late:
        raise Refused(
            "This cohort is not open for applications. An operator can take a late one, with a"
            " reason.",
            unlawful=True,
        )


def _answer(application: Application, about: About, command: Answer) -> list[ApplicationEvent]:
    _require_not_released(application)
    now = (command.facts, command.community, command.texts)
    same = now == (application.facts, application.community, application.texts)
    if same and not command.reworded:
        return []
    return [a.Answered(about, *now, command.reworded or None)]


def _name_sponsor(
    application: Application, about: About, command: NameSponsor
) -> list[ApplicationEvent]:
    sponsor = command.sponsor
    if sponsor == about.person:
        raise Refused("Nobody can be their own sponsor: name your line manager.", field="sponsor")
    if sponsor == application.sponsor:
        return []
    _require_not_released(application)
    if command.over_budget:
        raise Refused(command.over_budget, field="sponsor", unlawful=True)
    return [a.SponsorNamed(about, sponsor)]


def _submit(application: Application, about: About, command: Submit) -> list[ApplicationEvent]:
    if application.submitted:
        return []
    _require_open(command.open_, command.late or application.late, command.finished)
    wanted = missing(application, sponsor_gone=command.sponsor_gone)
    needed = [m for m in wanted if m != "Hand the application in."]
    if needed:
        raise Refused("Before it can be handed in: " + " ".join(needed), unlawful=True)
    asked = _ask(application, about, command)
    return [a.Submitted(about, late=not command.open_), *asked]


def _ask(
    application: Application, about: About, command: Submit | AskSponsorAgain
) -> list[ApplicationEvent]:
    if application.sponsor is None or application.sponsor_reply == a.CONFIRMED:
        return []
    generation = application.generation + 1
    expires, days, programme = command.expires, command.days, command.programme
    return [a.SponsorAsked(about, application.sponsor, generation, expires, days, programme)]


def _ask_again(
    application: Application, about: About, command: AskSponsorAgain
) -> list[ApplicationEvent]:
    if not application.submitted:
        raise Refused("The sponsor is asked when the application is handed in.", unlawful=True)
    if command.sponsor_gone and application.sponsor_reply != a.CONFIRMED:
        raise Refused(SPONSOR_GONE, unlawful=True)
    if command.over_budget and application.sponsor_reply != a.CONFIRMED:
        raise Refused(command.over_budget, unlawful=True)
    return _ask(application, about, command)


def _sponsor_replies(
    application: Application, about: About, command: SponsorReplies
) -> list[ApplicationEvent]:
    """Confirming twice is the same as once. An earlier link than the last no longer acts."""
    if command.generation != application.generation or application.sponsor is None:
        raise Refused("This link is no longer used; a newer one was sent.", unlawful=True)
    reply = a.CONFIRMED if command.confirmed else a.REFUSED
    if application.sponsor_reply == reply:
        return []
    if application.sponsor_reply is not None:
        raise Refused(
            f"You have {application.sponsor_reply} already. To change that, talk to the programme"
            " team.",
            unlawful=True,
        )
    if application.outcome == a.WITHDRAWN:
        raise Refused("The application was withdrawn; nothing is asked of you.", unlawful=True)
    kind = a.SponsorConfirmed if command.confirmed else a.SponsorRefused
    return [kind(about, application.sponsor)]


def _decide(application: Application, about: About, command: Decide) -> list[ApplicationEvent]:
    if not application.submitted:
        raise Refused("A draft cannot be decided: it was not handed in.", unlawful=True)
    if application.released:
        raise Refused("Its decision was released already.", unlawful=True)
    if command.finished:
        raise Refused("This cohort has finished; nothing is decided in it.", unlawful=True)
    if command.decision != application.decision:
        return [a.DecisionMade(about, command.decision, command.at)]
    if not (command.reworded or application.changed_since_decision):
        return []
    at = application.decided_at or command.at  # those who wait keep their order
    return [a.DecisionMade(about, command.decision, at, command.reworded or None)]
