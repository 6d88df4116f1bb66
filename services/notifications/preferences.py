"""People's preferences: one erasable row each, in no event. Who said nothing has the defaults."""

from collections.abc import Iterable, Sequence
from datetime import datetime, time
from typing import Any, NamedTuple

import msgspec

from services.notifications.domain.preferences import Preferences, QuietHours
from services.notifications.messages import store as messages
from shared.clock import rfc3339
from shared.connection import Connection
from shared.database import mark, marks

_CHUNK = 500


class Kept(NamedTuple):
    preferences: Preferences


_NOTHING_SAID = Kept(Preferences())


def of(connection: Connection, person: str) -> Kept:
    return of_many(connection, [person])[person]


def of_many(connection: Connection, people: Sequence[str]) -> dict[str, Kept]:
    found = dict.fromkeys(people, _NOTHING_SAID)
    for start in range(0, len(people), _CHUNK):
        chunk = tuple(people[start : start + _CHUNK])
        rows = connection.exec_driver_sql(
            "SELECT person, content FROM preferences"
            f" WHERE person IN ({marks(connection, len(chunk))})",
            chunk,
        )
        for person, content in rows:
            found[person] = Kept(from_document(msgspec.json.decode(content)))
    return found


def put(connection: Connection, person: str, preferences: Preferences, now: datetime) -> None:
    content = msgspec.json.encode(document(preferences)).decode()
    connection.exec_driver_sql(
        "INSERT INTO preferences (person, content, generation, changed_at)"
        f" VALUES ({marks(connection, 4)}) ON CONFLICT (person) DO UPDATE SET"
        " content = excluded.content, changed_at = excluded.changed_at",
        (person, content, 1, rfc3339(now)),  # the first release's generation of links
    )


def forget(connection: Connection, person: str) -> None:
    """What waits for the person is suppressed when its turn comes, for there is no contact."""
    messages.forget(connection, person)
    for table in ("preferences", "contacts", "bounces"):
        sql = f"DELETE FROM {table} WHERE person = {mark(connection)}"
        connection.exec_driver_sql(sql, (person,))


def document(preferences: Preferences) -> dict[str, Any]:
    """As the API shows it, and as it is kept."""
    quiet = preferences.quiet
    return {
        "channels": {"email": preferences.email},
        "communities": dict(preferences.communities),
        "stopped": [
            {"category": category, "community": community or None}
            for category, community in sorted(preferences.stopped)
        ],
        "zone": preferences.zone,
        "digest": {"hour": f"{preferences.hour:%H:%M}", "weekday": preferences.weekday},
        "quiet_hours": quiet and {"from": f"{quiet.begins:%H:%M}", "to": f"{quiet.ends:%H:%M}"},
    }


def from_document(content: dict[str, Any]) -> Preferences:
    quiet = content["quiet_hours"]
    return Preferences(
        email=content["channels"]["email"],
        communities=content["communities"],
        stopped=_stopped(content["stopped"]),
        zone=content["zone"],
        hour=time.fromisoformat(content["digest"]["hour"]),
        weekday=content["digest"]["weekday"],
        quiet=quiet
        and QuietHours(time.fromisoformat(quiet["from"]), time.fromisoformat(quiet["to"])),
    )


def _stopped(entries: Iterable[dict[str, Any]]) -> frozenset[tuple[str, str]]:
    return frozenset((entry["category"], entry["community"] or "") for entry in entries)


def contacts(connection: Connection, scopes: Sequence[str]) -> list[str]:
    """Whom these networks, or the `operators`, want told."""
    if not scopes:
        return []
    rows = connection.exec_driver_sql(
        f"SELECT DISTINCT person FROM contacts WHERE scope IN ({marks(connection, len(scopes))})"
        " ORDER BY person",
        tuple(scopes),
    )
    return [row[0] for row in rows]


def put_contacts(connection: Connection, scope: str, people: Sequence[str]) -> None:
    connection.exec_driver_sql(f"DELETE FROM contacts WHERE scope = {mark(connection)}", (scope,))
    rows = [(scope, person) for person in dict.fromkeys(people)]
    if rows:
        connection.exec_driver_sql(
            f"INSERT INTO contacts (scope, person) VALUES ({marks(connection, 2)})", rows
        )
