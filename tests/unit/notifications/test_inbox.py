"""What waits for a person in notifications."""

from typing import Any

import pytest

from services.notifications import bouncing
from services.notifications.contact_book import Contact, ContactsUnavailable
from tests.notifications import ADA, BEA, NOW, Notifications

VERSION = 3


class Book:
    """The registry's contacts at hand; None while it does not answer."""

    def __init__(self, version: int | None) -> None:
        self.version = version

    def look_up(self, people: Any) -> dict[str, Contact]:
        if self.version is None:
            raise ContactsUnavailable
        return {person: Contact("Ada", "ada@x.example", self.version) for person in people}


@pytest.fixture
def post(notifications: Notifications) -> Notifications:
    notifications.app.extensions["hedgerow_contacts"] = Book(VERSION)
    return notifications


def bounced(post: Notifications, kind: str = bouncing.HARD, times: int = 1) -> None:
    with post.service.database.write() as connection:
        for _ in range(times):
            bouncing.note(connection, ADA, VERSION, kind, NOW, "5.1.1")


def inbox(post: Notifications, who: str = ADA) -> list[Any]:
    answer = post.signed_in(who).get(f"/people/{who}/inbox")
    assert answer.status_code == 200, answer.text
    return list(answer.json["items"])


def test_an_address_that_bounces_waits_for_its_person_who_says_that_it_works(post: Notifications):
    assert inbox(post) == []
    bounced(post)
    (item,) = inbox(post)
    assert (item["type"], item["id"], item["due"]) == ("address-bounced", ADA, None)
    assert item["since"] == "2026-03-02T09:30:00.000000Z"
    assert item["action"] == f"/bounces/{ADA}"
    assert post.signed_in(BEA).ask("DELETE", item["action"]).status_code == 403
    assert post.signed_in(ADA).ask("DELETE", item["action"]).status_code == 204
    assert inbox(post) == inbox(post, BEA) == []


def test_a_few_full_mailboxes_are_no_reason_to_worry(post: Notifications):
    bounced(post, bouncing.SOFT, bouncing.MOST_SOFT - 1)
    assert inbox(post) == []
    bounced(post, bouncing.SOFT)
    assert len(inbox(post)) == 1


@pytest.mark.parametrize(("version", "waits"), [(VERSION + 1, 0), (VERSION, 1), (None, 1)])
def test_what_came_back_from_a_former_address_does_not_wait(
    post: Notifications, version: int | None, waits: int
):
    bounced(post)
    post.app.extensions["hedgerow_contacts"] = Book(version)
    assert len(inbox(post)) == waits
