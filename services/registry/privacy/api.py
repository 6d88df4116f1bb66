"""Who read a person's data, in any of the services."""

from typing import Any

from flask import Response

from services.registry import people
from services.registry.domain.person import FORMER
from services.registry.history import Names, who
from services.registry.privacy.handlers import Unavailable, ask
from shared.connection import Connection
from shared.http import reads as shown_reads
from shared.http.policies import operator, policy, self_, service_token
from shared.service import reads
from shared.settings import SERVICES
from shared.web.answers import json_response
from shared.web.bodies import Blueprint
from shared.web.context import service
from shared.web.paging import Page, encode_cursor
from shared.web.parameters import PAGE, takes

blp = Blueprint("reads", "reads", description="Who read a person's data")


@blp.get("/people/<person>/reads")
@blp.doc(summary="Who read this person's data, in any service, when and why; newest first")
@takes(PAGE)
@policy(self_(), operator, service_token)
def list_reads(person: str) -> Response:
    """Reads by the programme's team, networks' leads and operators. `unavailable` names services
    that did not answer: ask again for theirs."""
    page = shown_reads.page_of_reads()
    with service().database.read() as connection:
        found, following = reads.of_person(connection, person, page)
    items, more, missing = [shown_reads.shown(read) for read in found], following is not None, []
    for name in (name for name in SERVICES if name != "registry"):
        try:
            theirs = ask(service().settings, name, "people", person, "reads", params=_params(page))
        except Unavailable:
            missing.append(name)
            continue
        items += theirs["items"]
        more = more or theirs["next"] is not None
    items.sort(key=lambda item: (item["at"], item["id"]), reverse=True)
    chosen = items[: page.limit]
    after = None
    if more or len(items) > page.limit:
        after = encode_cursor(reads.ORDER, (chosen[-1]["at"], chosen[-1]["id"]))
    with service().database.read() as connection:
        body = {"items": _with_names(connection, chosen), "next": after, "unavailable": missing}
    return json_response(body, private=True)


def _params(page: Page) -> dict[str, str]:
    cursor = {"cursor": encode_cursor(reads.ORDER, page.after)} if page.after else {}
    return {"limit": str(page.limit)} | cursor


def _with_names(connection: Connection, items: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Each with `name`, whose the reading was, in words: of the operator's token that it was."""
    ids = {item["by"] for item in items if item["by"]}
    known = {person.id: person.name for person in people.by_ids(connection, sorted(ids))}
    called = Names(str, lambda person: known.get(person, FORMER))
    return [item | {"name": who(item["by"], item["via"], called)} for item in items]
