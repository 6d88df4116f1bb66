"""Who calls: every kind of caller that a policy may tell apart."""

from collections.abc import Collection, Mapping
from enum import StrEnum

from tests.registry import Caller


class Who(StrEnum):
    ANYONE = "anyone"
    STRANGER = "signed in without a role"
    SELF = "the person themselves"
    MEMBER = "member"
    CO_CONVENER = "co-convener"
    CONVENER = "convener of this community"
    OTHER_CONVENER = "convener of another"
    LEAD = "lead of this network"
    OTHER_LEAD = "lead of another"
    TEAM = "programme team of this cohort"
    OTHER_TEAM = "programme team of another"
    PARTICIPANT = "participant in it"
    GRANTED_OPERATOR = "operator, signed in"
    OPERATOR = "operator's token"
    OPERATOR_FOR = "operator's token for a person"
    SERVICE = "service"
    EXPIRED = "expired token"
    REVOKED = "revoked session"
    SUSPENDED = "suspended person"
    ERASED = "erased person"


# Those whose token no longer says who they are: to any route that is not for anyone, 401.
NOBODY = frozenset({Who.ANYONE, Who.EXPIRED, Who.REVOKED, Who.SUSPENDED, Who.ERASED})
SIGNED_IN = frozenset(Who) - NOBODY - {Who.OPERATOR, Who.OPERATOR_FOR, Who.SERVICE}
OPERATORS = frozenset({Who.GRANTED_OPERATOR, Who.OPERATOR, Who.OPERATOR_FOR})
EVERYONE = frozenset(Who)

Callers = Mapping[Who, Caller]


def expected(who: Who, allowed: Collection[Who]) -> str:
    """What the answer must be: `let in`, or the status of the refusal."""
    if who in allowed:
        return "let in"
    return "401" if who in NOBODY else "403"


def outcome(status: int) -> str:
    """What an answer came to, as far as authorisation goes."""
    return str(status) if status in (401, 403) else "let in"
