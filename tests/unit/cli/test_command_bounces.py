"""`hedgerow bounces`: whose address is blocked, and lifting it."""

import pytest

ADA = "per_" + "1" * 20
BLOCKED = {
    "person": ADA,
    "hard": 1,
    "soft": 0,
    "status": "5.1.1",
    "at": "2026-03-01T09:00:00.000000Z",
    "blocked": True,
}


@pytest.fixture
def post(services):
    return services["notifications"]


def test_who_is_blocked_is_listed_over_all_pages(command, post):
    pages = [
        {"items": [BLOCKED], "next": "c"},
        {"items": [{**BLOCKED, "status": None}], "next": None},
    ]
    post.routes["GET", "/bounces"] = lambda _: (200, pages.pop(0))
    result = command("bounces")
    assert result.exit_code == 0
    assert result.stdout.splitlines() == [
        f"{ADA}  5.1.1  last at 2026-03-01T09:00:00.000000Z",
        f"{ADA}  unknown  last at 2026-03-01T09:00:00.000000Z",
    ]


def test_nobody_being_blocked_is_said(command, post):
    post.routes["GET", "/bounces"] = lambda _: (200, {"items": [], "next": None})
    assert command("bounces").stdout == "No address is blocked.\n"


def test_a_block_is_lifted_and_one_that_is_not_there_is_said(command, post):
    answers = [(200, {}), (404, {"detail": "Nothing came back."})]
    post.routes["DELETE", f"/bounces/{ADA}"] = lambda _: answers.pop(0)
    result = command("bounces", "--lift", ADA)
    assert (result.exit_code, result.stdout) == (0, f"{ADA}: the block is lifted.\n")
    result = command("bounces", "--lift", ADA)
    assert result.exit_code == 1
    assert "there is no block to lift" in result.stderr
