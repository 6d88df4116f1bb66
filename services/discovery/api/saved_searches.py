"""Saved searches: standing questions, whose new matches their person is told of once."""

from collections.abc import Mapping, Sequence
from typing import Any

from flask import Response, request

from services.discovery.api.asking import (
    checked_filters,
    known_now,
)
from services.discovery.api.saved_search_body import SavedSearchBody
from services.discovery.domain.refusal import Refused
from services.discovery.domain.saved_search import LIKE, WORDS, Make, Remove
from services.discovery.events import SAVED_SEARCH
from services.discovery.follower import Known
from services.discovery.index import FACETS, UnknownCommunityError
from services.discovery.index.index import NAME_A_SUBJECT
from services.discovery.projections.people import is_known
from services.discovery.saved import store
from services.discovery.saved.store import Search
from shared.connection import Connection
from shared.eventstore.streams import Change
from shared.http import reads
from shared.http.acting import acts_for_platform
from shared.http.policies import operator, policy, self_, signed_in
from shared.identifiers import new_id
from shared.projection.projection import Row
from shared.web.answers import json_response
from shared.web.bodies import Blueprint
from shared.web.callers import caller
from shared.web.commands import Answer, cause, transact
from shared.web.context import service
from shared.web.errors import Problem, invalid, not_found
from shared.web.parameters import takes

blp = Blueprint("saved searches", "saved searches", description="What people want to hear of")
_PERSON = "Whose; without it, those of the person that the token acts for"
_ON_ITS_WAY = "if it was registered a moment ago, it may be on its way"


@blp.post("/saved-searches")
@blp.doc(summary="Save a search by words, or by likeness to a community")
@policy(self_("body:person"), operator)
@blp.arguments(SavedSearchBody)
@blp.alt_response(201, description="The saved search; what matches already is not told")
def save(fields: dict[str, Any]) -> Response:
    person = fields["person"]
    stream = new_id("sav")
    asked = _asked(stream, fields)

    def work(connection: Connection) -> Answer:
        _only_theirs(connection, person)
        if not is_known(connection, person):
            reason = f"{person}: this service knows no person with this id; {_ON_ITS_WAY}"
            raise invalid("person", reason)
        others = len(store.of_person(connection, person))
        kind, threshold = (LIKE, asked.threshold) if asked.like else (WORDS, None)
        command = Make(person, kind, asked.like, threshold, others)
        _change(connection, stream, 0, command)
        store.keep_words(connection, stream, person, asked)
        return Answer(_document(connection, stream), 201, 1, f"/saved-searches/{stream}")

    return transact(service(), work)


@blp.get("/saved-searches")
@blp.doc(summary="A person's saved searches, in the order in which they were made")
@takes({"person": _PERSON})
@policy(signed_in, operator)
def list_saved() -> Response:
    """Nobody has more than fifty: they come at once."""
    person = request.args.get("person") or caller().actor
    if person is None:
        raise invalid("person", "is missing: say whose saved searches")
    with service().database.read() as connection:
        _only_theirs(connection, person)
        rows = store.of_person(connection, person)
        items = _documents(connection, rows)
    reads.record([person], "your saved searches")
    return json_response({"items": items, "next": None}, private=True)


@blp.get("/saved-searches/<search>")
@blp.doc(summary="One saved search, and what it has told of")
@policy(self_("search"), operator)
def one_saved(search: str) -> Response:
    with service().database.read() as connection:
        row = _require(connection, search)
        body = _document(connection, search)
    reads.record([row["person"]], "a saved search of yours")
    return json_response(body, version=row["version"], private=True)


@blp.delete("/saved-searches/<search>")
@blp.doc(summary="Remove a saved search: it tells nothing more, and its words are deleted")
@policy(self_("search"), operator)
def remove(search: str) -> Response:
    def work(connection: Connection) -> Answer:
        loaded = service().streams.load(connection, SAVED_SEARCH, search)
        _require(connection, search)
        _change(connection, search, loaded.version, Remove())
        store.delete_words(connection, search)
        return Answer({"id": search, "removed": True})

    return transact(service(), work)


def _asked(stream: str, fields: dict[str, Any]) -> Search:
    """What is to be saved, with what matches it already. Raises Problem 422."""
    q, like, known = fields["q"], fields.get("like"), known_now()
    given = {name: fields[name] for name in FACETS if fields.get(name)}
    if bool(q) == bool(like):
        reason = "is needed, the words to look for; or like, the id of a community; one of the two"
        raise invalid("q", reason)
    if like is not None:
        return _asked_like(stream, fields, given, known)
    if fields.get("threshold") is not None:
        raise invalid("threshold", "goes with like, the likeness to a community")
    if not known.index.says_something(q):
        raise invalid(
            "q", f"would never match: these words say nothing of a subject. {NAME_A_SUBJECT}"
        )
    filters = checked_filters(given, known)
    already = store.hashes(known.index.found_by(q, filters))
    return Search(stream, q, filters, already=already)


def _asked_like(
    stream: str, fields: dict[str, Any], given: Mapping[str, Any], known: Known
) -> Search:
    like, threshold = fields["like"], fields.get("threshold") or known.index.scales.pairs.related
    for name in given:
        raise invalid(name, "goes with q: a search by likeness takes no filters")
    try:
        already = known.index.at_least(like, threshold)
    except UnknownCommunityError as error:
        reason = f"{like}: discovery knows no community with this id; {_ON_ITS_WAY}"
        raise invalid("like", reason) from error
    return Search(stream, "", {}, like, threshold, store.hashes(already))


def _change(connection: Connection, stream: str, version: int, command: Make | Remove) -> None:
    state = SAVED_SEARCH.initial
    if version:
        state = service().streams.load(connection, SAVED_SEARCH, stream).state
    try:
        events = SAVED_SEARCH.decide(state, command)
    except Refused as refused:
        raise invalid(refused.field or "", refused.reason) from refused
    now = service().clock.now()
    service().streams.append(connection, [Change(stream, version, events)], cause=cause(), now=now)


def _require(connection: Connection, search: str) -> Row:
    """Raises Problem 404 where there is none, 403 where it is another's."""
    row = store.one(connection, search)
    if row is None:
        raise not_found(f"There is no saved search {search}.")
    _only_theirs(connection, row["person"])
    return row


def _only_theirs(connection: Connection, person: str) -> None:
    if caller().actor != person and not acts_for_platform(connection):
        raise Problem(403, "A saved search is for its own person, and for the operator.")


def _document(connection: Connection, search: str) -> dict[str, Any]:
    return _documents(connection, [_require(connection, search)])[0]


def _documents(connection: Connection, rows: Sequence[Row]) -> list[dict[str, Any]]:
    words = {found.id: found for found in store.load(connection, [row["id"] for row in rows])}
    found = []
    for row in rows:
        asked, about = words.get(row["id"], Search(row["id"])), row["content"]
        found.append(
            {
                "id": row["id"],
                "person": row["person"],
                "q": asked.q or None,
                "filters": asked.filters,
                "like": about["like"],
                "threshold": about["threshold"],
                "made_at": about["made_at"],
                "matched_when_made": len(asked.already),
                "told": store.told_of(connection, row["id"]),
            }
        )
    return found
