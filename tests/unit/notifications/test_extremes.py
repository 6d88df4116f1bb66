"""Much, slow, late and hostile: each a test."""

import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from services.notifications import preferences
from services.notifications.contact_book import Contact
from services.notifications.domain.backoff import pause
from services.notifications.domain.preferences import AT_ONCE, NONE, Preferences
from services.notifications.domain.reminders import lateness
from services.notifications.rate import Rate
from tests.mail_servers import Mailbox, mail_server
from tests.notifications import ADA, BEA, FALLS, NOW, Notifications, person
from tests.unit.notifications.test_sending import (
    PEOPLE,
    Contacts,
    _certificate,
    closed,
    opened,
    send_all,
    sender_of,
)

CLOSED = "registry.community.closed"


def test_a_thousand_conveners_each_get_one(notifications: Notifications):
    notifications.community()
    kind = "registry.membership.started"
    roles = [
        notifications.event(
            kind, role_id=f"r{n}", person=person(n), role="convener", begins="2025-01-01"
        )
        for n in range(1000)
    ]
    notifications.hear(*roles)
    notifications.forget_reactions()
    notifications.tell(CLOSED, ending="faded", into=[])
    told = [row[0] for row in notifications.ledger()]
    assert len(told) == len(set(told)) == 1000


def test_a_preference_for_a_community_that_closed_still_holds(notifications: Notifications):
    notifications.landscape()
    with notifications.service.database.write() as connection:
        wanted = Preferences(AT_ONCE, {FALLS: NONE})
        preferences.put(connection, BEA, wanted, NOW)
    notifications.tell(CLOSED, ending="faded", into=[])
    assert notifications.ledger()[1] == (BEA, "community-closed", "suppressed", "preference: none")
    notifications.tell("registry.community.reopened")
    assert (BEA, "community-reopened", "suppressed", "preference: none") in notifications.ledger()


def test_a_slow_server_is_waited_for(tmp_path: Path):
    mailbox = Mailbox(pause=0.5)
    with mail_server(mailbox) as server, opened(tmp_path, server.url) as post:
        closed(post)
        began = time.monotonic()
        send_all(sender_of(post))
        assert time.monotonic() - began > 1
        assert {row[2] for row in post.ledger()} == {"sent"}


def test_starttls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    context, mailbox = _certificate(tmp_path), Mailbox()
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "cert.pem"))
    more: dict[str, Any] = {"tls_context": context, "require_starttls": True}
    with mail_server(mailbox, **more) as server:
        port = server.url.rpartition(":")[2]
        with opened(tmp_path, f"smtp://localhost:{port}?starttls=1") as post:
            closed(post)
            send_all(sender_of(post))
    assert len(mailbox.arrived) == 2


def test_a_certificate_that_is_not_trusted_is_no_server(tmp_path: Path):
    context, mailbox = _certificate(tmp_path), Mailbox()
    with mail_server(mailbox, tls=context) as server:
        port = server.url.rpartition(":")[2]
        with opened(tmp_path, f"smtps://localhost:{port}") as post:
            closed(post)
            send_all(sender_of(post))
            assert {row[2] for row in post.ledger()} == {"queued"}
    assert mailbox.arrived == []


def test_an_address_that_is_none_fails_alone(tmp_path: Path):
    mailbox = Mailbox()
    with mail_server(mailbox) as server, opened(tmp_path, server.url) as post:
        closed(post)
        wrong = Contact("Ada", "ada@people.example\r\nRCPT TO:<all@people.example>", 1)
        send_all(sender_of(post, Contacts(PEOPLE | {ADA: wrong})))
        assert [row[2] for row in post.ledger()] == ["failed", "sent"]
    assert [m["X-Recipient"] for m in mailbox.arrived] == ["bea@people.example"]


def test_no_more_than_so_many_a_minute():
    rate, now = Rate(60), datetime(2026, 3, 1, tzinfo=UTC)
    sent = 0
    for second in range(120):
        at = now + timedelta(seconds=second)
        for _ in range(rate.allowed(at)):
            rate.take(at)
            sent += 1
    assert 119 <= sent <= 126  # two minutes' worth, and the first burst


def test_pauses_grow_to_an_hour_and_are_spread():
    assert [pause(n, 0.5).total_seconds() for n in (1, 2, 3, 20)] == [20, 40, 80, 3600]
    assert pause(1, 0.0) < pause(1, 0.5) < pause(1, 1.0)


def test_lateness_is_told_in_words():
    due = datetime(2026, 3, 1, tzinfo=UTC)
    assert lateness("1-week", due, due + timedelta(days=1)) == ""
    assert "late by 3.0 days" in lateness("1-week", due, due + timedelta(days=3))


def test_a_first_start_on_an_old_platform_sends_nothing(tmp_path: Path):
    mailbox = Mailbox()
    with mail_server(mailbox) as server, opened(tmp_path, server.url) as post:
        year_ago = post.service.clock.now() - timedelta(days=365)
        kind = "registry.membership.started"
        old = [post.event("registry.community.registered", at=year_ago, name="X", domain="Y")]
        for who in (ADA, BEA):
            data = {"role_id": who, "person": who, "role": "convener", "begins": "2025-01-01"}
            old.append(post.event(kind, at=year_ago, **data))
        old.append(post.event(CLOSED, at=year_ago, ending="faded", into=[]))
        post.hear(*old)
        post.session(at=year_ago, date="2026-01-20")
        post.react(post.service.clock.now())
        send_all(sender_of(post))
        assert mailbox.arrived == []
        assert {row[2:] for row in post.ledger()} == {("missed", "history")}


def test_a_line_that_begins_with_a_dot_arrives_as_it_was(tmp_path: Path):
    mailbox = Mailbox()
    with mail_server(mailbox) as server, opened(tmp_path, server.url) as post:
        post.community(name=". and ..dots")
        post.role(ADA)
        post.forget_reactions()
        now = post.service.clock.now()
        post.hear(post.event(CLOSED, at=now, ending="faded", into=[]))
        post.react(now)
        send_all(sender_of(post))
    (message,) = mailbox.arrived
    text = message.get_body(("plain",)).get_content()
    assert "\n. and ..dots has closed: it has come to its end." in text.replace("\r\n", "\n")
