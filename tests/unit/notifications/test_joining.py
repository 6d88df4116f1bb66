"""Where people join online: asked when a message is sent, told to those who come, never kept."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from services.notifications import forming
from services.notifications.joining import Joining
from services.notifications.links import Links
from services.notifications.outbox import Outbox
from services.notifications.rendering import Renderer
from tests.mail_servers import Mailbox, mail_server
from tests.notifications import ADA, BEA, MEETING, Joins, Notifications
from tests.unit.notifications.test_sending import Contacts, opened, send_all, sender_of

ADDRESS = "https://meet.example/j/1"
ADA_JOINS, BEA_JOINS = Joining(MEETING, ADA), Joining(MEETING, BEA)


@pytest.fixture
def mailbox() -> Mailbox:
    return Mailbox()


@pytest.fixture
def post(tmp_path: Path, mailbox: Mailbox, migrated_notifications: Path) -> Iterator[Notifications]:
    with mail_server(mailbox) as server, opened(tmp_path, server.url) as found:
        found.landscape()
        yield found


def planned(post: Notifications, modality: str) -> None:
    now = post.service.clock.now()
    post.session(at=now, date=f"{now.year + 1}-03-20", modality=modality)
    post.react(now)


def read(mailbox: Mailbox, address: str) -> str:
    (message,) = mailbox.to(address)
    return str(message.get_body(("plain",)).get_content())


def test_who_comes_reads_where_to_join_and_nothing_is_kept_of_it(
    post: Notifications, mailbox: Mailbox, caplog: pytest.LogCaptureFixture
):
    planned(post, "online")
    joins = Joins({ADA_JOINS: ADDRESS})
    send_all(sender_of(post, joins=joins))
    assert set(joins.asked) == {ADA_JOINS, BEA_JOINS}
    assert f"Join: {ADDRESS}" in read(mailbox, "ada@people.example")
    others = read(mailbox, "bea@people.example")
    assert ADDRESS not in others
    assert "on the page below" in others
    tables = post.rows("SELECT name FROM sqlite_master WHERE type = 'table'")
    kept = [str(post.rows(f'SELECT * FROM "{table}"')) for (table,) in tables]
    assert any(MEETING in rows for rows in kept)
    assert not any("meet.example" in rows for rows in kept)
    assert "meet.example" not in caplog.text


def test_nobody_is_asked_about_a_session_that_is_not_online(post: Notifications):
    planned(post, "in-person")
    joins = Joins({ADA_JOINS: ADDRESS})
    send_all(sender_of(post, joins=joins))
    assert joins.asked == []
    assert {row[2] for row in post.ledger()} == {"sent"}


def test_the_outbox_shows_it_as_it_would_be_sent(notifications: Notifications):
    notifications.landscape()
    planned(notifications, "hybrid")
    forming.form(notifications.service, notifications.service.clock.now())
    settings = notifications.service.settings
    renderer = Renderer(Links(settings), settings.mail_from)
    outbox = Outbox(Contacts(), Joins({ADA_JOINS: ADDRESS}), renderer, renderer)
    notifications.app.extensions["hedgerow_outbox"] = outbox
    letters = dict(notifications.rows("SELECT person, id FROM letters"))
    shown = {
        who: notifications.anyone.get(f"/outbox/{letter}").text for who, letter in letters.items()
    }
    assert [ADDRESS in shown[who] for who in (ADA, BEA)] == [True, False]
