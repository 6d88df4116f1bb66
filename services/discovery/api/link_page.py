"""A convener's page about one link, by a signed address: accept or refuse it, and later end it."""

from datetime import timedelta
from typing import Any, NamedTuple

from flask import Response, request

from services.discovery import link_texts
from services.discovery.api.answers import decided, linking
from services.discovery.api.links import require
from services.discovery.domain import link as k
from services.discovery.domain.link_decisions import Accept, Command, End, Refuse
from services.discovery.linking import known
from services.discovery.links import Found
from services.discovery.projections.conveners import convened_by
from services.discovery.projections.registry import DOCUMENTS
from shared import link_renewals
from shared.connection import Connection
from shared.http.policies import anyone, operator, policy, self_
from shared.identifiers import is_id
from shared.projection.generations import FOLLOWED, active
from shared.projection.projection import load_rows
from shared.web.answers import json_response
from shared.web.bodies import Blueprint
from shared.web.context import service
from shared.web.errors import Problem, invalid
from shared.web.fields import uniform
from shared.web.pages import Pages, Unusable, address, check_owner, done, opened
from shared.web.signer import sign

blp = Blueprint("link-page", "link-page", description="A convener's page about a link")
PURPOSE = "link"  # subject: a link and a person, with a space between
_WORKS = timedelta(days=365)
_LONGEST = 2000
_page = Pages("services.discovery")
_THANKS = {
    "accept": "The two communities are linked.",
    "refuse": "The proposal is refused, and the other side is told.",
    "end": "The link has ended.",
    "withdraw": "The proposal is taken back.",
}
_OUTCOMES = {
    "immediate": "Immediate: meeting was worth while in itself",
    "potential": "Potential: we learnt something that we may use",
    "applied": "Applied: we changed something that we do",
    "realised": "Realised: what we do has better results",
    "reframing": "Reframing: we see now differently what success is",
    "none": "None so far",
}


class Opened(NamedTuple):
    """What a signed address leads to; `side` is the community that the person convenes."""

    found: Found
    person: str
    side: str


@blp.get("/link/<signed>")
@blp.doc(summary="What is proposed or agreed, as a page; opening it changes nothing")
@policy(anyone)
def show(signed: str) -> Response:
    return _shown(_opened(signed))


@blp.post("/link/<signed>")
@blp.doc(summary="The form field `answer`: accept, refuse, end or withdraw; `reason`, `outcome`")
@policy(anyone)
def act(signed: str) -> Response:
    here = _opened(signed)
    answer = request.form.get("answer", "")
    if answer not in _THANKS:
        return _shown(here, problem="Choose one of the buttons.")
    try:
        reason = uniform(request.form.get("reason", ""), lines=True)[:_LONGEST]
    except ValueError as error:
        return _shown(here, problem=f"What you wrote {error}.")
    command, kind = _command(here, answer, reason)
    words = (kind, here.person, reason)

    def work(connection: Connection) -> None:
        decided(linking(connection).act, here.found.id, command, words=words)

    problem = done(work)
    return _shown(_opened(signed), problem, None if problem else _THANKS[answer])


def _command(here: Opened, answer: str, reason: str) -> tuple[Command, str]:
    match answer:
        case "accept":
            return Accept(here.side, here.person), link_texts.REPLY
        case "refuse":
            return Refuse(here.side, here.person, words=bool(reason)), link_texts.REFUSAL
        case "withdraw":
            return End(here.side, here.person, words=bool(reason)), link_texts.ENDING
    outcome = request.form.get("outcome") or None
    if outcome not in (None, *k.OUTCOMES):
        raise invalid("outcome", f"must be one of: {', '.join(k.OUTCOMES)}")
    return End(here.side, here.person, outcome, words=bool(reason)), link_texts.ENDING


def _opened(signed: str) -> Opened:
    """Raises Unusable, also for somebody who convenes neither side any more."""
    presented = opened(PURPOSE, signed)
    link, _, person = presented.subject.partition(" ")
    check_owner(presented, PURPOSE, person)
    today = service().clock.now().date()
    with service().database.read() as connection:
        found = require(connection, link)
        sides = convened_by(connection, person, found.link.communities, today)
    if not sides:
        raise Unusable(
            "This link no longer works",
            "It is for those who convene one of the two communities. If you think that this is a"
            " mistake, talk to the operators of this platform.",
            410,
        )
    return Opened(found, person, sides[-1])  # of one who convenes both, the side that answers


def _shown(here: Opened, problem: str | None = None, thanks: str | None = None) -> Response:
    link = here.found.link
    other = link.other(here.side)
    with service().database.read() as connection:
        named = known(connection, link.communities)
        rows = load_rows(connection, DOCUMENTS, active(connection, FOLLOWED), [other])
        texts = link_texts.of_link(connection, link.id)
    names = {c: named[c].name if c in named else "a community" for c in link.communities}
    lapses = link.lapses
    values: dict[str, Any] = {
        "link": link,
        "mine": names[here.side],
        "theirs": names[other],
        "about": rows[other]["content"] if other in rows else None,
        "asked": here.side == link.communities[1],
        "message": texts.get(link_texts.MESSAGE),
        "reply": texts.get(link_texts.REPLY),
        "reason": texts.get(link_texts.REFUSAL) or texts.get(link_texts.ENDING),
        "lapses": f"{lapses.day} {lapses:%B %Y}" if lapses else None,
        "outcomes": _OUTCOMES,
    }
    return _page("link", 409 if problem else 200, problem=problem, done=thanks, **values)


@blp.get("/links/<link>/page/<person>")
@blp.doc(summary="A convener's page about a link, for when a message does not reach them")
@policy(self_(), operator)
def address_of_page(link: str, person: str) -> Response:
    if not is_id(person, "per"):
        raise invalid("person", "must be a person's id, per_…")
    with service().database.read() as connection:
        found = require(connection, link)
        today = service().clock.now().date()
        if not convened_by(connection, person, found.link.communities, today):
            raise Problem(409, "This person convenes neither of the two communities.")
        renewals = link_renewals.of(connection, person)
    proposed = found.link.state == k.PROPOSED and found.link.lapses
    expires = proposed or service().clock.now() + _WORKS
    generation = link_renewals.generation(renewals, PURPOSE)
    signed = sign(service().settings.secret, PURPOSE, f"{link} {person}", generation, expires)
    return json_response({"url": address(f"{PURPOSE}/{signed}")}, private=True)
