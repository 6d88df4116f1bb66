import json

import pytest

from hedgerow.status import follows, table, verdict


@pytest.fixture
def well(services, status, follower):
    """Four stand-ins with which all is well; the dictionary is what each answers."""
    answers = {name: status(name) for name in services}
    answers["discovery"]["consumers"] = [follower()]
    for name, stand_in in services.items():
        stand_in.routes["GET", "/status"] = lambda _, name=name: (200, answers[name])
    return answers


def test_the_table_has_a_line_for_each_service(status):
    look = {
        "registry": status("registry", events=1031, head="1-2093-1031"),
        "scheduling": "scheduling does not answer at http://127.0.0.1:8002",
        "discovery": status(
            "discovery", dead_letters=2, pending={"reactions": 0, "missing vectors": 1200}
        ),
    }
    assert table(look) == [
        "service     up   events  position     dead letters  pending",
        "registry    yes   1,031  1-2093-1031             0  nothing",
        "scheduling  no        –  –                       –  –",
        "discovery   yes       9  1-20-9                  2  1,200 missing vectors",
    ]


def test_each_relay_and_consumer_has_a_line_that_says_how_far_it_is(status, follower):
    look = {
        "registry": status("registry", held_back=3),
        "discovery": status(
            "discovery",
            relay={"position": "1-1-1", "at_head": False, "lag": 2100},
            consumers=[
                follower(),
                follower(position="1-2-1", lag=None),
                follower(transport="kafka", lag=1200),
                follower(transport="kafka", lag=None, error="no broker answers"),
            ],
        ),
    }
    assert follows(look) == [
        "registry holds 3 events back from readers",
        "discovery sends to Kafka: 2,100 events still to send, at 1-1-1",
        "discovery follows registry: up to date, at 1-20-9",
        "discovery follows registry: behind, at 1-2-1",
        "discovery follows registry over Kafka: 1,200 events behind",
        "discovery follows registry over Kafka: behind (no broker answers)",
    ]


def test_the_verdict_is_one_sentence():
    assert verdict([]) == "All is well."
    assert verdict(["a is late", "b is gone"]) == "Not all is well: a is late; b is gone."


def test_status_ends_with_0_and_says_so_when_all_is_well(command, well):
    result = command("status")
    assert result.exit_code == 0
    assert result.stdout.splitlines()[-1] == "All is well."


def test_status_asks_with_the_operators_token(command, well, services):
    command("status")
    assert [s.asked[0]["headers"]["Authorization"] for s in services.values()] == [
        "Bearer a-token-for-tests-alone"
    ] * 4


def test_status_ends_with_1_where_something_is_not_well(command, well):
    well["discovery"]["dead_letters"] = 1
    result = command("status")
    assert result.exit_code == 1
    assert result.stdout.splitlines()[-1].startswith("Not all is well: discovery has 1 dead letter")


def test_what_arrives_within_a_moment_is_well(command, well, services, follower):
    def arriving(request):
        position = "1-2-1" if len(services["discovery"].asked) <= 2 else "1-20-9"
        return 200, {**well["discovery"], "consumers": [follower(position=position)]}

    services["discovery"].routes["GET", "/status"] = arriving
    assert command("status").exit_code == 0
    assert len(services["discovery"].asked) == 3


def test_what_does_not_arrive_is_not_well(command, well, follower, monkeypatch):
    monkeypatch.setattr("hedgerow.status.PATIENCE", 0.1)
    well["discovery"]["consumers"] = [follower(position="1-2-1", lag=None)]
    result = command("status")
    assert result.exit_code == 1
    assert result.stdout.endswith("Not all is well: discovery is behind registry.\n")


def test_a_service_that_is_down_is_shown_with_the_others(command, well, services):
    services["scheduling"].stop()
    result = command("status")
    assert result.exit_code == 1
    assert "scheduling     no " in result.stdout
    assert "registry       yes" in result.stdout
    assert f"scheduling does not answer at {services['scheduling'].url}" in result.stdout


def test_a_token_that_is_not_accepted_is_said_plainly(command, well, services):
    services["registry"].routes["GET", "/status"] = (401, {"title": "Unauthorized"})
    result = command("status")
    assert result.exit_code == 1
    assert "does not accept this operator token" in result.stderr


def test_status_as_json_holds_every_answer_and_the_verdict(command, well):
    result = command("status", "--json")
    said = json.loads(result.stdout)
    assert result.exit_code == 0
    assert said["well"] is True
    assert said["troubles"] == []
    assert said["services"]["registry"] == {"up": True, **well["registry"]}


def test_waiting_returns_when_nothing_is_under_way_any_more(command, well, services):
    def busy_twice(request):
        count = len(services["discovery"].asked)
        return 200, {**well["discovery"], "pending": {"reactions": 1 if count <= 2 else 0}}

    services["discovery"].routes["GET", "/status"] = busy_twice
    result = command("status", "--wait")
    assert result.exit_code == 0
    assert len(services["discovery"].asked) == 4


def test_waiting_ends_with_1_and_the_reason_when_the_time_is_up(command, well):
    well["discovery"]["pending"] = {"reactions": 5}
    result = command("status", "--wait", "--timeout", "0.3")
    assert result.exit_code == 1
    assert result.stderr == "Not caught up within 0.3 s: discovery has still to do: 5 reactions.\n"


def test_caught_up_with_a_dead_letter_is_still_not_well(command, well):
    well["discovery"]["dead_letters"] = 1
    assert command("status", "--wait").exit_code == 1


def test_without_a_token_it_says_where_one_comes_from(command, well, monkeypatch):
    monkeypatch.delenv("HEDGEROW_OPERATOR_TOKEN")
    result = command("status")
    assert result.exit_code == 1
    assert "HEDGEROW_OPERATOR_TOKEN" in result.stderr


def test_the_token_in_the_data_directory_is_used(command, well, services, monkeypatch, tmp_path):
    monkeypatch.delenv("HEDGEROW_OPERATOR_TOKEN")
    (tmp_path / "operator_token").write_text("one-from-the-data-directory\n")
    assert command("status").exit_code == 0
    asked = services["registry"].asked[0]
    assert asked["headers"]["Authorization"] == "Bearer one-from-the-data-directory"
