"""Sending over a real SMTP exchange: accepted, refused, cut, slow; and what a crash leaves."""

import ssl
import subprocess
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from services.notifications import bouncing, forming, preferences
from services.notifications.contact_book import Contact, ContactsUnavailable
from services.notifications.domain.preferences import DAILY, NONE, Preferences
from services.notifications.links import Links
from services.notifications.rendering import Renderer
from services.notifications.sender import Sender
from services.notifications.stuck import account
from shared.clock import rfc3339
from shared.projection import rebuild
from tests.mail_servers import Mailbox, accepts, mail_server
from tests.notifications import ADA, BEA, NOW, Joins, Notifications, open_notifications, person

PEOPLE = {
    ADA: Contact("Ada Lovelace", "ada@people.example", 1),
    BEA: Contact("Bea Benn", "bea@people.example", 1),
}


class Contacts:
    """Contacts at hand, instead of the registry's."""

    def __init__(self, people: dict[str, Contact] | None = None) -> None:
        self.people = PEOPLE if people is None else people
        self.away = False

    def look_up(self, people: Any) -> dict[str, Contact]:
        if self.away:
            raise ContactsUnavailable("the registry is away")
        return {p: self.people[p] for p in people if p in self.people}


def sender_of(
    post: Notifications, contacts: Contacts | None = None, joins: Joins | None = None
) -> Sender:
    settings = post.service.settings
    renderer = Renderer(Links(settings), settings.mail_from)
    return Sender(post.service, contacts or Contacts(), joins or Joins(), renderer)


def send_all(sender: Sender) -> None:
    while sender.step():
        pass


@pytest.fixture(params=[False, True], ids=["one command at a time", "pipelining"])
def mailbox(request: pytest.FixtureRequest) -> Mailbox:
    return Mailbox(pipelining=request.param)


@pytest.fixture
def post(tmp_path: Path, mailbox: Mailbox, migrated_notifications: Path) -> Iterator[Notifications]:
    with mail_server(mailbox) as server, opened(tmp_path, server.url) as found:
        yield found


def opened(folder: Path, url: str, **more: str) -> Any:
    return open_notifications(
        f"sqlite:///{folder}/post.db",
        folder,
        SMTP_URL=url,
        MAIL_FROM="Hedgerow <hedgerow@hedgerow.example>",
        MAIL_PER_MINUTE="100000",
        **more,
    )


def closed(post: Notifications) -> None:
    """A community closes, of which two are to be told."""
    if not post.versions:
        post.landscape()
    now = post.service.clock.now()
    post.hear(post.event("registry.community.closed", at=now, ending="faded", into=[]))
    post.react(now)


def make_due(post: Notifications) -> None:
    """What waits for its next attempt may be tried at once."""
    with post.service.database.write() as connection:
        connection.exec_driver_sql("UPDATE letters SET due = '2020-01-01' WHERE due IS NOT NULL")


def test_each_gets_one_message_over_one_connection(post: Notifications, mailbox: Mailbox):
    closed(post)
    sender = sender_of(post)
    send_all(sender)
    send_all(sender)
    assert sorted(m["X-Recipient"] for m in mailbox.arrived) == [
        "ada@people.example",
        "bea@people.example",
    ]
    assert mailbox.connections == 1
    (message,) = mailbox.to("ada@people.example")
    assert message["Subject"] == "Falls in care homes has closed"
    letter = post.rows("SELECT id FROM letters WHERE person = '" + ADA + "'")[0][0]
    assert message["Message-ID"] == f"<{letter}@hedgerow.example>"
    assert message["X-Sender"] == f"hedgerow+{letter}@hedgerow.example"
    assert {row[2] for row in post.ledger()} == {"sent"}
    sender.close()


def test_a_refused_recipient_is_failed_with_the_servers_words_but_no_address(
    post: Notifications, mailbox: Mailbox
):
    mailbox.refuse = lambda to: f"550 5.1.1 <{to}> no such user" if "ada" in to else None
    closed(post)
    send_all(sender_of(post))
    assert post.ledger("person, status, words") == [
        (ADA, "failed", "550 5.1.1 … no such user"),
        (BEA, "sent", ""),
    ]


def test_what_is_put_off_is_tried_again_and_accepted(post: Notifications, mailbox: Mailbox):
    mailbox.refuse_data = lambda to: "451 try later" if "ada" in to else None
    closed(post)
    sender = sender_of(post)
    send_all(sender)
    assert [m["X-Recipient"] for m in mailbox.arrived] == ["bea@people.example"]
    ((attempts, words, due),) = post.rows(
        "SELECT attempts, words, due FROM letters WHERE attempts > 0"
    )
    now = post.service.clock.now()
    assert (attempts, words) == (1, "451 try later")
    assert rfc3339(now + timedelta(seconds=5)) < due < rfc3339(now + timedelta(seconds=31))
    mailbox.refuse_data = lambda to: None
    make_due(post)
    send_all(sender)
    assert {row[2] for row in post.ledger()} == {"sent"}


def test_after_two_days_of_no_it_is_given_up(post: Notifications, mailbox: Mailbox):
    mailbox.refuse = lambda to: "450 greylisted"
    closed(post)
    sender = sender_of(post)
    send_all(sender)
    long_ago = rfc3339(post.service.clock.now() - timedelta(hours=49))
    with post.service.database.write() as connection:
        connection.exec_driver_sql(f"UPDATE letters SET first_try = '{long_ago}'")
    make_due(post)
    send_all(sender)
    assert {row[2:] for row in post.ledger()} == {("failed", "tried for 48 hours without success")}


def test_a_connection_cut_in_data_leaves_it_unknown_and_it_is_sent_again_as_the_same(
    post: Notifications, mailbox: Mailbox
):
    cuts = ["ada@people.example"]
    mailbox.cut = lambda to: to in cuts and cuts.remove(to) is None
    closed(post)
    sender = sender_of(post)
    send_all(sender)
    make_due(post)
    send_all(sender)
    assert len(mailbox.to("ada@people.example")) == 1
    assert post.ledger("person, status, uncertain") == [(ADA, "sent", 1), (BEA, "sent", 0)]


def test_a_server_that_is_away_loses_nothing(tmp_path: Path, mailbox: Mailbox):
    with mail_server(mailbox) as server:
        url = server.url
    with opened(tmp_path, url) as post:
        closed(post)
        send_all(sender_of(post))
        assert {row[2] for row in post.ledger()} == {"queued"}
        assert post.rows("SELECT count(*) FROM letters WHERE claim IS NOT NULL") == [(0,)]
        with post.service.database.read() as connection:
            (waiting,) = account(connection, NOW)["retrying"]
        assert waiting["letters"] == 2
        assert waiting["attempts"] == 0
        assert "refused" in waiting["why"].lower()


def test_a_registry_that_is_away_loses_nothing(post: Notifications, mailbox: Mailbox):
    contacts = Contacts()
    contacts.away = True
    closed(post)
    send_all(sender_of(post, contacts))
    assert mailbox.arrived == []
    assert post.rows("SELECT DISTINCT words FROM letters") == [("the registry is away",)]
    send_all(sender_of(post))
    assert len(mailbox.arrived) == 2


def test_who_is_erased_or_has_no_address_is_suppressed(post: Notifications, mailbox: Mailbox):
    closed(post)
    send_all(sender_of(post, Contacts({BEA: Contact("Bea", None, 1)})))
    assert mailbox.arrived == []
    assert [row[2:] for row in post.ledger()] == [
        ("suppressed", "erased, or not known to the registry"),
        ("suppressed", "no address"),
    ]


def test_an_address_that_bounces_is_not_written_to_until_it_changes(
    post: Notifications, mailbox: Mailbox
):
    closed(post)
    with post.service.database.write() as connection:
        bouncing.note(connection, ADA, 1, "hard", NOW)
        for _ in range(4):
            bouncing.note(connection, BEA, 1, "soft", NOW)
    send_all(sender_of(post))
    assert [m["X-Recipient"] for m in mailbox.arrived] == ["bea@people.example"]
    closed(post)
    changed = PEOPLE | {ADA: PEOPLE[ADA]._replace(version=2)}
    send_all(sender_of(post, Contacts(changed)))
    assert len(mailbox.to("ada@people.example")) == 1


def test_one_who_stops_it_meanwhile_gets_nothing(post: Notifications, mailbox: Mailbox):
    closed(post)
    with post.service.database.write() as connection:
        preferences.put(connection, ADA, Preferences(NONE), NOW)
    send_all(sender_of(post))
    assert [m["X-Recipient"] for m in mailbox.arrived] == ["bea@people.example"]


def test_one_who_stops_it_while_the_letter_waits_gets_nothing(
    post: Notifications, mailbox: Mailbox
):
    closed(post)
    forming.form(post.service, post.service.clock.now())
    with post.service.database.write() as connection:
        preferences.put(connection, ADA, Preferences(NONE), NOW)
    send_all(sender_of(post))
    assert [m["X-Recipient"] for m in mailbox.arrived] == ["bea@people.example"]
    assert post.ledger()[0][2:] == ("suppressed", "preference: none")


def test_what_is_stopped_leaves_a_digest_that_waits(post: Notifications, mailbox: Mailbox):
    post.landscape()
    with post.service.database.write() as connection:
        preferences.put(connection, BEA, Preferences(DAILY), NOW)
    now = post.service.clock.now()
    closed(post)
    post.session(at=now, date=f"{now.year + 1}-03-20")
    post.react(now)
    forming.form(post.service, now + timedelta(days=1, hours=1))
    stopped = Preferences(DAILY, stopped=frozenset({("community", "")}))
    with post.service.database.write() as connection:
        preferences.put(connection, BEA, stopped, NOW)
    send_all(sender_of(post, Contacts({BEA: PEOPLE[BEA]})))
    (message,) = mailbox.arrived
    text = message.get_body(("plain",)).get_content()
    assert "Spring meeting is planned" in text
    assert "closed" not in text
    assert [row[1:] for row in post.ledger() if row[0] == BEA] == [
        ("community-closed", "suppressed", "unsubscribed"),
        ("session-planned", "sent", ""),
    ]


def test_many_that_waited_come_as_one(post: Notifications, mailbox: Mailbox):
    post.landscape()
    now = post.service.clock.now()
    more = {"name": "X", "domain": "Y", "networks": ["net_wessex"]}
    for number in range(7):
        post.hear(post.event("registry.community.registered", f"com_new{number}", at=now, **more))
        post.react(now)
        forming.form(post.service, now)
    send_all(sender_of(post, Contacts({ADA: PEOPLE[ADA]})))
    (message,) = mailbox.arrived
    assert message["Subject"].startswith("7 things from your communities")


def test_many_at_once_come_as_one(post: Notifications, mailbox: Mailbox):
    post.landscape()
    now = post.service.clock.now()
    more = {"name": "X", "domain": "Y", "networks": ["net_wessex"]}
    kind = "registry.community.registered"
    post.hear(*(post.event(kind, f"com_new{n}", at=now, **more) for n in range(7)))
    post.react(now)
    send_all(sender_of(post, Contacts({ADA: PEOPLE[ADA]})))
    (message,) = mailbox.arrived
    assert message["Subject"].startswith("7 things from your communities")


def test_a_digest_is_one_letter_and_tells_the_newest_change_only(
    post: Notifications, mailbox: Mailbox
):
    post.landscape()
    with post.service.database.write() as connection:
        preferences.put(connection, BEA, Preferences(DAILY), NOW)
        preferences.put(connection, ADA, Preferences(NONE), NOW)
    now = post.service.clock.now()
    year = now.year + 1
    old = {"date": f"{year}-03-20", "start": "10:00", "end": "11:30", "zone": "Europe/London"}
    post.session(at=now, date=f"{year}-03-20")
    post.forget_reactions()
    moved = now - timedelta(minutes=5)
    post.session("rescheduled", at=moved, date=f"{year}-03-21", before=old)
    post.session(
        "rescheduled", at=now, date=f"{year}-03-22", before=old | {"date": f"{year}-03-21"}
    )
    post.react(now)
    forming.form(post.service, now + timedelta(days=1, hours=1))
    send_all(sender_of(post))
    (message,) = mailbox.arrived
    text = message.get_body(("plain",)).get_content()
    assert f"20 March {year}" in text
    assert f"22 March {year}" in text
    assert f"21 March {year}" not in text
    assert sorted(row[2] for row in post.ledger() if row[0] == BEA) == ["sent", "suppressed"]


def test_a_dead_senders_letters_are_taken_over_and_those_in_hand_said_to_be_uncertain(
    post: Notifications, mailbox: Mailbox
):
    closed(post)
    forming.form(post.service, post.service.clock.now())
    with post.service.database.write() as connection:
        connection.exec_driver_sql("UPDATE letters SET claim = 'dead', place = 1")
        connection.exec_driver_sql(f"UPDATE letters SET place = 0 WHERE person = '{ADA}'")
    send_all(sender_of(post))
    assert len(mailbox.arrived) == 2
    assert post.ledger("person, uncertain") == [(ADA, 1), (BEA, 0)]


def test_what_waited_longer_than_two_days_is_missed(post: Notifications, mailbox: Mailbox):
    closed(post)
    forming.form(post.service, post.service.clock.now())
    long_ago = rfc3339(post.service.clock.now() - timedelta(hours=50))
    with post.service.database.write() as connection:
        connection.exec_driver_sql(f"UPDATE letters SET at = '{long_ago}'")
    send_all(sender_of(post))
    assert mailbox.arrived == []
    assert "late by 50 hours" in post.ledger()[0][3]


def test_with_no_mail_server_letters_stay_in_the_outbox(notifications: Notifications):
    closed(notifications)
    send_all(sender_of(notifications))
    assert {row[2] for row in notifications.ledger()} == {"queued"}
    assert notifications.rows("SELECT count(*) FROM letters WHERE state = 'waiting'") == [(2,)]


@pytest.mark.filterwarnings("ignore:Requiring AUTH")
def test_authentication_over_tls(tmp_path: Path, mailbox: Mailbox, monkeypatch: Any):
    context = _certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "cert.pem"))
    secured = {"authenticator": accepts("hedge", "p@ss"), "auth_required": True}
    with mail_server(mailbox, tls=context, auth_require_tls=False, **secured) as server:
        port = server.url.rpartition(":")[2]
        for password, arrives in (("wrong", 0), ("p%40ss", 2)):
            folder = tmp_path / f"folder-{arrives}"
            folder.mkdir()
            with opened(folder, f"smtps://hedge:{password}@localhost:{port}") as post:
                closed(post)
                sender = sender_of(post)
                send_all(sender)
                sender.close()
            assert len(mailbox.arrived) == arrives


def _certificate(folder: Path) -> ssl.SSLContext:
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"),
            *("-keyout", f"{folder}/key.pem", "-out", f"{folder}/cert.pem"),
            *("-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"),
        ],
        check=True,
        capture_output=True,
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    return context


def test_an_international_address_is_written_as_it_is(post: Notifications, mailbox: Mailbox):
    closed(post)
    people = {ADA: Contact("Zoë Ångström", "zoë@bücher.example", 1)}
    send_all(sender_of(post, Contacts(people)))
    (message,) = mailbox.arrived
    assert message["X-Recipient"] == "zoë@xn--bcher-kva.example"


def test_a_rebuild_sends_nothing(post: Notifications, mailbox: Mailbox):
    closed(post)
    send_all(sender_of(post))
    mailbox.arrived.clear()
    rebuild.rebuild_own(post.service.database, post.service.store, post.service.own)
    send_all(sender_of(post))
    assert mailbox.arrived == []
    assert {row[2] for row in post.ledger()} == {"sent"}


@pytest.mark.timeout(400)
@pytest.mark.parametrize("mailbox", [True], indirect=True, ids=["pipelining"])
def test_ten_thousand_messages(post: Notifications, mailbox: Mailbox):
    mailbox.ids_only = True
    people = {person(n): Contact(f"P{n}", f"p{n}@people.example", 1) for n in range(1000)}
    post.community()
    for who in people:
        post.role(who)
    post.forget_reactions()
    now = post.service.clock.now()
    for number in range(10):
        at = post.event("registry.community.state-changed", at=now, state="dormant")
        post.hear(at)
        post.react(now)
        sender = sender_of(post, Contacts(people))
        send_all(sender)
        sender.close()
        assert len(mailbox.arrived) == 1000 * (number + 1)
    assert len({*mailbox.arrived}) == 10_000
