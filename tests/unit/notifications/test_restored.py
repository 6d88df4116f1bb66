"""After a backup was put back: nothing is sent a second time, and the ledger says why."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from services.notifications import forming, reminding
from services.notifications.webhooks import store
from shared.clock import rfc3339
from shared.restoring import moments
from tests.mail_servers import Mailbox, mail_server
from tests.notifications import NOW, Notifications
from tests.unit.notifications.test_sending import closed, opened, send_all, sender_of


@pytest.fixture
def mailbox() -> Mailbox:
    return Mailbox()


@pytest.fixture
def post(tmp_path: Path, mailbox: Mailbox, migrated_notifications: Path) -> Iterator[Notifications]:
    with mail_server(mailbox) as server, opened(tmp_path, server.url) as found:
        yield found


def restored(post: Notifications, at: datetime | None = None) -> datetime:
    """The backup was put back at this moment."""
    at = at or post.service.clock.now()
    with post.service.database.write() as connection:
        moments.note(connection, at, "2026-03-01T02:00:00Z")
    return at


def outcomes(post: Notifications) -> set[tuple[str, str]]:
    return {(row[2], row[3]) for row in post.ledger()}


def test_letters_that_waited_in_the_backup_are_not_sent_again(
    post: Notifications, mailbox: Mailbox
):
    closed(post)
    forming.form(post.service, post.service.clock.now())
    restored(post)
    send_all(sender_of(post))
    assert mailbox.arrived == []
    assert outcomes(post) == {("missed", moments.REASON)}


def test_messages_that_were_due_before_the_restore_are_not_sent(
    post: Notifications, mailbox: Mailbox
):
    closed(post)
    restored(post)
    send_all(sender_of(post))
    assert mailbox.arrived == []
    assert outcomes(post) == {("missed", moments.REASON)}


def test_what_happened_before_the_restore_and_is_heard_only_now_is_not_told(
    post: Notifications, mailbox: Mailbox
):
    post.landscape()
    at = restored(post)
    post.hear(post.event("registry.community.closed", at=at - timedelta(seconds=5), ending="faded"))
    post.react(post.service.clock.now())
    send_all(sender_of(post))
    assert mailbox.arrived == []
    assert outcomes(post) == {("missed", moments.REASON)}


def test_what_happens_after_the_restore_is_told(post: Notifications, mailbox: Mailbox):
    post.landscape()
    restored(post)
    closed(post)
    send_all(sender_of(post))
    assert len(mailbox.arrived) == 2


def test_a_new_message_is_not_lost_with_an_old_letter_to_the_same_person(
    post: Notifications, mailbox: Mailbox
):
    closed(post)
    forming.form(post.service, post.service.clock.now())
    restored(post)
    now = post.service.clock.now()
    post.hear(post.event("registry.community.reopened", at=now))
    post.react(now)
    send_all(sender_of(post))
    assert {m["Subject"] for m in mailbox.to("ada@people.example")} == {
        "Falls in care homes is open again"
    }


def test_reminders_that_were_due_are_missed_and_later_ones_are_told(post: Notifications):
    post.landscape()
    post.session()  # on 20 March: a week before is the 13th
    post.react()
    restored(post, NOW + timedelta(days=12))
    reminding.remind(post.service, NOW + timedelta(days=12))
    reminding.remind(post.service, NOW + timedelta(days=17, hours=2))
    rows = post.rows("SELECT rule, state, reason FROM reminders ORDER BY due")
    assert rows == [("1-week", "missed", moments.REASON), ("1-day", "told", "")]


def test_webhooks_get_nothing_twice_and_their_log_says_so(post: Notifications):
    with post.service.database.write() as connection:
        store.put(
            connection,
            store.Webhook(
                *("whk_1", 1, "https://example.org/", ["registry.community.*"], "", 0),
                *(
                    "active",
                    "",
                    "whsec_c2VjcmV0",
                    None,
                    None,
                    None,
                    None,
                    0,
                    rfc3339(NOW - timedelta(days=9)),
                ),
            ),
        )
    post.landscape()
    waited, late = (
        post.event("registry.community.described", at=NOW, name=f"Falls {n}") for n in (1, 2)
    )
    post.hear(waited)
    post.react()  # it waits for the endpoint when the backup is taken
    restored(post)
    store.miss_restored(post.service, post.service.clock.now())
    post.hear(late)
    post.react(post.service.clock.now())
    assert post.rows("SELECT * FROM webhook_queue") == []
    assert post.rows("SELECT message, outcome, answer FROM webhook_attempts ORDER BY number") == [
        (f"msg_{event.id}", "missed", moments.REASON) for event in (waited, late)
    ]
