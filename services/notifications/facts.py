"""What a message says besides to whom: gathered when the event is consumed, without personal data.

Facts are kept in the announcement, so that a message rendered later tells what was so then. People
are ids here; their names are asked from the registry when a message is rendered.
"""

from collections.abc import Sequence
from typing import Any

import msgspec

from services.notifications.audiences import role_of
from services.notifications.domain.wall_clock import begins, ends
from services.notifications.projections.registry import COMMUNITIES, NETWORKS, community_name
from services.notifications.projections.scheduling import sessions_of_cohort
from shared.clock import rfc3339
from shared.connection import Connection
from shared.eventstore.events import Event
from shared.projection.generations import FOLLOWED, active
from shared.projection.projection import load_rows

_MOST_NAMED = 10


def data_of(event: Event) -> dict[str, Any]:
    data: dict[str, Any] = msgspec.json.decode(event.data)
    return data


def communities_of(event: Event) -> list[str]:
    """The communities that an event concerns."""
    if event.stream.startswith("com_"):
        return [event.stream]
    data = data_of(event)
    if event.stream.startswith(("sav_", "mbr_")):
        return [data["community"]]
    if event.type.startswith("discovery."):
        return _sides(event.type, data)
    for holder in ("session", "about"):
        if communities := (data.get(holder) or {}).get("communities"):
            return list(communities)
    return []


def gather(connection: Connection, event: Event, communities: list[str]) -> dict[str, Any]:
    """All that the messages of an event may tell."""
    data = data_of(event)
    others = [*data.get("into", ()), *filter(None, [data.get("predecessor")])]
    contents = _contents(connection, [*communities, *others])
    return {
        "version": event.version,
        **of_communities(connection, communities),
        **_of_registry(data | dict(role_of(connection, communities, data)), contents),
        **of_session(event.stream, data),
        **_of_application(event.stream, data),
        **_dates_of_cohort(connection, event),
        **of_link(event.type, data, contents),
    }


def of_communities(connection: Connection, communities: Sequence[str]) -> dict[str, Any]:
    """The communities that a message concerns, and their networks' names."""
    contents = _contents(connection, communities)
    networks = dict.fromkeys(n for content in contents.values() for n in content["networks"])
    found = load_rows(connection, NETWORKS, active(connection, FOLLOWED), networks)
    return {
        "communities": [_community(key, contents.get(key)) for key in communities],
        "networks": sorted(row["name"] for row in found.values() if row["name"]),
    }


def _contents(connection: Connection, communities: Sequence[str]) -> dict[str, dict[str, Any]]:
    wanted = dict.fromkeys(communities)
    rows = load_rows(connection, COMMUNITIES, active(connection, FOLLOWED), wanted)
    return {key: row["content"] for key, row in rows.items()}


def _community(key: str, content: dict[str, Any] | None) -> dict[str, Any]:
    if content is None:
        return {"id": key, "name": "a community", "region": "", "domain": "", "topics": []}
    return {
        "id": key,
        "name": community_name(content),
        "region": content["region"],
        "domain": content["domain"][:600],
        "topics": content["topics"][:_MOST_NAMED],
    }


def _of_registry(data: dict[str, Any], contents: dict[str, Any]) -> dict[str, Any]:
    """What this kind of event tells, by the words that the templates use."""
    found: dict[str, Any] = {}
    if "ending" in data:
        found["ending"] = data["ending"]
        found["into"] = [_community(key, contents.get(key)) for key in data.get("into", ())]
    if data.get("predecessor"):
        found["predecessor"] = _community(data["predecessor"], contents.get(data["predecessor"]))
    if data.get("person"):
        found["person"] = data["person"]
    if data.get("role"):
        found |= {"role": data["role"], "begins": data.get("begins"), "ends": data.get("ends")}
    return found


def of_session(stream: str, data: dict[str, Any]) -> dict[str, Any]:
    """What a message about a session tells. Moments are RFC 3339; `when` is as it is said there."""
    session = data.get("session")
    if session is None and "session" in data.get("about", {}):
        session, stream = data["about"], data["about"]["session"]
    if not isinstance(session, dict):
        return {}
    found = {
        "session": session | {"id": stream},
        "sequence": data.get("sequence"),
        "starts": rfc3339(begins(session["when"])),
        "ends": rfc3339(ends(session["when"])),
        "reasoned": bool(data.get("reasoned") or data.get("reason")),
        "changed": data.get("changed", []),
    }
    if data.get("before"):
        before = data["before"]
        found |= {"before": before, "started": rfc3339(begins(before))}
        found["ended"] = rfc3339(ends(before))
    for name in ("guest", "invited_by", "generation", "role", "programme_name"):
        if data.get(name) is not None:
            found[name] = data[name]
    return found


_APPLICATION = (
    *("sponsor", "generation", "expires", "days", "programme_name"),
    *("decision", "reply_by", "position", "finished", "calendar"),
)
# What its applicant reads with all dates of the cohort.
_WITH_DATES = frozenset(
    f"scheduling.application.{n}" for n in ("decision-released", "place-offered", "accepted")
)
_MOST_DATES = 60


def _of_application(stream: str, data: dict[str, Any]) -> dict[str, Any]:
    about = data.get("about", {})
    if not stream.startswith("app_") or "cohort_name" not in about:
        return {"standing": data["standing"]} if "standing" in data else {}
    known = {name: data[name] for name in _APPLICATION if data.get(name) is not None}
    return {
        "application": stream,
        "cohort": about.get("cohort"),
        "cohort_name": about["cohort_name"],
        "applicant": about["person"],
        **known,
    }


def _dates_of_cohort(connection: Connection, event: Event) -> dict[str, Any]:
    """The sessions of a cohort that take place, by their dates, for who may come to them."""
    if event.type not in _WITH_DATES:
        return {}
    sessions = sessions_of_cohort(connection, data_of(event)["about"]["cohort"])
    kept = ("kind", "number", "title", "when", "modality", "place")
    dates = [{name: s[name] for name in kept if s.get(name)} for s in sessions[:_MOST_DATES]]
    return {"dates": dates}


# Of a link: which events concern the side that proposed.
_TOLD_TO_PROPOSER = frozenset(f"discovery.proposal.{n}" for n in ("accepted", "refused", "lapsed"))


def _told(kind: str, data: dict[str, Any]) -> str | None:
    """The side of a link that an event is told to; None for both."""
    one, other = data["communities"]
    if side := data.get("side"):
        return str(other if side == one else one)
    if kind.startswith("discovery.link."):
        return data.get("heir")
    return str(one if kind in _TOLD_TO_PROPOSER else other)


def _sides(kind: str, data: dict[str, Any]) -> list[str]:
    """Both communities of a link; the one that is told comes first."""
    both, told = list(data.get("communities", ())), None
    if len(both) == 2:
        told = _told(kind, data)
    return sorted(both, key=lambda community: community != told)


_LINK = ("link", "purpose", "lapses", "outcome", "successor")


def of_link(kind: str, data: dict[str, Any], contents: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """What a message about a link tells: to whom, of whom, and on which page they answer."""
    if not kind.startswith("discovery.") or "link" not in data:
        return {}
    _, other = _sides(kind, data)
    return {
        **{name: data[name] for name in _LINK if data.get(name) is not None},
        "told": _told(kind, data),
        "other": _community(other, contents.get(other)),
        "closed": bool(data.get("ending")),
    }
