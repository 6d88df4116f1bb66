"""What comes back: read from reports as mail systems write them, counted, and told."""

import base64
import quopri
import time
from datetime import timedelta

import pytest

from services.notifications import bouncing
from services.notifications.contact_book import Contact
from services.notifications.delivery_reports import NoReport, read
from services.notifications.unreachable import tell_conveners
from shared.clock import parse_rfc3339
from tests.mail_servers import Mailbox, mail_server
from tests.notifications import ADA, BEA, CLEO, DAN, Notifications
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


@pytest.mark.parametrize("status", ["5.7.26", "5.7.1", "5.4.5", "5.1.8", "5.0.0", "5.4.4", "4.4.7"])
def test_reports_of_policy_and_the_sender_block_nobody_however_many(sent, status: str):
    post, _ = sent
    for _ in range(7):
        answer = bounce(post, report(letter_of(post, BEA), status=status))
        assert (answer.status_code, answer.json["blocked"]) == (200, False), answer.text
        with post.service.database.write() as connection:  # as if another letter had come back
            connection.exec_driver_sql("UPDATE deliveries_1 SET status = 'sent'")
    assert [row for row in post.ledger() if row[1] == "person-unreachable"] == []
    assert post.operator.get("/bounces").json["items"] == []


def test_an_operator_lifts_a_block_without_another_address(sent):
    post, mailbox = sent
    bounce(post, report(letter_of(post, BEA)))
    (blocked,) = post.operator.get("/bounces?blocked=true").json["items"]
    assert (blocked["person"], blocked["blocked"], blocked["status"]) == (BEA, True, "5.1.1")
    assert post.operator.get("/bounces?blocked=false").json["items"] == []
    assert post.anyone.get("/bounces").status_code == 401
    assert post.anyone.ask("DELETE", f"/bounces/{BEA}").status_code == 401
    assert post.operator.ask("DELETE", f"/bounces/{BEA}").status_code == 204
    assert post.operator.ask("DELETE", f"/bounces/{BEA}").status_code == 404
    assert post.operator.get("/bounces").json["items"] == []
    mailbox.arrived.clear()
    closed(post)
    send_all(sender_of(post))
    assert mailbox.to("bea@people.example")


def test_a_late_report_about_an_earlier_address_changes_nothing(sent):
    post, _ = sent
    now = post.service.clock.now()
    with post.service.database.write() as connection:
        bouncing.note(connection, BEA, 3, bouncing.HARD, now, "5.1.1")
        bouncing.note(connection, BEA, 2, bouncing.SOFT, now, "4.2.2")
        assert bouncing.is_blocked(connection, BEA, 3)


def encoded(how: str, text: str) -> str:
    """A part's content as it travels, with the header that says how."""
    if how == "base64":
        coded = base64.encodebytes(text.encode()).decode()
    elif how == "quoted-printable":
        coded = quopri.encodestring(text.encode()).decode().replace("5.1.1", "5.1=2E1")
    else:
        coded = text
    return f"Content-Transfer-Encoding: {how}\n\n{coded}\n"


@pytest.mark.parametrize("how", ["7bit", "base64", "quoted-printable"])
@pytest.mark.parametrize("kind", ["message/delivery-status", "message/global-delivery-status"])
def test_a_report_is_read_however_its_parts_are_encoded(how: str, kind: str):
    told = "Reporting-MTA: dns; x.example\n\nAction: failed\nStatus: 5.1.1\n"
    original = f"Message-ID: <{LETTER}@hedgerow.example>\nSubject: Hello\n"
    body = (
        "To: hedgerow@hedgerow.example\nMIME-Version: 1.0\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\n\n'
        f"--b\nContent-Type: {kind}\n{encoded(how, told)}"
        f"--b\nContent-Type: text/rfc822-headers\n{encoded(how, original)}--b--\n"
    )
    assert read(body.encode()) == (LETTER, "hard", "5.1.1")
    forwarded = f"Subject: Fwd\nContent-Type: message/rfc822\n{encoded(how, body)}"
    assert read(forwarded.encode()) == (LETTER, "hard", "5.1.1")


def nested(depth: int) -> bytes:
    head = "".join(
        f'Content-Type: multipart/mixed; boundary="{n}"\n\n--{n}\n' for n in range(depth)
    )
    return f"To: hedgerow+{LETTER}@x.example\n{head}".encode()


@pytest.mark.parametrize(
    "body",
    [
        nested(60),
        nested(5000),
        nested(1) + b"\n".join([b"--0\nContent-Type: text/plain\n"] * 20_000),
        b"Content-Type: message/rfc822\n\n" * 5000 + LETTER.encode(),
        LETTER.encode() + b"\n\n" * 200_000,
        f"{LETTER}\n\nAction: fail\xe9d\nStatus: 5.1\xff.1\n".encode("latin-1"),
        b"Content-Type: text/plain; charset=nowhere\nContent-Transfer-Encoding: base64\n\n=!",
    ],
    ids=["nested", "nested deeply", "many parts", "enclosed", "empty groups", "8 bit", "charset"],
)
def test_whatever_is_posted_is_answered_soon(sent, body: bytes):
    post, _ = sent
    started = time.monotonic()
    assert bounce(post, body).status_code == 422
    assert time.monotonic() - started < 5


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


def people_unreachable(post: Notifications, *people: str) -> None:
    """Each of these is told something once, and it comes back as unknown."""
    now = post.service.clock.now()
    with post.service.write() as connection:
        for each in people:
            tell_conveners(post.service, connection, each, now)


def test_several_notices_about_one_community_are_one(tmp_path):
    mailbox = Mailbox()
    contacts = Contacts(PEOPLE | {CLEO: Contact("Cleo", None, 1), DAN: Contact("Dan", None, 1)})
    with mail_server(mailbox) as server, opened(tmp_path, server.url) as post:
        post.landscape()
        for member in (CLEO, DAN):
            post.role(member)
        post.forget_reactions()
        people_unreachable(post, BEA, CLEO)
        send_all(sender_of(post, contacts))
        (notice,) = mailbox.to("ada@people.example")
        assert notice["Subject"] == "Some people in Falls in care homes can no longer be reached"
        text = notice.get_body(("plain",)).get_content()
        assert "- Bea Benn" in text
        assert "- Cleo" in text
        people_unreachable(post, DAN)  # the next of the same day waits for tomorrow
        send_all(sender_of(post, contacts))
        assert len(mailbox.to("ada@people.example")) == 1
        rows = post.ledger("person, rule, status, planned_for")
        (waits,) = [row for row in rows if row[1:3] == ("person-unreachable", "queued")]
        assert parse_rfc3339(waits[3]) > post.service.clock.now() + timedelta(hours=23)
