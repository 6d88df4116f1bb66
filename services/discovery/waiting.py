"""What waits for a person in discovery: proposals to answer, and what their searches have found."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from services.discovery import links
from services.discovery.linking import known
from services.discovery.links import Found
from services.discovery.saved import store
from services.discovery.saved.store import News
from shared.clock import parse_rfc3339
from shared.connection import Connection
from shared.http.inbox import Waiting
from shared.service.authority import convened

NEWS_FOR = timedelta(days=14)  # after a search has told of a community


def waiting_for(connection: Connection, person: str, now: datetime) -> Iterator[Waiting]:
    mine = convened(connection, person, now.date())
    proposals = links.asked_of(connection, sorted(mine))
    news = store.news_of(connection, person, now - NEWS_FOR)
    named = _names(connection, proposals, news)
    for found in proposals:
        yield _proposal(found, named)
    for each in news:
        about = each.q or f"Like {named.get(each.like or '', 'a community')}"
        at = parse_rfc3339(each.at)
        path = f"/saved-searches/{each.search}"
        yield Waiting("saved-search-news", each.search, about, at, path, at + NEWS_FOR)


def _names(
    connection: Connection, proposals: Sequence[Found], news: Sequence[News]
) -> Mapping[str, str]:
    wanted = [key for found in proposals for key in found.link.communities]
    wanted += [each.like for each in news if each.like]
    return {key: about.name for key, about in known(connection, wanted).items()}


def _proposal(found: Found, named: Mapping[str, str]) -> Waiting:
    link = found.link
    theirs, mine = (named.get(key, "a community") for key in link.communities)
    return Waiting(
        "link-proposal",
        found.id,
        f"{theirs} would like to link with {mine}: {link.purpose}",
        parse_rfc3339(found.proposed_at or found.began_at),
        f"/links/{found.id}/acceptance",
        link.lapses,
    )
