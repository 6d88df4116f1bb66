import json

import pytest

AT = "2027-03-01T09:30:00Z"
AHEAD = {"at": AT, "due": 2, "future": True, "mail_server": False}
DONE = {"at": AT, "told": 2, "queued": 5, "missed": 1, "messages": 6}


@pytest.fixture
def notifications(services):
    stand_in = services["notifications"]
    stand_in.routes = {
        ("GET", "/reminders"): (200, AHEAD),
        ("POST", "/reminders"): (200, DONE),
    }
    return stand_in


def test_a_pass_is_told_in_a_sentence(command, notifications):
    result = command("remind", "--at", AT)
    assert result.exit_code == 0
    assert result.stdout == (
        f"As of {AT}: 2 reminders told in 5 messages, 1 reminder missed;"
        " 6 messages put into letters.\n"
    )
    assert json.loads(notifications.asked[-1]["body"]) == {"at": AT}


def test_a_time_to_come_with_a_mail_server_is_asked_about(command, notifications):
    notifications.routes["GET", "/reminders"] = (200, AHEAD | {"mail_server": True})
    result = command("remind", "--at", AT)
    assert result.exit_code == 1
    assert "2 reminders due by" in result.stderr
    assert [asked["method"] for asked in notifications.asked] == ["GET"]
    assert command("remind", "--at", AT, "--yes").exit_code == 0


def test_a_time_that_is_none_is_a_wrong_call(command, notifications):
    notifications.routes["GET", "/reminders"] = (422, {"detail": "at: no time"})
    result = command("remind", "--at", "soon")
    assert result.exit_code == 2
    assert "write a time with its zone" in result.stderr


def test_the_post_says_what_is_stuck_and_why(command, notifications):
    group = {"why": "451 later", "letters": 3, "attempts": 2, "next": AT}
    notifications.routes["GET", "/post"] = (
        200,
        {
            "deliveries": {"sent": 4, "queued": 3},
            "mail_server": True,
            "oldest_waiting": AT,
            "retrying": [group],
            "perhaps_sent_twice": 1,
            "held": {"since": AT, "words": "the mail server refuses us: 530 5.7.57"},
        },
    )
    hook = {"id": "whk_1", "url": "https://x.example", "state": "disabled"}
    failing = hook | {"reason": "it failed for five days", "failing_since": AT}
    notifications.routes["GET", "/webhooks"] = (200, {"items": [failing]})
    result = command("post")
    assert result.exit_code == 0
    for words in (
        "4 sent, 3 queued",
        "451 later",
        "1 may have been sent twice",
        "five days",
        "530 5.7.57",
    ):
        assert words in result.stdout
