"""A community: what is known of it, what may be done, and what happened."""

from dataclasses import dataclass, fields, replace
from datetime import date
from typing import Any

from services.registry.domain.refusal import Refused
from services.registry.domain.roles import CONVENER, Role

STAGES = ("potential", "coalescing", "maturing", "stewardship", "transformation")
PROPOSED, ACTIVE, DORMANT, CLOSED = "proposed", "active", "dormant", "closed"
ENDINGS = ("faded", "merged", "split", "absorbed", "error")
_LAWFUL = {PROPOSED: (ACTIVE,), ACTIVE: (DORMANT,), DORMANT: (ACTIVE,), CLOSED: ()}


# --- what happened ---


@dataclass(frozen=True, slots=True)
class Registered:
    """`source` and `run` are of an import; a record of one is unclaimed until it has a convener."""

    name: str
    domain: str
    topics: tuple[str, ...] = ()
    practice: str = ""
    learning_question: str = ""
    sectors: tuple[str, ...] = ()
    region: str = ""
    networks: tuple[str, ...] = ()
    organisation: str | None = None
    stage: str | None = None
    state: str = ACTIVE
    url: str | None = None
    external_id: str | None = None
    source: str | None = None
    run: str | None = None


@dataclass(frozen=True, slots=True)
class Described:
    """Only the fields that changed; an empty text or list clears. `run` is of an import."""

    name: str | None = None
    domain: str | None = None
    topics: tuple[str, ...] | None = None
    practice: str | None = None
    learning_question: str | None = None
    sectors: tuple[str, ...] | None = None
    region: str | None = None
    organisation: str | None = None
    url: str | None = None
    external_id: str | None = None
    run: str | None = None


@dataclass(frozen=True, slots=True)
class NetworkJoined:
    network: str
    run: str | None = None


@dataclass(frozen=True, slots=True)
class NetworkLeft:
    network: str
    run: str | None = None


@dataclass(frozen=True, slots=True)
class StageChanged:
    stage: str


@dataclass(frozen=True, slots=True)
class StateChanged:
    state: str


@dataclass(frozen=True, slots=True)
class Closed:
    ending: str
    into: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Reopened:
    pass


@dataclass(frozen=True, slots=True)
class SuccessionNoted:
    """Another community ended in this one."""

    predecessor: str
    ending: str


@dataclass(frozen=True, slots=True)
class RoleStarted:
    role_id: str
    person: str
    role: str
    begins: date
    ends: date | None = None


@dataclass(frozen=True, slots=True)
class RoleEnded:
    """`ends` is the first day on which the person no longer has the role."""

    role_id: str
    ends: date


@dataclass(frozen=True, slots=True)
class ConvenerNeeded:
    pass


@dataclass(frozen=True, slots=True)
class ConvenerFound:
    pass


CommunityEvent = (
    Registered
    | Described
    | NetworkJoined
    | NetworkLeft
    | StageChanged
    | StateChanged
    | Closed
    | Reopened
    | SuccessionNoted
    | RoleStarted
    | RoleEnded
    | ConvenerNeeded
    | ConvenerFound
)

_LISTED = ("name", "domain", "topics", "region", "url")  # what an import's record may hold
DESCRIPTION = tuple(f.name for f in fields(Described) if f.name != "run")


# --- what it is ---


@dataclass(frozen=True, slots=True)
class Community:
    """`touched` names the fields that a person has changed: an import leaves them alone."""

    registered: bool = False
    name: str = ""
    domain: str = ""
    topics: tuple[str, ...] = ()
    practice: str = ""
    learning_question: str = ""
    sectors: tuple[str, ...] = ()
    region: str = ""
    networks: tuple[str, ...] = ()
    organisation: str | None = None
    stage: str | None = None
    state: str = ACTIVE
    url: str | None = None
    external_id: str | None = None
    source: str | None = None
    unclaimed: bool = False
    needs_convener: bool = False
    roles: tuple[Role, ...] = ()
    ending: str | None = None
    successors: tuple[str, ...] = ()
    predecessors: tuple[str, ...] = ()
    touched: frozenset[str] = frozenset()

    def has_convener(self, today: date) -> bool:
        return any(role.role == CONVENER and role.current(today) for role in self.roles)


def evolve(community: Community, event: CommunityEvent) -> Community:
    """The community after an event."""
    match event:
        case Registered():
            return _registered(event)
        case Described():
            return _described(community, event)
        case NetworkJoined(network, run):
            joined = replace(community, networks=(*community.networks, network))
            return joined if run else _touch(joined, "networks")
        case NetworkLeft(network, run):
            left = tuple(n for n in community.networks if n != network)
            changed = replace(community, networks=left)
            return changed if run else _touch(changed, "networks")
        case StageChanged(stage):
            return replace(community, stage=stage)
        case StateChanged(state):
            return replace(community, state=state)
        case Closed(ending, into):
            return replace(community, state=CLOSED, ending=ending, successors=into)
        case Reopened():
            return replace(community, state=ACTIVE, ending=None, successors=())
        case SuccessionNoted(predecessor):
            known = dict.fromkeys((*community.predecessors, predecessor))  # one may end here twice
            return replace(community, predecessors=tuple(known))
        case RoleStarted(role_id, person, role, begins, ends):
            started = Role(role_id, person, role, begins, ends)
            claimed = community.unclaimed and role != CONVENER
            return replace(community, roles=(*community.roles, started), unclaimed=claimed)
        case RoleEnded(role_id, ends):
            roles = (replace(r, ends=ends) if r.id == role_id else r for r in community.roles)
            return replace(community, roles=tuple(roles))
        case ConvenerNeeded():
            return replace(community, needs_convener=True)
        case ConvenerFound():
            return replace(community, needs_convener=False)


def _registered(event: Registered) -> Community:
    known = {f.name: getattr(event, f.name) for f in fields(event) if f.name != "run"}
    imported = event.source is not None
    return Community(registered=True, unclaimed=imported, needs_convener=not imported, **known)


def _described(community: Community, event: Described) -> Community:
    changes: dict[str, Any] = {
        name: value for name in DESCRIPTION if (value := getattr(event, name)) is not None
    }
    for name in changes.keys() & {"organisation", "url", "external_id"}:
        changes[name] = changes[name] or None  # an empty text clears
    described = replace(community, **changes)
    return described if event.run else _touch(described, *changes)


def _touch(community: Community, *names: str) -> Community:
    return replace(community, touched=community.touched | set(names))


# --- what may be done ---


@dataclass(frozen=True, slots=True)
class Register:
    community: Registered


@dataclass(frozen=True, slots=True)
class Describe:
    """The new values of the fields that the caller named, None for the others."""

    changes: Described
    networks: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Import:
    """A record of a list, as the list has it now."""

    record: Registered


@dataclass(frozen=True, slots=True)
class ChangeStage:
    stage: str


@dataclass(frozen=True, slots=True)
class ChangeState:
    state: str


@dataclass(frozen=True, slots=True)
class Close:
    """`self_id` is this community's; `closed` names those of `into` that are closed themselves."""

    self_id: str
    ending: str
    into: tuple[str, ...]
    closed: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Reopen:
    today: date


@dataclass(frozen=True, slots=True)
class NoteSuccession:
    predecessor: str
    ending: str


@dataclass(frozen=True, slots=True)
class StartRole:
    role: Role
    today: date


@dataclass(frozen=True, slots=True)
class EndRole:
    role_id: str
    ends: date
    today: date


Command = (
    Register
    | Describe
    | Import
    | ChangeStage
    | ChangeState
    | Close
    | Reopen
    | NoteSuccession
    | StartRole
    | EndRole
)


def decide(community: Community, command: Command) -> list[CommunityEvent]:
    """What a command brings about. Raises Refused."""
    match command:
        case Register(registered):
            if community.registered:
                raise Refused("A community with this id is registered already.", unlawful=True)
            return [registered]
        case Import(record):
            return _import(community, record)
        case _ if not community.registered:
            raise Refused("There is no such community.", unlawful=True)
        case Reopen(today):
            if community.state != CLOSED:
                raise Refused("Only a closed community can be reopened.", unlawful=True)
            return _with_convening(community, Reopened(), today)
        case EndRole():
            return _end_role(community, command)
        case _ if community.state == CLOSED:
            raise Refused("This community is closed. Reopen it first.", unlawful=True)
        case Describe(changes, networks):
            return [*_changes(community, changes), *_networks(community, networks)]
        case ChangeStage(stage):
            return [] if stage == community.stage else [StageChanged(stage)]
        case ChangeState(state):
            return _change_state(community, state)
        case Close():
            return _close(command)
        case NoteSuccession(predecessor, ending):
            return [SuccessionNoted(predecessor, ending)]
        case StartRole(role, today):
            return _start_role(community, role, today)


def _changes(community: Community, wanted: Described) -> list[CommunityEvent]:
    """One event with only what differs, or none."""
    changed = {
        name: value
        for name in DESCRIPTION
        if (value := getattr(wanted, name)) is not None
        and value != (getattr(community, name) or type(value)())
    }
    return [Described(**changed, run=wanted.run)] if changed else []


def _networks(
    community: Community, wanted: tuple[str, ...] | None, run: str | None = None
) -> list[CommunityEvent]:
    if wanted is None:
        return []
    joined = [NetworkJoined(n, run) for n in wanted if n not in community.networks]
    left = [NetworkLeft(n, run) for n in community.networks if n not in wanted]
    return [*joined, *left]


def _import(community: Community, record: Registered) -> list[CommunityEvent]:
    if not community.registered:
        return [record]
    if community.state == CLOSED:
        return []
    untouched = [name for name in _LISTED if name not in community.touched]
    listed: dict[str, Any] = {name: getattr(record, name) for name in untouched}
    if listed.get("url", "") is None:
        listed["url"] = ""
    networks = None if "networks" in community.touched else record.networks
    described = Described(**listed, run=record.run)
    return [*_changes(community, described), *_networks(community, networks, record.run)]


def kept(community: Community, record: Registered) -> list[str]:
    """The fields in which a list differs from what a person has changed since."""
    return sorted(
        name
        for name in community.touched & {*_LISTED, "networks"}
        if (getattr(record, name) or None) != (getattr(community, name) or None)
    )


def _change_state(community: Community, state: str) -> list[CommunityEvent]:
    if state == community.state:
        return []
    if state not in _LAWFUL[community.state]:
        lawful = " or ".join(_LAWFUL[community.state]) or "nothing else"
        raise Refused(
            f"A community that is {community.state} can become {lawful}, not {state}.",
            field="state",
            unlawful=True,
        )
    return [StateChanged(state)]


def _close(command: Close) -> list[CommunityEvent]:
    if command.self_id in command.into:
        raise Refused("A community cannot end in itself.", field="into")
    if command.ending in ("merged", "split") and not command.into:
        raise Refused(f"Say in which community or communities it {command.ending}.", field="into")
    if command.ending not in ("merged", "split", "absorbed") and command.into:
        raise Refused(f"One that ended as {command.ending} has no successor.", field="into")
    if command.closed:
        names = ", ".join(sorted(command.closed))
        raise Refused(f"A successor must not be closed itself: {names} is.", field="into")
    return [Closed(command.ending, command.into)]


def _start_role(community: Community, role: Role, today: date) -> list[CommunityEvent]:
    if role.ends is not None and role.ends <= role.begins:
        raise Refused("A role ends after the day on which it begins.", field="to")
    for other in community.roles:
        if other.overlaps(role):
            raise Refused(
                f"This person is {role.role} here from {other.begins} to"
                f" {other.ends or 'an open end'} already; two such times must not overlap.",
                field="from",
                unlawful=True,
            )
    started = RoleStarted(role.id, role.person, role.role, role.begins, role.ends)
    return _with_convening(community, started, today)


def _end_role(community: Community, command: EndRole) -> list[CommunityEvent]:
    role = next((r for r in community.roles if r.id == command.role_id), None)
    if role is None:
        raise Refused("This community has no such role.", unlawful=True)
    if command.ends <= role.begins:
        raise Refused(f"A role that began on {role.begins} ends on a later day.", field="to")
    if role.ends == command.ends:
        return []
    for other in community.roles:
        if other.id != role.id and other.overlaps(replace(role, ends=command.ends)):
            raise Refused("This would overlap a later time in the same role.", field="to")
    return _with_convening(community, RoleEnded(role.id, command.ends), command.today)


def _with_convening(
    community: Community, event: CommunityEvent, today: date
) -> list[CommunityEvent]:
    """The event, and with it that a convener is needed or found, where that is no longer so."""
    after = evolve(community, event)
    if after.state == CLOSED or after.unclaimed:
        return [event]
    if after.needs_convener != after.has_convener(today):
        return [event]
    return [event, ConvenerFound() if after.needs_convener else ConvenerNeeded()]
