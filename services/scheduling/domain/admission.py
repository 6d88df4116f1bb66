"""Who gets a place: the applications of one cohort together.

Whoever calls this holds the cohort's lock, so that all see the same applications: places are never
exceeded, and a freed one goes to exactly one.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime

from services.scheduling.domain import application as a
from services.scheduling.domain.application import Application, ApplicationEvent, evolve
from services.scheduling.domain.refusal import Refused
from services.scheduling.domain.wall_clock import end_of_day

Applications = Mapping[str, Application]
Changes = dict[str, list[ApplicationEvent]]


@dataclass(frozen=True, slots=True)
class Places:
    """A cohort's places, its zone, and the last day to answer an offer that is made now.

    In one that has finished no place is offered or taken any more.
    """

    places: int
    zone: str
    reply_by: date
    finished: bool = False


def taken(applications: Applications) -> int:
    return sum(1 for x in applications.values() if x.state == a.ACCEPTED)


def held(applications: Applications) -> int:
    """Places that are taken, or offered and not answered yet."""
    return taken(applications) + sum(1 for x in applications.values() if x.offered)


def undecided(applications: Applications) -> list[str]:
    """Those handed in that nobody has decided yet."""
    waiting = (a.SUBMITTED, a.SPONSOR_CONFIRMED)
    return [i for i, x in applications.items() if x.state in waiting and not x.forgotten]


def release(applications: Applications, at: Places) -> Changes:
    """Tell all decisions that were made; the waiting list is in the order of deciding.

    Raises Refused where none was made.
    """
    ready = {i: x for i, x in applications.items() if x.state == a.DECIDED and not x.forgotten}
    if not ready:
        raise Refused("No decision waits to be released.", unlawful=True)
    position = max((x.position or 0 for x in applications.values()), default=0)
    changes: Changes = {}
    for key, x in sorted(ready.items(), key=lambda item: (item[1].decided_at, item[0])):
        about, decision = _about(x), x.decision or a.NOT_OFFERED
        waits = decision == a.WAITING_LIST
        position += int(waits)
        reply_by = at.reply_by if decision == a.OFFER else None
        place = position if waits else None
        changes[key] = [a.DecisionReleased(about, decision, reply_by, place)]
    return changes


def accept(
    applications: Applications, key: str, at: Places, now: datetime, calendar: int | None = None
) -> Changes:
    """Take a place. Raises Refused where there is no offer, or no place any more.

    `calendar` is the generation of the link of the participant's own calendar.
    """
    x = applications[key]
    if x.state == a.ACCEPTED:
        return {}
    if at.finished:
        raise Refused("This cohort has finished; its places are no longer taken.", unlawful=True)
    if not x.offered or x.reply_by is None or x.forgotten:
        raise Refused(_why_no_offer(x), unlawful=True)
    if now >= end_of_day(x.reply_by, at.zone):
        raise Refused(f"The offer was open until {x.reply_by}.", unlawful=True)
    if taken(applications) >= at.places:
        raise Refused(
            "All places are taken. Nothing was changed: should one come free, you can still"
            f" accept it until {x.reply_by}.",
            unlawful=True,
        )
    return {key: [a.Accepted(_about(x), calendar)]}


def decline(applications: Applications, key: str, at: Places) -> Changes:
    """Give an offer back; the place goes on. Raises Refused where there is none."""
    x = applications[key]
    if x.state == a.DECLINED:
        return {}
    if not x.offered:
        raise Refused(_why_no_offer(x), unlawful=True)
    return _with_next(applications, {key: [a.Declined(_about(x))]}, at)


def withdraw(applications: Applications, key: str, at: Places) -> Changes:
    """Take an application back at any time; a place that it holds goes on. Raises Refused."""
    x = applications[key]
    if x.state == a.WITHDRAWN:
        return {}
    if x.state in (a.DECLINED, a.LAPSED):
        raise Refused(f"This application is {x.state} already.", unlawful=True)
    return _with_next(applications, {key: [a.Withdrawn(_about(x), x.state)]}, at)


def erase(applications: Applications, keys: Iterable[str], at: Places) -> Changes:
    """Their person was erased: what is open is withdrawn, its place goes on; the words are gone.

    So does a place that was accepted, until the cohort has finished. What is finished stays as it
    is, so that the counts do.
    """
    theirs = [key for key in keys if not applications[key].forgotten]
    opened: Changes = {
        key: [a.Withdrawn(_about(x), x.state)]
        for key, x in applications.items()
        if key in theirs and (not x.finished or (x.state == a.ACCEPTED and not at.finished))
    }
    changes = _with_next(applications, opened, at) if opened else {}
    for key in theirs:
        gone = a.Forgotten(_about(applications[key]), "erased")
        changes[key] = [*changes.get(key, ()), gone]
    return changes


def lapse(applications: Applications, at: Places, now: datetime) -> Changes:
    """What time brings: offers that nobody answered go on to those who wait.

    All lapse that are still open when the cohort has finished, and go on to nobody.
    """
    changes: Changes = {
        key: [a.OfferLapsed(_about(x), x.reply_by, at.finished or None)]
        for key, x in applications.items()
        if x.offered
        and x.reply_by is not None
        and (at.finished or now >= end_of_day(x.reply_by, at.zone))
    }
    return _with_next(applications, changes, at) if changes else {}


def more_places(applications: Applications, at: Places, more: int) -> Changes:
    """There are so many places more than before: they go to those who wait."""
    return _offer(applications, {}, at, more)


def _with_next(applications: Applications, changes: Changes, at: Places) -> Changes:
    after = _after(applications, changes)
    freed = held(applications) - held(after)
    return _offer(after, changes, at, freed)


def _offer(applications: Applications, changes: Changes, at: Places, most: int) -> Changes:
    """Offer free places, `most` of them, in the order of the waiting list."""
    free = 0 if at.finished else min(most, at.places - held(applications))
    waiting = sorted(
        (
            (x.position or 0, key)
            for key, x in applications.items()
            if x.waiting and not x.forgotten
        ),
    )
    offered: Changes = {
        key: [a.PlaceOffered(_about(applications[key]), at.reply_by)]
        for _, key in waiting[: max(0, free)]
    }
    return changes | offered


def _after(applications: Applications, changes: Changes) -> dict[str, Application]:
    after = dict(applications)
    for key, events in changes.items():
        for event in events:
            after[key] = evolve(after[key], event)
    return after


def _why_no_offer(x: Application) -> str:
    if x.forgotten:
        return "Its words were deleted; no place is held for it."
    if x.waiting:
        return f"This application is on the waiting list, at place {x.position}."
    if x.state in (a.ACCEPTED, a.DECLINED, a.LAPSED, a.WITHDRAWN):
        return f"This application is {x.state}."
    if x.released:
        return "No place was offered."
    return "There is no offer to answer: the decisions have not been released yet."


def _about(x: Application) -> a.About:
    if x.about is None:
        raise Refused("There is no such application.", unlawful=True)
    return replace(x.about)
