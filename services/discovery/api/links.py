"""Links between communities: proposed by one, accepted or refused by the other, ended by either."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from flask import Response, request

from services.discovery import link_texts, links
from services.discovery.api.answers import decided, linking
from services.discovery.api.asking import of_the_two_alone, reader
from services.discovery.api.schemas import AcceptanceBody, EndingBody, LinkBody, RefusalBody
from services.discovery.domain.link import PROPOSED, PURPOSES, STATES, Proposed, Two
from services.discovery.domain.link_decisions import Accept, End, Known, Refuse
from services.discovery.domain.proposal_limits import AGAIN_AFTER, MOST_A_DAY
from services.discovery.linking import known
from services.discovery.links import ORDER, Found, Reader
from services.discovery.projections.conveners import convened_by
from services.discovery.proposing import TooMany, check_limits
from shared.clock import rfc3339
from shared.connection import Connection
from shared.http import reads
from shared.http.acting import acts_for_platform
from shared.http.policies import (
    anyone,
    co_convener_of,
    convener_of,
    operator,
    policy,
    service_token,
)
from shared.identifiers import is_id
from shared.service.authority import convened
from shared.web.answers import json_response
from shared.web.bodies import Blueprint
from shared.web.callers import ANYONE, PERSON, caller, unauthorised
from shared.web.changing import changing
from shared.web.commands import Answer, check_version
from shared.web.context import service
from shared.web.errors import Problem, invalid, not_found, too_many
from shared.web.paging import page_asked, page_response
from shared.web.parameters import DRY_RUN, PAGE, Described, takes

blp = Blueprint("links", "links", description="Links between communities, by consent of both")
_SIDES = policy(convener_of("link"), co_convener_of("link"), operator, service_token)
_IN_PRIVATE = (PROPOSED, "refused", "lapsed")
_PERSON = "Those of the communities that this person convenes: for the person, and the operator"
_FILTERS: Mapping[str, Described] = {
    "state": {
        "schema": {"enum": [*STATES]},
        "description": "In this state; those never agreed are for the conveners of the two",
    },
    **PAGE,
}


@blp.post("/links")
@blp.doc(
    summary="Propose a link; where the other side has proposed one, it is agreed",
    description=f"{MOST_A_DAY} a day of one person; after a refusal or a lapse, from one community"
    f" to the same other again in {AGAIN_AFTER.days} days.",
)
@takes(DRY_RUN)
@policy(convener_of("body:from"), co_convener_of("body:from"), operator, service_token)
@blp.arguments(LinkBody)
@blp.alt_response(201, description="The proposal")
def propose(fields: dict[str, Any]) -> Response:
    side, person = _who(fields["by"])
    communities = (fields["from_"], fields["to"])
    if side not in (None, communities[0]):
        raise invalid("by", "must be the community that proposes, or a person")

    def work(connection: Connection) -> Answer:
        _check_convenes(connection, side, person, communities[:1])
        _check_limits(connection, communities)
        link, events = decided(
            linking(connection).propose,
            *(communities, fields["purpose"], person, fields["message"]),
        )
        found = require(connection, link)
        new = any(isinstance(event, Proposed) for event in events)
        body = documents(connection, [found])[0]
        return Answer(body, 201 if new else 200, found.version, f"/links/{link}" if new else None)

    return changing(work)


@blp.get("/links")
@blp.doc(summary="Links, in the order in which they began; proposals only for the two's conveners")
@takes({"community": "Those of this community", "person": _PERSON, **_FILTERS})
@policy(anyone)
def all_links() -> Response:
    return _list(request.args.get("community"), request.args.get("person"))


@blp.get("/communities/<community>/links")
@blp.doc(summary="A community's links; its proposals only for the two's conveners")
@takes(_FILTERS)
@policy(anyone)
def links_of_community(community: str) -> Response:
    with service().database.read() as connection:
        if community not in known(connection, [community]):
            raise not_found(
                f"Discovery knows no community {community}."
                " If it was registered a moment ago, it may still be on its way."
            )
    return _list(community)


@blp.get("/links/purposes")
@blp.doc(summary="What links are mostly for: suggestions, any other short phrase will do")
@policy(anyone)
def purposes() -> Response:
    return json_response({"items": PURPOSES})


@blp.get("/links/<link>")
@blp.doc(summary="One link; for the two's conveners also what the two wrote to one another")
@policy(anyone)
def one_link(link: str) -> Response:
    with service().database.read() as connection:
        found = require(connection, link)
        sees = reader(connection)
        own = sees.speaks_for(*found.link.communities)
        if not (found.link.agreed or own):
            raise not_found(
                f"There is no public link {link}; proposals are for the two's conveners."
            )
        body = documents(connection, [found])[0]
        if own:
            body["texts"] = link_texts.of_link(connection, link)
        writers = link_texts.writers(connection, link) if sees.all_of_it else []
    reads.record(writers, "what you wrote about a link between communities")
    return json_response(body, version=found.version, private=own)


@blp.post("/links/<link>/acceptance")
@blp.doc(summary="Accept a proposed link, for the community that it was proposed to")
@takes(DRY_RUN)
@_SIDES
@blp.arguments(AcceptanceBody)
def accept(fields: dict[str, Any], link: str) -> Response:
    side, person = _who(fields["by"])
    return _act(link, Accept(side, person), answers=True)


@blp.post("/links/<link>/refusal")
@blp.doc(summary="Refuse a proposed link, for the community that it was proposed to")
@takes(DRY_RUN)
@_SIDES
@blp.arguments(RefusalBody)
def refuse(fields: dict[str, Any], link: str) -> Response:
    side, person = _who(fields["by"])
    reason = fields["reason"]
    return _act(
        link,
        Refuse(side, person, words=bool(reason)),
        (link_texts.REFUSAL, person, reason),
        answers=True,
    )


@blp.post("/links/<link>/ending")
@blp.doc(summary="End a link, from either side; or take a proposal of one's own back")
@takes(DRY_RUN)
@_SIDES
@blp.arguments(EndingBody)
def end(fields: dict[str, Any], link: str) -> Response:
    side, person = _who(fields["by"])
    reason, outcome = fields["reason"], fields.get("outcome")
    side = side or _convened(link, person)
    return _act(
        link,
        End(side, person, outcome, words=bool(reason)),
        (link_texts.ENDING, person, reason),
    )


def require(connection: Connection, link: str) -> Found:
    """Raises Problem 404 where there is no such link."""
    found = links.one(connection, link)
    if found is None:
        raise not_found(f"There is no link {link}.")
    return found


def documents(connection: Connection, found: list[Found]) -> list[dict[str, Any]]:
    """Links as the caller may see them."""
    named = known(connection, (c for f in found for c in f.link.communities))
    sees = reader(connection)
    return [_document(f, named, sees) for f in found]


def _document(found: Found, named: dict[str, Known], sees: Reader) -> dict[str, Any]:
    link = found.link
    one, other = link.communities
    shown: dict[str, Any] = {
        "id": found.id,
        "from": one,
        "to": other,
        "communities": [
            {"id": c, "name": named[c].name if c in named else ""} for c in (one, other)
        ],
        "purpose": link.purpose,
        "state": link.state,
        "accepted_at": found.agreed_at,
        "over_at": found.over_at,
        "ended_by": link.side if link.state == "ended" else None,
        "outcome": link.outcome,
        "ending": {"how": link.ending, "into": link.into} if link.ending else None,
        "continues": link.continues,
        "successor": link.successor,
    }
    if sees.speaks_for(one, other):
        lapses = link.lapses if link.state == PROPOSED else None
        shown |= {
            "proposed_at": found.proposed_at,
            "lapses_at": rfc3339(lapses) if lapses else None,
            "other_purpose": link.also,
        }
    return shown


def _act(
    link: str,
    command: Accept | Refuse | End,
    words: tuple[str, str | None, str | None] | None = None,
    *,
    answers: bool = False,
) -> Response:
    """Carry it out; one that `answers` a proposal is for those to whom it was made."""

    def work(connection: Connection) -> Answer:
        communities = require(connection, link).link.communities
        asked = communities[1:] if answers else communities
        _check_convenes(connection, command.side, command.by, asked)
        check = partial(check_version, link)
        decided(linking(connection).act, link, command, check=check, words=words)
        found = require(connection, link)
        return Answer(documents(connection, [found])[0], 200, found.version)

    return changing(work)


def _list(community: str | None, person: str | None = None) -> Response:
    state = request.args.get("state")
    if state not in (None, *STATES):
        raise invalid("state", f"must be one of: {', '.join(STATES)}")
    if state in _IN_PRIVATE and caller().kind == ANYONE:
        raise of_the_two_alone()
    wanted = page_asked(ORDER, len(ORDER.split()))
    with service().database.read() as connection:
        among = None if person is None else _convened_by(connection, person)
        listed = links.page(
            *(connection, wanted),
            community=community,
            state=state,
            among=among,
            reader=reader(connection),
        )
        items = documents(connection, listed.items)
    if person is not None:
        reads.record([person], "the links of the communities that you convene")
    return page_response(items, listed.next)


def _convened_by(connection: Connection, person: str) -> frozenset[str]:
    """Raises Problem 401 or 403 where it is not for the caller to ask what this person convenes."""
    if caller().kind == ANYONE:
        raise unauthorised("What a person convenes is for the person.")
    if caller().actor != person and not acts_for_platform(connection):
        raise Problem(403, "person: what a person convenes is for the person, and the operator.")
    return convened(connection, person, service().clock.now().date())


def _who(by: str | None) -> tuple[str | None, str | None]:
    """The community and the person that act, as far as is said. Raises Problem 422."""
    actor = caller().actor
    if by is None:
        return None, actor
    if is_id(by, "per"):
        if actor not in (None, by):
            raise Problem(403, "`by` names another person than the one for whom the token acts.")
        return None, by
    if by.startswith("com_"):
        return by, actor
    raise invalid(
        "by", "must be the id of one of the two communities, com_…, or of a person, per_…"
    )


def _check_limits(connection: Connection, communities: Two) -> None:
    """Raises Problem 429; operators write down what was agreed otherwise, however much it is."""
    who, now = caller(), service().clock.now()
    if who.kind != PERSON or acts_for_platform(connection):
        return
    try:
        check_limits(connection, who.person, communities, now)
    except TooMany as error:
        words = f"{error} Propose it again from {rfc3339(error.until)} on."
        raise too_many(words, error.until, now) from error


def _check_convenes(
    connection: Connection, side: str | None, person: str | None, communities: Sequence[str]
) -> None:
    """Raises Problem 409 where a person acts who convenes none of these communities; 403 where
    they do so themselves.

    Operators may say for which side: they write down what was agreed otherwise.
    """
    if caller().kind == PERSON and not acts_for_platform(connection):
        _check_own_side(connection, side, communities)
    if side is not None or person is None:
        return
    today = service().clock.now().date()
    if not convened_by(connection, person, communities, today):
        named = known(connection, communities)
        names = " or ".join(named[c].name if c in named else c for c in communities)
        reason = (
            f"this person does not convene {names}. If the role was given a moment ago, it may"
            " still be on its way; who acts for the community otherwise names it in `by`."
        )
        raise Problem(409, f"by: {reason}", {"by": [reason]})


def _check_own_side(connection: Connection, side: str | None, communities: Sequence[str]) -> None:
    asked = [key for key in communities if side in (None, key)] or communities
    if not reader(connection).speaks_for(*asked):
        raise Problem(403, f"by: this is for those who convene {' or '.join(asked)}.")


def _convened(link: str, person: str | None) -> str | None:
    """The side that a person acts for: the one that they convene, if it is one."""
    if person is None:
        return None
    with service().database.read() as connection:
        both, today = require(connection, link).link.communities, service().clock.now().date()
        sides = convened_by(connection, person, both, today)
    return sides[0] if len(sides) == 1 else None
