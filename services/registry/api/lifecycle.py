"""What becomes of a community: its stage, state and end, and the roles that people hold in it."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from flask import Response

from services.registry import people, queries
from services.registry.api.answers import handle, reader, record_members, shown
from services.registry.api.communities import require
from services.registry.api.schemas import (
    ClosureBody,
    RoleBody,
    RoleEndBody,
    StageBody,
    StateBody,
)
from services.registry.communities.visibility import CONVENING, sees_everyone, sees_members
from services.registry.domain import decisions as d
from services.registry.domain.community import CLOSED, Community
from services.registry.domain.refusal import Refused
from services.registry.domain.roles import CONVENER, Role
from services.registry.events import COMMUNITY
from shared.connection import Connection
from shared.eventstore.events import Conflict, Event
from shared.eventstore.streams import Loaded
from shared.http.policies import (
    co_convener_of,
    convener_of,
    lead_of,
    operator,
    policy,
    self_,
    service_token,
)
from shared.identifiers import new_id
from shared.web.answers import json_response
from shared.web.bodies import Blueprint
from shared.web.commands import Answer, cause, check_version, etag, expected_version, transact
from shared.web.context import service
from shared.web.errors import Problem, invalid, not_found, refused
from shared.web.forecasts import WouldBe, dry_run_asked, only_forecast
from shared.web.parameters import DRY_RUN, takes

blp = Blueprint("lifecycle", "lifecycle", description="Stages, states, endings and roles")


def _act(community: str, command: d.Command) -> Response:
    def work(connection: Connection) -> Answer:
        require(connection, community)
        handle(connection, COMMUNITY, community, command)
        return shown(connection, "communities", community)

    return transact(service(), work)


@blp.post("/communities/<community>/stage")
@blp.doc(summary="Say at which stage of development a community is")
@policy(convener_of(), co_convener_of(), operator, service_token)
@blp.arguments(StageBody)
def change_stage(fields: dict[str, Any], community: str) -> Response:
    return _act(community, d.ChangeStage(fields["stage"]))


@blp.post("/communities/<community>/state")
@blp.doc(summary="Make a community active or dormant")
@policy(convener_of(), co_convener_of(), operator, service_token)
@blp.arguments(StateBody)
def change_state(fields: dict[str, Any], community: str) -> Response:
    return _act(community, d.ChangeState(fields["state"]))


@blp.post("/communities/<community>/reopening")
@blp.doc(summary="Reopen a closed community")
@policy(convener_of(), operator, service_token, fresh=True)
def reopen(community: str) -> Response:
    """Those in which it had gone on are no longer its successors."""

    def work(connection: Connection) -> Answer:
        require(connection, community)
        loaded = service().streams.load(connection, COMMUNITY, community)
        commands: dict[str, d.Command] = {community: d.Reopen(service().clock.now().date())}
        commands |= dict.fromkeys(loaded.state.successors, d.WithdrawSuccession(community))
        _together(connection, community, commands, seen=loaded.version)
        return shown(connection, "communities", community)

    return transact(service(), work)


@blp.post("/communities/<community>/closure")
@blp.doc(summary="Close a community, and say how it ended and in which others it goes on")
@takes(DRY_RUN)
@policy(convener_of(), operator, service_token, fresh=True)
@blp.arguments(ClosureBody)
def close(fields: dict[str, Any], community: str) -> Response:
    """The community and its successors change in one transaction, or none of them does.

    People name only successors that they convene; operators name any.
    """
    into: tuple[str, ...] = fields["into"]

    def close_all(connection: Connection) -> list[Event]:
        require(connection, community)
        if unknown := queries.unknown_ids(connection, "communities", into):
            raise invalid("into", f"{', '.join(unknown)}: no community has this id")
        _allow_successors(connection, into)
        loaded = service().streams.load_many(connection, COMMUNITY, into)
        closed = frozenset(i for i in into if loaded[i].state.state == CLOSED)
        commands: dict[str, d.Command] = {
            community: d.Close(community, fields["ending"], into, closed)
        }
        for successor in into:  # one that is the community itself is refused by the closing
            commands.setdefault(successor, d.NoteSuccession(community, fields["ending"]))
        return _together(connection, community, commands)

    def work(connection: Connection) -> Answer:
        close_all(connection)
        return shown(connection, "communities", community)

    if dry_run_asked():
        return only_forecast(service(), lambda connection: WouldBe(close_all(connection)))
    return transact(service(), work)


def _allow_successors(connection: Connection, into: Sequence[str]) -> None:
    """Both sides agree to what is told of both. Raises Problem 403 for successors of others."""
    who = reader()
    if sees_everyone(connection, who):
        return
    held = queries.present_roles(connection, who.person, service().clock.now().date())
    convened = {role["community"] for role in held if role["role"] == CONVENER}
    if others := [successor for successor in into if successor not in convened]:
        why = (
            f"You do not convene {', '.join(others)}: its conveners or the operator must agree."
            " Ask the operator, who can close this community into it."
        )
        raise Problem(403, why, {"into": [why]})


def _together(
    connection: Connection,
    community: str,
    commands: Mapping[str, d.Command],
    *,
    seen: int | None = None,
) -> list[Event]:
    """Change a community and others with it, in one append; If-Match is about the one.

    `seen` is the version from which the others were told. Raises Problem for a refusal.
    """
    streams = service().streams
    loaded = streams.load_many(connection, COMMUNITY, list(commands))
    if seen is not None and seen != loaded[community].version:
        raise Conflict(community, seen)
    check_version(community, loaded[community].version)
    try:
        changes = [
            change
            for stream, command in commands.items()
            for change in streams.changes(
                COMMUNITY, stream, loaded[stream], d.decide(loaded[stream].state, command)
            )
        ]
    except Refused as refusal:
        raise refused(refusal) from refusal
    return streams.append(connection, changes, cause=cause(), now=service().clock.now())


@blp.post("/communities/<community>/roles")
@blp.doc(summary="Say that a person holds a role from a date on")
@policy(operator, service_token)
@blp.arguments(RoleBody)
@blp.alt_response(201, description="The role")
def start_role(fields: dict[str, Any], community: str) -> Response:
    def work(connection: Connection) -> Answer:
        require(connection, community)
        people.keep(connection, fields["person"])
        if people.by_id(connection, fields["person"]) is None:
            raise invalid("person", f"{fields['person']!r} is no person's id")
        role = Role(new_id("rol"), **fields)
        today = service().clock.now().date()
        loaded = service().streams.load(connection, COMMUNITY, community)
        check_version(f"the roles of {community}", loaded.aside)
        aside = _append(connection, community, loaded, d.StartRole(community, role, today))
        people.set_purpose(connection, role.person, _purpose(role), role.ends)
        return Answer(
            _shown(role, community),
            201,
            aside,
            f"/communities/{community}/roles/{role.id}",
        )

    return transact(service(), work)


@blp.get("/communities/<community>/roles/<role_id>")
@blp.doc(summary="One role, with the ETag of the community's roles")
@policy(
    self_("role_id"), convener_of(), co_convener_of(), lead_of("community"), operator, service_token
)
def get_role(community: str, role_id: str) -> Response:
    """A network's lead sees who convenes its communities, and no members."""
    with service().database.read() as connection:
        require(connection, community)
        loaded = service().streams.load(connection, COMMUNITY, community)
        role = _role(loaded.state, community, role_id)
        own_or_convening = role.role in CONVENING or role.person == reader().person
        today = service().clock.now().date()
        if not own_or_convening and not sees_members(connection, community, reader(), today):
            raise _no_role(community, role_id)
    record_members([{"id": community, "roles": [_shown(role, community)]}])
    shown = json_response(_shown(role, community))
    shown.headers["ETag"] = etag(loaded.aside)
    return shown


@blp.patch("/communities/<community>/roles/<role_id>")
@blp.doc(summary="Say when a role ends")
@policy(self_("role_id"), convener_of(), operator, service_token)
@blp.arguments(RoleEndBody)
def end_role(fields: dict[str, Any], community: str, role_id: str) -> Response:
    """One that has ended stays ended; to a later end it is moved by operators alone."""
    expected_version(required=True)

    def work(connection: Connection) -> Answer:
        require(connection, community)
        loaded = service().streams.load(connection, COMMUNITY, community)
        role = _role(loaded.state, community, role_id)
        check_version(f"the roles of {community}", loaded.aside)
        today = service().clock.now().date()
        if role.ends is not None and today < role.ends < fields["ends"]:
            _allow_longer(connection, role)
        command = d.EndRole(community, role_id, fields["ends"], today)
        aside = _append(connection, community, loaded, command)
        role = replace(role, ends=fields["ends"])
        if people.by_id(connection, role.person) is not None:
            people.set_purpose(connection, role.person, _purpose(role), role.ends)
        return Answer(_shown(role, community), 200, aside)

    return transact(service(), work)


def _allow_longer(connection: Connection, role: Role) -> None:
    """To hold a role for longer is to be given it. Raises Problem 403 for who gives none."""
    if not sees_everyone(connection, reader()):
        why = f"This role ends on {role.ends}. Only the operator can let it go on for longer."
        raise Problem(403, why, {"to": [why]})


def _append(
    connection: Connection, community: str, loaded: Loaded[Community], command: d.Command
) -> int:
    """Decide and append; the version of the community's roles then. Raises Problem."""
    try:
        events = d.decide(loaded.state, command)
    except Refused as refusal:
        raise refused(refusal) from refusal
    streams = service().streams
    changes = streams.changes(COMMUNITY, community, loaded, events)
    streams.append(connection, changes, cause=cause(), now=service().clock.now())
    return loaded.aside + sum(len(change.events) for change in changes[1:])


def _purpose(role: Role) -> str:
    return f"{role.role}, {role.id}"


def _role(state: Community, community: str, role_id: str) -> Role:
    """Raises Problem 404."""
    for role in state.roles:
        if role.id == role_id:
            return role
    raise _no_role(community, role_id)


def _no_role(community: str, role_id: str) -> Problem:
    return not_found(f"The community {community} has no role {role_id}.")


def _shown(role: Role, community: str) -> dict[str, Any]:
    return {
        "id": role.id,
        "community": community,
        "person": role.person,
        "role": role.role,
        "from": role.begins.isoformat(),
        "to": role.ends.isoformat() if role.ends else None,
    }
