"""Sessions ahead of linked and closely related communities, as discovery's own tables have them."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import msgspec

from services.discovery import links
from services.discovery.domain.joint_session import (
    Asking,
    Beside,
    Session,
    begins,
    clashes,
    reasons,
)
from services.discovery.follower import Known
from services.discovery.index import Document
from services.discovery.index.bag import bag
from services.discovery.index.language import composed, spots
from services.discovery.index.levels import Level
from services.discovery.projections.sessions import SESSIONS
from shared.clock import rfc3339
from shared.connection import Connection
from shared.database import mark, marks
from shared.projection.generations import FOLLOWED, active
from shared.projection.projection import load_rows

_MOST_RELATED = 30
_AHEAD = timedelta(days=183)
# A word that more than this part of all communities use says nothing of any of them.
_COMMON = 0.25
_FEW = 8  # communities: too few to say what is common
_OF_MEETINGS = "meeting session webinar workshop event community practice network joint annual"


class Found(NamedTuple):
    """A session that may be shared. `score` is the holder's, None for one only linked."""

    session: Session
    kind: str
    holder: Document
    linked: bool
    score: float | None
    reasons: tuple[str, ...]
    clashes: tuple[str, ...]


def find(
    connection: Connection,
    known: Known,
    asking: Document,
    now: datetime,
    *,
    seen_by_own: bool = False,
) -> list[Found]:
    """What fits, best first: without a clash, of linked communities, soonest.

    Only its own people are spared what it found not useful: others would learn of it.
    """
    said = links.said_by(connection, asking.id).as_seen(own=seen_by_own)
    related = known.index.related(asking.id, limit=_MOST_RELATED, least=Level.RELATED)
    scores = {m.id: m.score for m in related if m.id not in said.hidden}
    rows = _ahead(connection, [asking.id, *{*scores, *said.linked}], now)
    own = [s for s, _, _ in rows if asking.id in s.communities]
    about = _Words(known, asking)
    found = []
    for session, kind, text in rows:
        if asking.id in session.communities:
            continue
        holder = _holder(session, said.linked, scores, known)
        if holder is None:
            continue
        beside = _beside(session, holder, holder.id in said.linked, about.shared(text), known)
        if why := reasons(Asking(asking.region, own), session, beside):
            linked, score = holder.id in said.linked, scores.get(holder.id)
            overlaps = clashes(session, own)
            found.append(Found(session, kind, holder, linked, score, why, overlaps))
    return sorted(
        found, key=lambda f: (bool(f.clashes), not f.linked, begins(f.session.when), f.session.id)
    )


def _ahead(
    connection: Connection, communities: Sequence[str], now: datetime
) -> list[tuple[Session, str, str]]:
    """The planned sessions of these that are not over: each with its kind, and what it is about."""
    generation, p = active(connection, FOLLOWED), mark(connection)
    ids = connection.exec_driver_sql(
        f"SELECT DISTINCT session FROM session_communities_{generation}"
        f" WHERE community IN ({marks(connection, len(communities))}) AND ends > {p}"
        f" AND ends <= {p}",
        (*communities, rfc3339(now), rfc3339(now + _AHEAD)),
    ).scalars()
    rows = load_rows(connection, SESSIONS, generation, ids)
    return [_as_session(key, row["content"]) for key, row in sorted(rows.items())]


def _as_session(key: str, content: Mapping[str, Any]) -> tuple[Session, str, str]:
    session = msgspec.convert(
        {"title": "", "communities": [], **content, "id": key}, Session, strict=False
    )
    about = "\n".join([session.title, *content.get("topics", ())])
    return session, str(content.get("kind", "")), about


def _holder(
    session: Session, linked: Iterable[str], scores: Mapping[str, float], known: Known
) -> Document | None:
    """Which of those who hold it is closest: a linked one, else the most related one."""
    near = sorted(
        (key for key in session.communities if key in linked or key in scores),
        key=lambda key: (key not in linked, -scores.get(key, 0.0), key),
    )
    found = (known.index.get(key) for key in near)
    return next((document for document in found if document and not document.closed), None)


def _beside(
    session: Session, holder: Document, linked: bool, words: Sequence[str], known: Known
) -> Beside:
    holders = [d.shown_name for key in session.communities if (d := known.index.get(key))]
    name = holder.shown_name
    return Beside(name if linked else "", "" if linked else name, words, holder.region, holders)


class _Words:
    """The words of a community that say something of it."""

    def __init__(self, known: Known, asking: Document) -> None:
        snapshot, words = known.index.snapshot, known.index.words
        used, most = snapshot.counts.used, _COMMON * snapshot.communities
        few = snapshot.communities < _FEW
        of_meetings = {stem for spot in spots(_OF_MEETINGS) for stem in spot.word.stems}
        self._stems = {
            stem
            for stem in bag(asking).weights
            if stem not in of_meetings
            and (number := words.number(stem)) is not None
            and number < len(used)
            and (few or used[number] <= most)
        }

    def shared(self, text: str) -> list[str]:
        """The words of a text that are the community's too, as they are written there."""
        text = composed(text)
        found = {
            text[spot.start : spot.end].lower(): None
            for spot in spots(text)
            if self._stems.intersection(spot.word.stems)
        }
        return list(found)
