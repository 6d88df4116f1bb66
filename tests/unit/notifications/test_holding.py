"""Refusals that are about us hold the queue, and say why; one recipient's hold nobody else up."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from services.notifications.contact_book import Contact
from services.notifications.stuck import measures
from shared.clock import Clock
from tests.mail_servers import Mailbox, accepts, mail_server
from tests.notifications import ADA, BEA, CLEO, Notifications
from tests.unit.notifications.test_sending import (
    PEOPLE,
    Contacts,
    closed,
    opened,
    send_all,
    sender_of,
)

QUOTA = "550 5.4.5 Daily user sending quota exceeded"


class Hands(Clock):
    """A clock that is moved by hand, from the present."""

    def __init__(self) -> None:
        super().__init__()
        self._ahead = timedelta(0)

    def now(self) -> Any:
        return super().now() + self._ahead

    def move(self, **by: float) -> None:
        self._ahead += timedelta(**by)


@pytest.fixture
def clock() -> Hands:
    return Hands()


@pytest.fixture(params=[False, True], ids=["one command at a time", "pipelining"])
def mailbox(request: pytest.FixtureRequest) -> Mailbox:
    return Mailbox(pipelining=request.param)


@pytest.fixture
def post(tmp_path: Path, mailbox: Mailbox, clock: Hands) -> Iterator[Notifications]:
    with mail_server(mailbox) as server, opened(tmp_path, server.url) as found:
        object.__setattr__(found.service.settings, "clock", clock)
        yield found


def status_of(post: Notifications) -> list[Any]:
    answer = post.operator.get("/status")
    assert answer.status_code == 200, answer.text
    return list(answer.json["troubles"])


def statuses(post: Notifications) -> list[str]:
    return sorted(row[2] for row in post.ledger())


@pytest.mark.parametrize(
    ("stage", "words"),
    [
        ("mail", "530 5.7.57 Client not authenticated to send mail"),
        ("mail", "550 5.7.1 you may not send as this address"),
        ("mail", "421 4.7.0 too many connections"),
        ("rcpt", QUOTA),
        ("rcpt", "554 5.7.1 Relay access denied"),
        ("rcpt", "550 5.7.1 refused by policy"),
        ("data", "550 5.7.26 unauthenticated mail"),
        ("data", "554 Message rejected: Email address is not verified."),
    ],
)
def test_a_refusal_of_us_loses_nothing_says_why_and_ends_by_itself(
    post: Notifications, mailbox: Mailbox, clock: Hands, stage: str, words: str
):
    setattr(
        mailbox,
        {"mail": "refuse_mail", "rcpt": "refuse", "data": "refuse_data"}[stage],
        (lambda _: words),
    )
    closed(post)
    sender = sender_of(post)
    for _ in range(6):
        send_all(sender)
        clock.move(seconds=61)
    assert statuses(post) == ["queued", "queued"]
    assert post.rows("SELECT * FROM bounces") == []
    account = post.operator.get("/post").json
    assert words in account["held"]["words"]
    assert {group["why"] for group in account["retrying"]} == {words}
    (trouble,) = status_of(post)
    assert trouble["what"] in ("mail: sender", "mail: policy")
    assert words in trouble["words"]
    metrics = post.anyone.get("/metrics").text
    assert f'hedgerow_troubles{{what="{trouble["what"]}"}} 1.0' in metrics
    with post.service.database.read() as connection:
        held = measures(connection, clock.now(), sends=True)["hedgerow_mail_held_seconds"][1]
    assert held > 60
    mailbox.refuse_mail = mailbox.refuse = mailbox.refuse_data = lambda _: None
    clock.move(minutes=20)
    send_all(sender)
    clock.move(minutes=20)
    send_all(sender)
    assert statuses(post) == ["sent", "sent"]
    assert status_of(post) == []
    assert post.operator.get("/post").json["held"] is None


def test_while_it_is_held_one_message_at_a_time_is_tried(
    post: Notifications, mailbox: Mailbox, clock: Hands
):
    tried = list[str]()

    def refuse(to: str) -> str:
        tried.append(to)
        return QUOTA

    mailbox.refuse = refuse
    closed(post)
    sender = sender_of(post)
    send_all(sender)
    assert len(tried) == 1
    send_all(sender)  # it rests
    assert len(tried) == 1
    clock.move(seconds=61)
    send_all(sender)
    assert len(set(tried)) == len(tried) == 2  # another one tries


@pytest.mark.parametrize("words", ["550 5.7.1 refused by policy", "550 5.7.133 not for outsiders"])
def test_a_policy_against_one_recipient_holds_nobody_else_up(
    post: Notifications, mailbox: Mailbox, clock: Hands, words: str
):
    mailbox.refuse = lambda to: words if "ada" in to else None
    sender = sender_of(post)
    for _ in range(3):
        closed(post)
        send_all(sender)
        clock.move(minutes=1)
    send_all(sender)
    assert len(mailbox.to("bea@people.example")) == 3
    became = {row[2] for row in post.ledger() if row[0] == ADA}
    assert became in ({"failed"}, {"failed", "suppressed"})  # where a newer message tells it
    assert post.rows("SELECT * FROM bounces") == []


def test_what_is_always_said_to_one_recipient_about_us_holds_nobody_else_up(
    post: Notifications, mailbox: Mailbox, clock: Hands
):
    mailbox.refuse = lambda to: "550 5.7.26 unauthenticated" if "ada" in to else None
    sender = sender_of(post)
    for sent in range(1, 5):
        closed(post)
        for _ in range(2):  # it rests once at most
            send_all(sender)
            clock.move(seconds=61)
        assert len(mailbox.to("bea@people.example")) == sent
    assert {row[2] for row in post.ledger() if row[0] == ADA} == {"queued", "suppressed"}
    clock.move(hours=49)
    closed(post)
    send_all(sender)
    assert ("failed", "tried for 48 hours without success") in [r[2:] for r in post.ledger()]


def test_a_message_that_cannot_be_sent_keeps_no_other(
    post: Notifications, mailbox: Mailbox, clock: Hands, monkeypatch: pytest.MonkeyPatch
):
    from services.notifications import smtp

    real = smtp._exchange

    def exchange(connection: Any, envelope: Any, meanwhile: Any) -> Any:
        if "ada" in envelope.recipient:
            raise UnicodeEncodeError("ascii", "ä", 0, 1, "ordinal not in range(128)")
        return real(connection, envelope, meanwhile)

    monkeypatch.setattr(smtp, "_exchange", exchange)
    sender = sender_of(post)
    for sent in range(1, 4):
        closed(post)
        send_all(sender)
        assert len(mailbox.to("bea@people.example")) == sent
        clock.move(minutes=1)
    assert "UnicodeEncodeError" in {w.split(":")[0] for _, w in post.ledger("status, words")}


def test_a_login_beyond_ascii_is_said_in_utf_8(tmp_path: Path):
    mailbox = Mailbox()
    secured = {"authenticator": accepts("jürgen", "pässwort"), "auth_required": True}
    for mechanisms in ([], ["PLAIN"]):
        more = secured | {"auth_require_tls": False, "auth_exclude_mechanism": mechanisms}
        with mail_server(mailbox, **more) as server:
            url = server.url.replace("//", "//j%C3%BCrgen:pässwort@")
            with opened(tmp_path, url) as post:
                closed(post)
                send_all(sender_of(post))
                assert statuses(post)[-1] == "sent"
    assert len(mailbox.arrived) >= 2


def test_a_wrong_login_is_in_the_status(tmp_path: Path):
    mailbox = Mailbox()
    more = {"authenticator": accepts("u", "right"), "auth_required": True}
    with (
        mail_server(mailbox, auth_require_tls=False, **more) as server,
        opened(tmp_path, server.url.replace("//", "//u:wrong@")) as post,
    ):
        closed(post)
        send_all(sender_of(post))
        (trouble,) = status_of(post)
        assert trouble["what"] == "mail: server"
        assert "535" in trouble["words"]
        assert "wrong" not in trouble["words"]


def test_the_sender_is_our_own_where_the_server_takes_no_other(tmp_path: Path):
    mailbox = Mailbox()
    with (
        mail_server(mailbox) as server,
        opened(tmp_path, server.url, MAIL_SENDER_PER_MESSAGE="0") as post,
    ):
        closed(post)
        send_all(sender_of(post))
    assert {m["X-Sender"] for m in mailbox.arrived} == {"hedgerow@hedgerow.example"}
    assert len({m["Message-ID"] for m in mailbox.arrived}) == 2


def test_nobodys_mail_goes_to_the_domain_that_idna_2003_made_of_it(tmp_path: Path):
    mailbox = Mailbox()
    contacts = Contacts(PEOPLE | {ADA: Contact("Ada", "ada@faß.de", 1), CLEO: PEOPLE[BEA]})
    with mail_server(mailbox) as server, opened(tmp_path, server.url) as post:
        closed(post)
        send_all(sender_of(post, contacts))
        (message,) = mailbox.to("ada@xn--fa-hia.de")
        assert str(message["To"]) == "Ada <ada@xn--fa-hia.de>"
