"""Discovery's own read models: links, live and past, and what communities said of one another."""

from typing import Any

import msgspec

from services.discovery.domain import link as k
from services.discovery.domain.feedback import Feedback
from services.discovery.domain.link import Link
from services.discovery.events import EVENT_TYPES, FEEDBACK, LINK
from shared.clock import rfc3339
from shared.eventstore.events import Event
from shared.projection.projection import Projection, Row


def proposal_of(link: str) -> str:
    """The stream of a link's proposal."""
    return "prp_" + link.removeprefix("lnk_")


def _link_of(event: Event) -> str:
    return "lnk_" + event.stream.partition("_")[2]


def _types(*kinds: str) -> dict[str, int]:
    known = EVENT_TYPES.by_name.items()
    return {name: kind.version for name, kind in known if name.split(".")[1] in kinds}


def fold_link(row: Row | None, event: Event) -> Row:
    """The link after an event of its proposal's stream or of its own."""
    before = msgspec.convert(row["record"], Link) if row else LINK.initial
    link: Link = LINK.evolve(before, EVENT_TYPES.decode(event))
    at = rfc3339(event.time)
    times: dict[str, Any] = {
        name: row[name] if row else None for name in ("proposed_at", "agreed_at", "over_at")
    }
    if before.state is None and link.state == k.PROPOSED:
        times["proposed_at"] = at
    if link.agreed and not before.agreed:
        times["agreed_at"] = at
    if not link.live:
        times["over_at"] = at
    low, high = sorted(link.communities)
    due = (link.lapses if link.reminded else link.remind) if link.state == k.PROPOSED else None
    return {
        "id": link.id,
        "version": row["version"] + 1 if row else 1,
        "low": low,
        "high": high,
        "proposer": link.communities[0],
        "state": link.state,
        "agreed": int(link.agreed),
        "purpose": link.purpose,
        "began_at": row["began_at"] if row else at,
        "changed_at": at,
        **times,
        "due": rfc3339(due) if due else None,
        "record": msgspec.to_builtins(link),
    }


def fold_feedback(_row: Row | None, event: Event) -> Row | None:
    """What was said last; None where it was taken back."""
    said: Feedback = FEEDBACK.evolve(FEEDBACK.initial, EVENT_TYPES.decode(event))
    if said.verdict is None:
        return None
    return {
        "id": event.stream,
        "version": event.version,
        "community": said.community,
        "other": said.other,
        "verdict": said.verdict,
        "at": rfc3339(event.time),
    }


# `low` and `high` are the two communities in the order of their ids; `version` counts the events of
# both streams; `due` is when time alone changes an open proposal next.
LINKS = Projection(
    table="links",
    columns=(
        *("id", "version", "low", "high", "proposer", "state", "agreed", "purpose"),
        *("began_at", "changed_at", "proposed_at", "agreed_at", "over_at", "due", "record"),
    ),
    types=_types("proposal", "link"),
    fold=fold_link,
    json=frozenset({"record"}),
    key=_link_of,
)
FEEDBACKS = Projection(
    table="feedbacks",
    columns=("id", "version", "community", "other", "verdict", "at"),
    types=_types("feedback"),
    fold=fold_feedback,
)

OWN_PROJECTIONS = [LINKS, FEEDBACKS]
