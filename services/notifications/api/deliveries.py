"""The ledger: did she get it, and if not, why?"""

from typing import Any

from flask import Response, request

from services.notifications import stuck
from services.notifications.domain.delivery import STATUSES
from shared.connection import Connection
from shared.database import mark
from shared.http import reads
from shared.http.policies import operator, policy
from shared.identifiers import is_id
from shared.projection.generations import OWN, active
from shared.web.answers import json_response
from shared.web.bodies import Blueprint
from shared.web.context import service
from shared.web.errors import invalid
from shared.web.paging import Page, encode_cursor, page_asked, page_response
from shared.web.parameters import PAGE, one_of, takes

blp = Blueprint("deliveries", "deliveries", description="What was told to whom")
_FILTERS = ("person", "status", "about")
_ORDER = "queued"
_COLUMNS = (
    *("id", "person", "rule", "category", "about", "community", "status", "reason", "words"),
    *("letter", "urgent", "digest", "uncertain", "queued_at", "changed_at", "planned_for"),
)


@blp.get("/deliveries")
@blp.doc(summary="The ledger, the newest first: no address, no text")
@takes(
    {
        "person": "A person's id",
        "status": one_of(*STATUSES),
        "about": "What it tells of: the id of a community, a session, an application",
        **PAGE,
    }
)
@policy(operator)
def list_all() -> Response:
    filters = {n: v for n in _FILTERS if (v := request.args.get(n)) is not None}
    if filters.get("status", STATUSES[0]) not in STATUSES:
        raise invalid("status", f"must be one of: {', '.join(STATUSES)}")
    wanted = page_asked(_ORDER, 2)
    with service().database.read() as connection:
        items, following = _page(connection, filters, wanted)
    reads.record((i["person"] for i in items if is_id(i["person"], "per")), "what was sent to you")
    return page_response(items, following)


def _page(
    connection: Connection, filters: dict[str, str], wanted: Page
) -> tuple[list[dict[str, Any]], str | None]:
    p = mark(connection)
    conditions, values = [f"{name} = {p}" for name in filters], list(filters.values())
    if wanted.after is not None:
        conditions.append(f"(queued_at, id) < ({p}, {p})")
        values += wanted.after
    where = f"WHERE {' AND '.join(conditions)}" if conditions else ""
    rows = connection.exec_driver_sql(
        f"SELECT {', '.join(_COLUMNS)} FROM deliveries_{active(connection, OWN)} {where}"
        f" ORDER BY queued_at DESC, id DESC LIMIT {p}",
        (*values, wanted.limit + 1),
    ).all()
    items = [_shown(dict(zip(_COLUMNS, row, strict=True))) for row in rows[: wanted.limit]]
    if len(rows) <= wanted.limit:
        return items, None
    return items, encode_cursor(_ORDER, (items[-1]["queued_at"], items[-1]["id"]))


def _shown(row: dict[str, Any]) -> dict[str, Any]:
    flags = ("urgent", "digest", "uncertain")
    texts = ("reason", "words", "letter")
    return (
        row
        | {name: bool(row[name]) for name in flags}
        | {name: row[name] or None for name in texts}
        | {"why": row["reason"] or None}
    )


@blp.get("/post")
@blp.doc(summary="How the post stands: what is due, what waits and why")
@policy(operator)
def post() -> Response:
    with service().database.read() as connection:
        account = stuck.account(connection, service().clock.now())
    return json_response(account | {"mail_server": bool(service().settings.smtp_url)}, private=True)
