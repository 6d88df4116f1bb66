"""From a request's fields to a session's particulars, and back to problems that name the field."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from services.scheduling import known
from services.scheduling.domain.cohort import Cohort
from services.scheduling.domain.programme import Rules
from services.scheduling.domain.session import (
    CELEBRATION,
    MODULE,
    ONLINE,
    WEBINAR,
    Particulars,
)
from services.scheduling.domain.wall_clock import When, check_end, later
from shared.connection import Connection
from shared.web.errors import Problem, invalid

_WHEN = ("date", "start", "end", "zone", "occurrence")
_PLAIN = (
    *("title", "modality", "place", "access", "description", "capacity"),
    *("topics", "outcomes", "guests_each", "communities"),
)


def changed(before: Particulars, fields: Mapping[str, Any]) -> Particulars:
    """The session with what the fields name changed. Raises Refused for an unlikely end."""
    moved = {name: fields[name] for name in _WHEN if name in fields}
    if moved and "occurrence" not in moved:
        moved["occurrence"] = "first"
    plain = {name: fields[name] for name in _PLAIN if name in fields}
    when = replace(before.when, **moved)
    if fields.keys() & {"start", "end", "end_date"}:
        check_end(when, fields.get("end_date"))
    return replace(before, when=when, **plain)


def meeting(fields: Mapping[str, Any], zone: str) -> Particulars:
    """A session of its own, as a request to make it says. Raises Refused for an unlikely end."""
    when = When(
        fields["date"],
        fields["start"],
        fields["end"],
        fields.get("zone", zone),
        fields.get("occurrence", "first"),
    )
    check_end(when, fields.get("end_date"))
    plain: dict[str, Any] = {name: fields[name] for name in _PLAIN if name in fields}
    more: dict[str, Any] = {name: fields.get(name) for name in ("cohort", "number")}
    return Particulars(kind=fields["kind"], when=when, **plain, **more)


def of_cohort(
    fields: Mapping[str, Any], cohort_id: str, cohort: Cohort, rules: Rules, where: str
) -> Particulars:
    """A cohort's session: what the request leaves out, the programme's rules say.

    Raises Refused for an unlikely end.
    """
    kind, number = fields.get("kind"), fields.get("number")
    for name in ("kind", "date"):
        if fields.get(name) is None:
            raise invalid(f"{where}.{name}", "is required")
    if number is None and kind in (MODULE, WEBINAR):
        raise invalid(f"{where}.number", "is required: which module or webinar it is, from 1")
    start, end = _hours(fields, rules, str(kind))
    plain = {name: fields[name] for name in _PLAIN if name in fields}
    usual = _usual(rules, str(kind), number)
    when = When(
        fields["date"],
        start,
        end,
        fields.get("zone", cohort.zone),
        fields.get("occurrence", "first"),
    )
    check_end(when, fields.get("end_date"))
    return Particulars(
        **{
            "kind": kind,
            "when": when,
            "cohort": cohort_id,
            "cohort_name": cohort.name,
            "number": number if kind != CELEBRATION else None,
            **usual,
            **plain,
        }
    )


def _hours(fields: Mapping[str, Any], rules: Rules, kind: str) -> tuple[str, str]:
    if kind == WEBINAR:
        usual = rules.webinars.time if rules.webinars else "16:00"
        start = fields.get("start", usual)
        minutes = rules.webinars.minutes if rules.webinars else 60
        return start, fields.get("end") or later(start, minutes)
    return fields.get("start", rules.module_hours[0]), fields.get("end", rules.module_hours[1])


def _usual(rules: Rules, kind: str, number: int | None) -> dict[str, Any]:
    """What the programme says of such a session."""
    if kind == CELEBRATION:
        return {"title": "Celebration event", "guests_each": rules.guests_each}
    there = number is not None and number <= len(rules.modules)
    module = rules.modules[(number or 1) - 1] if there else None
    if kind == WEBINAR:
        about = f": {module.title}" if module else f" {number}"
        return {"title": f"Reflective webinar{about}", "modality": ONLINE}
    if module is None:
        return {"title": f"Module {number}"}
    return {"title": module.title, "topics": module.topics, "outcomes": module.outcomes}


def check_communities(connection: Connection, ids: Sequence[str]) -> None:
    """Raises Problem 422 for communities that are not known here, or closed."""
    found = known.communities(connection, ids)
    said = []
    for key in ids:
        community = found.get(key)
        if community is None:
            said.append(
                f"{key}: this service knows no community with this id; if it was registered a"
                " moment ago, it may be on its way"
            )
        elif community.state == "closed":
            on = f"; it goes on in {', '.join(community.into)}" if community.into else ""
            said.append(f"{key}: this community is closed{on}")
    if said:
        raise Problem(422, f"communities: {'; '.join(said)}.", {"communities": said})


def check_people(connection: Connection, field: str, *ids: str) -> None:
    """Raises Problem 422 for people that are not known here."""
    if unknown := known.unknown_people(connection, ids):
        raise invalid(
            field,
            f"{', '.join(unknown)}: this service knows no such person; if they were added a moment"
            " ago, they may be on their way",
        )
