"""Writing to the conveners of a community through the platform: counted first, answered once."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from services.notifications import forming, letters, preferences
from services.notifications.contact_book import Contact, ContactsUnavailable
from services.notifications.holdings import held
from shared.clock import parse_rfc3339, rfc3339
from tests.notifications import ADA, BEA, CLEO, DAN, FALLS, Notifications, open_notifications
from tests.registry import at_once

NAMES = {ADA: "Ada", BEA: "Bea", CLEO: "Cleo", DAN: "Dan"}


class Book:
    def __init__(self) -> None:
        self.asked = 0

    def look_up(self, people: Any) -> dict[str, Contact]:
        self.asked += 1
        return {p: Contact(NAMES[p], f"{NAMES[p]}@x.example", 1) for p in people if p in NAMES}


class Suspended(Book):
    """As the registry says it of Ada."""

    def look_up(self, people: Any) -> dict[str, Contact]:
        found = super().look_up(people)
        return {p: c._replace(suspended=p == ADA) for p, c in found.items()}


class NoBook:
    def look_up(self, _people: Any) -> dict[str, Contact]:
        raise ContactsUnavailable


@pytest.fixture
def post(notifications: Notifications) -> Notifications:
    """Ada convenes Falls, where Bea is a member; Cleo convenes Frailty; Dan is nowhere."""
    return prepared(notifications)


@pytest.fixture
def each_post(database_url: str, tmp_path: Path) -> Iterator[Notifications]:
    """The same on SQLite, then on PostgreSQL."""
    with open_notifications(database_url, tmp_path) as found:
        yield prepared(found)


def prepared(post: Notifications) -> Notifications:
    post.landscape()
    use(post, Book())
    return post


def use(post: Notifications, book: Any) -> None:
    post.app.extensions["hedgerow_contacts"] = book
    post.app.extensions["hedgerow_outbox"]._contacts = book


def write(post: Notifications, who: str = DAN, community: str = FALLS, **body: Any) -> Any:
    return post.signed_in(who).post("/messages", {"community": community, "text": "Hello"} | body)


def answer(post: Notifications, who: str, message: str, text: str = "Welcome") -> Any:
    return post.signed_in(who).post(f"/messages/{message}/answer", {"text": text})


def ids(post: Notifications, who: str) -> list[str]:
    found = post.signed_in(who).get("/messages")
    assert found.status_code == 200, found.text
    return [item["id"] for item in found.json["items"]]


def inbox(post: Notifications, who: str) -> list[Any]:
    return list(post.signed_in(who).get(f"/people/{who}/inbox").json["items"])


def test_who_alone_is_suspended_is_not_written_to(post: Notifications):
    use(post, Suspended())
    body = {"community": FALLS, "text": "Hello"}
    asked = post.signed_in(DAN).post("/messages?dry_run=true", body)
    assert asked.json == {"notifies": 0, "now": 0, "digest": 0, "none": 1}
    refused = write(post)
    assert (refused.status_code, ids(post, DAN), post.ledger()) == (409, [], [])
    assert "can be written to" in refused.json["detail"]


def test_a_message_says_how_many_it_reaches_and_whose_it_is(post: Notifications):
    sent = write(post).json
    assert (sent["reaches"], sent["from"]) == (1, {"id": DAN, "name": "Dan"})


def test_the_conveners_are_counted_first_and_then_written_to(post: Notifications):
    body = {"community": FALLS, "text": "Hello"}
    asked = post.signed_in(DAN).post("/messages?dry_run=true", body)
    assert asked.json == {"notifies": 1, "now": 1, "digest": 0, "none": 0}
    assert ids(post, DAN) == post.ledger() == []
    made = write(post)
    assert made.status_code == 201, made.text
    assert made.headers["Location"] == f"/messages/{made.json['id']}"
    assert post.ledger() == [(ADA, "message", "queued", "")]


def test_what_is_sent_tells_the_words_and_the_name_and_no_address(post: Notifications):
    said = "Dear all,\n<b>may</b> I come?"
    write(post, text=said)
    with post.service.database.read() as connection:
        (row,) = connection.exec_driver_sql("SELECT content FROM announcements_1").all()
    assert "may" not in row[0]  # the words are in no event
    forming.form(post.service, post.service.clock.now())
    (item,) = post.anyone.get("/outbox").json["items"]
    whole = post.anyone.get(f"/outbox/{item['id']}").json
    assert "Dan has written" in whole["text"]
    assert "> Dear all,\n> <b>may</b> I come?" in whole["text"]
    assert "&lt;b&gt;may&lt;/b&gt;" in whole["html"]
    assert "Dan@x.example" not in whole["text"] + whole["html"]
    preferences_forget(post, DAN)
    assert "no longer kept" in post.anyone.get(f"/outbox/{item['id']}").json["text"]


def preferences_forget(post: Notifications, who: str) -> None:
    with post.service.database.write() as connection:
        preferences.forget(connection, who)


def test_after_the_next_pass_no_file_holds_what_an_erased_person_wrote(post: Notifications):
    assert write(post, text="the words that quuxworthy wrote").status_code == 201
    preferences_forget(post, DAN)
    letters.tidy(post.service, post.service.clock.now())
    kept = Path(str(post.service.database.engine.url.database))
    for file in kept.parent.glob(f"{kept.name}*"):
        assert b"quuxworthy" not in file.read_bytes()


def test_the_mail_says_where_it_is_answered_and_leads_to_no_page(post: Notifications):
    first = write(post).json["id"]
    forming.form(post.service, post.service.clock.now())
    (item,) = post.anyone.get("/outbox").json["items"]
    shown = post.anyone.get(f"/outbox/{item['id']}").json
    for form in ("text", "html"):
        assert f"http://127.0.0.1:8003/messages/{first}/answer" in shown[form]
        assert f"8000/messages/{first}" not in shown[form]


def test_it_is_answered_once_each_way(each_post: Notifications):
    post = each_post
    first = write(post).json["id"]
    assert answer(post, DAN, first).status_code == 409  # one's own
    said = answer(post, ADA, first)
    assert said.status_code == 201, said.text
    assert answer(post, ADA, first).status_code == 409
    back = answer(post, DAN, said.json["id"], "Thank you")
    assert back.status_code == 201
    assert answer(post, DAN, said.json["id"]).status_code == 409
    assert answer(post, ADA, back.json["id"]).status_code == 409
    assert len(ids(post, ADA)) == 3
    assert inbox(post, ADA) == inbox(post, DAN) == []
    told = [(who, rule) for who, rule, _, _ in post.ledger()]
    assert sorted(told) == sorted(
        [(ADA, "message"), (DAN, "message-answered"), (ADA, "message-answered")]
    )


def test_what_was_written_is_for_those_who_wrote_and_those_who_read(post: Notifications):
    first = write(post).json["id"]
    reply = answer(post, ADA, first).json["id"]
    assert set(ids(post, DAN)) == set(ids(post, ADA)) == {first, reply}
    assert ids(post, BEA) == ids(post, CLEO) == []
    for message in (first, reply):
        for who, status in ((DAN, 200), (ADA, 200), (BEA, 403), (CLEO, 403)):
            assert post.signed_in(who).get(f"/messages/{message}").status_code == status
        assert post.anyone.get(f"/messages/{message}").status_code == 401
        assert post.operator.get(f"/messages/{message}").status_code == 403
    assert post.signed_in(ADA).get("/messages/msg_none").status_code == 404


def test_the_list_names_those_who_wrote_by_one_question(post: Notifications):
    write(post)
    write(post, BEA)
    book = Book()
    use(post, book)
    found = post.signed_in(ADA).get("/messages").json["items"]
    assert sorted(item["from"]["name"] for item in found) == ["Bea", "Dan"]
    assert book.asked == 1
    use(post, NoBook())
    found = post.signed_in(ADA).get("/messages").json["items"]
    assert [item["from"]["name"] for item in found] == [None, None]


def test_a_page_of_messages_goes_on_where_it_ended(post: Notifications):
    written = {write(post, who).json["id"] for who in (BEA, CLEO, DAN)}
    seen, query = [], "?limit=1"
    while query:
        page = post.signed_in(ADA).get(f"/messages{query}").json
        seen += [item["id"] for item in page["items"]]
        query = f"?limit=1&cursor={page['next']}" if page["next"] else ""
    assert (len(seen), set(seen)) == (3, written)


def test_one_message_a_day_goes_to_a_community_and_five_from_a_person(post: Notifications):
    assert write(post).status_code == 201
    again = write(post)
    assert again.status_code == 429
    assert 86_000 < int(again.headers["Retry-After"]) <= 86_401
    for number in range(5):
        post.community(f"com_{number}", f"Community {number}")
        post.role(ADA, "convener", f"com_{number}")
    came = [write(post, community=f"com_{number}").status_code for number in range(5)]
    assert came == [201] * 4 + [429]
    assert write(post, CLEO).status_code == 201  # another person's is another's
    age(post, timedelta(days=1, minutes=1))
    assert write(post).status_code == 201


def age(post: Notifications, by: timedelta) -> None:
    """All that was written is older by this."""
    with post.service.database.write() as connection:
        for message, at in connection.exec_driver_sql("SELECT id, at FROM messages").all():
            earlier = rfc3339(parse_rfc3339(at) - by)
            connection.exec_driver_sql(
                "UPDATE messages SET at = ? WHERE id = ?", (earlier, message)
            )


def test_where_nobody_would_read_it_nothing_is_sent(post: Notifications):
    post.community("com_empty", "Nobody here")
    post.community("com_own", "Only me")
    post.role(DAN, "convener", "com_own")
    post.community("com_closed", "Closed")
    post.hear(post.event("registry.community.closed", "com_closed", ending="faded", into=[]))
    for community in ("com_empty", "com_own", "com_closed", "com_unknown"):
        refused = write(post, community=community)
        assert refused.status_code == 409, community
    assert post.ledger() == []


@pytest.mark.parametrize(
    "body",
    [
        {"text": ""},
        {"text": "x" * 2001},
        {"community": ""},
        {"text": None},
        {"to": "ada@x.example"},
        {"subject": "Win"},
    ],
)
def test_what_cannot_be_sent_is_refused_by_its_field(post: Notifications, body: dict[str, Any]):
    refused = write(post, **body)
    assert refused.status_code == 422
    assert next(iter(body)) in refused.json["errors"]


def test_the_operators_token_writes_for_somebody_alone(post: Notifications):
    body = {"community": FALLS, "text": "Hello, by telephone"}
    assert post.operator.post("/messages", body).status_code == 422
    made = post.acting(DAN).post("/messages", body)
    assert made.json["from"]["id"] == DAN


def test_it_waits_in_the_conveners_inbox_until_it_is_answered(post: Notifications):
    first = write(post).json
    (item,) = inbox(post, ADA)
    assert (item["type"], item["id"], item["since"]) == (
        "message",
        first["id"],
        first["created_at"],
    )
    assert item["action"] == f"/messages/{first['id']}/answer"
    assert inbox(post, DAN) == inbox(post, BEA) == inbox(post, CLEO) == []
    assert post.signed_in(ADA).post(item["action"], {"text": "Welcome"}).status_code == 201
    assert inbox(post, ADA) == []
    (answered,) = inbox(post, DAN)
    assert answered["type"] == "message"
    age(post, timedelta(days=31))
    assert inbox(post, DAN) == []


def test_an_erasure_takes_what_was_written_and_the_copy_has_it(post: Notifications):
    first = write(post, text="About me").json["id"]
    answer(post, ADA, first, "About you")
    with post.service.database.read() as connection:
        copy = held(connection, DAN)["messages"]
    assert [(m["text"], m["own"]) for m in copy] == [("About me", True), ("About you", False)]
    preferences_forget(post, DAN)
    assert post.rows("SELECT count(*) FROM messages") == [(0,)]


def test_messages_are_kept_for_ninety_days(post: Notifications):
    write(post)
    now = post.service.clock.now()
    letters.tidy(post.service, now + timedelta(days=89))
    assert post.rows("SELECT count(*) FROM messages") == [(1,)]
    letters.tidy(post.service, now + timedelta(days=91))
    assert post.rows("SELECT count(*) FROM messages") == [(0,)]


def test_two_who_write_at_once_to_one_community_are_one_message(post: Notifications):
    came = at_once(*[lambda: write(post).status_code] * 4)
    assert sorted(came) == [201, 429, 429, 429]
    assert len(post.rows(f"SELECT id FROM messages WHERE community = '{FALLS}'")) == 1
