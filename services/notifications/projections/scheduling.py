"""What notifications keeps of scheduling's events: sessions, who attends, who takes part."""

from typing import Any

import msgspec

from shared.clock import rfc3339
from shared.connection import Connection
from shared.database import mark
from shared.eventstore.events import Event
from shared.projection.generations import FOLLOWED, active
from shared.projection.projection import Projection, Row

_SESSION, _APPLICATION = "scheduling.session.", "scheduling.application."
_ATTENDANCE = "scheduling.attendance."
_STATES = {"postponed": "postponed", "cancelled": "cancelled"}


def fold_session(row: Row | None, event: Event) -> Row:
    """`announced` is when its present time became known."""
    data: dict[str, Any] = msgspec.json.decode(event.data)
    change = event.type.removeprefix(_SESSION)
    before = row["content"] if row else {}
    moved = before.get("session", {}).get("when") != data["session"]["when"]
    state = _STATES.get(change, "planned")
    if change == "changed" and row is not None:
        state = row["state"]
    return {
        "id": event.stream,
        "state": state,
        "content": {
            "session": data["session"],
            "sequence": data["sequence"],
            "announced": rfc3339(event.time) if moved else before["announced"],
        },
    }


def fold_attendance(row: Row | None, event: Event) -> Row:
    """`apologies` are of those who said ahead that they do not come, by what was recorded."""
    data: dict[str, Any] = msgspec.json.decode(event.data)
    content = row["content"] if row else {"replies": {}, "roles": {}}
    replies, roles = dict(content["replies"]), dict(content["roles"])
    apologies = set(content.get("apologies", ()))
    person = data["person"]
    match event.type.removeprefix(_ATTENDANCE):
        case "replied":
            replies[person] = data["reply"]
            apologies.discard(person)
        case "place-given":
            replies[person] = "yes"
        case "recorded" if data["status"] == "apologies":
            apologies.add(person)
        case "recorded":
            apologies.discard(person)
        case "role-assigned":
            roles[person] = sorted({*roles.get(person, ()), data["role"]})
        case "role-removed":
            left = [role for role in roles.get(person, ()) if role != data["role"]]
            roles = {**roles, person: left} if left else _without(roles, person)
        case _:  # person-forgotten
            replies, roles = _without(replies, person), _without(roles, person)
            apologies.discard(person)
    content = {"replies": replies, "roles": roles, "apologies": sorted(apologies)}
    return {"session": data["about"]["session"], "content": content}


def sessions_of_cohort(connection: Connection, cohort: str) -> list[dict[str, Any]]:
    """Those that take place, by their dates; a look at every session, since few ask for it."""
    rows = connection.exec_driver_sql(
        f"SELECT content FROM sessions_{active(connection, FOLLOWED)}"
        f" WHERE state = 'planned' AND content LIKE {mark(connection)}",
        (f'%"{cohort}"%',),
    )
    found = [msgspec.json.decode(row[0])["session"] for row in rows]
    of_cohort = [session for session in found if session.get("cohort") == cohort]
    return sorted(of_cohort, key=lambda s: (s["when"]["date"], s["when"]["start"]))


def _without(entries: dict[str, Any], key: str) -> dict[str, Any]:
    return {k: v for k, v in entries.items() if k != key}


def fold_application(_row: Row | None, event: Event) -> Row:
    about = msgspec.json.decode(event.data)["about"]
    return {
        "id": event.stream,
        "cohort": about["cohort"],
        "person": about["person"],
        "accepted": int(event.type == f"{_APPLICATION}accepted"),
    }


def _session_of(event: Event) -> str:
    return str(msgspec.json.decode(event.data)["about"]["session"])


def _types(prefix: str, *changes: str, version: int = 1) -> dict[str, int]:
    return {prefix + change: version for change in changes}


SESSIONS = Projection(
    table="sessions",
    columns=("id", "state", "content"),
    types=_types(_SESSION, "scheduled")
    | _types(
        _SESSION,
        *("rescheduled", "changed", "postponed", "cancelled", "reinstated"),
        version=2,
    ),
    fold=fold_session,
    json=frozenset({"content"}),
)

ATTENDANCE = Projection(
    table="attendance",
    columns=("session", "content"),
    types=_types(
        _ATTENDANCE,
        *("replied", "place-given", "recorded", "role-assigned", "role-removed"),
        "person-forgotten",
    ),
    fold=fold_attendance,
    json=frozenset({"content"}),
    key=_session_of,
)

APPLICATIONS = Projection(
    table="applications",
    columns=("id", "cohort", "person", "accepted"),
    types=_types(_APPLICATION, "accepted", "withdrawn", "declined"),
    fold=fold_application,
)
