"""Communities that end: their links end, or go on with the successor, once, and both sides know."""

from typing import Any

import pytest

from tests.discovery import Discovery


@pytest.fixture
def three(discoverer: Discovery) -> tuple[str, str, str]:
    return tuple(discoverer.community(name) for name in ("A", "B", "S"))  # type: ignore[return-value]


def states(discoverer: Discovery) -> dict[tuple[str, str], str]:
    """The state of what is, or was last, between any two."""
    return {(link["from"], link["to"]): link["state"] for link in discoverer.links()}


def test_a_community_that_fades_ends_its_links_and_proposals(
    discoverer: Discovery, three: tuple[str, str, str]
):
    a, b, s = three
    linked, asked = discoverer.link(a, b), discoverer.proposal(s, a)
    discoverer.closes(a)
    assert states(discoverer) == {(a, b): "ended", (s, a): "ended"}
    (ended,) = discoverer.told("link.ended")
    assert ended["subject"] == linked
    assert (ended["data"]["side"], ended["data"]["ending"]) == (a, "faded")
    (withdrawn,) = discoverer.told("proposal.withdrawn")
    assert (withdrawn["data"]["link"], withdrawn["data"]["side"]) == (asked, a)
    assert ended["causationid"] == withdrawn["causationid"]


@pytest.mark.parametrize("ending", ["merged", "absorbed"])
def test_one_that_merges_hands_its_links_to_its_successor(
    discoverer: Discovery, three: tuple[str, str, str], ending: str
):
    a, b, s = three
    old = discoverer.link(b, a, purpose="Share tools")
    discoverer.closes(a, s, ending=ending)
    assert states(discoverer) == {(b, a): "ended", (b, s): "accepted"}
    (ended,), (_, begun) = discoverer.told("link.ended"), discoverer.told("link.accepted")
    assert (ended["data"]["into"], ended["data"]["successor"]) == ([s], begun["subject"])
    assert (begun["data"]["continues"], begun["data"]["predecessor"]) == (old, a)
    assert begun["data"]["purpose"] == "Share tools"


def test_one_that_merges_with_whom_it_is_linked_leaves_no_link(
    discoverer: Discovery, three: tuple[str, str, str]
):
    a, b, _ = three
    discoverer.link(a, b)
    discoverer.closes(a, b)
    assert states(discoverer) == {(a, b): "ended"}


def test_a_successor_that_is_linked_already_keeps_its_own_link(
    discoverer: Discovery, three: tuple[str, str, str]
):
    a, b, s = three
    discoverer.link(a, b)
    own = discoverer.link(s, b)
    discoverer.closes(a, s)
    assert states(discoverer) == {(a, b): "ended", (s, b): "accepted"}
    (ended,) = discoverer.told("link.ended")
    assert ended["data"]["successor"] == own


def test_a_proposal_between_successor_and_the_other_side_waits_for_its_answer(
    discoverer: Discovery, three: tuple[str, str, str]
):
    a, b, s = three
    discoverer.link(a, b)
    discoverer.proposal(s, b)
    discoverer.closes(a, s)
    assert states(discoverer) == {(a, b): "ended", (s, b): "proposed"}
    (ended,) = discoverer.told("link.ended")
    assert "successor" not in ended["data"]  # a proposal is for the two alone
    assert discoverer.told("proposal.accepted")[1:] == []


def test_one_that_splits_hands_on_no_link(discoverer: Discovery, three: tuple[str, str, str]):
    a, b, s = three
    discoverer.link(a, b)
    discoverer.closes(a, s, discoverer.community("T"), ending="split")
    assert states(discoverer) == {(a, b): "ended"}


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_when_both_sides_merge_at_once_their_successors_are_linked(
    discoverer: Discovery, three: tuple[str, str, str], order: tuple[int, int]
):
    """Whichever is heard of first."""
    a, b, s = three
    t = discoverer.community("T")
    discoverer.link(a, b)
    closings = [(a, s), (b, t)]
    for which in order:
        gone, into = closings[which]
        discoverer.learns("registry.community.closed", gone, ending="merged", into=[into])
    discoverer.reacts()
    live = [two for two, state in states(discoverer).items() if state == "accepted"]
    assert live == [(s, t)]


def test_a_successor_that_has_merged_itself_meanwhile_passes_the_link_on(
    discoverer: Discovery, three: tuple[str, str, str]
):
    a, b, s = three
    t = discoverer.community("T")
    discoverer.link(a, b)
    for gone, into in ((a, s), (s, t)):
        discoverer.learns("registry.community.closed", gone, ending="merged", into=[into])
    discoverer.reacts()
    live = [two for two, state in states(discoverer).items() if state == "accepted"]
    assert live == [(t, b)]


def test_a_closing_that_is_told_again_changes_nothing_more(
    discoverer: Discovery, three: tuple[str, str, str]
):
    a, b, s = three
    discoverer.link(a, b)
    discoverer.closes(a, s)
    before: list[Any] = discoverer.told()
    discoverer.versions[a] -= 1
    discoverer.closes(a, s)
    assert discoverer.reacts() == 0
    assert discoverer.told() == before
