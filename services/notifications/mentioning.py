"""What a message mentions, each with the address at which anybody can read of it."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from services.notifications.links import Links


class Mention(NamedTuple):
    name: str
    url: str


def mentions(links: Links, facts: Mapping[str, Any]) -> list[Mention]:
    """Each thing once, in the order in which a message tells of them."""
    return list(dict.fromkeys(_mentions(links, facts)))


def _mentions(links: Links, facts: Mapping[str, Any]) -> Iterator[Mention]:
    session = facts.get("session")
    if session and session.get("id"):
        url = links.page("scheduling", f"sessions/{session['id']}")
        yield Mention(session.get("title") or "The session", url)
    for community in _communities(facts):
        if community and community.get("id"):
            yield Mention(
                community["name"], links.page("registry", f"communities/{community['id']}")
            )
    if facts.get("cohort"):
        url = links.page("scheduling", f"cohorts/{facts['cohort']}")
        yield Mention(facts["cohort_name"], url)


def _communities(facts: Mapping[str, Any]) -> Iterator[Mapping[str, Any] | None]:
    yield from facts.get("communities") or ()
    yield facts.get("other")
    yield facts.get("predecessor")
    yield from facts.get("into") or ()
