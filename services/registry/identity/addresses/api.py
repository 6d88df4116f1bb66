"""Changing one's address: a code goes to the new one, and the old one is told."""

from typing import Any

from flask import Response
from sqlalchemy.exc import IntegrityError

from services.registry import people
from services.registry.identity.addresses import handlers
from services.registry.identity.addresses.decider import Outcome
from services.registry.identity.addresses.handlers import Confirmation, TooManyChanges
from services.registry.identity.addresses.schemas import AddressChangeBody, ConfirmationBody
from services.registry.identity.sign_ins.handlers import is_code
from services.registry.rules import CODE_TRIES
from shared.http.policies import policy, self_
from shared.web.answers import json_response
from shared.web.bodies import Blueprint
from shared.web.commands import cause
from shared.web.context import service
from shared.web.errors import Problem, invalid, not_found, too_many

blp = Blueprint("addresses", "addresses", description="Changing one's address")
_AGAIN = "Ask for a new one."
_REFUSALS = {
    Outcome.USED: (410, f"This code was used already. {_AGAIN}"),
    Outcome.EXPIRED: (410, f"This code has expired: it is good for 15 minutes. {_AGAIN}"),
    Outcome.TOO_MANY_TRIES: (
        429,
        f"A code was typed wrongly {CODE_TRIES} times, so it no longer works. {_AGAIN}",
    ),
}


@blp.post("/people/<person>/address-changes")
@blp.doc(summary="Ask for a code that is sent to the new address")
@policy(self_(), fresh=True)
@blp.arguments(AddressChangeBody)
@blp.alt_response(202, description="Sent, if the address can be written to and is nobody else's")
def ask(fields: dict[str, Any], person: str) -> Response:
    """The same answer whoever has the new address. Three an hour, each good for 15 minutes."""
    here = service()
    now = here.clock.now()
    try:
        with here.write() as connection:
            change = handlers.request(
                here.streams,
                connection,
                person,
                fields["email"],
                here.settings.secret,
                cause=cause(),
                now=now,
            )
    except TooManyChanges as error:
        words = "You asked for too many changes of your address. Try again later."
        raise too_many(words, error.until, now) from error
    return json_response({"address_change": change}, 202, private=True)


@blp.post("/people/<person>/address-changes/<change>/completion")
@blp.doc(summary="Confirm the new address by the code that was sent to it")
@policy(self_())
@blp.arguments(ConfirmationBody)
def complete(fields: dict[str, Any], person: str, change: str) -> Response:
    """The old address is told."""
    here = service()
    try:
        with here.write() as connection:
            found = handlers.confirm(
                here.streams,
                connection,
                person,
                change,
                proven=is_code(here.settings.secret, change, fields["code"]),
                cause=cause(),
                now=here.clock.now(),
            )
            body = people.shown(connection, found.person) if found.person else None
    except IntegrityError:  # another got the address at the same moment
        found = Confirmation(Outcome.WRONG_CODE)
    if found.person is None:
        raise _refusal(found.outcome, change)
    return json_response(body, version=found.person.version, private=True)


def _refusal(outcome: Outcome, change: str) -> Problem:
    if outcome is Outcome.UNKNOWN:
        return not_found(f"There is no change {change} of your address, or no longer. {_AGAIN}")
    if outcome is Outcome.WRONG_CODE:
        return invalid("code", "is not the code of the email; type its six digits")
    return Problem(*_REFUSALS[outcome])
