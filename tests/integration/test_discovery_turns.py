"""What costs discovery much without a token: how much of it is read, and how many at once."""

import threading
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest

from services.discovery.index import Document, Index
from services.discovery.meaning.text import MOST_ASKED, as_read, text_of
from tests.integration.test_discovery_api import discovery  # noqa: F401
from tests.registry import Caller

FULL = {
    "name": "n" * 200,
    "topics": ["t" * 100] * 50,
    "domain": "falls " * 800,
    "practice": "care " * 1000,
    "learning_question": "why " * 250,
}
COSTLY = ["/search?q=falls", "/search?q=care+homes&network=net_w"]


@contextmanager
def held_up(monkeypatch: pytest.MonkeyPatch, count: int) -> Iterator[threading.Semaphore]:
    """The index answers nobody until the end; the semaphore counts those who have begun."""
    begun, end = threading.Semaphore(0), threading.Event()

    def waits(original: Any) -> Any:
        def wait(*args: Any, **kwargs: Any) -> Any:
            begun.release()
            assert end.wait(20)
            return original(*args, **kwargs)

        return wait

    for name in ("related", "search"):
        monkeypatch.setattr(Index, name, waits(getattr(Index, name)))
    try:
        yield begun
    finally:
        end.set()


def test_two_descriptions_are_compared_at_once_and_more_are_told_to_come_again(
    discovery: Caller,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def ask() -> Any:
        return discovery.post("/related", {"domain": "falls"})

    with ThreadPoolExecutor(2) as pool:
        with held_up(monkeypatch, 2) as begun:
            first: list[Future[Any]] = [pool.submit(ask) for _ in range(2)]
            assert all(begun.acquire(timeout=10) for _ in first)
            for _ in range(3):
                answer = ask()
                assert answer.status_code == 503
                assert answer.content_type == "application/problem+json"
                assert int(answer.headers["Retry-After"]) > 0
            assert discovery.get("/health/live").status_code == 200
        assert [answer.result().status_code for answer in first] == [200, 200]
    assert ask().status_code == 200


@pytest.mark.parametrize("path", COSTLY)
def test_two_costly_reads_are_answered_at_once_and_a_few_may_wait(
    discovery: Caller,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
    path: str,
) -> None:
    with ThreadPoolExecutor(12) as pool:
        with held_up(monkeypatch, 2) as begun:
            asked = [pool.submit(discovery.get, path) for _ in range(12)]
            assert all(begun.acquire(timeout=10) for _ in range(2))
            assert not begun.acquire(timeout=0.2)
        answers = [answer.result() for answer in asked]
    statuses = [answer.status_code for answer in answers]
    assert statuses.count(200) == 8
    assert statuses.count(503) == 4
    assert all("Retry-After" in a.headers for a in answers if a.status_code == 503)


def test_a_full_description_is_cut_to_what_is_read(
    discovery: Caller,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    compared: list[Document] = []
    original = Index.related

    def related(self: Index, asked: Any, **more: Any) -> Any:
        compared.append(asked)
        return original(self, asked, **more)

    monkeypatch.setattr(Index, "related", related)
    assert discovery.post("/related", FULL).status_code == 200
    (asked,) = compared
    assert asked.name == FULL["name"]
    assert len(asked.texts()) <= MOST_ASKED + 20
    assert (asked.practice, asked.learning_question) == ("", "")


def test_a_text_is_cut_between_words_and_in_the_order_of_the_model() -> None:
    domain = "falling " * 400
    document = Document("", "Steady", domain, ("falls",), "practice", "question?")
    found = as_read(document)
    assert (found.name, found.topics) == ("Steady", ("falls",))
    assert MOST_ASKED - 30 < len(found.domain) < MOST_ASKED
    assert set(found.domain.split()) == {"falling"}
    assert (found.practice, found.learning_question) == ("", "")
    assert text_of(document).startswith(text_of(found)[: MOST_ASKED - 30])
    short = Document("", "Steady", "falls " * 20, ("falls",), "practice", "question?")
    assert as_read(short) == short
