"""What comes back: read from reports as mail systems write them, counted, and told."""

import pytest

from services.notifications.contact_book import Contact
from services.notifications.delivery_reports import NoReport, read
from tests.mail_servers import Mailbox, mail_server
from tests.notifications import ADA, BEA, Notifications
from tests.unit.notifications.test_sending import (
    PEOPLE,
    Contacts,
    closed,
    opened,
    send_all,
    sender_of,
)

LETTER = "let_" + "1" * 20
REPORT = """Return-Path: <>
To: hedgerow+{letter}@hedgerow.example
Subject: Undelivered Mail
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: text/plain

I could not deliver it.
--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mail.people.example

Final-Recipient: rfc822; ada@people.example
Action: {action}
Status: {status}
Diagnostic-Code: smtp; 550 no such user

--b--
"""


def report(letter: str = LETTER, action: str = "failed", status: str = "5.1.1") -> bytes:
    return REPORT.format(letter=letter, action=action, status=status).encode()


@pytest.mark.parametrize(
    ("action", "status", "kind"),
    [
        ("failed", "5.1.1", "hard"),
        ("failed", "5.2.2", "soft"),
        ("failed", "4.4.1", "soft"),
        ("delayed", "4.4.7", None),
        ("delivered", "2.0.0", "delivered"),
        ("relayed", "2.0.0", None),
    ],
)
def test_a_report_is_read(action: str, status: str, kind: str | None):
    body = report(action=action, status=status)
    assert read(body) == read(body.replace(b"\n", b"\r\n")) == (LETTER, kind, status)


def test_the_machine_readable_part_alone_will_do():
    body = f"Original-Envelope-Id: {LETTER}\n\nAction: failed\nStatus: 5.1.1\n"
    assert read(body.encode()).kind == "hard"


@pytest.mark.parametrize(
    "body", [b"", b"\xff\xfe", b"Subject: hello\n\nhow are you?", LETTER.encode()]
)
def test_what_is_none_is_refused(body: bytes):
    with pytest.raises(NoReport):
        read(body)


@pytest.fixture
def sent(tmp_path):
    mailbox = Mailbox()
    with mail_server(mailbox) as server, opened(tmp_path, server.url) as post:
        closed(post)
        send_all(sender_of(post))
        yield post, mailbox


def letter_of(post: Notifications, who: str) -> str:
    return str(post.rows(f"SELECT id FROM letters WHERE person = '{who}'")[0][0])


def bounce(post: Notifications, body: bytes):
    return post.operator.send("/bounces", body, "message/delivery-status")


def test_a_hard_bounce_blocks_the_address_and_its_conveners_hear_of_it_once(sent):
    post, mailbox = sent
    for blocked in (True, False):  # the second time it is known already
        answer = bounce(post, report(letter_of(post, BEA)))
        assert (answer.status_code, answer.json["blocked"]) == (200, blocked), answer.text
    assert (BEA, "community-closed", "bounced", "hard (5.1.1)") in post.ledger()
    assert [row for row in post.ledger() if row[1] == "person-unreachable"] == [
        (ADA, "person-unreachable", "queued", "")
    ]
    closed(post)
    mailbox.arrived.clear()
    send_all(sender_of(post))
    assert {m["X-Recipient"] for m in mailbox.arrived} == {"ada@people.example"}
    subjects = " ".join(m["Subject"] for m in mailbox.arrived)
    assert "Somebody in Falls in care homes can no longer be reached" in subjects
    lifted = Contacts(PEOPLE | {BEA: Contact("Bea", "bea@new.example", 2)})
    closed(post)
    send_all(sender_of(post, lifted))
    assert mailbox.to("bea@new.example")


def test_an_address_that_the_mail_server_does_not_know_is_blocked_as_by_a_report(tmp_path):
    mailbox = Mailbox()
    mailbox.refuse = lambda to: "550 5.1.1 no such user" if "bea" in to else None
    with mail_server(mailbox) as server, opened(tmp_path, server.url) as post:
        for _ in range(2):
            closed(post)
            send_all(sender_of(post))
        assert [row[2:] for row in post.ledger() if row[:2] == (BEA, "community-closed")] == [
            ("failed", "refused by the mail server"),
            ("suppressed", "the address bounces"),
        ]
        told = [m for m in mailbox.arrived if "no longer be reached" in m["Subject"]]
        assert [m["X-Recipient"] for m in told] == ["ada@people.example"]


@pytest.mark.parametrize("words", ["550 5.7.2 not to this list", "550 no"])
def test_a_refusal_that_is_not_of_the_address_blocks_nobody(tmp_path, words: str):
    mailbox = Mailbox()
    mailbox.refuse = lambda _to: words
    with mail_server(mailbox) as server, opened(tmp_path, server.url) as post:
        closed(post)
        send_all(sender_of(post))
        assert {row[2] for row in post.ledger()} == {"failed"}
        assert post.rows("SELECT * FROM bounces") == []


def test_soft_bounces_are_counted_and_several_block(sent):
    post, _ = sent
    blocked = []
    for _ in range(5):
        blocked.append(bounce(post, report(letter_of(post, BEA), status="4.2.2")).json["blocked"])
        with post.service.database.write() as connection:  # as if another letter had come back
            connection.exec_driver_sql("UPDATE deliveries_1 SET status = 'sent'")
    assert blocked == [False] * 4 + [True]


def test_a_report_of_arrival_says_delivered(sent):
    post, _ = sent
    bounce(post, report(letter_of(post, ADA), "delivered", "2.0.0"))
    assert (ADA, "community-closed", "delivered", "") in post.ledger()


def test_a_report_about_nothing_of_ours_is_refused(sent):
    post, _ = sent
    assert bounce(post, report()).status_code == 422
    assert bounce(post, b"hello").status_code == 422
    assert post.anyone.send("/bounces", b"x").status_code == 401


def test_a_pass_of_reminders_and_digests_by_hand(notifications: Notifications):
    notifications.landscape()
    notifications.session(date="2027-03-20")
    notifications.react()
    at = {"at": "2027-03-13T10:00:00Z"}
    ahead = notifications.operator.get("/reminders?at=2027-03-13T10:00:00Z").json
    assert (ahead["due"], ahead["future"], ahead["mail_server"]) == (1, True, False)
    done = notifications.operator.done("/reminders", **at)
    assert (done["told"], done["queued"], done["missed"]) == (1, 2, 0)
    assert done["messages"] >= 2
    again = notifications.operator.done("/reminders", **at)
    assert (again["told"], again["messages"]) == (0, 0)
    assert notifications.operator.get("/reminders?at=soon").status_code == 422
    assert notifications.operator.post("/reminders", {"at": "soon"}).status_code == 422
