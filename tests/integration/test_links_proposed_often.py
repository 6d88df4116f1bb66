"""How often one person, and one community, may propose: each proposal is mailed."""

from datetime import timedelta
from typing import Any

import pytest

from tests.discovery import Discovery


def propose(discoverer: Discovery, who: str, one: str, other: str, **headers: str) -> Any:
    body = {"from": one, "to": other, "purpose": "Learn from each other"}
    return discoverer.signed_in(who).post("/links", body, **headers)


def wait(discoverer: Discovery, monkeypatch: pytest.MonkeyPatch, **time: int) -> None:
    later = discoverer.service.clock.now() + timedelta(**time)
    monkeypatch.setattr(type(discoverer.service.clock), "now", lambda _: later)


def test_one_person_proposes_ten_links_a_day(
    discoverer: Discovery, monkeypatch: pytest.MonkeyPatch
):
    ours = discoverer.community("Ours")
    who = discoverer.convener(ours)
    others = [discoverer.community(f"Other {n}") for n in range(11)]
    for other in others[:10]:
        for _ in range(2):  # said again, by the same key or without one, it counts once
            assert propose(discoverer, who, ours, other, Idempotency_Key=other).status_code == 201
        assert propose(discoverer, who, ours, other).status_code == 200
    refused = propose(discoverer, who, ours, others[10])
    assert refused.status_code == 429
    assert "10 links within a day" in refused.json["detail"]
    assert 86_000 < int(refused.headers["Retry-After"]) <= 86_401
    discoverer.proposal(others[10], ours)
    assert propose(discoverer, who, ours, others[10]).status_code == 200  # an answer is no new one
    assert discoverer.proposal(ours, discoverer.community("By an operator"))
    wait(discoverer, monkeypatch, days=1, seconds=1)
    another = discoverer.community("Another")
    assert propose(discoverer, who, ours, another).status_code == 201


@pytest.mark.parametrize("lapses", [True, False])
def test_who_was_refused_or_not_answered_asks_again_a_week_later(
    discoverer: Discovery, monkeypatch: pytest.MonkeyPatch, lapses: bool
):
    ours, theirs = discoverer.community("Ours"), discoverer.community("Theirs")
    who, they = discoverer.convener(ours), discoverer.convener(theirs, "Bea")
    link = propose(discoverer, who, ours, theirs).json["id"]
    if lapses:
        wait(discoverer, monkeypatch, days=61)
        discoverer.passes(discoverer.service.clock.now())
    else:
        discoverer.operator.done(f"/links/{link}/refusal")
    refused = propose(discoverer, who, ours, theirs)
    assert refused.status_code == 429
    assert "within the last 7 days" in refused.json["detail"]
    assert 604_000 < int(refused.headers["Retry-After"]) <= 604_801
    wait(discoverer, monkeypatch, days=7, seconds=1)
    assert propose(discoverer, who, ours, theirs).status_code == 201
    discoverer.operator.done(f"/links/{discoverer.links(ours)[-1]['id']}/refusal")
    assert propose(discoverer, they, theirs, ours).status_code == 201  # who refused may ask
