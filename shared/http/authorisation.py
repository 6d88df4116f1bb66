"""Whether the present caller may call the present route: its policy, applied."""

from collections.abc import Collection
from datetime import date

from flask import current_app, request

from shared.connection import Connection
from shared.http.policies import ABOUT, FRESH, Authority, Kind, Policy, Rule, anyone, policy_of
from shared.service import Service
from shared.web.callers import ANYONE, OPERATOR, PERSON, SERVICE, Caller, unauthorised
from shared.web.errors import Problem, invalid, not_found

_TOKENS = {OPERATOR: Kind.OPERATOR, SERVICE: Kind.SERVICE}
_ABOUT_NOTHING = (Kind.OPERATOR, Kind.TEAM)
_FOR_ANYONE = Policy((anyone,))
_MOST_NAMED = 100  # things that one request may name for its policy


def authorise(service: Service, caller: Caller) -> None:
    """Raises Problem: 401 where signing in (again) may help, 403 where it does not, 404 where what
    the policy is about is not there."""
    view = current_app.view_functions.get(request.endpoint or "")
    declared = _FOR_ANYONE if view is None else policy_of(view)  # nothing is at this address
    if declared is None:
        raise Problem(403, "Nobody may call this: no policy says who may.")
    if caller.kind == PERSON:
        _authorise_person(service, caller, declared)
    elif declared.allows(Kind.ANYONE):
        return
    elif caller.kind == ANYONE:
        raise unauthorised("This is not for everyone.")
    elif not declared.allows(_TOKENS[caller.kind]):
        raise _forbidden(declared)


def _authorise_person(service: Service, caller: Caller, declared: Policy) -> None:
    authority = service.authority
    if authority is None:
        raise Problem(403, "People cannot act here themselves yet; ask the operator.")
    with service.database.read() as connection:
        if authority.has_ended(connection, caller.person, caller.session):
            raise unauthorised("This session has ended: sign in again.", how="")
        if declared.allows(Kind.ANYONE):
            return
        today = service.clock.now().date()
        if not _is_let_in(connection, authority, declared, caller.person, today):
            raise _forbidden(declared)
    signed_in = caller.authenticated_at
    if declared.fresh and (signed_in is None or service.clock.now() - signed_in > FRESH):
        raise _stale()


def _is_let_in(
    connection: Connection, authority: Authority, declared: Policy, person: str, today: date
) -> bool:
    missing: str | None = None
    for rule in declared.rules:
        about = ABOUT.get(rule.kind)
        if about is None or not rule.named:
            if rule.kind is Kind.SIGNED_IN or (
                rule.kind in _ABOUT_NOTHING
                and authority.holds(connection, rule.kind, person, (), today)
            ):
                return True
            continue
        things = _things(connection, authority, about, rule)
        if things is None:
            missing = about
        elif rule.kind is Kind.SELF:
            if person in things:
                return True
        elif things and authority.holds(connection, rule.kind, person, things, today):
            return True
    if missing is not None:
        raise not_found(f"There is nothing of this kind here, or no longer: {request.path}.")
    return False


def _things(
    connection: Connection, authority: Authority, about: str, rule: Rule
) -> Collection[str] | None:
    """What the request names for this rule; None where it names something that is not there."""
    place, _, name = rule.named.rpartition(":")
    found: set[str] = set()
    for value in _named(place, name):
        if name == about and place == "":
            found.add(value)
            continue
        things = authority.things(connection, about, name, value)
        if things is None:
            return None
        found.update(things)
    return found


def _named(place: str, name: str) -> list[str]:
    if place == "query":
        values: object = request.args.getlist(name)
        if len(request.args.getlist(name)) > 1:  # one would be looked at here, another there
            raise invalid(name, "is given more than once, and whose it is must be one answer")
    elif place == "body":
        body = request.get_json(silent=True) if request.is_json else None
        values = body.get(name) if isinstance(body, dict) else None
    else:
        values = (request.view_args or {}).get(name)
    listed = values if isinstance(values, list) else [values]
    return [value for value in listed[:_MOST_NAMED] if isinstance(value, str)]


def _forbidden(declared: Policy) -> Problem:
    who = ", ".join(dict.fromkeys(str(rule.kind) for rule in declared.rules))
    return Problem(403, f"This is for: {who}.")


def _stale() -> Problem:
    """As RFC 9470 has it, so that a client knows that signing in again helps."""
    minutes = int(FRESH.total_seconds() // 60)
    return Problem(
        401,
        f"This cannot be undone, so it needs a sign-in of the last {minutes} minutes: sign in"
        " again.",
        headers={
            "WWW-Authenticate": 'Bearer realm="hedgerow",'
            f' error="insufficient_user_authentication", max_age={minutes * 60}'
        },
    )
