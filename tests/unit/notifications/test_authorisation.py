"""Every route of notifications as every kind of caller, beside the hand-written table."""

from typing import Any

import pytest

from services.notifications import bouncing
from services.notifications.contact_book import Contact
from tests.authorisation import notifications as table
from tests.integration.test_authorisation_matrix import SHARED, differences, routes
from tests.notifications import ADA, BEA, NOW, Notifications, open_notifications

NET = "net_00000000000000000001"


def test_every_route_is_in_the_table(notifications: Notifications):
    assert set(routes(notifications.app)) == set(table.TABLE | SHARED)


def test_every_route_lets_in_whom_the_table_says(notifications: Notifications):
    names, callers = table.world(notifications)
    made, wrong = differences(notifications.app, table.TABLE | SHARED, names, callers)
    assert not wrong, "\n".join(wrong)
    assert made == len(callers) * len(table.TABLE | SHARED)


def test_a_person_says_themselves_how_they_hear_of_things(notifications: Notifications):
    wanted = {"channels": {"email": "weekly"}}
    at = f"/people/{ADA}/preferences"
    put = notifications.signed_in(ADA).ask("PUT", at, json=wanted)
    assert (put.status_code, put.headers["Cache-Control"]) == (200, "no-store")
    for other in (notifications.signed_in(BEA), notifications.acting(BEA)):
        for method in ("GET", "PUT"):
            answer = other.ask(method, at, json={"channels": {"email": "none"}})
            assert (answer.status_code, "weekly" in answer.text) == (403, False)
    kept = notifications.acting(ADA).get(at).json
    assert kept["channels"]["email"] == "weekly"


def test_a_lead_says_whom_their_own_network_wants_told(notifications: Notifications):
    notifications.granted(ADA, "network-lead", NET)
    at = f"/networks/{NET}/contacts"
    assert notifications.signed_in(ADA).ask("PUT", at, json={"people": [BEA]}).status_code == 200
    assert notifications.signed_in(ADA).get(at).json["people"] == [BEA]
    assert notifications.signed_in(BEA).get(at).status_code == 403
    assert notifications.signed_in(ADA).get(f"{at[:-10]}2/contacts").status_code == 403


@pytest.mark.parametrize("at", ["/outbox", "/outbox/ltr_1", "/outbox/ltr_1/html"])
def test_the_outbox_is_the_operators_where_mail_is_sent(tmp_path, at: str):
    url = f"sqlite:///{tmp_path / 'n.db'}"
    with open_notifications(url, tmp_path, SMTP_URL="smtp://127.0.0.1:1") as post:
        post.granted(BEA, "operator")
        assert post.anyone.get(at).status_code == 401
        assert post.signed_in(ADA).get(at).status_code == 403
        assert post.acting(ADA).get(at).status_code == 403
        for caller in (post.operator, post.signed_in(BEA)):
            assert caller.get(at).status_code in (200, 404)


class Book:
    """The registry's contacts at hand; `asked` is how often it was asked."""

    def __init__(self) -> None:
        self.asked = 0

    def look_up(self, people: Any) -> dict[str, Contact]:
        self.asked += 1
        return {person: Contact(f"Person {person[-1]}", None, 1) for person in people}


def test_lists_of_people_have_their_names_by_one_question(notifications: Notifications):
    book = notifications.app.extensions["hedgerow_contacts"] = Book()
    notifications.operator.ask("PUT", "/operators", json={"people": [ADA, BEA]})
    book.asked = 0
    found = notifications.operator.get("/operators").json
    assert found["names"] == {ADA: "Person 1", BEA: "Person 2"}
    with notifications.service.database.write() as connection:
        for who in (ADA, BEA):
            bouncing.note(connection, who, 1, bouncing.HARD, NOW, "5.1.1")
    items = notifications.operator.get("/bounces").json["items"]
    assert [item["name"] for item in items] == ["Person 1", "Person 2"]
    assert book.asked == 2


def test_what_an_operator_reads_of_a_person_is_recorded_for_that_person(
    notifications: Notifications,
):
    notifications.landscape()
    notifications.granted(BEA, "operator")
    notifications.tell("registry.community.closed", ending="faded", into=[])
    notifications.signed_in(ADA).get(f"/people/{ADA}/preferences")
    assert _reads(notifications) == []
    notifications.signed_in(BEA).get(f"/people/{ADA}/preferences", Hedgerow_Reason="she rang")
    notifications.operator.get("/deliveries")
    found = [(read["what"], read["by"], read["why"]) for read in _reads(notifications)]
    assert sorted(found) == [
        ("how you hear of things", BEA, "she rang"),
        ("what was sent to you", None, ""),
    ]


def _reads(post: Notifications) -> list[Any]:
    return list(post.signed_in(ADA).get(f"/people/{ADA}/reads").json["items"])
