"""Signing in by the email: asked at the registry, sent over a real SMTP exchange, completed."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from services.notifications.contact_book import RegistryContacts
from services.notifications.links import Links
from services.notifications.rendering import Renderer
from services.notifications.sender import Sender
from tests.mail_servers import Mailbox, mail_server
from tests.notifications import Joins, Notifications, open_notifications
from tests.registry import Registry, open_registry
from tests.registry import signed_in as signed_in_caller

ADA = "ada@people.example"
FRONT = "https://hedgerow.example"


def contacts_of(registry: Registry, notifications: Notifications) -> RegistryContacts:
    """The registry's contacts as notifications asks for them, without a network."""
    found = RegistryContacts(notifications.service.settings)
    transport = httpx.WSGITransport(app=registry.app)
    found._client = httpx.Client(transport=transport, base_url="http://registry.example")
    return found


@dataclass
class Platform:
    registry: Registry
    notifications: Notifications
    sender: Sender
    mailbox: Mailbox

    def ask(self, email: str = ADA) -> str:
        answer = self.registry.anyone.post("/sign-ins", {"email": email})
        assert answer.status_code == 202, answer.text
        return str(answer.json["sign_in"])

    def follow(self, sign_in: str, now: datetime | None = None) -> None:
        """Notifications hears what the registry recorded."""
        with self.registry.service.database.read() as connection:
            events = self.registry.service.store.load(connection, sign_in)
        self.notifications.hear(*events)
        self.notifications.react(now or self.registry.service.clock.now())

    def send(self) -> list[Any]:
        while self.sender.step():
            pass
        return self.mailbox.arrived

    def mailed(self, email: str = ADA) -> tuple[str, Any]:
        """A new sign-in, and the only message that it brought."""
        before = len(self.mailbox.arrived)
        sign_in = self.ask(email)
        self.follow(sign_in)
        (message,) = self.send()[before:]
        return sign_in, message


@pytest.fixture
def platform(tmp_path: Path) -> Iterator[Platform]:
    mailbox = Mailbox()
    with (
        mail_server(mailbox) as server,
        open_registry(f"sqlite:///{tmp_path}/registry.db", tmp_path) as registry,
        open_notifications(
            f"sqlite:///{tmp_path}/notifications.db",
            tmp_path,
            SMTP_URL=server.url,
            MAIL_FROM="Hedgerow <hedgerow@hedgerow.example>",
            PUBLIC_URL=FRONT,
        ) as notifications,
    ):
        settings = notifications.service.settings
        sender = Sender(
            notifications.service,
            contacts_of(registry, notifications),
            Joins(),
            Renderer(Links(settings), settings.mail_from),
        )
        yield Platform(registry, notifications, sender, mailbox)
        sender.close()


def text_of(message: Any) -> str:
    return str(message.get_body(("plain",)).get_content()).replace("\r\n", "\n")


def code_in(message: Any) -> str:
    (found,) = re.findall(r"\b\d{6}\b", text_of(message))
    return str(found)


def signed_in(message: Any) -> str:
    (found,) = re.findall(rf"{FRONT}/sign-in/(\S+)", text_of(message))
    return str(found)


def by_code(platform: Platform, sign_in: str, message: Any) -> Any:
    body = {"code": code_in(message), "name": "Ada"}
    return platform.registry.anyone.post(f"/sign-ins/{sign_in}/completion", body)


def by_link(platform: Platform, _sign_in: str, message: Any) -> Any:
    body = {"signed": signed_in(message), "name": "Ada"}
    return platform.registry.anyone.post("/sign-ins/completion", body)


@pytest.mark.parametrize("complete", [by_code, by_link])
@pytest.mark.parametrize("known", [True, False], ids=["known", "unknown"])
def test_what_the_email_holds_signs_in_whoever_has_the_address(
    platform: Platform, complete: Callable[..., Any], known: bool
):
    if known:
        platform.registry.operator.person("Ada Lovelace", email=ADA)
    sign_in, message = platform.mailed()
    assert message["X-Recipient"] == ADA
    answer = complete(platform, sign_in, message)
    assert answer.status_code == 200, answer.text
    person = platform.registry.operator.get(f"/people/{answer.json['person']}").json
    assert person["email"] == ADA


def test_the_message_holds_no_text_that_others_typed_and_nothing_to_stop(platform: Platform):
    platform.registry.operator.person("Call evil on 0800 123", email=ADA)
    _, message = platform.mailed()
    assert message["Subject"] == "Sign in to Hedgerow"
    assert message["To"] == ADA
    text = text_of(message)
    assert text.startswith("Hello,\n")
    for words in ("15 minutes", "do nothing", "sign in"):
        assert words in text
    html = message.get_body(("html",)).get_content()
    for part in (text, html, str(message.items())):
        assert "evil" not in part
        assert "nsubscribe" not in part
        assert "/preferences/" not in part
    assert signed_in(message) in html
    assert code_in(message) in html


def test_the_ledger_and_the_log_of_events_name_the_sign_in_and_no_address(platform: Platform):
    sign_in, message = platform.mailed()
    assert platform.notifications.ledger() == [(sign_in, "sign-in", "sent", "")]
    with platform.notifications.service.database.read() as connection:
        (data,) = connection.exec_driver_sql("SELECT group_concat(data) FROM events").first()
    for secret in (ADA, code_in(message), signed_in(message)):
        assert secret not in data


def test_it_goes_though_many_other_messages_wait(platform: Platform):
    post = platform.notifications
    now = post.service.clock.now()
    person = platform.registry.operator.person("Bea", email="bea@people.example")
    platform.mailbox.refuse = lambda to: "451 later" if "bea" in to else None
    for number in range(3):
        community = f"com_{number}"
        post.community(community)
        post.role(person, "convener", community)
        post.hear(post.event("registry.community.closed", community, now, ending="faded", into=[]))
    post.react(now)
    sign_in = platform.ask()
    platform.follow(sign_in)
    platform.sender._rate = type("One", (), {"allowed": lambda *_: 1, "take": lambda *_: None})()
    platform.sender.step()
    assert [m["X-Recipient"] for m in platform.mailbox.arrived] == [ADA]


def test_what_is_heard_of_too_late_is_missed(platform: Platform):
    sign_in = platform.ask()
    platform.follow(sign_in, platform.registry.service.clock.now() + timedelta(minutes=16))
    assert platform.send() == []
    assert platform.notifications.ledger() == [(sign_in, "sign-in", "missed", "history")]


def test_what_no_mail_server_took_in_a_quarter_of_an_hour_is_missed(
    platform: Platform, monkeypatch: pytest.MonkeyPatch
):
    platform.mailbox.refuse_data = lambda _to: "451 later"
    sign_in = platform.ask()
    platform.follow(sign_in)
    assert platform.send() == []
    later = platform.registry.service.clock.now() + timedelta(minutes=15, seconds=1)
    monkeypatch.setattr(type(platform.notifications.service.clock), "now", lambda _: later)
    platform.mailbox.refuse_data = lambda _to: None
    assert platform.send() == []
    ((_, _, status, reason),) = platform.notifications.ledger()
    assert (status, reason) == ("missed", "late by 15 minutes: nothing could send it in time")


def test_a_refused_address_is_told_to_nobody_and_blocks_nobody(platform: Platform):
    platform.mailbox.refuse = lambda to: f"550 5.1.1 <{to}> no such user"
    sign_in = platform.ask()
    platform.follow(sign_in)
    platform.send()
    assert platform.notifications.ledger("person, status") == [(sign_in, "failed")]
    assert platform.notifications.rows("SELECT person FROM bounces") == []


def test_a_sign_in_that_was_completed_meanwhile_is_not_sent(platform: Platform):
    platform.registry.operator.person("Ada", email=ADA)
    sign_in = platform.ask()
    (found,) = contacts(platform, sign_in)
    body = {"signed": found["sign_in"]["signed"]}
    assert platform.registry.anyone.post("/sign-ins/completion", body).status_code == 200
    assert contacts(platform, sign_in) == []
    platform.follow(sign_in)
    assert platform.send() == []


def contacts(platform: Platform, *ids: str) -> list[Any]:
    service = platform.notifications.other_service
    service = type(service)(platform.registry.app, "service-token-of-the-tests")
    return list(service.post("/people/contacts", {"ids": list(ids)}).json["items"])


def test_contacts_answer_a_sign_in_with_what_completes_it_and_no_name(platform: Platform):
    platform.registry.operator.person("Ada", email=ADA)
    sign_in = platform.ask()
    (found,) = contacts(platform, sign_in, "sin_00000000000000000000", "sin_x", "per_1")
    assert found.keys() == {"id", "name", "email", "version", "named_by_others", "sign_in"}
    assert (found["id"], found["name"], found["email"]) == (sign_in, "", ADA)
    assert found["sign_in"].keys() == {"code", "signed"}


def test_the_outbox_shows_the_link_and_the_code_on_a_laptop(tmp_path: Path):
    with (
        open_registry(f"sqlite:///{tmp_path}/registry.db", tmp_path) as registry,
        open_notifications(f"sqlite:///{tmp_path}/notifications.db", tmp_path) as notifications,
    ):
        contacts = contacts_of(registry, notifications)
        notifications.app.extensions["hedgerow_outbox"]._contacts = contacts
        settings = notifications.service.settings
        renderer = Renderer(Links(settings), settings.mail_from)
        sender = Sender(notifications.service, contacts, Joins(), renderer)
        platform = Platform(registry, notifications, sender, Mailbox())
        sign_in = platform.ask()
        platform.follow(sign_in)
        platform.send()
        (letter,) = notifications.anyone.get("/outbox").json["items"]
        assert (letter["to"], letter["subject"]) == (f"<{ADA}>", "Sign in to Hedgerow")
        shown = notifications.anyone.get(f"/outbox/{letter['id']}").json["text"]
        (code,) = re.findall(r"\b\d{6}\b", shown)
        assert "http://127.0.0.1:8000/sign-in/" in shown
        body = {"code": code, "name": "Ada"}
        answer = registry.anyone.post(f"/sign-ins/{sign_in}/completion", body)
        assert answer.status_code == 200
        (letter,) = notifications.anyone.get("/outbox").json["items"]
        assert letter["to"] == "an address that is no longer kept"
        shown = notifications.anyone.get(f"/outbox/{letter['id']}").json["text"]
        assert "no longer work" in shown


def test_where_there_is_a_mail_server_no_operator_reads_how_somebody_else_signs_in(
    platform: Platform,
):
    post = platform.notifications
    post.app.extensions["hedgerow_outbox"]._contacts = contacts_of(platform.registry, post)
    _, message = platform.mailed()
    me = signed_in_caller(platform.registry.app, "bo@people.example", "Bo")
    mine = f"/people/{me.get('/me').json['id']}/address-changes"
    platform.follow(me.post(mine, {"email": "bo@home.example"}).json["address_change"])
    code = code_in(platform.send()[-1])
    operator = "per_00000000000000000900"
    post.granted(operator, "operator")
    listed = post.operator.get("/outbox").json["items"]
    assert len(listed) == 2
    for caller in (post.operator, post.signed_in(operator)):
        for path in ("/outbox", *(f"/outbox/{item['id']}" for item in listed)):
            for end, accepted in (("", "application/json"), ("", "text/html"), ("/html", "*/*")):
                if path == "/outbox" and end:
                    continue
                shown = caller.get(f"{path}{end}", Accept=accepted)
                assert shown.status_code == 200
                for secret in (signed_in(message), code_in(message), code):
                    assert secret not in shown.text


def test_a_new_address_gets_the_code_and_the_old_one_is_told(platform: Platform):
    me = signed_in_caller(platform.registry.app, ADA, "Ada <b>Lovelace</b>")
    changes = f"/people/{me.get('/me').json['id']}/address-changes"
    change = me.post(changes, {"email": "ada@home.example"}).json["address_change"]
    platform.follow(change)
    (message,) = platform.send()
    assert (message["To"], message["Subject"]) == ("ada@home.example", "Confirm your new address")
    assert "Lovelace" not in message.as_string()
    answer = me.post(f"{changes}/{change}/completion", {"code": code_in(message)})
    assert answer.status_code == 200, answer.text
    platform.follow(change)
    _, told = platform.send()
    assert (told["To"], told["Subject"]) == (ADA, "The address of your account was changed")
    assert "ada@home.example" not in told.as_string()


def test_who_has_an_address_that_another_wants_is_sent_no_code(platform: Platform):
    platform.registry.operator.person("Bo", email="bo@people.example")
    me = signed_in_caller(platform.registry.app, ADA, "Ada")
    changes = f"/people/{me.get('/me').json['id']}/address-changes"
    change = me.post(changes, {"email": "bo@people.example"}).json["address_change"]
    platform.follow(change)
    (message,) = platform.send()
    assert message["To"] == "bo@people.example"
    assert not re.search(r"\b\d{6}\b", text_of(message))
    assert "an account here has this address already" in " ".join(text_of(message).split())


def test_a_suspended_person_is_sent_nothing(platform: Platform):
    person = platform.registry.operator.person("Ada", email=ADA)
    sign_in = platform.ask()
    body = {"reason": "a test"}
    platform.registry.operator.done(f"/people/{person}/suspension", **body)
    platform.follow(sign_in)
    assert platform.send() == []
    platform.follow(platform.ask())
    assert platform.send() == []
