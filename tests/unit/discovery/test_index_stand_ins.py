"""A closed community is never suggested; its successor stands in for it."""

from services.discovery.index import Document, Index


def open_one(name: str, domain: str, **more: object) -> Document:
    return Document(id=name, name=name.title(), domain=domain, **more)  # type: ignore[arg-type]


def closed_one(name: str, domain: str, *successors: str) -> Document:
    return open_one(name, domain, state="closed", successors=successors)


ASKED = open_one("asked", "preventing falls in care homes")
BREAD = open_one("bread", "baking bread")
ENDED = closed_one("ended", "preventing falls in care homes", "bread")


def index_of(*documents: Document) -> Index:
    index = Index()
    index.put_many(documents)
    return index


def ids(index: Index, asked: str = "asked") -> list[str]:
    return [match.id for match in index.related(asked)]


def test_a_closed_community_is_not_suggested() -> None:
    assert ids(index_of(ASKED, closed_one("ended", ASKED.domain))) == []


def test_its_successor_takes_its_place_with_its_score() -> None:
    index = index_of(ASKED, BREAD, ENDED)
    (match,) = index.related("asked")
    assert (match.id, match.stands_for) == ("bread", ENDED)
    index.put(open_one("ended", ENDED.domain))
    assert [(own.id, own.score) for own in index.related("asked")] == [("ended", match.score)]
    assert match.reasons[0] == "Takes the place of Ended, now closed"
    assert match.reasons[1].startswith("That too was about ")


def test_a_successor_that_is_likelier_itself_stands_for_itself() -> None:
    heir = open_one("heir", ASKED.domain)
    ended = closed_one("ended", "falls and much else besides", "heir")
    (match,) = index_of(ASKED, heir, ended, BREAD).related("asked")
    assert (match.id, match.stands_for) == ("heir", None)


def test_a_chain_is_followed_to_its_open_end() -> None:
    index = index_of(ASKED, ENDED, closed_one("bread", "yeast", "cake"), open_one("cake", "icing"))
    assert ids(index) == ["cake"]


def test_a_circle_of_the_closed_leads_nowhere() -> None:
    index = index_of(ASKED, ENDED, closed_one("bread", "falls", "ended"))
    assert ids(index) == []


def test_a_community_split_in_two_has_both_in_its_place() -> None:
    ended = closed_one("ended", ASKED.domain, "bread", "cake")
    index = index_of(ASKED, BREAD, open_one("cake", "icing"), ended)
    assert ids(index) == ["bread", "cake"]


def test_a_successor_that_is_not_known_stands_for_nobody_until_it_is() -> None:
    index = index_of(ASKED, ENDED)
    assert ids(index) == []
    index.put(BREAD)
    assert ids(index) == ["bread"]
    index.remove("bread")
    assert ids(index) == []


def test_the_community_asked_about_never_stands_in_for_another() -> None:
    index = index_of(BREAD, ENDED, open_one("other", "falls"))
    assert "bread" not in ids(index, "bread")


def test_a_closed_community_that_is_asked_about_passes_nothing_on() -> None:
    assert ids(index_of(ENDED, BREAD), "ended") == []


def test_a_closed_community_that_is_asked_about_finds_its_successor_by_its_words() -> None:
    heir = open_one("bread", "falls")
    (match,) = index_of(ENDED, heir).related("ended")
    assert (match.id, match.stands_for) == ("bread", None)
    assert match.score < 1.0


def test_a_reopened_community_is_suggested_again() -> None:
    index = index_of(ASKED, BREAD, ENDED)
    index.put(open_one("ended", ENDED.domain))
    assert ids(index) == ["ended"]


def test_a_community_that_closes_makes_way() -> None:
    index = index_of(ASKED, BREAD, open_one("ended", ENDED.domain))
    assert ids(index) == ["ended"]
    index.put(ENDED)
    assert ids(index) == ["bread"]


def test_a_search_for_a_closed_community_finds_its_successor() -> None:
    result = index_of(ASKED, BREAD, ENDED).search("ended")
    assert [match.id for match in result.matches] == ["bread"]
    assert result.total == 1


def test_other_networks_is_asked_of_the_successor() -> None:
    asked = open_one("asked", "falls", networks=("net_a",))
    heir = open_one("heir", "bread", networks=("net_a",))
    other = open_one("other", "icing", networks=("net_b",))
    ended = closed_one("ended", "falls", "heir", "other")
    found = index_of(asked, heir, other, ended).related("asked", scope="other-networks")
    assert [match.id for match in found] == ["other"]
