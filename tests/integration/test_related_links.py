"""Related communities that are linked, proposed, or not useful: marked, left out, hidden."""

from typing import Any

import pytest

from tests.discovery import Discovery


@pytest.fixture
def five(discoverer: Discovery) -> list[str]:
    """Five communities that are all related to one another; the first asks."""
    return [discoverer.community(f"Falls {n}") for n in range(5)]


def ids(items: list[Any]) -> set[str]:
    return {item["id"] for item in items}


def say(discovery: Discovery, one: str, other: str, verdict: str | None) -> Any:
    at = f"/communities/{one}/related/{other}/feedback"
    if verdict is None:
        return discovery.operator.ask("DELETE", at)
    return discovery.operator.ask("PUT", at, json={"verdict": verdict})


def test_linked_and_proposed_ones_are_marked_on_both_sides(discoverer: Discovery, five: list[str]):
    one, linked, asked, asking, none = five
    discoverer.link(one, linked)
    discoverer.proposal(one, asked)
    discoverer.proposal(asking, one)
    marks = {i["id"]: (i["linked"], i["proposed"]) for i in discoverer.related(one)}
    assert marks == {
        linked: (True, False),
        asked: (False, True),
        asking: (False, True),
        none: (False, False),
    }
    other_side = {i["id"]: i["linked"] for i in discoverer.related(linked)}
    assert [key for key, marked in other_side.items() if marked] == [one]


def test_they_can_be_left_out_and_others_take_their_place(discoverer: Discovery, five: list[str]):
    one, linked, asked, *rest = five
    link = discoverer.link(one, linked)
    discoverer.proposal(one, asked)
    assert ids(discoverer.related(one, "?leave_out=linked")) == {asked, *rest}
    assert ids(discoverer.related(one, "?leave_out=linked,proposed&limit=2")) == set(rest)
    discoverer.operator.done(f"/links/{link}/ending")
    assert linked in ids(discoverer.related(one, "?leave_out=linked"))
    wrong = discoverer.operator.get(f"/communities/{one}/related?leave_out=friends")
    assert (wrong.status_code, list(wrong.json["errors"])) == (422, ["leave_out"])


def test_without_a_token_nobody_learns_of_a_proposal(discoverer: Discovery, five: list[str]):
    one, linked, asked, *_ = five
    discoverer.link(one, linked)
    discoverer.proposal(one, asked)
    shown = {i["id"]: i for i in discoverer.related(one, caller=discoverer.anyone)}
    assert shown[linked]["linked"] is True
    assert {i["proposed"] for i in shown.values()} == {None}
    at = f"/communities/{one}/related?leave_out=proposed"
    assert discoverer.anyone.get(at).status_code == 401


def test_what_is_not_useful_is_hidden_from_that_community_alone_until_it_is_taken_back(
    discoverer: Discovery, five: list[str]
):
    one, hidden, *rest = five
    assert say(discoverer, one, hidden, "not-useful").status_code == 200
    assert ids(discoverer.related(one, "?limit=4")) == set(rest)
    assert hidden in ids(discoverer.related(rest[0]))
    assert one in ids(discoverer.related(hidden))
    (listed,) = discoverer.operator.get(f"/communities/{one}/related/feedback").json["items"]
    assert (listed["id"], listed["verdict"], listed["name"]) == (hidden, "not-useful", "Falls 1")
    assert say(discoverer, one, hidden, None).json["verdict"] is None
    assert hidden in ids(discoverer.related(one))
    assert say(discoverer, one, hidden, None).status_code == 200
    assert len(discoverer.told("feedback.given", "feedback.taken-back")) == 2


def test_nobody_else_can_tell_what_a_community_found_not_useful(
    discoverer: Discovery, five: list[str]
):
    one, hidden, other, *_ = five
    own, others = discoverer.convener(one, "Ada"), discoverer.convener(other, "Bea")
    before = discoverer.related(one, caller=discoverer.anyone)
    say(discoverer, one, hidden, "not-useful")
    assert discoverer.related(one, caller=discoverer.anyone) == before
    assert hidden in ids(discoverer.related(one, caller=discoverer.acting(others)))
    assert hidden not in ids(discoverer.related(one, caller=discoverer.acting(own)))
    answer = discoverer.acting(own).get(f"/communities/{one}/related")
    assert answer.headers["Cache-Control"] == "no-store"


def test_a_proposal_is_told_to_the_conveners_of_the_two_and_to_no_other(
    discoverer: Discovery, five: list[str]
):
    one, asked, other, *_ = five
    discoverer.proposal(one, asked)
    own, others = discoverer.convener(asked, "Ada"), discoverer.convener(other, "Bea")

    def seen(person: str) -> set[Any]:
        items = discoverer.related(asked, caller=discoverer.acting(person))
        return {item["proposed"] for item in items if item["id"] == one}

    assert (seen(own), seen(others)) == ({True}, {None})


def test_feedback_is_refused_in_words_where_it_makes_no_sense(
    discoverer: Discovery, five: list[str]
):
    one, other, *_ = five
    assert say(discoverer, one, one, "useful").status_code == 422
    assert say(discoverer, one, "com_nobody", "useful").status_code == 404
    answer = say(discoverer, one, other, "splendid")
    assert answer.status_code == 422
    assert answer.json["errors"] == {"verdict": ["must be one of: useful, not-useful"]}
    at = f"/communities/{one}/related/{other}/feedback"
    anyone = discoverer.anyone.ask("PUT", at, json={"verdict": "useful"})
    assert anyone.status_code == 401


def test_labels_are_what_use_has_judged_in_the_format_of_the_sets(
    discoverer: Discovery, five: list[str]
):
    one, linked, useful, hidden, asked = five
    link = discoverer.link(one, linked)
    discoverer.operator.done(f"/links/{link}/ending")
    discoverer.proposal(one, asked)
    say(discoverer, one, linked, "not-useful")
    say(discoverer, one, useful, "useful")
    say(discoverer, one, hidden, "not-useful")
    answer = discoverer.operator.get("/labels")
    labels = {tuple(line.split("\t")) for line in answer.text.splitlines()}
    assert labels == {
        (one, linked, "3"),
        (linked, one, "3"),
        (one, useful, "2"),
        (one, hidden, "0"),
    }
    assert discoverer.anyone.get("/labels").status_code == 401


def test_a_third_one_in_common_is_told_and_raises_the_score_until_the_link_ends(
    discoverer: Discovery, five: list[str]
):
    one, third, found, *_ = five

    def shown() -> Any:
        return next(item for item in discoverer.related(one) if item["id"] == found)

    before = shown()
    discoverer.link(one, third)
    proposal = discoverer.proposal(third, found)
    assert shown() == before, "what is only proposed has no part"
    discoverer.operator.done(f"/links/{proposal}/acceptance")
    told = "Both are linked with Falls 1"
    assert told in shown()["reasons"]
    assert shown()["score"] > before["score"]
    answer = discoverer.anyone.get(f"/communities/{one}/related")
    assert answer.json["algorithm"] == "words+links"
    discoverer.operator.done(f"/links/{proposal}/ending")
    assert shown() == before
