"""Suspending people, and restoring them."""

from typing import Any

from flask import Response

from services.registry import people
from services.registry.api.people import former
from services.registry.domain.refusal import Refused
from services.registry.identity.suspensions import handlers
from services.registry.identity.suspensions.schemas import SuspensionBody
from shared.connection import Connection
from shared.http.policies import operator, policy
from shared.web.bodies import Blueprint
from shared.web.callers import caller
from shared.web.commands import Answer, cause, transact
from shared.web.context import service
from shared.web.errors import Problem, refused

blp = Blueprint("suspensions", "suspensions", description="People who may not act for now")


@blp.post("/people/<person>/suspension")
@blp.doc(summary="Suspend a person: signed out everywhere, and nothing is sent to them")
@policy(operator, fresh=True)
@blp.arguments(SuspensionBody)
def suspend(fields: dict[str, Any], person: str) -> Response:
    """Here at once, in the other services once they have heard. Their signed links stop as well."""

    def work(connection: Connection) -> Answer:
        _require(connection, person)
        if person == caller().person:
            raise Problem(409, "Nobody suspends themselves; another operator can.")
        try:
            suspended = handlers.suspend(
                service().streams,
                connection,
                person,
                fields["reason"],
                cause=cause(),
                now=service().clock.now(),
            )
        except Refused as refusal:
            raise refused(refusal) from refusal
        return Answer(suspended._asdict())

    return transact(service(), work)


@blp.delete("/people/<person>/suspension")
@blp.doc(summary="Restore a suspended person: they may sign in again")
@policy(operator, fresh=True)
def restore(person: str) -> Response:
    def work(connection: Connection) -> Answer:
        _require(connection, person)
        handlers.restore(
            service().streams, connection, person, cause=cause(), now=service().clock.now()
        )
        return Answer({"person": person, "suspended": False})

    return transact(service(), work)


def _require(connection: Connection, person: str) -> None:
    """Raises Problem: 404 where there never was such a person, 410 where they were erased."""
    if people.by_id(connection, person) is None:
        former(connection, person)
        raise Problem(410, "This person was erased.")
