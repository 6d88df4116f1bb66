"""Links by consent over HTTP: proposed, answered, ended, seen, and by whom."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from services.scheduling import known
from shared.web import forecasts
from tests.discovery import Discovery
from tests.scheduling import Scheduling

MESSAGE = "We met your convener at the conference."


@pytest.fixture
def two(discoverer: Discovery) -> tuple[str, str]:
    return discoverer.community("Falls"), discoverer.community("Frailty")


def test_a_link_is_proposed_accepted_and_ended_with_an_outcome(
    discoverer: Discovery, two: tuple[str, str]
):
    one, other = two
    answer = discoverer.operator.post(
        "/links", {"from": one, "to": other, "purpose": "Share tools", "message": MESSAGE}
    )
    assert (answer.status_code, answer.json["state"]) == (201, "proposed")
    at = answer.headers["Location"]
    assert at == f"/links/{answer.json['id']}"
    accepted = discoverer.operator.done(f"{at}/acceptance")
    assert (accepted["state"], accepted["from"], accepted["to"]) == ("accepted", one, other)
    ended = discoverer.operator.done(f"{at}/ending", by=other, outcome="applied", reason="Done")
    shown = {name: ended[name] for name in ("state", "ended_by", "outcome")}
    assert shown == {"state": "ended", "ended_by": other, "outcome": "applied"}
    found = discoverer.operator.get(at).json
    assert found["texts"] == {"message": MESSAGE, "ending": "Done"}


def test_what_is_told_of_a_link_holds_no_words_and_both_communities(
    discoverer: Discovery, two: tuple[str, str]
):
    link = discoverer.link(*two, message=MESSAGE)
    discoverer.operator.done(f"/links/{link}/ending", reason="Private matters")
    assert [e["type"].removeprefix("discovery.") for e in discoverer.told()] == [
        *("proposal.made", "proposal.accepted", "link.accepted", "link.ended")
    ]
    for event in discoverer.told("link.accepted", "link.ended"):
        assert event["subject"] == event["data"]["link"] == link
        assert event["data"]["communities"] == list(two)
    everything = str(discoverer.told())
    assert MESSAGE not in everything
    assert "Private matters" not in everything


def test_proposed_twice_it_is_one_proposal_and_from_both_sides_a_link(
    discoverer: Discovery, two: tuple[str, str]
):
    one, other = two
    link = discoverer.proposal(one, other, purpose="Meet")
    again = discoverer.operator.post("/links", {"from": one, "to": other, "purpose": "Meet"})
    assert (again.status_code, again.json["id"]) == (200, link)
    differs = discoverer.operator.post("/links", {"from": one, "to": other, "purpose": "Sing"})
    assert differs.status_code == 409
    assert "purpose" in differs.json["errors"]
    both = discoverer.operator.post("/links", {"from": other, "to": one, "purpose": "Learn"})
    assert (both.status_code, both.json["id"], both.json["state"]) == (200, link, "accepted")
    assert (both.json["purpose"], both.json["other_purpose"]) == ("Meet", "Learn")
    late = discoverer.operator.post("/links", {"from": one, "to": other, "purpose": "Meet"})
    assert (late.status_code, link in late.json["detail"]) == (409, True)


def test_who_can_have_no_link_is_refused_in_words(discoverer: Discovery, two: tuple[str, str]):
    one, other = two
    merged, faded = discoverer.community("Merged"), discoverer.community("Faded")
    discoverer.closes(merged, one)
    discoverer.closes(faded)
    cases = {
        (one, one): ("to", "itself"),
        (one, "com_nobody"): ("to", "may still be on its way"),
        ("com_nobody", one): ("from", "may still be on its way"),
        (one, faded): ("to", "Faded is closed"),
        (faded, one): ("from", "Faded is closed"),
        (merged, one): ("from", "Merged has ended in Falls"),
        (one, merged): ("to", "Merged has ended in Falls"),
        (other, merged): ("to", f"It goes on as {one}"),
    }
    for (proposer, to), (field, words) in cases.items():
        answer = discoverer.operator.post("/links", {"from": proposer, "to": to, "purpose": "Meet"})
        assert (answer.status_code, list(answer.json["errors"])) == (422, [field]), answer.json
        assert words in answer.json["detail"]
    assert discoverer.told() == []


@pytest.mark.parametrize(
    ("path", "body", "status", "field"),
    [
        ("acceptance", {"by": "from"}, 409, "by"),
        ("refusal", {"by": "from"}, 409, "by"),
        ("ending", {"by": "to"}, 409, "by"),
        ("ending", {"outcome": "applied"}, 422, "outcome"),
        ("ending", {"outcome": "splendid"}, 422, "outcome"),
        ("acceptance", {"by": "com_other"}, 422, "by"),
        ("acceptance", {"by": "Ada Lovelace"}, 422, "by"),
        ("acceptance", {"because": "yes"}, 422, "because"),
    ],
)
def test_what_one_side_cannot_do_to_a_proposal_is_refused_and_changes_nothing(
    discoverer: Discovery,
    two: tuple[str, str],
    path: str,
    body: dict[str, Any],
    status: int,
    field: str,
):
    link = discoverer.proposal(*two)
    sides = dict(zip(("from", "to"), two, strict=True))
    body = {name: sides.get(value, value) for name, value in body.items()}
    answer = discoverer.operator.post(f"/links/{link}/{path}", body)
    assert (answer.status_code, list(answer.json["errors"])) == (status, [field])
    assert [e["type"] for e in discoverer.told()] == ["discovery.proposal.made"]


def test_a_proposal_is_refused_by_the_other_side_and_taken_back_by_its_own(
    discoverer: Discovery, two: tuple[str, str]
):
    one, other = two
    first = discoverer.proposal(*two)
    refused = discoverer.operator.done(f"/links/{first}/refusal", by=other, reason="Not now")
    assert refused["state"] == "refused"
    again = discoverer.operator.done(f"/links/{first}/refusal", by=other)
    assert again == refused
    answer = discoverer.operator.post(f"/links/{first}/acceptance")
    assert (answer.status_code, "refused" in answer.json["detail"]) == (409, True)
    second = discoverer.proposal(*two)
    taken_back = discoverer.operator.done(f"/links/{second}/ending", by=one)
    assert (taken_back["state"], taken_back["ended_by"]) == ("ended", one)
    assert taken_back["accepted_at"] is None
    assert {link["id"] for link in discoverer.links(other)} == {first, second}


def test_whoever_ends_a_link_does_so_for_the_side_that_they_convene(
    discoverer: Discovery, two: tuple[str, str]
):
    person = discoverer.convener(two[1])
    link = discoverer.link(*two)
    ended = discoverer.acting(person).done(f"/links/{link}/ending")
    assert ended["ended_by"] == two[1]
    again = discoverer.link(*two)
    ended = discoverer.operator.done(f"/links/{again}/ending", by=person)
    assert ended["ended_by"] == two[1]
    third = discoverer.link(*two)
    assert discoverer.operator.done(f"/links/{third}/ending")["ended_by"] is None
    other = discoverer.acting(person).post(f"/links/{third}/ending", {"by": "per_" + "0" * 20})
    assert other.status_code == 403


@pytest.mark.parametrize("step", ["acceptance", "refusal"])
def test_only_who_convenes_the_community_that_was_asked_answers_for_it(
    discoverer: Discovery, two: tuple[str, str], step: str
):
    proposer, asked = discoverer.convener(two[0]), discoverer.convener(two[1], "Bo")
    body = {"from": two[0], "to": two[1], "purpose": "Share tools"}
    assert discoverer.acting(asked).post("/links", body).status_code == 409
    link = discoverer.acting(proposer).made("/links", **body)["id"]
    at = f"/links/{link}/{step}"
    for outsider in (proposer, "per_" + "0" * 20):
        answers = (
            discoverer.acting(outsider).post(at, {}),
            discoverer.operator.post(at, {"by": outsider}),
        )
        assert {answer.status_code for answer in answers} == {409}
        assert all("by" in answer.json["errors"] for answer in answers)
    assert discoverer.operator.get(f"/links/{link}").json["state"] == "proposed"
    assert discoverer.acting(asked).post(at, {}).status_code == 200


@pytest.mark.parametrize(
    ("purpose", "taken"),
    [
        ("Mail me at ada@people.example", False),
        ("Ring +44 20 7946 0958", False),
        ("Ring 01632 960 983 first", False),
        ("Plan 2026-2027 together, 10:00-16:30", True),
        ("Reach 1,000 people @ home", True),
    ],
)
def test_a_purpose_holds_no_address_and_no_number(
    discoverer: Discovery, two: tuple[str, str], purpose: str, taken: bool
):
    body = {"from": two[0], "to": two[1], "purpose": purpose}
    answer = discoverer.operator.post("/links", body)
    assert answer.status_code == (201 if taken else 422)
    assert taken or list(answer.json["errors"]) == ["purpose"]


def test_an_operator_answers_for_a_community_by_naming_it(
    discoverer: Discovery, two: tuple[str, str]
):
    link = discoverer.operator.made("/links", **{"from": two[0], "to": two[1], "purpose": "Meet"})
    colleague = discoverer.acting("per_" + "0" * 20)
    accepted = colleague.done(f"/links/{link['id']}/acceptance", by=two[1])
    assert accepted["state"] == "accepted"


def test_a_change_to_another_version_than_was_read_is_stale(
    discoverer: Discovery, two: tuple[str, str]
):
    link = discoverer.proposal(*two)
    read = discoverer.operator.get(f"/links/{link}").headers["ETag"]
    discoverer.operator.done(f"/links/{link}/acceptance")
    answer = discoverer.operator.post(f"/links/{link}/ending", If_Match=read)
    assert answer.status_code == 412
    assert discoverer.operator.get(f"/links/{link}").json["state"] == "accepted"


def test_only_what_was_once_agreed_is_public(discoverer: Discovery, two: tuple[str, str]):
    one, other = two
    third = discoverer.community("Third")
    agreed = discoverer.link(one, other, message=MESSAGE)
    proposed = discoverer.proposal(one, third)
    for at in ("/links", f"/links?community={one}", f"/communities/{one}/links"):
        (shown,) = discoverer.anyone.get(at).json["items"]
        assert shown["id"] == agreed
        assert not {"texts", "proposed_at", "lapses_at", "other_purpose"} & set(shown)
    assert "texts" not in discoverer.anyone.get(f"/links/{agreed}").json
    assert discoverer.anyone.get(f"/links/{proposed}").status_code == 404
    assert discoverer.anyone.get("/links?state=proposed").status_code == 401
    assert {e["type"] for e in discoverer.anyone.events()} == {"discovery.link.accepted"}
    (shown,) = discoverer.operator.get("/links?state=proposed").json["items"]
    assert shown["id"] == proposed


def test_a_list_of_links_is_read_a_page_at_a_time(discoverer: Discovery):
    one = discoverer.community("One")
    made = [discoverer.proposal(one, discoverer.community(f"C{n}")) for n in range(5)]
    read: list[str] = []
    at: str | None = f"/links?community={one}&limit=2"
    while at:
        answer = discoverer.operator.get(at)
        read += [item["id"] for item in answer.json["items"]]
        cursor = answer.json["next"]
        at = f"/links?community={one}&limit=2&cursor={cursor}" if cursor else None
    assert sorted(read) == sorted(made)
    assert len(read) == 5


def test_an_open_proposal_is_brought_to_mind_once_and_lapses(
    discoverer: Discovery, two: tuple[str, str]
):
    link = discoverer.proposal(*two)
    lapses = datetime.fromisoformat(discoverer.operator.get(f"/links/{link}").json["lapses_at"])
    before = discoverer.service.clock.now() + timedelta(days=60) - lapses
    assert abs(before) < timedelta(minutes=1)
    for days, events in ((15, 0), (14, 1), (1, 1), (0, 2), (-9, 2)):
        discoverer.passes(lapses - timedelta(days=days))
        found = discoverer.told("proposal.reminded", "proposal.lapsed")
        assert len(found) == events, days
    assert [e["type"] for e in found] == [
        "discovery.proposal.reminded",
        "discovery.proposal.lapsed",
    ]
    assert discoverer.operator.get(f"/links/{link}").json["state"] == "lapsed"


def test_words_of_an_erased_person_are_forgotten_and_no_more_are_taken(
    discoverer: Discovery, two: tuple[str, str]
):
    person = discoverer.convener(two[0])
    link = discoverer.acting(person).made(
        "/links", **{"from": two[0], "to": two[1], "purpose": "Meet", "message": MESSAGE}
    )["id"]
    held = discoverer.operator.get(f"/people/{person}/holdings").json["holds"]
    assert [(t["link"], t["kind"], t["text"]) for t in held["link_texts"]] == [
        (link, "message", MESSAGE)
    ]
    discoverer.hears("registry.person.erased", person)
    assert discoverer.operator.get(f"/links/{link}").json["texts"] == {}
    answer = discoverer.acting(person).post(f"/links/{link}/ending", {"reason": "Still here"})
    assert (answer.status_code, "erased" in answer.json["detail"]) == (409, True)


@pytest.mark.parametrize("erased", ["writer", "about"])
@pytest.mark.parametrize(
    ("step", "kind"), [("refusal", "refusal"), ("acceptance", "reply"), ("ending", "ending")]
)
def test_what_was_answered_goes_with_its_writer_and_with_whom_it_answers(
    discoverer: Discovery, two: tuple[str, str], step: str, kind: str, erased: str
):
    ada, bea = discoverer.convener(two[0], "Ada"), discoverer.convener(two[1], "Bea")
    body = {"from": two[0], "to": two[1], "purpose": "Meet", "message": MESSAGE}
    link = discoverer.acting(ada).made("/links", **body)["id"]
    if step == "acceptance":  # by proposing the same
        body |= {"from": two[1], "to": two[0], "message": "She never writes"}
        answer = discoverer.acting(bea).post("/links", body)
    else:
        if step == "ending":
            discoverer.acting(bea).done(f"/links/{link}/acceptance")
        reason = {"reason": "She never writes"}
        answer = discoverer.acting(bea).post(f"/links/{link}/{step}", reason)
    assert answer.status_code == 200, answer.text
    texts = discoverer.operator.get(f"/links/{link}").json["texts"]
    assert texts == {"message": MESSAGE, kind: "She never writes"}
    held = discoverer.operator.get(f"/people/{ada}/holdings").json["holds"]["link_texts"]
    assert {text["kind"]: text["own"] for text in held} == {"message": True, kind: False}
    discoverer.hears("registry.person.erased", bea if erased == "writer" else ada)
    left = discoverer.operator.get(f"/links/{link}").json["texts"]
    assert left == ({"message": MESSAGE} if erased == "writer" else {})


def test_words_about_a_link_go_a_year_after_it_is_over(discoverer: Discovery, two: tuple[str, str]):
    link = discoverer.link(*two, message=MESSAGE)
    discoverer.operator.done(f"/links/{link}/ending", reason="Done")
    now = discoverer.service.clock.now()
    for days, texts in ((364, 2), (366, 0)):
        discoverer.passes(now + timedelta(days=days))
        assert len(discoverer.operator.get(f"/links/{link}").json["texts"]) == texts


def test_scheduling_knows_who_is_linked_from_these_events_alone(
    discoverer: Discovery, scheduling: Scheduling, two: tuple[str, str]
):
    for name in ("Falls", "Frailty"):
        scheduling.community(name)

    def linked() -> list[str]:
        for event in discoverer.anyone.events():
            number = int(event["sequence"])
            if number > scheduling.versions.get(event["subject"], 0):
                scheduling.hears(event["type"], event["subject"], **event["data"])
        with scheduling.service.database.read() as connection:
            return known.linked(connection, [two[0]])

    link = discoverer.link(*two)
    assert linked() == [two[1]]
    discoverer.operator.done(f"/links/{link}/ending")
    assert linked() == []


def test_a_dry_run_counts_whom_it_would_tell_and_changes_nothing(
    discoverer: Discovery, two: tuple[str, str], monkeypatch: pytest.MonkeyPatch
):
    asked: list[Any] = []

    def count(_service: Any, events: Any) -> dict[str, int]:
        asked.extend(event.type for event in events)
        return {"notifies": 1, "now": 1, "digest": 0, "none": 0}

    monkeypatch.setattr(forecasts, "forecast", count)
    body = {"from": two[0], "to": two[1], "purpose": "Meet", "message": MESSAGE}
    answer = discoverer.operator.post("/links?dry_run=true", body)
    assert (answer.status_code, answer.json["notifies"]) == (200, 1)
    assert asked == ["discovery.proposal.made"]
    assert (discoverer.told(), discoverer.links()) == ([], [])
