"""A release's dry run: what would be sent, to how many, and what to see to first."""

import re
import shutil
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from werkzeug.serving import make_server

from services.notifications.contact_book import Contact, ContactsUnavailable
from services.scheduling import registry_client
from tests.applications import decide, form, open_cohort, registry_at_hand, sponsor_link, submitted
from tests.notifications import Notifications, open_notifications
from tests.scheduling import Scheduling, open_scheduling
from tests.servers import free_port


class AddressBook:
    """The registry's contacts: everybody has an address but those `without`."""

    def __init__(self) -> None:
        self.without: set[str] = set()
        self.away = False

    def look_up(self, people: Any) -> dict[str, Contact]:
        if self.away:
            raise ContactsUnavailable
        return {
            each: Contact("Somebody", None if each in self.without else f"{each}@x.example", 1)
            for each in people
        }


@pytest.fixture
def notifications(tmp_path: Path) -> Iterator[Notifications]:
    with open_notifications(f"sqlite:///{tmp_path / 'notifications.db'}", tmp_path) as found:
        yield found


@pytest.fixture
def book(notifications: Notifications) -> AddressBook:
    found = AddressBook()
    notifications.app.extensions["hedgerow_contacts"] = found
    return found


@pytest.fixture
def both(
    tmp_path: Path,
    migrated_scheduling: Path,
    notifications: Notifications,
    book: AddressBook,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Scheduling]:
    """Scheduling that asks notifications over HTTP."""
    registry_at_hand(monkeypatch)
    port = free_port()
    server = make_server("127.0.0.1", port, notifications.app, threaded=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    file = tmp_path / "scheduling.db"
    shutil.copy(migrated_scheduling, file)
    asked = {"NOTIFICATIONS_URL": f"http://127.0.0.1:{port}"}
    try:
        with open_scheduling(f"sqlite:///{file}", tmp_path, migrated=True, **asked) as found:
            yield found
    finally:
        server.shutdown()
        server.server_close()


def decided(scheduling: Scheduling, **decisions: str) -> tuple[str, dict[str, str]]:
    """A cohort of three places, and the application of each of these people."""
    cohort = open_cohort(scheduling, places=3)
    made = {name: submitted(scheduling, cohort, name) for name in decisions}
    for name, decision in decisions.items():
        if decision != "none":
            decide(scheduling, made[name], decision)
    return cohort, made


def dry_run(scheduling: Scheduling, cohort: str) -> Any:
    return scheduling.operator.done(f"/cohorts/{cohort}/release?dry_run=true")


def warnings(body: Any) -> dict[str, Any]:
    return {warning["code"]: warning for warning in body["warnings"]}


def test_each_kind_of_message_is_shown_as_it_would_read_with_its_counts(both):
    cohort, _ = decided(
        both, Ada="offer", Bea="offer", Cleo="waiting-list", Dan="not-offered", Eve="none"
    )
    body = dry_run(both, cohort)
    assert {name: body[name] for name in ("notifies", "now", "digest", "none")} == {
        "notifies": 4,
        "now": 4,
        "digest": 0,
        "none": 0,
    }
    counts = {m["message"]: (m["people"], m["notifies"]) for m in body["messages"]}
    assert counts == {
        "decision-offer": (2, 2),
        "decision-waiting-list": (1, 1),
        "decision-not-offered": (1, 1),
    }
    told = {m["message"]: m for m in body["messages"]}
    assert told["decision-offer"]["subject"] == "You are offered a place: Wessex"
    assert "You are offered a place in Wessex." in told["decision-offer"]["text"]
    assert "at place 1" in told["decision-waiting-list"]["text"]


def test_the_samples_let_nobody_act_for_an_applicant(both):
    cohort, made = decided(both, Ada="offer", Cleo="waiting-list")
    body = dry_run(both, cohort)
    for message in body["messages"]:
        assert not re.search(
            r"https?://\S+/(application|preferences|unsubscribe)/", message["text"]
        )
        assert made["Ada"] not in message["text"]
        assert "[a link of the reader's own: preferences]" in message["text"]


def test_nothing_is_changed_by_it_and_the_same_is_sent_then(both, notifications):
    cohort, made = decided(both, Ada="offer")
    before = both.operator.get(f"/applications/{made['Ada']}").json
    (message,) = dry_run(both, cohort)["messages"]
    assert both.operator.get(f"/applications/{made['Ada']}").json == before
    assert notifications.ledger() == []
    both.operator.done(f"/cohorts/{cohort}/release")
    released = [e for e in both.operator.events() if e["type"].endswith("decision-released")]
    again = notifications.other_service.post(
        "/forecasts",
        {
            "events": [
                {"type": e["type"], "subject": e["subject"], "data": e["data"]} for e in released
            ],
            "texts": True,
        },
    )
    assert again.json["messages"] == [message]


def test_warnings_say_what_to_see_to_first(both, book):
    cohort, made = decided(both, Ada="offer", Bea="offer", Eve="none")
    form(both, sponsor_link(both, made["Ada"]), answer="confirm")
    book.without.add(both.person("Bea"))
    found = warnings(dry_run(both, cohort))
    assert set(found) == {
        "places-left",
        "not-yet-decided",
        "sponsor-not-confirmed",
        "unreachable",
    }
    assert found["places-left"]["places"] == 1
    assert found["sponsor-not-confirmed"]["applications"] == [made["Bea"]]
    assert [each["person"] for each in found["unreachable"]["people"]] == [both.person("Bea")]


def test_who_cannot_be_reached_is_named_and_counted_as_told_nothing(both, book, monkeypatch):
    cohort, _ = decided(both, Ada="offer", Bea="offer")
    bea = both.person("Bea")
    book.without.add(bea)
    monkeypatch.setattr(registry_client, "names", lambda *_: {bea: "Bea"})
    body = dry_run(both, cohort)
    (message,) = body["messages"]
    assert (message["people"], message["notifies"], message["none"]) == (2, 1, 1)
    assert (body["notifies"], body["none"]) == (1, 1)
    assert warnings(body)["unreachable"]["people"] == [{"person": bea, "name": "Bea"}]


def test_nobody_is_said_to_be_out_of_reach_while_the_registry_does_not_answer(both, book):
    cohort, _ = decided(both, Ada="offer")
    book.away = True
    assert "unreachable" not in warnings(dry_run(both, cohort))


def test_a_full_cohort_with_its_sponsors_confirmed_warns_of_nothing(both):
    cohort, made = decided(both, Ada="offer", Bea="offer", Cleo="offer")
    for application in made.values():
        form(both, sponsor_link(both, application), answer="confirm")
    assert dry_run(both, cohort)["warnings"] == []


def test_a_dry_run_is_for_the_team_as_the_release_is_and_soon_after_they_signed_in(both):
    cohort, _ = decided(both, Ada="offer")
    programme = both.operator.get(f"/cohorts/{cohort}").json["programme"]
    both.granted(both.person("Tam"), "programme-team", programme)
    path = f"/cohorts/{cohort}/release?dry_run=true"
    team, late = (
        both.signed_in(both.person("Tam"), signed_in=timedelta(minutes=age)) for age in (1, 31)
    )
    assert team.post(path).status_code == 200
    assert late.post(path).status_code == 401
    assert "insufficient_user_authentication" in late.post(path).headers["WWW-Authenticate"]
    assert both.signed_in(both.person("Ada")).post(path).status_code == 403


def test_one_of_the_team_with_a_part_in_the_cohort_sees_no_dry_run(both):
    cohort, _ = decided(both, Ada="offer", Tam="offer")
    both.granted(both.person("Tam"), "programme-team")
    path = f"/cohorts/{cohort}/release?dry_run=true"
    assert both.signed_in(both.person("Tam")).post(path).status_code == 403
