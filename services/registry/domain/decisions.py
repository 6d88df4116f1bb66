"""What may be done with a community, and what each command brings about."""

from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from services.registry.domain.community import (
    ACTIVE,
    CLOSED,
    DESCRIPTION,
    DORMANT,
    LISTED,
    PROPOSED,
    Closed,
    Community,
    CommunityEvent,
    ConvenerFound,
    ConvenerNeeded,
    Described,
    MembershipEnded,
    MembershipStarted,
    NetworkJoined,
    NetworkLeft,
    Registered,
    Reopened,
    StageChanged,
    StateChanged,
    SuccessionNoted,
    SuccessionWithdrawn,
    evolve,
)
from services.registry.domain.refusal import Refused
from services.registry.domain.roles import Role

_LAWFUL = {PROPOSED: (ACTIVE,), ACTIVE: (DORMANT,), DORMANT: (ACTIVE,), CLOSED: ()}


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
class WithdrawSuccession:
    predecessor: str


@dataclass(frozen=True, slots=True)
class StartRole:
    """`community` is this one's id: what is said of its people names it."""

    community: str
    role: Role
    today: date


@dataclass(frozen=True, slots=True)
class EndRole:
    community: str
    role_id: str
    ends: date
    today: date


@dataclass(frozen=True, slots=True)
class RemovePerson:
    """End whatever a person holds here: the person is being erased."""

    community: str
    person: str
    today: date


@dataclass(frozen=True, slots=True)
class ReviewConveners:
    """Time alone begins and ends roles: say whether there is a convener today."""

    today: date


@dataclass(frozen=True, slots=True)
class UndoImport:
    """Take back what an import's run did: `after` is what it made of the community, `before` what
    that was until then, or None where the run registered it."""

    run: str
    before: Community | None
    after: Community


Command = (
    Register
    | Describe
    | Import
    | ChangeStage
    | ChangeState
    | Close
    | Reopen
    | NoteSuccession
    | WithdrawSuccession
    | StartRole
    | EndRole
    | RemovePerson
    | ReviewConveners
    | UndoImport
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
        case WithdrawSuccession(predecessor):
            known = predecessor in community.predecessors
            return [SuccessionWithdrawn(predecessor)] if known else []
        case EndRole():
            return _end_role(community, command)
        case RemovePerson():
            return _remove_person(community, command)
        case ReviewConveners(today):
            return _convening(community, community, today)
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
        case StartRole():
            return _start_role(community, command)
        case UndoImport(run, before, after):
            return _undo_import(community, run, before, after)


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
    taken_back = community.state == CLOSED and community.taken_back
    if community.state == CLOSED and not taken_back:
        return []
    untouched = [name for name in LISTED if name not in community.touched]
    listed: dict[str, Any] = {name: getattr(record, name) for name in untouched}
    if listed.get("url", "") is None:
        listed["url"] = ""
    networks = None if "networks" in community.touched else record.networks
    described = Described(**listed, run=record.run)
    changed = [*_changes(community, described), *_networks(community, networks, record.run)]
    return [Reopened(run=record.run), *changed] if taken_back else changed


def kept(community: Community, record: Registered) -> list[str]:
    """The fields in which a list differs from what a person has changed since."""
    return sorted(
        name
        for name in community.touched & {*LISTED, "networks"}
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


def _start_role(community: Community, command: StartRole) -> list[CommunityEvent]:
    role = command.role
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
    started = MembershipStarted(
        command.community, role.id, role.person, role.role, role.begins, role.ends
    )
    return _with_convening(community, started, command.today)


def _end_role(community: Community, command: EndRole) -> list[CommunityEvent]:
    role = next((r for r in community.roles if r.id == command.role_id), None)
    if role is None:
        raise Refused("This community has no such role.", unlawful=True)
    if command.ends <= role.begins:
        raise Refused(f"A role that began on {role.begins} ends on a later day.", field="to")
    if role.ends == command.ends:
        return []
    if role.ends is not None and role.ends <= command.today and role.ends < command.ends:
        raise Refused(
            f"This role ended on {role.ends}, and stays ended. Give a new one instead.",
            field="to",
            unlawful=True,
        )
    for other in community.roles:
        if other.id != role.id and other.overlaps(replace(role, ends=command.ends)):
            raise Refused("This would overlap a later time in the same role.", field="to")
    ended = MembershipEnded(command.community, role.id, command.ends)
    return _with_convening(community, ended, command.today)


def _remove_person(community: Community, command: RemovePerson) -> list[CommunityEvent]:
    """A role that has not begun ends on the day on which it would have: it never was."""
    events: list[CommunityEvent] = []
    after, today = community, command.today
    for role in community.roles:
        if role.person == command.person and (role.ends is None or role.ends > today):
            ends = max(today, role.begins)
            events.append(MembershipEnded(command.community, role.id, ends))
            after = evolve(after, events[-1])
    return [*events, *_convening(community, after, today)] if events else []


def _with_convening(
    community: Community, event: CommunityEvent, today: date
) -> list[CommunityEvent]:
    """The event, and with it that a convener is needed or found, where that is no longer so."""
    return [event, *_convening(community, evolve(community, event), today)]


def _convening(before: Community, after: Community, today: date) -> list[CommunityEvent]:
    if after.state == CLOSED or after.unclaimed:
        return []
    if before.needs_convener != after.has_convener(today):
        return []
    return [ConvenerFound() if before.needs_convener else ConvenerNeeded()]


def _undo_import(
    community: Community, run: str, before: Community | None, after: Community
) -> list[CommunityEvent]:
    """What nobody has changed since is as it was before the run; the rest stays."""
    if before is None:
        alone = not community.touched and not community.roles and community.unclaimed
        return [Closed("error", run=run)] if alone else []
    restored: dict[str, Any] = {}
    for name in LISTED:
        was, became = getattr(before, name), getattr(after, name)
        by_people = name in community.touched or getattr(community, name) != became
        if was != became and not by_people:
            restored[name] = was or (() if name == "topics" else "")
    changed = _changes(community, Described(**restored, run=run))
    by_people = "networks" in community.touched or community.networks != after.networks
    if before.networks == after.networks or by_people:
        return changed
    return [*changed, *_networks(community, before.networks, run)]
