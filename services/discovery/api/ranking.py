"""Related communities, and search."""

from collections.abc import Mapping, Sequence
from typing import Any, cast

from flask import Response, request

from services.discovery import links
from services.discovery.api.asking import (
    LONGEST_QUERY,
    READING,
    checked_filters,
    follower,
    known_now,
    limit_asked,
    network_ids,
    of_the_two_alone,
    reader,
)
from services.discovery.api.schemas import STAGES, DescriptionBody
from services.discovery.follower import Known
from services.discovery.index import FACETS, Document, Match, Near, UnknownCommunityError
from services.discovery.index.index import Scope
from services.discovery.index.levels import Level
from services.discovery.links import Said
from services.discovery.meaning.text import MOST_ASKED, as_read
from services.discovery.unmet.found_nothing import note_if_nothing
from shared.http.policies import anyone, policy
from shared.web.answers import json_response
from shared.web.bodies import Blueprint
from shared.web.context import service
from shared.web.errors import Problem, invalid, not_found
from shared.web.parameters import Described, takes, whole
from shared.web.turns import Turns, in_turn

blp = Blueprint("ranking", "ranking", description="Who should know whom")
_NOTHING_SAID = Said()
_MOST_NEAREST = 3
_DESCRIBED = Turns()
_LIMIT: Mapping[str, Described] = {"limit": whole("How many, up to 100")}
_LEVEL: Mapping[str, Described] = {
    "min_level": {
        "schema": {"enum": [*Level]},
        "description": "Only those of this level of relatedness or a higher one; else all up to"
        " `limit` come, what is no match last and marked `nearest`",
    }
}
_SCOPE: Mapping[str, Described] = {
    "scope": {
        "schema": {"enum": ["other-networks"]},
        "description": "Only those that share no network with it",
    }
}
_LEAVE_OUT = "linked, proposed, or both with a comma between: leaves these out"
_FILTERS: Mapping[str, Described] = {
    "network": "Only those of this network: its id, or any name or alias of it",
    "region": "Only those of this region",
    "sector": "Only those of this sector",
    "stage": {"schema": {"enum": [*STAGES]}, "description": "Only those of this stage"},
}
_QUERY: Described = {
    "required": True,
    "schema": {"type": "string"},
    "description": "What to look for, up to 500 characters",
}


@blp.get("/communities/<community>/related")
@blp.doc(
    summary="Communities most like this one, and why",
    description="Those that it found not useful are left out for itself alone: for its conveners,"
    " and for the operator. Everyone else sees them, so that nobody learns of it.",
)
@takes({**_LIMIT, **_SCOPE, **_LEVEL, "leave_out": _LEAVE_OUT})
@policy(anyone)
@in_turn(READING)
def related(community: str) -> Response:
    limit, scope, left_out, known = limit_asked(), _scope(), _leave_out(), known_now()
    least = _least_level()
    with service().database.read() as connection:
        own = reader(connection).speaks_for(community)
        said = links.said_by(connection, community).as_seen(own=own)
    if "proposed" in left_out and not own:
        raise of_the_two_alone()
    without = said.hidden.union(*(getattr(said, name) for name in left_out))
    try:
        matches = known.index.related(
            community,
            limit=limit,
            scope=scope,
            without=without,
            links_of=_links_of,
        )
    except UnknownCommunityError as error:
        raise not_found(
            f"Discovery knows no community {community}."
            " If it was registered a moment ago, it may still be on its way."
        ) from error
    more = {"nearest": _nearest(matches, known, "quite the same yet")}
    return _answer(known, _of(matches, least), more, said=said, own=own)


@blp.post("/related")
@blp.doc(
    summary="What there is already that is like a description",
    description=f"The first {MOST_ASKED:,} characters are compared: of the name, then the topics,"
    " the domain, the practice and the learning question. Two are compared at once; beyond that"
    " the answer is 503, with Retry-After.",
)
@takes({**_LIMIT, **_SCOPE, **_LEVEL})
@policy(anyone)
@in_turn(_DESCRIBED)
@blp.arguments(DescriptionBody)
def related_to_description(fields: dict[str, Any]) -> Response:
    limit, scope, known, least = limit_asked(), _scope(), known_now(), _least_level()
    texts = ("name", "domain", "topics", "practice", "learning_question")
    if not any(fields[name] for name in texts):
        raise Problem(
            422,
            "There is nothing to compare: give a name, domain, topics, practice or"
            " learning_question.",
            {"domain": ["is needed, or another text"]},
        )
    networks = tuple(network_ids("networks", fields["networks"], known))
    described = as_read(
        Document(
            id="",
            **{name: fields[name] for name in (*texts, "sectors", "region")},
            networks=networks,
        )
    )
    matches = known.index.related(described, limit=limit, scope=scope)
    more = {"nearest": _nearest(matches, known, "quite the same yet")}
    return _answer(known, _of(matches, least), more)


@blp.get("/search")
@blp.doc(summary="Find communities by words")
@takes({"q": _QUERY, **_LIMIT, **_LEVEL, **_FILTERS})
@policy(anyone)
def search() -> Response:
    text = request.args.get("q", "").strip()
    if not text:
        raise invalid("q", "is missing: say what to look for")
    if len(text) > LONGEST_QUERY:
        raise invalid("q", f"is {len(text)} characters long; at most {LONGEST_QUERY} are taken")
    known = known_now()
    filters = _filters(known)
    limit, least = limit_asked(), _least_level()
    with READING.take():
        found = known.index.search(text, limit=limit, filters=filters)
    note_if_nothing(text, found, filters, known)
    facets = dict(found.facets)
    facets["network"] = {_network(n, known): count for n, count in facets["network"].items()}
    more = {
        "total": found.total,
        "facets": facets,
        "corrected": found.corrected,
        "also": found.also,
        "near": _near(found.near, known),
        "nearest": _nearest(found.matches, known, "quite this") if found.matches else None,
    }
    return _answer(known, _of(found.matches, least), more, highlighted=True)


def _item(match: Match, known: Known, said: Said, *, own: bool) -> dict[str, Any]:
    """A match; whether a link with it is proposed is told to those who ask for their `own`."""
    document, stands_for = match.document, match.stands_for
    return {
        "id": document.id,
        "name": document.shown_name,
        "networks": [_network(n, known) for n in document.networks],
        "region": document.region,
        "sectors": list(document.sectors),
        "score": round(match.score, 4),
        "level": match.level,
        "reasons": match.reasons,
        "linked": document.id in said.linked,
        "proposed": document.id in said.proposed if own else None,
        "stands_for": _named(stands_for) if stands_for else None,
    }


def _named(document: Document) -> dict[str, Any]:
    return {"id": document.id, "name": document.shown_name}


def _of(matches: Sequence[Match], least: Level) -> list[Match]:
    return [match for match in matches if match.level.reaches(least)]


def _nearest(matches: Sequence[Match], known: Known, what: str) -> dict[str, Any] | None:
    """Say whom there is, where nobody is related; those are behind this sentence, folded."""
    if any(match.level.reaches(Level.RELATED) for match in matches):
        return None
    some = [match.document for match in matches[:_MOST_NEAREST]]
    names = ", ".join(document.shown_name for document in some)
    said = f"Nobody here works on {what}; nearest in subject: {names}."
    sentence = said if some else f"Nobody here works on {what}."
    return {"sentence": sentence, "communities": _listed(some, known)}


def _listed(documents: Sequence[Document], known: Known) -> list[dict[str, Any]]:
    return [_named(d) | {"networks": [_network(n, known) for n in d.networks]} for d in documents]


def _near(near: Near | None, known: Known) -> dict[str, Any] | None:
    if near is None:
        return None
    communities = _listed(near.communities, known)
    return {"sentence": near.sentence, "words": near.words, "communities": communities}


def _answer(
    known: Known,
    matches: Sequence[Match],
    more: dict[str, Any],
    *,
    highlighted: bool = False,
    said: Said = _NOTHING_SAID,
    own: bool = False,
) -> Response:
    """Answer with the matches, and say what ranked them: words; meaning and links where they had
    a part."""
    meant = any(match.meaning for match in matches)
    parts = "words" + "+meaning" * meant + "+links" * any(match.links for match in matches)
    body = {
        "items": [
            _item(match, known, said, own=own)
            | ({"highlights": match.highlights} if highlighted else {})
            for match in matches
        ],
        **more,
        "algorithm": f"{parts} ({known.model})" if meant else parts,
        "indexed_through": follower().indexed_through,
    }
    return json_response(body, private=own)


def _links_of(communities: Sequence[str]) -> dict[str, list[str]]:
    with service().database.read() as connection:
        return links.linked_with(connection, communities)


def _network(network: str, known: Known) -> str:
    """A network's present name, or its id while the name is not known here."""
    return known.networks.name(network) or network


def _filters(known: Known) -> dict[str, list[str]]:
    given = {name: values for name in FACETS if (values := request.args.getlist(name))}
    return checked_filters(given, known)


def _least_level() -> Level:
    asked = request.args.get("min_level")
    if asked is None:
        return Level.NEAREST
    if asked not in list(Level):
        raise invalid("min_level", f"must be one of: {', '.join(Level)}")
    return Level(asked)


def _scope() -> Scope | None:
    scope = request.args.get("scope")
    if scope not in (None, "other-networks"):
        raise invalid("scope", "must be other-networks, or left out")
    return cast(Scope | None, scope)


def _leave_out() -> list[str]:
    """Which of `linked` and `proposed` are not to be shown."""
    asked = request.args.get("leave_out")
    names = [] if asked is None else asked.split(",")
    if any(name not in ("linked", "proposed") for name in names):
        raise invalid("leave_out", "must be linked, proposed, or both with a comma between")
    return names
