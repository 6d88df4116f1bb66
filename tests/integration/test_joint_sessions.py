"""Sessions ahead that communities may want to share: whose, why, and what they overlap."""

from datetime import date, timedelta
from typing import Any

import pytest

from shared.identifiers import derived_id
from tests.discovery import Discovery

DAY = date.today() + timedelta(days=30)  # noqa: DTZ011 - some day ahead
FALLS = {"domain": "Preventing falls in care homes", "region": "Wessex"}


@pytest.fixture
def three(discoverer: Discovery) -> Discovery:
    """Falls is linked with Sleep, and closely related to Tumbles; Bees is neither."""
    discoverer.community("Falls", **FALLS)
    discoverer.community("Tumbles", domain="Preventing falls in care homes too", region="Kent")
    discoverer.community("Sleep", domain="Sleeping well on wards", region="Wessex")
    discoverer.community("Bees", domain="Beekeeping on roofs", region="Wessex")
    discoverer.follower.catch_up(discoverer.service.database)
    discoverer.link(key("Falls"), key("Sleep"))
    return discoverer


def key(name: str) -> str:
    return derived_id("com", name)


def plan(discovery: Discovery, *held_by: str, change: str = "scheduled", **fields: Any) -> str:
    """A session of these communities; in person in Leeds, unless said otherwise."""
    when = {"date": DAY.isoformat(), "start": "10:00", "end": "12:00", "zone": "Europe/London"}
    when |= {name: fields.pop(name) for name in tuple(when) if name in fields}
    session = {
        "kind": "community-meeting",
        "title": "We meet",
        "when": when,
        "modality": "in-person",
        "place": "Leeds",
        "communities": [key(name) for name in held_by],
        **fields,
    }
    stream = derived_id("ses", *held_by, session["title"])
    discovery.hears(f"scheduling.session.{change}", stream, session=session, sequence=0)
    return stream


def found(discovery: Discovery, name: str = "Falls") -> list[Any]:
    answer = discovery.anyone.get(f"/communities/{key(name)}/joint-sessions")
    assert answer.status_code == 200, answer.text
    return list(answer.json["items"])


def test_a_linked_community_s_session_nearby_is_shown_with_reasons_and_how_to_propose(
    three: Discovery,
):
    session = plan(three, "Sleep", title="Ward rounds", place="Eastleigh")
    (item,) = found(three)
    assert (item["id"], item["linked"], item["clashes"]) == (session, True, [])
    assert item["reasons"] == [
        "Of Sleep, which you are linked with",
        "In your region, Wessex",
    ]
    purpose = item["propose"]["purpose"]
    assert purpose == f"A joint session: “Ward rounds” on {DAY.day} {DAY:%B %Y}"
    assert item["propose"]["to"] == key("Sleep")


def test_a_related_community_s_session_is_shown_for_its_topic_or_online(three: Discovery):
    plan(three, "Tumbles", title="Falls and care homes: what helps")
    plan(three, "Tumbles", title="Coffee", modality="online", place="")
    plan(three, "Tumbles", title="Something else")
    items = {item["title"]: item["reasons"] for item in found(three)}
    assert items == {
        "Falls and care homes: what helps": [
            "Of Tumbles, which is closely related to you",
            "About what you work on too: falls, care, homes",
        ],
        "Coffee": ["Of Tumbles, which is closely related to you", "Online"],
    }


def test_who_is_neither_linked_nor_related_is_not_shown(three: Discovery):
    plan(three, "Bees", title="Falls")
    assert found(three) == []


def test_what_is_over_cancelled_or_one_s_own_is_not_shown(three: Discovery):
    plan(three, "Sleep", title="Falls, long ago", date="2020-01-01")
    plan(three, "Sleep", title="Falls called off")
    plan(three, "Sleep", title="Falls called off", change="cancelled")
    plan(three, "Sleep", "Falls", title="Falls together")
    assert found(three) == []


def test_a_session_that_is_reinstated_is_shown_again(three: Discovery):
    for change in ("scheduled", "cancelled", "reinstated"):
        plan(three, "Sleep", title="Falls", change=change)
    assert [item["title"] for item in found(three)] == ["Falls"]


def test_what_overlaps_one_s_own_session_comes_last_and_says_so(three: Discovery):
    plan(three, "Sleep", title="Falls at ten", place="Leeds")
    plan(three, "Sleep", title="Falls next week", date=(DAY + timedelta(days=7)).isoformat())
    own = plan(three, "Falls", title="Ours", start="11:30", end="13:00", place=" leeds ")
    later, clashing = found(three)
    assert (later["title"], clashing["title"]) == ("Falls next week", "Falls at ten")
    assert clashing["clashes"] == [
        f"Overlaps “Ours” ({own}) of your own community, {DAY} 11:30–13:00 Europe/London."
    ]
    assert "In a week in which you meet anyway" in clashing["reasons"]
    assert "At Leeds, where you meet too" in later["reasons"]


def test_hours_are_compared_as_moments_whatever_the_zone(three: Discovery):
    plan(three, "Sleep", title="Falls", start="10:00", end="11:00", zone="Europe/Paris")
    plan(three, "Falls", title="Ours", start="10:00", end="11:00")
    (item,) = found(three)
    assert item["clashes"] == []


def test_a_session_that_is_joint_already_says_of_whom(three: Discovery):
    plan(three, "Sleep", "Bees", title="Falls and bees")
    (item,) = found(three)
    assert "Joint already: held by Sleep and Bees" in item["reasons"]


def test_nothing_to_share_is_said_in_a_friendly_sentence(three: Discovery):
    answer = three.anyone.get(f"/communities/{key('Bees')}/joint-sessions").json
    assert answer["items"] == []
    assert answer["note"].startswith("No linked or closely related community")
    assert three.anyone.get("/communities/com_none/joint-sessions").status_code == 404
    assert three.anyone.get(f"/communities/{key('Bees')}/joint-sessions?x=1").status_code == 422


def test_what_was_found_not_useful_is_not_offered(three: Discovery):
    plan(three, "Tumbles", title="Falls")
    at = f"/communities/{key('Falls')}/related/{key('Tumbles')}/feedback"
    answer = three.operator.ask("PUT", at, json={"verdict": "not-useful"})
    assert answer.status_code == 200, answer.text
    assert three.operator.get(f"/communities/{key('Falls')}/joint-sessions").json["items"] == []
    assert found(three), "others would learn of it"
