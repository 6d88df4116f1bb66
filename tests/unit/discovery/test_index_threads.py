"""Many read while one writes: a query sees a community whole, as it was or as it is."""

import threading
from concurrent.futures import ThreadPoolExecutor

from services.discovery.index import Document, Index

BEFORE = Document(id="turning", name="", domain="apples bananas", region="Kent")
AFTER = Document(id="turning", name="", domain="cherries damsons", region="Wessex")
ASKED = Document(id="", name="", domain="apples bananas cherries damsons elderberries")
READS = 300


def test_a_community_that_is_replaced_over_and_over_is_always_seen_whole() -> None:
    index = Index()
    index.put_many(
        Document(id=f"c{n}", name="", domain=f"elderberries number{n}") for n in range(50)
    )
    allowed = set()
    for version in (BEFORE, AFTER):
        index.put(version)
        match = index.related(ASKED, limit=1)[0]
        allowed.add((match.document, match.score, match.reasons))
    done = threading.Event()

    def write() -> int:
        turns = 0
        while not done.is_set():
            index.put(BEFORE)
            index.put(AFTER)
            turns += 1
        return turns

    def read(_: int) -> set[object]:
        seen: set[object] = set()
        for _ in range(READS):
            match = index.related(ASKED, limit=1)[0]
            seen.add((match.document, match.score, match.reasons))
            facets = index.search("apples cherries").facets["region"]
            assert facets in ({"Kent": 1}, {"Wessex": 1})
        return seen

    with ThreadPoolExecutor(5) as threads:
        writer = threads.submit(write)
        try:
            seen = set().union(*threads.map(read, range(4)))
        finally:
            done.set()
        assert writer.result() > 0
    assert len(allowed) == 2
    assert seen == allowed


def test_writers_do_not_lose_one_another_s_communities() -> None:
    index = Index()

    def write(writer: int) -> None:
        for n in range(60):
            index.put(Document(id=f"{writer}-{n}", name="", domain=f"falls in ward {n}"))

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(write, range(4)))
    assert len(index) == 240
    assert index.search("falls").total == 240
