"""What the edge adds to the services: limits, its own plain errors, and what it keeps inside."""

import asyncio
import uuid

import httpx
import pytest

from tests.deploy.deployment import Deployment

PROBLEM = "application/problem+json"


@pytest.mark.timeout(300)
def test_who_asks_too_much_without_a_token_is_told_so_and_others_are_not(
    deployment: Deployment,
) -> None:
    address = f"http://127.0.0.1:{deployment.ports['discovery']}"
    words = {"q": uuid.uuid4().hex}

    async def flood() -> list[httpx.Response]:
        """What costs next to nothing, so that no limit but the edge's is met."""
        limits = httpx.Limits(max_connections=20)
        headers = {"X-Forwarded-For": "192.0.2.1"}  # as the TLS proxy says
        async with httpx.AsyncClient(limits=limits, headers=headers, timeout=30) as client:
            asked = (client.get(f"{address}/health/live", params=words) for _ in range(600))
            return list(await asyncio.gather(*asked))

    answers: list[httpx.Response] = []
    while all(answer.is_success for answer in answers) and len(answers) < 6_000:
        answers += asyncio.run(flood())  # again where the machine is too slow to ask too much
    assert {answer.status_code for answer in answers} == {200, 429}
    refused = next(answer for answer in answers if answer.status_code == 429)
    assert refused.headers["Content-Type"] == PROBLEM
    assert refused.headers["Retry-After"] == "1"
    found = httpx.get(f"{address}/search", params=words, headers={"X-Forwarded-For": "192.0.2.2"})
    assert found.status_code == 200
    assert words["q"] not in deployment.compose("logs", "edge", "discovery-web").stdout


def test_answers_carry_the_security_headers_once_and_no_version(deployment: Deployment) -> None:
    for service in deployment.ports:
        answer = deployment.client(service).get("/health/live")
        for name in ("X-Content-Type-Options", "Content-Security-Policy", "Referrer-Policy"):
            assert len(answer.headers.get_list(name)) == 1
        assert answer.headers["Server"] == "nginx"


def test_metrics_are_for_this_machine_alone(deployment: Deployment) -> None:
    client = deployment.client("registry")
    assert "hedgerow_events" in client.get("/metrics").text
    outside = client.get("/metrics", headers={"X-Forwarded-For": "192.0.2.1"})
    assert outside.status_code == 404
    assert outside.headers["Content-Type"] == PROBLEM


def test_a_body_that_is_too_long_is_refused_in_words(deployment: Deployment) -> None:
    answer = deployment.client("registry").post("/communities", content=b"x" * 3_000_000)
    assert (answer.status_code, answer.headers["Content-Type"]) == (413, PROBLEM)


def test_an_address_that_is_too_long_is_refused_in_words(deployment: Deployment) -> None:
    for length in (5_000, 20_000):
        answer = deployment.client("discovery").get(f"/search?q={'a' * length}")
        assert (answer.status_code, answer.headers["Content-Type"]) == (414, PROBLEM)


def test_the_services_own_refusals_come_through_unchanged(deployment: Deployment) -> None:
    missing = deployment.client("registry").get("/communities/com_nothing")
    assert (missing.status_code, missing.headers["Content-Type"]) == (404, PROBLEM)
    assert "com_nothing" in missing.text


def test_the_outbox_needs_a_token_behind_the_edge(deployment: Deployment) -> None:
    url = f"http://127.0.0.1:{deployment.ports['notifications']}/outbox"
    assert httpx.get(url).status_code == 401
    assert deployment.client("notifications").get("/outbox").status_code == 200
