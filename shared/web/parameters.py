"""Parameters of a query: described once where a call takes them, and no others are taken."""

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, TypeVar

from flask import current_app, request
from flask_smorest import Blueprint

from shared.clock import parse_rfc3339
from shared.web.errors import invalid

_LOST_PLUS = re.compile(r"(\d) (\d{2}:?\d{2})\Z")
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


# What programs add to the links that people follow, to see where they came from.
_TRACKERS = frozenset(
    (
        *("fbclid", "gclid", "gclsrc", "dclid", "gbraid", "wbraid", "msclkid", "yclid", "ysclid"),
        *("twclid", "ttclid", "igshid", "igsh", "li_fat_id", "rdt_cid", "epik", "srsltid"),
        *("mc_cid", "mc_eid", "mkt_tok", "vero_id", "oly_anon_id", "oly_enc_id", "wickedid"),
        *("_ga", "_gl", "_gac", "_hsenc", "_hsmi", "__hsfp", "__hssc", "__hstc", "hsctatracking"),
        *("s_cid", "sc_campaign", "at_medium", "at_campaign", "ck_subscriber_id"),
    )
)
_TRACKER_FAMILIES = ("utm_", "mtm_", "pk_", "piwik_", "matomo_", "hsa_", "gad_")
_PROBED = ("/health/", "/metrics", "/docs", "/pages/")  # probes add what they like, against caches


def is_tracker(name: str) -> bool:
    """Whether a parameter means nothing here: it tells others how somebody came by the address."""
    return name.lower() in _TRACKERS or name.lower().startswith(_TRACKER_FAMILIES)


def check_parameters() -> None:
    """Raises Problem 422 for a query parameter that the present call does not take.

    Signed links and calendars are followed by programs that add some of their own; probes do too.
    """
    if not request.query_string or request.path.endswith(".ics"):
        return
    if request.path.startswith(_PROBED):
        return
    reads = request.method in ("GET", "HEAD")
    view = current_app.view_functions.get(request.endpoint or "")
    if view is None or "signed" in (request.view_args or {}):
        return
    known = getattr(view, "_takes", ())
    for name in request.args:
        if name not in known and not (reads and is_tracker(name)):
            these = f"these are: {', '.join(known)}" if known else "there are none"
            raise invalid(name, f"is not a parameter here; {these}")


def moment(name: str) -> datetime | None:
    """The time with its zone that a parameter holds, in UTC; None without one. Raises Problem 422.

    A plus that was not encoded, which a query has for a space, is taken as what it was.
    """
    text = request.args.get(name)
    if text is None:
        return None
    try:
        return parse_rfc3339(_LOST_PLUS.sub(r"\1+\2", text))
    except ValueError as error:
        raise invalid(name, str(error)) from error


def whole_number(name: str, usual: int, least: int, most: int, *, capped: bool = False) -> int:
    """The number; `capped`: more than `most` is taken as `most`. Raises Problem 422."""
    text = request.args.get(name, str(usual))
    short = text.isascii() and text.isdecimal() and len(text) < 10
    if not short or int(text) < least or (int(text) > most and not capped):
        raise invalid(name, f"must be a whole number from {least} to {most}")
    return min(int(text), most)
