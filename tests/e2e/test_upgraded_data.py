"""Data of each earlier release, upgraded: nothing public names a person, and nothing is lost."""

import json
import re
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import httpx
import pytest

from shared.settings import SERVICES
from shared.stream.kafka import topics_of
from tests.e2e.platform import Platform, deployment, write_list
from tests.releases import release
from tests.servers import await_that
from tests.topics import RAISED, in_topic

pytestmark = pytest.mark.timeout(1800)
_PATIENCE = 600.0  # seconds; two releases are started, beside other tests
STARTED, ENDED = "registry.community.role-started", "registry.community.role-ended"
PERSON = re.compile(r"per_[0-9a-z]+")
REASON = "Zebedee is on leave"
Events = list[dict[str, Any]]


class Before:
    """What the release had published, to those who see all, and where followers were in it."""

    def __init__(self, platform: Platform) -> None:
        self.events = {service: follow(platform, service)[0] for service in SERVICES}
        self.half = {
            service: follow(platform, service, most=len(events) // 2)
            for service, events in self.events.items()
        }
        self.deliveries = len(deliveries(platform))

    def count(self, *types: str) -> int:
        return sum(e["type"] in types for events in self.events.values() for e in events)


def follow(
    platform: Platform, service: str, cursor: str = "", most: int = 10**9, anyone: bool = False
) -> tuple[Events, str, Events]:
    """Events after a cursor, the cursor after them, and the epochs that the pages told of."""
    found: Events = []
    raised: Events = []
    headers = {} if anyone else platform.token
    with httpx.Client(headers=headers, timeout=120) as client:
        while len(found) < most:
            asked = {"after": cursor, "limit": min(500, most - len(found))}
            answer = client.get(platform.url(service, "/events"), params=asked)
            assert answer.status_code == 200, answer.text
            page = answer.json()
            found += page["events"]
            raised += page.get("epoch_raised", [])
            cursor = page["next"]
            if not page["events"]:
                break
    return found, cursor, raised


def deliveries(platform: Platform) -> list[str]:
    """What anybody was told or is to be told, by its id."""
    found: list[str] = []
    cursor = None
    while True:
        page = platform.get("notifications", "/deliveries", limit=200, cursor=cursor or "")
        found += [item["id"] for item in page["items"]]
        if (cursor := page["next"]) is None:
            return found


def copies(platform: Platform) -> list[str]:
    """The types of the events that the registry's worker made of roles of the past."""
    return [e["type"] for e in follow(platform, "registry")[0] if e.get("origin") == "copied"]


def place(event: dict[str, Any]) -> tuple[str, ...]:
    return tuple(str(event[name]) for name in ("subject", "sequence", "id", "type", "time"))


def have_it_publish_people(platform: Platform) -> None:
    """What is no longer published: who belongs to a community, and why a session is off."""
    person = platform.post("/people", {"name": "Zebedee", "email": "zebedee@people.example"})
    community = platform.post("/communities", {"name": "Hazel", "domain": "Hedges"}).json()["id"]
    platform.caught_up(_PATIENCE)
    for role in ("convener", "member"):
        body = {"person": person.json()["id"], "role": role, "from": "2020-01-01"}
        made = platform.post(f"/communities/{community}/roles", body)
        assert made.status_code == 201, made.text
    made = made.json()
    with httpx.Client(headers=platform.token, timeout=120) as client:
        role_url = platform.url("registry", f"/communities/{community}/roles/{made['id']}")
        ended = client.patch(role_url, json={"to": "2024-01-01"}, headers={"If-Match": "*"})
        assert ended.status_code == 200, ended.text
        session = {
            "kind": "community-meeting",
            "communities": [community],
            "title": "Laying",
            "date": "2027-03-01",
            "start": "10:00",
            "end": "11:00",
            "zone": "Europe/London",
            "modality": "online",
        }
        planned = client.post(platform.url("scheduling", "/sessions"), json=session)
        assert planned.status_code == 201, planned.text
        off = platform.url("scheduling", f"/sessions/{planned.json()['id']}/cancellation")
        assert client.post(off, json={"reason": REASON}).status_code == 200
    platform.caught_up(_PATIENCE)


@pytest.fixture(scope="module", params=["0.1.0 embedded", "0.2.0 deployed"])
def upgraded(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Platform, Before]]:
    """A release's example and more; then the present version, started over the same data.

    The release ends in the middle of sending and reading a long list.
    """
    version, kind = request.param.split()
    folder = tmp_path_factory.mktemp("upgraded")
    settings = {}
    if kind == "deployed":
        settings = deployment(*map(request.getfixturevalue, ("kafka", "postgres")))
    source = release(version).unpack(folder / "source")
    old = Platform(folder / "var", source=source, **settings)
    new = Platform(folder / "var", **settings)
    new.ports, new.environ = old.ports, old.environ
    try:
        old.start(within=_PATIENCE)
        have_it_publish_people(old)
        imported = old.run("import", str(write_list(folder / "list.jsonl", 60)), timeout=_PATIENCE)
        assert imported.returncode == 0, imported.stderr
        before = Before(old)
        old.stop()
        new.start(within=_PATIENCE)
        await_that(lambda: len(copies(new)) == before.count(STARTED, ENDED), _PATIENCE)
        await_that(lambda: new.run("status", "--wait").returncode == 0, _PATIENCE)
        yield new, before
    finally:
        old.end()
        new.end()


def test_nothing_public_names_a_person(upgraded: tuple[Platform, Before]) -> None:
    platform, before = upgraded
    named = sum(bool(PERSON.search(json.dumps(e))) for e in before.events["registry"] if public(e))
    assert named >= before.count(STARTED) > 0
    for service in SERVICES:
        events, _, _ = follow(platform, service, anyone=True)
        assert [e for e in events if PERSON.search(json.dumps(e))] == []
        assert REASON not in json.dumps(events)


def public(event: dict[str, Any]) -> bool:
    return bool(event["audience"] == "public")


def test_what_was_public_keeps_its_place_its_id_and_its_sequence(
    upgraded: tuple[Platform, Before],
) -> None:
    platform, before = upgraded
    for service in SERVICES:
        was = [place(event) for event in before.events[service]]
        events, _, _ = follow(platform, service)
        assert [place(event) for event in events[: len(was)]] == was
        later = Counter(event["type"] for event in events[len(was) :])
        print(f"{service}: {len(was)} events before, the same after, and {dict(later)}")
        assert later[f"{service}.{RAISED}"] == min(len(was), 1)  # nothing is not sent again
        assert not was or events[len(was)]["type"].endswith(RAISED)


def test_roles_of_the_past_are_shown_without_people_and_copied(
    upgraded: tuple[Platform, Before],
) -> None:
    platform, before = upgraded
    events, _, _ = follow(platform, "registry")
    of = {kind: [e for e in events if e["type"] == kind] for kind in (STARTED, ENDED)}
    assert {e["dataschema"][-1] for kind in of for e in of[kind]} == {"2"}
    assert {field for kind in of for e in of[kind] for field in e["data"]} <= {
        "role",
        "begins",
        "ends",
        "term_ends",
    }
    copied = Counter(copies(platform))
    print(f"{before.count(STARTED, ENDED)} role events before, copied: {dict(copied)}")
    assert copied["registry.membership.started"] == before.count(STARTED) == len(of[STARTED])
    assert copied["registry.membership.ended"] == before.count(ENDED) == len(of[ENDED])
    internal = [e for e in events if e["type"].startswith("registry.membership.")]
    assert {e["audience"] for e in internal} == {"internal"}


def test_a_follower_in_the_middle_goes_on_and_is_told_what_to_do(
    upgraded: tuple[Platform, Before],
) -> None:
    platform, before = upgraded
    for service in SERVICES:
        seen, cursor, _ = before.half[service]
        rest, end, raised = follow(platform, service, cursor)
        if not before.events[service]:
            assert raised == []
            continue
        whole, _, told_to_newcomers = follow(platform, service)
        assert [e["id"] for e in [*seen, *rest]] == [e["id"] for e in whole]
        assert {each["reason"] for each in raised} == {"republished"}
        assert "delete them" in raised[0]["detail"]
        assert follow(platform, service, end)[2] == told_to_newcomers[1:] == []
        epochs = [int(e.get("epoch", 0)) for e in whole]
        assert all(one <= other for one, other in pairwise(epochs))
        assert raised[0]["epoch"] in epochs


def test_our_own_followers_lost_nothing_and_told_nobody_again(
    upgraded: tuple[Platform, Before],
) -> None:
    platform, before = upgraded
    done = platform.run("status")
    assert done.returncode == 0, done.stdout
    assert "All is well." in done.stdout
    listed = platform.get("registry", "/communities", limit=1)
    registered = before.count("registry.community.registered")
    found = platform.get("discovery", "/landscape", by="network")
    print(f"{registered} communities; {found.get('totals', '')}")
    assert listed["items"]
    told = deliveries(platform)
    assert len(told) == len(set(told)) == before.deliveries


def test_the_topics_were_filled_again_and_begin_with_the_epoch(
    upgraded: tuple[Platform, Before],
) -> None:
    platform, _ = upgraded
    bootstrap = platform.environ.get("HEDGEROW_KAFKA_BOOTSTRAP")
    if bootstrap is None:
        return  # there is nothing but feeds
    for service in SERVICES:
        sent = []
        for name in topics_of(service):
            for records in in_topic(bootstrap, name).values():
                kinds = [headers["ce_type"] for headers, _ in records]
                assert kinds[0] == f"{service}.{RAISED}"
                sent += [h["ce_id"] for h, _ in records if not h["ce_type"].endswith(RAISED)]
                if name.endswith(".public"):
                    assert [r for r in records if PERSON.search(str(r))] == []
                    assert REASON not in str(records)
        stored = [e["id"] for e in follow(platform, service)[0] if not e["type"].endswith(RAISED)]
        print(f"{service}: {len(sent)} records of {len(stored)} events")
        assert Counter(sent) == Counter(stored)
