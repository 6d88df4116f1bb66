"""Fifty at once on one pair: one lawful history and no doubled link, on both databases."""

from collections import Counter
from itertools import cycle, islice
from typing import Any

from services.discovery.domain.link import LIVE
from tests.discovery import Discovery
from tests.registry import at_once

MANY = 50


def propose(discovery: Discovery, one: str, other: str) -> tuple[int, str]:
    body = {"from": one, "to": other, "purpose": "Meet"}
    answer = discovery.operator.post("/links", body)
    assert answer.status_code in (200, 201, 409), answer.text
    return answer.status_code, answer.json.get("id", "")


def act(discovery: Discovery, what: str) -> int:
    """Do it to whatever is live."""
    live = [link for link in discovery.links() if link["state"] in LIVE]
    if not live:
        return 0
    status = discovery.operator.post(f"/links/{live[0]['id']}/{what}").status_code
    assert status in (200, 409)
    return status


def check_history(discovery: Discovery, one: str, other: str) -> None:
    """Each link was proposed once, answered once at most and ended once at most; then the next."""
    open_: str | None = None
    agreed: set[str] = set()
    for event in discovery.operator.events():
        what, link = event["type"].removeprefix("discovery."), event["data"]["link"]
        assert set(event["data"]["communities"]) == {one, other}
        if what == "proposal.made":
            assert open_ is None, "a second one while one was live"
            open_ = link
            continue
        assert link == open_, what
        match what:
            case "link.accepted":
                assert link not in agreed
                agreed.add(link)
            case "proposal.refused" | "proposal.withdrawn":
                assert link not in agreed
                open_ = None
            case "link.ended":
                assert link in agreed
                open_ = None
    live = [link["id"] for link in discovery.links() if link["state"] in LIVE]
    assert live == ([open_] if open_ else [])


def test_fifty_proposals_from_both_sides_make_one_link(each_discovery: Discovery):
    discovery = each_discovery
    one, other = discovery.community("A"), discovery.community("B")
    ways = islice(cycle([(one, other), (other, one)]), MANY)
    answers = at_once(*(lambda way=way: propose(discovery, *way) for way in ways))
    statuses = Counter(status for status, _ in answers)
    assert statuses[201] == 1
    assert len({link for _, link in answers if link}) == 1
    (link,) = discovery.links()
    assert link["state"] == "accepted"
    check_history(discovery, one, other)


def test_fifty_proposals_answers_and_endings_make_one_lawful_history(each_discovery: Discovery):
    discovery = each_discovery
    one, other = discovery.community("A"), discovery.community("B")
    discovery.proposal(one, other, purpose="Meet")
    calls: list[Any] = []
    for n in range(MANY):
        way = (one, other) if n % 2 else (other, one)
        what = ("propose", "acceptance", "ending", "propose", "refusal")[n % 5]
        if what == "propose":
            calls.append(lambda way=way: propose(discovery, *way)[0])
        else:
            calls.append(lambda what=what: act(discovery, what))
    done = Counter(at_once(*calls))
    assert done[200] + done[201] > 1
    check_history(discovery, one, other)


def test_a_closing_among_proposals_leaves_no_link_behind(each_discovery: Discovery):
    discovery = each_discovery
    gone = discovery.community("A")
    others = [discovery.community(f"B{n}") for n in range(15)]

    def ask(other: str) -> int:
        body = {"from": other, "to": gone, "purpose": "Meet"}
        status = discovery.operator.post("/links", body).status_code
        assert status in (201, 422)
        return status

    at_once(*(lambda o=o: ask(o) for o in others), lambda: discovery.closes(gone))
    discovery.reacts()
    assert {link["state"] for link in discovery.links()} <= {"ended"}
