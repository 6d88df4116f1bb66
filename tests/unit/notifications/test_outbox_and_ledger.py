"""The outbox page, the ledger's calls, and how the post stands."""

from datetime import timedelta

import pytest

from services.notifications import forming, letters
from services.notifications.contact_book import Contact
from services.notifications.links import Links
from services.notifications.outbox import Outbox
from services.notifications.rendering import Renderer
from tests.mail_servers import Mailbox, mail_server
from tests.notifications import ADA, BEA, CLEO, FALLS, Joins, Notifications
from tests.unit.notifications.test_sending import (
    PEOPLE,
    Contacts,
    closed,
    opened,
    send_all,
    sender_of,
)

EVE = Contact("<script>alert(1)</script>", "eve@people.example", 1)


@pytest.fixture
def post(notifications: Notifications) -> Notifications:
    """A community has closed; no mail server is set."""
    settings = notifications.service.settings
    renderer = Renderer(Links(settings), settings.mail_from)
    contacts = Contacts(PEOPLE | {BEA: EVE})
    notifications.app.extensions["hedgerow_outbox"] = Outbox(contacts, Joins(), renderer, renderer)
    closed(notifications)
    send_all(sender_of(notifications))
    return notifications


def letter_of(post: Notifications, who: str) -> str:
    return str(post.rows(f"SELECT id FROM letters WHERE person = '{who}'")[0][0])


def test_every_message_is_in_the_outbox_without_a_token(post: Notifications):
    items = post.anyone.get("/outbox").json["items"]
    assert sorted(item["to"] for item in items) == [
        "<script>alert(1)</script> <eve@people.example>",
        "Ada Lovelace <ada@people.example>",
    ]
    assert {item["subject"] for item in items} == {"Falls in care homes has closed"}
    one = post.anyone.get(f"/outbox/{letter_of(post, ADA)}").json
    assert one["text"].startswith("Hello Ada Lovelace,")
    assert "List-Unsubscribe" in one["headers"]
    assert "<h" in one["html"] or "<p>" in one["html"]


def test_a_browser_gets_pages_in_which_names_are_only_text(post: Notifications):
    for path in ("/outbox", f"/outbox/{letter_of(post, BEA)}"):
        answer = post.anyone.get(path, Accept="text/html,*/*;q=0.8")
        assert answer.content_type == "text/html; charset=utf-8"
        assert "<script" not in answer.text
        assert "&lt;script" in answer.text
        assert '<html lang="en-GB">' in answer.text
    html = post.anyone.get(f"/outbox/{letter_of(post, BEA)}/html")
    assert "<script" not in html.text
    assert "default-src 'none'" in html.headers["Content-Security-Policy"]
    assert post.anyone.get("/pages/style.css").content_type.startswith("text/css")


def test_nothing_of_it_is_kept(post: Notifications):
    post.anyone.get("/outbox")
    with post.service.database.read() as connection:
        for (table,) in connection.exec_driver_sql(
            "SELECT name FROM sqlite_master WHERE type = 'table'"
        ).all():
            text = str(connection.exec_driver_sql(f"SELECT * FROM {table}").all())
            assert "Lovelace" not in text
            assert "people.example" not in text


def test_a_message_that_is_not_there_is_not_found(post: Notifications):
    assert post.anyone.get("/outbox/let_nothing").status_code == 404


@pytest.mark.parametrize(
    "headers",
    [
        {"X-Forwarded-For": "203.0.113.9"},
        {"X-Forwarded-For": "127.0.0.1"},  # anybody can write it
        {"X-Forwarded-Host": "hedgerow.example"},
        {"x-forwarded-proto": "https"},
        {"Forwarded": "for=203.0.113.9"},
        {"X-Real-IP": "203.0.113.9"},
        {"Via": "1.1 proxy"},
        {"Host": "hedgerow.example"},
        {"Host": "203.0.113.9:8003"},
        {"Host": "127.0.0.1.evil.example"},
        {"Host": "[::1"},
        {"Host": ""},
    ],
)
def test_whoever_asks_through_a_proxy_needs_a_token(post: Notifications, headers: dict[str, str]):
    letter = letter_of(post, ADA)
    for path in ("/outbox", f"/outbox/{letter}", f"/outbox/{letter}/html"):
        assert post.anyone.ask("GET", path, headers=headers).status_code in (400, 401)


@pytest.mark.parametrize("host", ["localhost:8003", "127.0.0.1:8003", "127.1.2.3", "[::1]:8003"])
def test_this_machine_by_any_of_its_names_does_not(post: Notifications, host: str):
    assert post.anyone.ask("GET", "/outbox", headers={"Host": host}).status_code == 200


def test_with_a_token_a_proxy_changes_nothing(post: Notifications):
    headers = {"X-Forwarded-For": "203.0.113.9", "Host": "hedgerow.example"}
    assert post.operator.ask("GET", "/outbox", headers=headers).status_code == 200


def test_with_a_mail_server_the_outbox_needs_a_token(tmp_path, migrated_notifications):
    with opened(tmp_path, "smtp://127.0.0.1:9") as found:
        assert found.anyone.get("/outbox").status_code == 401
        assert found.operator.get("/outbox").status_code == 200


def test_what_acts_for_its_reader_is_masked_for_operators_and_their_looks_are_recorded(
    tmp_path, migrated_notifications
):
    with opened(tmp_path, "smtp://127.0.0.1:9") as found:
        found.app.extensions["hedgerow_outbox"]._contacts = Contacts(PEOPLE)
        closed(found)
        forming.form(found.service, found.service.clock.now())
        found.granted(CLEO, "operator")
        path = f"/outbox/{letter_of(found, ADA)}"
        looks = [found.signed_in(CLEO).get(f"{path}{end}").text for end in ("", "/html")]
        looks.append(found.operator.get(path, Accept="text/html").text)
        for shown in looks:
            assert "a link of the reader" in shown
            assert "/preferences/" not in shown
            assert "/unsubscribe/" not in shown
        reads = found.signed_in(ADA).get(f"/people/{ADA}/reads").json["items"]
        assert [(r["by"], r["what"]) for r in reads][1:] == [(CLEO, "messages to you")] * 2
        assert found.signed_in(CLEO).get("/outbox").status_code == 200
        assert len(found.signed_in(BEA).get(f"/people/{BEA}/reads").json["items"]) == 1


def test_the_ledger_answers_did_she_get_it_and_why_not(post: Notifications):
    answer = post.operator.get(f"/deliveries?person={ADA}").json["items"]
    (delivery,) = answer
    assert (delivery["rule"], delivery["status"]) == ("community-closed", "queued")
    assert delivery["about"] == FALLS
    assert len(post.operator.get(f"/deliveries?about={FALLS}&status=queued").json["items"]) == 2
    assert post.operator.get("/deliveries?status=sent").json["items"] == []
    assert post.operator.get("/deliveries?status=lost").status_code == 422
    assert post.operator.get("/deliveries?who=me").status_code == 422
    assert post.anyone.get("/deliveries").status_code == 401


def test_the_ledger_comes_a_page_at_a_time(post: Notifications):
    first = post.operator.get("/deliveries?limit=1").json
    second = post.operator.get(f"/deliveries?limit=1&cursor={first['next']}").json
    assert {first["items"][0]["person"], second["items"][0]["person"]} == {ADA, BEA}
    assert second["next"] is None


def test_how_the_post_stands(post: Notifications):
    account = post.operator.get("/post").json
    assert account["deliveries"] == {"queued": 2}
    assert account["mail_server"] is False
    metrics = post.operator.get("/metrics").text
    assert "hedgerow_messages_queued 2.0" in metrics
    assert "hedgerow_letters_oldest_seconds" in metrics
    assert post.operator.get("/status").json["pending"]["messages to send"] == 0


def test_letters_are_kept_for_ninety_days(post: Notifications):
    now = post.service.clock.now()
    letters.tidy(post.service, now + timedelta(days=89))
    assert len(post.anyone.get("/outbox").json["items"]) == 2
    letters.tidy(post.service, now + timedelta(days=91))
    assert post.anyone.get("/outbox").json["items"] == []
    assert {row[2:] for row in post.ledger()} == {("missed", "no mail server was set")}


def test_nothing_is_put_into_letters_for_an_erased_person(tmp_path, migrated_notifications):
    with opened(tmp_path, "smtp://127.0.0.1:9") as found:
        closed(found)
        found.tell("registry.person.erased", stream=ADA, now=found.service.clock.now())
        forming.form(found.service, found.service.clock.now())
        assert found.rows("SELECT person FROM letters") == [(BEA,)]
        assert found.ledger()[0][2:] == ("suppressed", "erased")


def test_what_waits_for_an_erased_person_is_suppressed(tmp_path, migrated_notifications):
    mailbox = Mailbox()
    with mail_server(mailbox) as server, opened(tmp_path, server.url) as found:
        closed(found)
        forming.form(found.service, found.service.clock.now())
        found.tell("registry.person.erased", stream=ADA, now=found.service.clock.now())
        send_all(sender_of(found, Contacts({BEA: PEOPLE[BEA]})))
        assert [m["X-Recipient"] for m in mailbox.arrived] == ["bea@people.example"]
        assert found.ledger()[0][2:] == ("suppressed", "erased, or not known to the registry")
