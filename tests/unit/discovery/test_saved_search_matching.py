"""All saved searches asked of one community find what each would find by itself."""

import random
from collections.abc import Sequence

import pytest

from services.discovery.follower import Known
from services.discovery.index import Document, Index
from services.discovery.meaning.store import Stored
from services.discovery.meaning.text import key_of, text_of
from services.discovery.meaning.vectors import Vectors
from services.discovery.meaning.voice import Asked, MeaningVoice
from services.discovery.networks import Networks
from services.discovery.saved.matching import Matcher
from services.discovery.saved.store import Search, hashes
from tests.meanings import Meanings

WORDS = [
    "falls",
    "frailty",
    "dementia",
    "sepsis",
    "wound",
    "diabetes",
    "asthma",
    "stroke",
    "pain",
    "sleep",
    "maternity",
    "neonatal",
    "rehabilitation",
    "physiotherapy",
    "pharmacy",
    "nutrition",
    "carers",
    "volunteering",
    "housing",
    "loneliness",
    "quality",
    "improvement",
    "(QI)",
    "chronic",
    "obstructive",
    "pulmonary",
    "disease",
    "(COPD)",
    "handover",
    "discharge",
]
TYPED = [*WORDS, "demntia", "physio", "COPD", "QI", "loneliness", "zebra", "rehab"]
COMMUNITIES, SEARCHES = 24, 24
REGIONS, STAGES = ("Wessex", "Kent", ""), ("potential", "maturing")


class Discovery:
    """An index with a voice of meaning, as the follower keeps them."""

    def __init__(self) -> None:
        self.encoder = Meanings()
        self.vectors = Vectors(self.encoder.dimensions)
        self.voice = MeaningVoice(self.vectors, Asked(self.encoder))  # type: ignore[arg-type]
        self.index = Index(voices=[self.voice])
        self.known = Known(self.index, Networks(), {}, {}, self.voice, "by beginnings")

    def put(self, *documents: Document) -> None:
        self.index.put_many(documents)
        texts = [text_of(document) for document in documents]
        new = self.vectors.add(Stored(key_of(t), self.encoder.encode(t)) for t in texts)
        self.voice.learn(new)
        self.index.refresh()

    def finding(self, searches: Sequence[Search], community: str) -> list[str]:
        """The searches that find a community when each is made by itself."""
        found = []
        for s in searches:
            if s.like is None:
                there = self.index.found_by(s.q, s.filters)
            else:
                there = self.index.at_least(s.like, s.threshold)
            if community in there:
                found.append(s.id)
        return sorted(found)


def document(chance: random.Random, number: int) -> Document:
    words = chance.choices(WORDS, k=chance.randint(2, 12))
    return Document(
        id=f"com_{number:03}",
        name=" ".join(words[:2]),
        domain=" ".join(words),
        region=chance.choice(REGIONS),
        stage=chance.choice(STAGES),
        networks=tuple(chance.sample(("net_w", "net_k"), chance.randint(0, 2))),
        state=chance.choice(("active", "active", "active", "closed")),
    )


def searches(chance: random.Random, count: int) -> list[Search]:
    found = []
    for number in range(count):
        if number % 4 == 3:
            like = f"com_{chance.randrange(COMMUNITIES):03}"
            found.append(Search(f"s{number:03}", like=like, threshold=chance.uniform(0.1, 0.6)))
            continue
        filters = chance.choice(
            [{}, {}, {"region": ["wessex"]}, {"stage": ["maturing"]}, {"network": ["net_w"]}]
        )
        q = " ".join(chance.choices(TYPED, k=chance.randint(1, 5)))
        found.append(Search(f"s{number:03}", q, filters))
    return found


@pytest.mark.parametrize("seed", range(6))
def test_each_community_is_found_by_the_searches_that_would_find_it(seed: int) -> None:
    chance, discovery = random.Random(seed), Discovery()
    discovery.put(*(document(chance, number) for number in range(COMMUNITIES)))
    saved = searches(chance, SEARCHES)
    matcher = Matcher(discovery.known)
    matcher.add(saved)
    wrong = []
    new_ones, changed = range(COMMUNITIES, COMMUNITIES + 15), range(0, COMMUNITIES, 4)
    for number in (*new_ones, *changed):
        new = document(chance, number)
        discovery.put(new)
        found, wanted = matcher.matching(new.id), discovery.finding(saved, new.id)
        wrong += [(new.id, key) for key in set(found) ^ set(wanted)]
    assert wrong == []


def test_a_word_that_nobody_used_is_found_in_the_first_who_does() -> None:
    discovery = Discovery()
    discovery.put(Document("com_1", "Falls", "falls"))
    matcher = Matcher(discovery.known)
    matcher.add([Search("s", "beekeeping")])
    discovery.put(Document("com_2", "Bees", "beekeeping on roofs"))
    assert matcher.matching("com_2") == ["s"]


def test_what_matched_when_the_search_was_saved_is_not_told_when_it_changes() -> None:
    discovery = Discovery()
    discovery.put(Document("com_1", "Falls", "falls"))
    matcher = Matcher(discovery.known)
    matcher.add([Search("s", "falls", already=hashes(["com_1", "com_0"]))])
    discovery.put(Document("com_1", "Falls", "falls at home"), Document("com_2", "", "falls"))
    assert matcher.matching("com_1") == []
    assert matcher.matching("com_2") == ["s"]


def test_a_closed_community_matches_nothing() -> None:
    discovery = Discovery()
    discovery.put(Document("com_1", "Falls", "falls"), Document("com_2", "", "x", state="closed"))
    matcher = Matcher(discovery.known)
    matcher.add([Search("s", "falls"), Search("l", like="com_1", threshold=0.1)])
    discovery.put(Document("com_2", "Falls", "falls", state="closed"))
    assert matcher.matching("com_2") == []


def test_a_search_that_is_removed_matches_no_more() -> None:
    discovery = Discovery()
    matcher = Matcher(discovery.known)
    matcher.add([Search("s", "falls"), Search("l", like="com_1", threshold=0.1)])
    matcher.remove(["s", "l"])
    discovery.put(Document("com_1", "Falls", "falls"), Document("com_2", "Falls", "falls"))
    assert matcher.ids == set()
    assert matcher.matching("com_2") == []
