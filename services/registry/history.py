"""A community's history in sentences."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

import msgspec

from services.registry.domain import community as c
from services.registry.domain.person import FORMER
from services.registry.events import EVENT_TYPES
from shared.clock import rfc3339
from shared.eventstore.events import Event


@dataclass(frozen=True)
class Names:
    """What sentences call things: a network by its present name, a person by theirs, or as a former
    member once erased."""

    network: Callable[[str], str]
    person: Callable[[str], str]


_FIELD_WORDS = {"learning_question": "learning question", "external_id": "external id"}


def entry(event: Event, names: Names, *, whole: bool) -> dict[str, Any]:
    """One change: a sentence, when, who (`by`, an id or None; `via`, by what; `who`, in words), and
    the event's own data.

    Unless `whole`, as anyone may see it: without people.
    """
    if not whole:
        event = EVENT_TYPES.present(event)
    return {
        "sentence": sentence(EVENT_TYPES.decode(event), names),
        "at": rfc3339(event.time),
        "by": event.actor if whole else None,
        "via": event.via if whole else None,
        "who": who(event.actor, event.via, names) if whole else None,
        "version": event.version,
        "type": event.type,
        "correlation": event.correlation,
        "data": msgspec.Raw(event.data.encode()),
    }


def who(actor: str | None, via: str | None, names: Names) -> str | None:
    """Who brought something about, in words: of the operator's token that it was, and for whom it
    was used. None where nobody did, or where that is not known."""
    name = names.person(actor) if actor else None
    match via:
        case "operator":
            return f"the operator, for {name}" if name else "the operator"
        case "service":
            return name or "the platform"
        case "link":
            return f"{name}, by a link" if name else "whoever has the link"
        case _:
            return name


def people_in(event: Event) -> set[str]:
    """The ids of the people whom an entry about this event names."""
    data: dict[str, Any] = msgspec.json.decode(event.data)
    return {found for found in (event.actor, data.get("person")) if isinstance(found, str)}


def sentence(event: c.CommunityEvent | c.PublishedRole, names: Names) -> str:
    match event:
        case c.Registered(source=str(source)):
            return f"Imported from the list “{source}”, not claimed by a convener yet."
        case c.Registered(state=state):
            return f"Registered as {state}."
        case c.Described(run=run):
            named = [n for n in c.DESCRIPTION if getattr(event, n) is not None]
            words = _join([_FIELD_WORDS.get(name, name) for name in named])
            return f"An import changed its {words}." if run else f"Its {words} changed."
        case c.NetworkJoined(network):
            return f"Joined {names.network(network)}."
        case c.NetworkLeft(network):
            return f"Left {names.network(network)}."
        case c.StageChanged(stage):
            return f"Its stage of development became {stage}."
        case c.StateChanged(state):
            return f"Became {state}."
        case c.Closed(ending, into):
            return f"Closed: {_ending(ending, into)}."
        case c.Reopened():
            return "Reopened."
        case c.SuccessionNoted(predecessor, ending):
            return f"The community {predecessor} {ending} into this one."
        case c.SuccessionWithdrawn(predecessor):
            return f"The community {predecessor} was reopened: it does not go on in this one."
        case c.RoleStarted(_, person, role, begins, ends):
            return _role_started(names.person(person), role, begins, ends)
        case c.MembershipStarted(_, _, person, role, begins, ends):
            return _role_started(names.person(person), role, begins, ends)
        case c.SomebodysRoleStarted(role, begins, ends):
            return _role_started("Somebody", role, begins, ends)
        case c.RoleEnded(role_id, ends) | c.MembershipEnded(_, role_id, ends):
            return f"The role {role_id} ends on {ends.isoformat()}."
        case c.SomebodysRoleEnded(ends):
            return f"Somebody's role ends on {ends.isoformat()}."
        case c.ConvenerNeeded():
            return "It needs a convener."
        case c.ConvenerFound():
            return "It has a convener again."


def _role_started(who: str, role: str, begins: date, ends: date | None) -> str:
    until = f" to {ends.isoformat()}" if ends else ""
    who = FORMER.capitalize() if who == FORMER else who
    return f"{who} is {role} from {begins.isoformat()}{until}."


def _ending(ending: str, into: tuple[str, ...]) -> str:
    others = _join(list(into))
    match ending:
        case "merged":
            return f"merged into {others}"
        case "split":
            return f"split into {others}"
        case "absorbed":
            return "became part of an organisation" + (f" and went on in {others}" if into else "")
        case "error":
            return "registered in error"
        case _:
            return "it faded"


def _join(words: list[str]) -> str:
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)
