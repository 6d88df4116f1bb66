import pytest

LETTER = {
    "id": 17,
    "source": "registry",
    "stream": "com_1",
    "version": 3,
    "event": "an-event-id",
    "type": "registry.community.described",
    "reason": "failed",
    "error": "KeyError: 'name'",
    "since": "2026-03-01T09:00:00.000000Z",
}
BEHIND = {**LETTER, "id": 18, "version": 4, "reason": "behind", "error": None}


@pytest.fixture
def letters(services):
    """What waits in each service."""
    held = {name: [] for name in services}
    for name, stand_in in services.items():
        stand_in.routes["GET", "/dead-letters"] = lambda _, name=name: (200, {"items": held[name]})
    return held


def test_none_is_said_so(command, letters):
    result = command("dead-letters", "list")
    assert (result.exit_code, result.stdout) == (0, "No dead letters.\n")


def test_each_is_listed_with_what_a_person_needs_to_decide(command, letters):
    letters["discovery"] = [LETTER, BEHIND]
    result = command("dead-letters", "list")
    assert result.exit_code == 0
    assert result.stdout.splitlines() == [
        "discovery  17  failed  2026-03-01T09:00:00.000000Z",
        "    registry.community.described, version 3 of com_1",
        "    KeyError: 'name'",
        "discovery  18  behind  2026-03-01T09:00:00.000000Z",
        "    registry.community.described, version 4 of com_1",
        "1 dead letter, 1 more waiting.",
    ]


def test_one_services_alone_can_be_listed(command, letters, services):
    letters["discovery"] = [LETTER]
    assert command("dead-letters", "list", "--service", "registry").stdout == "No dead letters.\n"
    assert services["discovery"].asked == []


@pytest.mark.parametrize(("action", "said"), [("retry", "is applied"), ("discard", "is discarded")])
def test_one_is_settled_where_it_is(command, letters, services, action, said):
    letters["discovery"] = [LETTER]
    services["discovery"].routes["POST", f"/dead-letters/17/{action}"] = (200, {"waiting": []})
    result = command("dead-letters", action, "17")
    assert result.exit_code == 0
    assert result.stdout.startswith(f"Dead letter 17 of discovery {said}")
    assert services["discovery"].asked[-1]["path"] == f"/dead-letters/17/{action}"


def test_one_that_fails_again_ends_with_1_and_its_new_number(command, letters, services):
    letters["discovery"] = [LETTER]
    still = {"waiting": [{**LETTER, "id": 20}, BEHIND]}
    services["discovery"].routes["POST", "/dead-letters/17/retry"] = (200, still)
    result = command("dead-letters", "retry", "17")
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == (
        "discovery could still not apply registry.community.described 3 of com_1, "
        "which is dead letter 20 now: KeyError: 'name'\n"
    )


def test_an_unknown_one_ends_with_1(command, letters):
    result = command("dead-letters", "retry", "99")
    assert (result.exit_code, result.stderr) == (1, "No service has a dead letter 99.\n")


def test_one_that_two_services_have_is_not_guessed(command, letters, services):
    letters["discovery"] = letters["registry"] = [LETTER]
    result = command("dead-letters", "discard", "17")
    assert result.exit_code == 2
    assert "say which with --service" in result.stderr
    services["registry"].routes["POST", "/dead-letters/17/discard"] = (200, {"waiting": []})
    assert command("dead-letters", "discard", "17", "--service", "registry").exit_code == 0
