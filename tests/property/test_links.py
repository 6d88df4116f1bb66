"""Whatever communities do with links, both sides see the same, and there is one link at most."""

from collections import Counter
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.discovery.domain.link import LIVE
from tests.discovery import Discovery, open_discovery

COMMUNITIES = 4
rounds = count()

which = st.integers(0, COMMUNITIES - 1)
steps = st.lists(
    st.one_of(
        st.tuples(st.just("propose"), which, which, st.sampled_from(["Meet", "Learn"])),
        st.tuples(st.sampled_from(["acceptance", "refusal", "ending"]), st.integers(0, 9), which),
        st.tuples(st.just("close"), which, st.none() | which),
    ),
    max_size=14,
)


@pytest.fixture(scope="module")
def discovery(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Discovery]:
    folder: Path = tmp_path_factory.mktemp("links")
    with open_discovery(f"sqlite:///{folder / 'd.db'}", folder) as found:
        yield found


def take(discovery: Discovery, step: Any, communities: list[str], links: list[str]) -> None:
    answer = None
    match step:
        case ("propose", one, other, purpose):
            body = {"from": communities[one], "to": communities[other], "purpose": purpose}
            answer = discovery.operator.post("/links", body)
            if answer.status_code == 201:
                links.append(answer.json["id"])
        case ("close", one, into):
            successors = [communities[into]] if into is not None and into != one else []
            discovery.closes(communities[one], *successors)
        case (what, nth, side) if links:
            at = f"/links/{links[nth % len(links)]}/{what}"
            answer = discovery.operator.post(at, {"by": communities[side]})
    assert what_went_wrong(answer) is None


def what_went_wrong(answer: Any) -> str | None:
    """Everything is answered with yes, or with no in words."""
    if answer is None or answer.status_code in (200, 201):
        return None
    said = answer.json["detail"] if answer.status_code in (404, 409, 422) else None
    return None if said else str(answer.text)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps)
def test_both_sides_agree_on_every_link_after_any_history(discovery: Discovery, history: list[Any]):
    now = next(rounds)
    communities = [discovery.community(f"{now} {n}") for n in range(COMMUNITIES)]
    links: list[str] = []
    for step in history:
        take(discovery, step, communities, links)
    closed = {
        community
        for community in communities
        if any(s[0] == "close" and communities[s[1]] == community for s in history)
    }
    seen: dict[str, list[Any]] = {}
    for community in communities:
        for link in discovery.links(community):
            assert community in (link["from"], link["to"])
            seen.setdefault(link["id"], []).append(link)
    for views in seen.values():
        assert len(views) == 2
        assert views[0] == views[1]
    live = [views[0] for views in seen.values() if views[0]["state"] in LIVE]
    pairs = Counter(frozenset((link["from"], link["to"])) for link in live)
    assert set(pairs.values()) <= {1}
    assert all(len(pair) == 2 for pair in pairs)
    assert not closed & {community for pair in pairs for community in pair}
