"""Forecasts: counted by the code that would tell."""

import threading
from datetime import timedelta
from pathlib import Path

import pytest
from werkzeug.serving import make_server

from services.notifications import bouncing, preferences
from services.notifications.contact_book import Contact
from services.notifications.domain.preferences import DAILY, NONE, Preferences, QuietHours
from tests.notifications import ADA, BEA, FALLS, NOW, Notifications
from tests.registry import open_registry
from tests.servers import free_port
from tests.unit.notifications.test_sending import Contacts

CLOSED = {"type": "registry.community.closed", "subject": FALLS, "data": {"ending": "faded"}}


def put(post: Notifications, who: str, wanted: Preferences) -> None:
    with post.service.database.write() as connection:
        preferences.put(connection, who, wanted, NOW)


def asked(post: Notifications, *events: dict) -> dict:
    answer = post.other_service.post("/forecasts", {"events": events})
    assert answer.status_code == 200, answer.text
    return answer.json


@pytest.mark.parametrize(
    ("choices", "counts"),
    [
        ({}, (2, 2, 0, 0)),
        ({ADA: DAILY}, (2, 1, 1, 0)),
        ({ADA: DAILY, BEA: NONE}, (1, 0, 1, 1)),
    ],
)
def test_it_counts_what_is_then_queued(notifications: Notifications, choices: dict, counts: tuple):
    notifications.landscape()
    for who, choice in choices.items():
        put(notifications, who, Preferences(choice))
    found = asked(notifications, CLOSED)
    assert tuple(found[name] for name in ("notifies", "now", "digest", "none")) == counts
    assert notifications.ledger() == []
    notifications.tell("registry.community.closed", ending="faded", into=[])
    queued = [row for row in notifications.ledger() if row[2] == "queued"]
    assert len(queued) == found["notifies"]


def test_who_has_quiet_hours_hears_of_it_later(notifications: Notifications):
    notifications.landscape()
    now = notifications.service.clock.now()
    begins, ends = ((now + timedelta(hours=hours)).time() for hours in (-1, 1))
    put(notifications, ADA, Preferences(zone="UTC", quiet=QuietHours(begins, ends)))
    assert asked(notifications, CLOSED) == {"notifies": 2, "now": 1, "digest": 1, "none": 0}


def test_who_cannot_be_written_to_is_counted_as_told_nothing(notifications: Notifications):
    notifications.landscape()
    book = Contacts()
    notifications.app.extensions["hedgerow_contacts"] = book
    assert asked(notifications, CLOSED) == {"notifies": 2, "now": 2, "digest": 0, "none": 0}
    with notifications.service.database.write() as connection:
        bouncing.note(connection, BEA, 1, "hard", NOW)
    assert asked(notifications, CLOSED) == {"notifies": 1, "now": 1, "digest": 0, "none": 1}
    book.people = {ADA: Contact("Ada", None, 1)}
    assert asked(notifications, CLOSED) == {"notifies": 0, "now": 0, "digest": 0, "none": 2}
    book.away = True
    assert asked(notifications, CLOSED) == {"notifies": 2, "now": 2, "digest": 0, "none": 0}


def test_a_person_told_by_two_events_is_counted_once(notifications: Notifications):
    notifications.landscape()
    needed = {"type": "registry.community.convener-needed", "subject": FALLS}
    assert asked(notifications, CLOSED, needed)["notifies"] == 2


WHEN = {"date": "2026-03-20", "start": "10:00", "end": "11:30", "zone": "Europe/London"}
MEETING = {"kind": "community-meeting", "title": "Spring", "when": WHEN, "communities": [FALLS]}


@pytest.mark.parametrize(
    ("spoilt", "words"),
    [
        ({}, "session is missing"),
        ({"session": 7, "sequence": 0}, "session must be an object"),
        ({"session": MEETING | {"when": "soon"}, "sequence": 0}, "session.when must be an object"),
        (
            {"session": MEETING | {"communities": [{}]}, "sequence": 0},
            "session.communities.0 must be a text",
        ),
        ({"session": MEETING, "sequence": "first"}, "sequence must be a whole number"),
        (
            {"session": MEETING | {"when": WHEN | {"zone": "Mars/X"}}, "sequence": 0},
            "Mars/X",
        ),
    ],
)
def test_data_that_no_event_can_have_are_named(
    notifications: Notifications, spoilt: dict, words: str
):
    event = {"type": "scheduling.session.scheduled", "subject": "ses_1", "data": spoilt}
    answer = notifications.other_service.post("/forecasts", {"events": [event]})
    assert answer.status_code == 422
    assert words in answer.text


def test_it_is_for_services_alone(notifications: Notifications):
    for caller, status in ((notifications.operator, 403), (notifications.anyone, 401)):
        assert caller.post("/forecasts", {"events": []}).status_code == status


def test_a_closure_can_be_asked_about_before_it_is_done(
    notifications: Notifications, tmp_path: Path
):
    port = free_port()
    server = make_server("127.0.0.1", port, notifications.app, threaded=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"sqlite:///{tmp_path}/registry.db"
    with open_registry(url, tmp_path, NOTIFICATIONS_URL=f"http://127.0.0.1:{port}") as registry:
        community = registry.operator.community()
        notifications.community(community)
        notifications.role(ADA, "convener", community)
        ask = f"/communities/{community}/closure?dry_run=true"
        found = registry.operator.done(ask, ending="faded")
        assert found == {"notifies": 1, "now": 1, "digest": 0, "none": 0}
        assert registry.operator.get(f"/communities/{community}").json["state"] == "active"
        server.shutdown()
        server.server_close()
        assert registry.operator.post(ask, {"ending": "faded"}).status_code == 503
        assert registry.operator.get(f"/communities/{community}").json["state"] == "active"
