"""What may be done with the link, or the open proposal, between two communities."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from services.discovery.domain import link as k
from services.discovery.domain.link import Link, LinkEvent, Two
from services.discovery.domain.refusal import Refused

_LAST_CALL = timedelta(days=14)  # a proposal is brought to mind this long before it lapses
CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Propose:
    """Decided on what is live between the two already, if anything is; `link` is for a new one."""

    link: str
    communities: Two
    purpose: str
    remind: datetime
    lapses: datetime
    by: str | None = None
    words: bool = False


@dataclass(frozen=True, slots=True)
class Accept:
    """`side` is the community that accepts; None where it goes without saying."""

    side: str | None = None
    by: str | None = None


@dataclass(frozen=True, slots=True)
class Refuse:
    side: str | None = None
    by: str | None = None
    words: bool = False


@dataclass(frozen=True, slots=True)
class End:
    """One side ends a link that was agreed, or takes its own proposal back."""

    side: str | None = None
    by: str | None = None
    outcome: str | None = None
    words: bool = False


@dataclass(frozen=True, slots=True)
class PassTime:
    now: datetime


@dataclass(frozen=True, slots=True)
class Close:
    """A side has closed; the link goes on as `successor`, where that is another's."""

    side: str
    ending: str
    into: tuple[str, ...]
    successor: str | None = None


@dataclass(frozen=True, slots=True)
class TakeOver:
    """`heir`, one of the two, goes on with a link of its predecessor; `link` is for a new one."""

    link: str
    communities: Two
    purpose: str
    continues: str
    predecessor: str
    heir: str


Command = Propose | Accept | Refuse | End | PassTime | Close | TakeOver


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a community: whether it is closed, and in which others it goes on."""

    name: str
    closed: bool
    into: tuple[str, ...] = ()


def deadlines(now: datetime, lapse_days: int) -> tuple[datetime, datetime]:
    """When a proposal of now is brought to mind, and when it lapses."""
    whole = timedelta(days=lapse_days)
    lapses = (now + whole).replace(microsecond=0)
    return lapses - min(_LAST_CALL, whole / 2), lapses


def check_parties(communities: Two, known: Mapping[str, Known]) -> None:
    """Raises Refused where these two can have no link."""
    one, other = communities
    if one == other:
        raise Refused("A community cannot propose a link to itself.", field="to")
    for field, community in (("from", one), ("to", other)):
        if community not in known:
            raise Refused(
                f"Discovery knows no community {community}. If it was registered a moment ago, it"
                " may still be on its way: try again shortly.",
                field=field,
            )
    if other in known[one].into or one in known[other].into:
        gone, stays = (one, other) if other in known[one].into else (other, one)
        raise Refused(
            f"{known[gone].name} has ended in {known[stays].name}: they are one now, and need no"
            " link.",
            field="to" if gone == other else "from",
        )
    for field, community in (("from", one), ("to", other)):
        about = known[community]
        if about.closed:
            mend = f" It goes on as {', '.join(about.into)}." if about.into else ""
            raise Refused(f"{about.name} is closed, and makes no more links.{mend}", field=field)


def decide(link: Link, command: Command) -> list[LinkEvent]:
    """What a command brings about. Raises Refused."""
    match command:
        case Propose():
            return _propose(link, command)
        case TakeOver():
            return _take_over(link, command)
        case _ if link.state is None:
            raise Refused("There is no such link.", unlawful=True)
        case Accept(side, by):
            return _accept(link, side, by)
        case Refuse():
            return _refuse(link, command)
        case End():
            return _end(link, command)
        case PassTime(now):
            return _pass_time(link, now)
        case Close(side, ending, into, successor):
            if link.state == k.PROPOSED:
                return [k.Withdrawn(*_of(link), side, ending=ending, into=into)]
            if link.state != k.ACCEPTED:
                return []
            return [
                k.Ended(*_of(link), side, ending=ending, into=into, successor=successor),
            ]


def _of(link: Link) -> tuple[str, Two, str]:
    """What every event tells, so that nobody need ask."""
    return link.id, link.communities, link.purpose


def _propose(between: Link, new: Propose) -> list[LinkEvent]:
    """Said twice it is one proposal; proposed from both sides it is agreed."""
    if between.state == k.ACCEPTED:
        raise Refused(
            f"These two are linked already: {between.id}. End that link to make another.",
            unlawful=True,
        )
    if between.state != k.PROPOSED:
        return [
            k.Proposed(
                *(new.link, new.communities, new.purpose, new.remind, new.lapses),
                by=new.by,
                words=new.words,
            )
        ]
    if between.communities != new.communities:
        also = new.purpose if new.purpose != between.purpose else None
        accepted = k.ProposalAccepted(*_of(between), new.by, also)
        return [accepted, k.Accepted(*_of(between))]
    if between.purpose == new.purpose:
        return []
    raise Refused(
        f"Your proposal {between.id} waits for an answer, with another purpose. Take it back first,"
        " by ending it.",
        field="purpose",
        unlawful=True,
    )


def _accept(link: Link, side: str | None, by: str | None) -> list[LinkEvent]:
    _check_answers(link, side, "accept")
    if link.agreed and link.state == k.ACCEPTED:
        return []  # said again, as after a lost answer
    _require_open(link)
    return [k.ProposalAccepted(*_of(link), by), k.Accepted(*_of(link))]


def _refuse(link: Link, command: Refuse) -> list[LinkEvent]:
    _check_answers(link, command.side, "refuse")
    if link.state == k.REFUSED:
        return []
    if link.state == k.ACCEPTED:
        raise Refused("This link was accepted. To leave it, end it.", unlawful=True)
    _require_open(link)
    return [k.Refused(*_of(link), command.by, command.words)]


def _check_answers(link: Link, side: str | None, answer: str) -> None:
    _check_side(link, side)
    if side == link.communities[0]:
        raise Refused(
            f"The one that proposed cannot {answer} it; that is for {link.communities[1]}.",
            field="by",
            unlawful=True,
        )


def _check_side(link: Link, side: str | None) -> None:
    if side is not None and side not in link.communities:
        raise Refused(
            f"{side} is neither of the two: {' and '.join(link.communities)}.", field="by"
        )


def _require_open(link: Link) -> None:
    if link.state != k.PROPOSED:
        raise Refused(f"This link is {link.state}; it can no longer be answered.", unlawful=True)


def _end(link: Link, command: End) -> list[LinkEvent]:
    _check_side(link, command.side)
    if link.state == k.ENDED and command.side in (None, link.side):
        return []
    if link.state == k.PROPOSED:
        if command.side not in (None, link.communities[0]):
            raise Refused(
                "This is a proposal: the other side refuses it, or lets it lapse.",
                field="by",
                unlawful=True,
            )
        if command.outcome not in (None, "none"):
            raise Refused("A proposal that is taken back has made no value yet.", field="outcome")
        side = link.communities[0]
        return [k.Withdrawn(*_of(link), side, command.by, command.words)]
    if link.state != k.ACCEPTED:
        raise Refused(f"This link is {link.state}; it cannot be ended.", unlawful=True)
    return [k.Ended(*_of(link), command.side, command.outcome)]


def _pass_time(link: Link, now: datetime) -> list[LinkEvent]:
    if link.state != k.PROPOSED or link.lapses is None or link.remind is None:
        return []
    if now >= link.lapses:
        return [k.Lapsed(*_of(link))]
    if now >= link.remind and not link.reminded:
        return [k.Reminded(*_of(link), link.lapses)]
    return []


def _take_over(between: Link, command: TakeOver) -> list[LinkEvent]:
    """What was agreed with the predecessor holds. Where heir and other side are linked, or one has
    proposed it, that stays as it is: only the one that was asked accepts a proposal.
    """
    if between.live:
        return []
    inherited = (command.continues, command.predecessor, command.heir)
    return [k.Accepted(command.link, command.communities, command.purpose, *inherited)]
