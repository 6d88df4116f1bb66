"""A community: what is known of it, what may be done, and what happened."""

from dataclasses import dataclass, fields, replace
from datetime import date
from typing import Any

from services.registry.domain.roles import CONVENER, Role

STAGES = ("potential", "coalescing", "maturing", "stewardship", "transformation")
PROPOSED, ACTIVE, DORMANT, CLOSED = "proposed", "active", "dormant", "closed"
ENDINGS = ("faded", "merged", "split", "absorbed", "error")


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
    """`run` is of an import that was taken back."""

    ending: str
    into: tuple[str, ...] = ()
    run: str | None = None


@dataclass(frozen=True, slots=True)
class Reopened:
    """`run` is of an import that brings back what an earlier one's undoing closed."""

    run: str | None = None


@dataclass(frozen=True, slots=True)
class SuccessionNoted:
    """Another community ended in this one."""

    predecessor: str
    ending: str


@dataclass(frozen=True, slots=True)
class SuccessionWithdrawn:
    """A community that had ended in this one was reopened."""

    predecessor: str


@dataclass(frozen=True, slots=True)
class RoleStarted:
    """As it was published until 0.2, to everyone. Read, never written."""

    role_id: str
    person: str
    role: str
    begins: date
    ends: date | None = None


@dataclass(frozen=True, slots=True)
class RoleEnded:
    """As it was published until 0.2. Read, never written."""

    role_id: str
    ends: date


@dataclass(frozen=True, slots=True)
class SomebodysRoleStarted:
    """What everyone is shown of `RoleStarted` now."""

    role: str
    begins: date
    ends: date | None = None


@dataclass(frozen=True, slots=True)
class SomebodysRoleEnded:
    """What everyone is shown of `RoleEnded` now."""

    ends: date


@dataclass(frozen=True, slots=True)
class MembershipStarted:
    """Somebody has a role in the community; internal, in a stream of its own."""

    community: str
    role_id: str
    person: str
    role: str
    begins: date
    ends: date | None = None


@dataclass(frozen=True, slots=True)
class MembershipEnded:
    """`ends` is the first day on which the person no longer has the role."""

    community: str
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
    | SuccessionWithdrawn
    | RoleStarted
    | RoleEnded
    | MembershipStarted
    | MembershipEnded
    | ConvenerNeeded
    | ConvenerFound
)

PublishedRole = SomebodysRoleStarted | SomebodysRoleEnded

LISTED = ("name", "domain", "topics", "region", "url")  # what an import's record may hold
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
    taken_back: bool = False  # closed by the undoing of the import that registered it

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
        case Closed(ending, into, run):
            closed = replace(community, state=CLOSED, ending=ending, successors=into)
            return replace(closed, taken_back=run is not None)
        case Reopened():
            return replace(community, state=ACTIVE, ending=None, successors=(), taken_back=False)
        case SuccessionNoted(predecessor):
            known = dict.fromkeys((*community.predecessors, predecessor))  # one may end here twice
            return replace(community, predecessors=tuple(known))
        case SuccessionWithdrawn(predecessor):
            left = tuple(p for p in community.predecessors if p != predecessor)
            return replace(community, predecessors=left)
        case RoleStarted(role_id, person, role, begins, ends):
            return _role_started(community, Role(role_id, person, role, begins, ends))
        case MembershipStarted(_, role_id, person, role, begins, ends):
            return _role_started(community, Role(role_id, person, role, begins, ends))
        case RoleEnded(role_id, ends) | MembershipEnded(_, role_id, ends):
            roles = (replace(r, ends=ends) if r.id == role_id else r for r in community.roles)
            return replace(community, roles=tuple(roles))
        case ConvenerNeeded():
            return replace(community, needs_convener=True)
        case ConvenerFound():
            return replace(community, needs_convener=False)


def _role_started(community: Community, role: Role) -> Community:
    """A role of the past is in both streams once it has been copied: it stays where it is."""
    unclaimed = community.unclaimed and role.role != CONVENER
    if any(known.id == role.id for known in community.roles):
        roles = tuple(role if known.id == role.id else known for known in community.roles)
    else:
        roles = (*community.roles, role)
    return replace(community, roles=roles, unclaimed=unclaimed)


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
