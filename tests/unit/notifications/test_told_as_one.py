"""Several changes of one session, told as one: against what the person last knew."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from icalendar import Calendar

from services.notifications import forming, preferences
from services.notifications.domain.preferences import DAILY, Preferences
from tests.mail_servers import Mailbox, mail_server
from tests.notifications import ADA, BEA, NOW, Notifications
from tests.unit.notifications.test_sending import make_due, opened, send_all, sender_of

PEOPLE_TOLD = 2


@pytest.fixture
def mailbox() -> Mailbox:
    return Mailbox()


@pytest.fixture
def post(tmp_path: Path, mailbox: Mailbox) -> Iterator[Notifications]:
    with mail_server(mailbox) as server, opened(tmp_path, server.url) as found:
        found.landscape()
        found.session(at=now_of(found), date=day(found, 20))
        found.forget_reactions()
        yield found


def now_of(post: Notifications) -> datetime:
    return post.service.clock.now()


def day(post: Notifications, number: int) -> str:
    return f"{now_of(post).year + 1}-03-{number:02}"


def when(date: str, zone: str = "Europe/London") -> dict[str, str]:
    hours = {"start": "10:00", "end": "11:30", "occurrence": "first"}
    return {"date": date, "zone": zone} | hours


def place_changes(post: Notifications, at: datetime, date: str, place: str = "The Barn") -> None:
    post.session("changed", at=at, date=date, place=place, changed=["place"])


def moves(post: Notifications, at: datetime, old: str, new: str, **more: Any) -> None:
    post.session("rescheduled", at=at, date=new, before=when(old), **more)


def choose_daily(post: Notifications) -> None:
    with post.service.database.write() as connection:
        for who in (ADA, BEA):
            preferences.put(connection, who, Preferences(DAILY), NOW)


def text(message: Any) -> str:
    return str(message.get_body(("plain",)).get_content())


def event_in(message: Any) -> Any:
    (part,) = [p for p in message.walk() if p.get_content_type() == "text/calendar"]
    (event,) = Calendar.from_ical(part.get_content()).walk("VEVENT")
    return event


def test_a_session_that_moves_and_changes_its_place_at_once_is_told_in_one_message(
    post: Notifications, mailbox: Mailbox
):
    now, old, new = now_of(post), day(post, 20), day(post, 21)
    place_changes(post, now, old)
    moves(post, now, old, new, place="The Barn")
    post.react(now)
    send_all(sender_of(post))
    assert len(mailbox.arrived) == PEOPLE_TOLD
    for message in mailbox.arrived:
        said = text(message)
        assert message["Subject"].startswith("New time for Spring meeting")
        lines = said.splitlines()
        assert any(line.startswith("Old time") and f"20 March {old[:4]}" in line for line in lines)
        assert any(line.startswith("New time") and f"21 March {new[:4]}" in line for line in lines)
        assert "Changed too: place." in said
        assert "Where: The Barn" in said
        assert "Its time is the same" not in said
        event = event_in(message)
        assert f"{event.start:%Y-%m-%d}" == new
        assert event["SEQUENCE"] == 2
    sent = [row[1] for row in post.ledger() if row[2] == "sent"]
    assert sent == ["session-rescheduled"] * PEOPLE_TOLD


def test_a_change_of_place_after_a_postponement_does_not_hide_it(
    post: Notifications, mailbox: Mailbox
):
    now, old = now_of(post), day(post, 20)
    post.session("postponed", at=now, date=old)
    place_changes(post, now, old)
    post.react(now)
    send_all(sender_of(post))
    assert {message["Subject"].split(":")[0] for message in mailbox.arrived} == {"Postponed"}


def test_a_session_moved_and_moved_back_is_not_said_to_have_a_new_time(
    post: Notifications, mailbox: Mailbox
):
    now, old, new = now_of(post), day(post, 20), day(post, 21)
    moves(post, now, old, new)
    moves(post, now, new, old)
    post.react(now)
    send_all(sender_of(post))
    for message in mailbox.arrived:
        assert "was moved and has been moved back. Its time is the same." in text(message)
        assert event_in(message)["SEQUENCE"] == 2


def test_who_never_heard_of_a_session_that_has_moved_is_told_that_it_is_planned(
    post: Notifications, mailbox: Mailbox
):
    now, old, new = now_of(post), day(post, 20), day(post, 21)
    post.session(stream="ses_other", at=now, date=old)
    post.session("rescheduled", "ses_other", at=now, date=new, before=when(old))
    post.react(now)
    send_all(sender_of(post))
    for message in mailbox.arrived:
        assert "Spring meeting is planned." in text(message)
        assert "20 March" not in text(message)


def test_a_digest_tells_of_a_move_that_a_change_of_place_follows(
    post: Notifications, mailbox: Mailbox
):
    choose_daily(post)
    now, old, new = now_of(post), day(post, 20), day(post, 21)
    moves(post, now - timedelta(minutes=9), old, new)
    post.react(now)
    place_changes(post, now, new)
    post.react(now)
    forming.form(post.service, now + timedelta(days=1, hours=1))
    send_all(sender_of(post))
    assert len(mailbox.arrived) == PEOPLE_TOLD
    for message in mailbox.arrived:
        said = text(message)
        assert "Old time: " in said
        assert f"20 March {old[:4]}" in said
        assert f"21 March {old[:4]}" in said
        assert "Changed too: place." in said
        assert "Its time is the same" not in said


def test_what_waits_for_a_digest_goes_with_the_urgent_news_of_the_same_session(
    post: Notifications, mailbox: Mailbox
):
    choose_daily(post)
    now, old = now_of(post), day(post, 20)
    soon = f"{now + timedelta(days=1):%Y-%m-%d}"
    place_changes(post, now, old)
    moves(post, now, old, soon, place="The Barn")
    post.react(now)
    send_all(sender_of(post))
    assert len(mailbox.arrived) == PEOPLE_TOLD
    assert all("Changed too: place." in text(message) for message in mailbox.arrived)
    forming.form(post.service, now + timedelta(days=1, hours=1))
    send_all(sender_of(post))
    assert len(mailbox.arrived) == PEOPLE_TOLD


def test_a_letter_that_newer_news_overtake_while_it_waits_is_not_sent(
    post: Notifications, mailbox: Mailbox
):
    now, dates = now_of(post), [day(post, number) for number in (20, 21, 22, 23)]
    for old, new in pairwise(dates):
        moves(post, now, old, new)
        post.react(now)
        forming.form(post.service, now)
    send_all(sender_of(post))
    assert len(mailbox.arrived) == PEOPLE_TOLD
    for message in mailbox.arrived:
        said = text(message)
        assert f"20 March {dates[0][:4]}" in said
        assert f"23 March {dates[0][:4]}" in said
        assert "21 March" not in said
        assert "22 March" not in said
        assert event_in(message)["SEQUENCE"] == 3


def test_what_the_server_put_off_is_told_with_the_newer_news(post: Notifications, mailbox: Mailbox):
    now, dates = now_of(post), [day(post, number) for number in (20, 21, 22, 23)]
    mailbox.refuse = lambda _to: "451 later"
    for old, new in pairwise(dates):
        moves(post, now, old, new)
        post.react(now)
        send_all(sender_of(post))
    assert {row[0] for row in post.rows("SELECT attempts FROM letters")} == {3}
    mailbox.refuse = lambda _to: None
    make_due(post)
    send_all(sender_of(post))
    assert len(mailbox.arrived) == PEOPLE_TOLD
    for message in mailbox.arrived:
        assert f"20 March {dates[0][:4]}" in text(message)
        assert f"23 March {dates[0][:4]}" in text(message)
