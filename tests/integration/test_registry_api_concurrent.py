"""Many who change the same communities at once: one lawful history comes of it."""

import random
from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import date
from itertools import combinations
from pathlib import Path

import pytest

from services.registry.domain.decisions import StartRole, decide
from services.registry.domain.roles import Role
from services.registry.events import COMMUNITY
from shared.eventstore.events import Cause, Conflict
from shared.identifiers import new_id
from shared.projection.rebuild import rebuild_own
from tests.registry import Registry, at_once, open_registry

WRITERS, TURNS = 6, 12
LAWFUL = {200, 201, 404, 409, 412, 422}  # done, or refused with a reason


@pytest.fixture
def landscape(each_registry: Registry) -> tuple[list[str], list[str]]:
    operator = each_registry.operator
    communities = [operator.community(f"Community {n}") for n in range(4)]
    return communities, [operator.person(f"Person {n}") for n in range(3)]


def change_at_random(
    registry: Registry, seed: int, communities: Sequence[str], people: Sequence[str]
) -> list[int]:
    """Take turns of roles, merges and reopenings; the statuses of the answers."""
    chance, operator, statuses = random.Random(seed), registry.operator, []
    for _ in range(TURNS):
        community, other = chance.sample(communities, 2)
        at, person = f"/communities/{community}", chance.choice(people)
        roles = operator.get(at).json["roles"]
        begun = f"2026-{chance.randint(1, 6):02}-01"
        turns: list[Callable[[], object]] = [
            lambda at=at, p=person, d=begun: operator.post(
                f"{at}/roles", {"person": p, "role": "convener", "from": d}
            ),
            lambda at=at, roles=roles: operator.patch(
                f"{at}/roles/{roles[-1]['id'] if roles else 'none'}", {"to": "2026-07-01"}, "*"
            ),
            lambda at=at, o=other: operator.post(
                f"{at}/closure", {"ending": "merged", "into": [o]}
            ),
            lambda at=at: operator.post(f"{at}/reopening"),
            lambda at=at: operator.post(f"{at}/state", {"state": "dormant"}),
        ]
        statuses.append(chance.choice(turns)().status_code)  # type: ignore[attr-defined]
    return statuses


def test_roles_merges_and_reopenings_at_once_leave_one_lawful_history(
    each_registry: Registry, landscape: tuple[list[str], list[str]]
):
    communities, people = landscape
    calls = [
        lambda seed=seed: change_at_random(each_registry, seed, communities, people)
        for seed in range(WRITERS)
    ]
    statuses = [status for answers in at_once(*calls) for status in answers]
    assert set(statuses) <= LAWFUL
    assert statuses.count(200) + statuses.count(201) > WRITERS

    shown = {c: each_registry.anyone.get(f"/communities/{c}").json for c in communities}
    for community in shown.values():
        assert_no_overlap(community["roles"])
        if community["state"] == "closed":  # into one that was open then, and never in a circle
            assert community["successors"]
            assert community["id"] not in successors(shown, community["id"])

    versions = defaultdict(list)
    for event in each_registry.operator.events():
        versions[event["subject"]].append(int(event["sequence"]))
    assert all(found == list(range(1, len(found) + 1)) for found in versions.values())

    service = each_registry.service
    rebuild_own(service.database, service.store, service.own, present=service.types.present)
    assert {c: each_registry.anyone.get(f"/communities/{c}").json for c in communities} == shown


def assert_no_overlap(roles: Sequence[dict[str, str]]) -> None:
    """No two intervals of one person in one role share a day."""
    of_one = defaultdict(list)
    for role in roles:
        end = date.fromisoformat(role["to"]) if role["to"] else date.max
        of_one[role["person"], role["role"]].append((date.fromisoformat(role["from"]), end))
    for intervals in of_one.values():
        for (begun, ended), (other_begun, other_ended) in combinations(intervals, 2):
            assert ended <= other_begun or other_ended <= begun


def successors(shown: dict[str, dict], community: str) -> set[str]:
    """All who come after a community, at whatever remove."""
    found: set[str] = set()
    coming = {s["id"] if isinstance(s, dict) else s for s in shown[community]["successors"]}
    while new := coming - found:
        found |= new
        coming = {
            s["id"] if isinstance(s, dict) else s for c in new for s in shown[c]["successors"]
        }
    return found


@pytest.mark.postgres
def test_what_was_decided_by_a_state_that_is_no_more_is_not_done(postgres_url: str, tmp_path: Path):
    """A community and who belongs to it are two streams, and each decides by the other."""
    with open_registry(postgres_url, tmp_path) as registry:
        operator, streams = registry.operator, registry.service.streams
        community, ada = operator.community("Falls"), operator.person("Ada")
        role = Role(new_id("rol"), ada, "member", date(2026, 1, 1))
        with registry.service.write() as connection:
            loaded = streams.load(connection, COMMUNITY, community)
            closed = operator.post(f"/communities/{community}/closure", {"ending": "faded"})
            assert closed.status_code == 200
            events = decide(loaded.state, StartRole(community, role, date(2026, 3, 1)))
            changes = streams.changes(COMMUNITY, community, loaded, events)
            now = registry.service.clock.now()
            with pytest.raises(Conflict):
                streams.append(connection, changes, cause=Cause("cor_1"), now=now)
        shown = operator.get(f"/communities/{community}").json
        assert (shown["state"], shown["roles"]) == ("closed", [])
