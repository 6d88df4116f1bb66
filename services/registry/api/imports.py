"""`POST /communities/import`: lists of communities, read as they come, in bounded memory."""

from dataclasses import asdict

from flask import Response, request

from services.registry import importing, undoing
from services.registry.lists import HeadingError, json_lines, table_lines
from shared.http.policies import operator, policy, service_token
from shared.identifiers import is_id
from shared.web.answers import json_response
from shared.web.bodies import Blueprint, allow_stream
from shared.web.commands import cause
from shared.web.context import service
from shared.web.errors import Problem, invalid, not_found
from shared.web.fields import uniform
from shared.web.parameters import flag, takes

blp = Blueprint("import", "import", description="Lists of communities")
_NDJSON = ("application/x-ndjson", "application/jsonl")
_TABLE = (
    *("text/csv", "application/csv", "text/tab-separated-values"),
    "application/vnd.ms-excel",  # what Windows takes a .csv file for
)


@blp.post("/communities/import")
@blp.doc(
    summary="Import communities from a list",
    requestBody={
        "content": {
            "application/x-ndjson": {"schema": {"type": "string"}},
            "text/csv": {"schema": {"type": "string"}},
        },
    },
)
@takes(
    {
        "source": "The list's name; with a record's id it says which community is meant",
        "dry_run": flag("Say what would be done, and change nothing"),
    }
)
@policy(operator, service_token)
def import_communities() -> Response:
    """One record a line; see docs/importing.md. Each line is taken or refused for itself."""
    allow_stream()
    source = _source()
    dry_run = request.args.get("dry_run", "false").lower()
    if dry_run not in ("true", "false"):
        raise invalid("dry_run", "must be true or false")
    if request.mimetype in _NDJSON:
        lines = json_lines(request.stream)
    elif request.mimetype in _TABLE:
        lines = table_lines(request.stream)
    else:
        raise Problem(415, "Send application/x-ndjson or text/csv, and say so in Content-Type.")
    try:
        report = importing.run(
            service(), lines, source, dry_run=dry_run == "true", asked_by=cause()
        )
    except HeadingError as error:
        raise invalid("heading", str(error)) from error
    return json_response(asdict(report))


@blp.post("/communities/import/<run>/undoing")
@blp.doc(summary="Take back what an import's run did, where nobody has changed it since")
@policy(operator)
def undo_import(run: str) -> Response:
    undone = undoing.undo(service(), run, asked_by=cause()) if is_id(run, "run") else None
    if undone is None:
        raise not_found(f"No import has the run {run}, or it changed nothing.")
    return json_response(asdict(undone))


def _source() -> str:
    try:
        source = uniform(request.args.get("source", "import"), lines=False)
    except ValueError as error:
        raise invalid("source", str(error)) from error
    if not 1 <= len(source) <= 100:
        raise invalid("source", "must have 1 to 100 characters")
    return source
