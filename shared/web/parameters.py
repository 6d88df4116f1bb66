"""Parameters of a query: described once where a call takes them, and no others are taken."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from flask import current_app, request
from flask_smorest import Blueprint

from shared.web.errors import invalid

V = TypeVar("V", bound=Callable[..., Any])
Described = str | Mapping[str, Any]


def whole(description: str) -> Described:
    return {"schema": {"type": "integer"}, "description": description}


def one_of(*words: str) -> Described:
    return {"schema": {"type": "string", "enum": list(words)}, "description": ", ".join(words)}


def flag(description: str) -> Described:
    return {"schema": {"type": "boolean"}, "description": description}


PAGE: Mapping[str, Described] = {
    "limit": whole("Items on a page, up to 200"),
    "cursor": "`next` of the page before",
}
DRY_RUN: Mapping[str, Described] = {
    "dry_run": flag("Change nothing, only say how many people would be told")
}


def takes(parameters: Mapping[str, Described]) -> Callable[[V], V]:
    """The query parameters of a call: what each is, in words or as OpenAPI has it."""
    documented = [
        {"in": "query", "name": name}
        | (
            {"schema": {"type": "string"}, "description": described}
            if isinstance(described, str)
            else dict(described)
        )
        for name, described in parameters.items()
    ]

    def decorate(view: V) -> V:
        found: V = Blueprint.doc(parameters=documented)(view)
        found._takes = tuple(parameters)  # type: ignore[attr-defined]
        return found

    return decorate


def check_parameters() -> None:
    """Raises Problem 422 for a query parameter that the present call does not take.

    Signed links and calendars are followed by programs that add some of their own.
    """
    if not request.query_string or request.path.endswith(".ics"):
        return
    view = current_app.view_functions.get(request.endpoint or "")
    if view is None or "signed" in (request.view_args or {}):
        return
    known = getattr(view, "_takes", ())
    for name in request.args:
        if name not in known:
            these = f"these are: {', '.join(known)}" if known else "there are none"
            raise invalid(name, f"is not a parameter here; {these}")


def whole_number(name: str, usual: int, least: int, most: int, *, capped: bool = False) -> int:
    """The number; `capped`: more than `most` is taken as `most`. Raises Problem 422."""
    text = request.args.get(name, str(usual))
    short = text.isascii() and text.isdecimal() and len(text) < 10
    if not short or int(text) < least or (int(text) > most and not capped):
        raise invalid(name, f"must be a whole number from {least} to {most}")
    return min(int(text), most)
