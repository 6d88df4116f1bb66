import pytest


@pytest.fixture
def rebuilding(services):
    """Discovery answers GET /rebuild with these states in turn, staying at the last."""
    discovery = services["discovery"]
    discovery.routes["POST", "/rebuild"] = (202, {"state": "requested"})

    def with_states(*states):
        left = [
            {"done": 0, "total": None, "error": None, **state, "state": name}
            for name, state in states
        ]
        discovery.routes["GET", "/rebuild"] = lambda _: (
            200,
            left.pop(0) if len(left) > 1 else left[0],
        )
        return discovery

    return with_states


def test_it_is_asked_for_and_followed_to_its_end(command, rebuilding):
    discovery = rebuilding(
        ("requested", {}),
        ("running", {"done": 500, "total": 1200}),
        ("done", {"done": 1200, "total": 1200}),
    )
    result = command("rebuild", "discovery")
    assert result.exit_code == 0
    assert result.stdout.startswith("Rebuilt discovery's read models from 1,200 events in ")
    assert [a["method"] for a in discovery.asked] == ["POST", "GET", "GET", "GET"]


def test_one_that_failed_ends_with_1_and_the_reason(command, rebuilding):
    rebuilding(("failed", {"error": "the disk is full"}))
    result = command("rebuild", "discovery")
    assert result.exit_code == 1
    assert result.stderr == (
        "The rebuild of discovery failed: the disk is full. It goes on serving what it had.\n"
    )


def test_a_service_that_is_away_for_a_moment_is_asked_again(command, rebuilding):
    discovery = rebuilding(("done", {"done": 7}))
    done = discovery.routes["GET", "/rebuild"]

    def break_off_once(request):
        discovery.routes["GET", "/rebuild"] = done
        raise ConnectionAbortedError

    discovery.server.handle_error = lambda *_: None
    discovery.routes["GET", "/rebuild"] = break_off_once
    result = command("rebuild", "discovery")
    assert result.exit_code == 0
    assert len(discovery.asked) == 3


def test_a_refusal_is_told(command, rebuilding):
    discovery = rebuilding(("idle", {}))
    discovery.routes["POST", "/rebuild"] = (500, {"title": "Internal error"})
    result = command("rebuild", "discovery")
    assert (result.exit_code, result.stderr) == (1, "Discovery refused: Internal error\n")
