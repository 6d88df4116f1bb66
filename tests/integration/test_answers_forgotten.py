"""Answers kept for Idempotency-Key go with whom they are about, in every service."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.discovery import Discovery
from tests.notifications import ADA, BEA, Notifications, open_notifications
from tests.registry import Caller, Registry

SECRET = "Jane Doe is off sick"


@pytest.fixture
def each_notifications(database_url: str, tmp_path: Path) -> Iterator[Notifications]:
    with open_notifications(database_url, tmp_path) as found:
        yield found


def kept(service: Any) -> list[str]:
    with service.database.read() as connection:
        return list(connection.exec_driver_sql("SELECT body FROM idempotency_keys").scalars())


def test_notifications_forgets_what_it_answered_to_an_erased_person(
    each_notifications: Notifications,
):
    known = each_notifications
    for number, person in enumerate((ADA, BEA)):
        caller = Caller(known.app, actor=person)
        body = {"url": f"https://1.1.1.1/{person}", "types": ["registry.community.*"]}
        made = caller.post("/webhooks", body | {"description": SECRET}, Idempotency_Key="once")
        assert made.status_code == 201, number
    known.tell("registry.person.erased", stream=ADA)
    (left,) = kept(known.service)
    assert BEA in left


def test_discovery_forgets_answers_that_hold_words_of_an_erased_person(
    each_discovery: Discovery,
):
    """Also the answer to the other side, which does not say whose words it holds."""
    known = each_discovery
    falls, frailty, bees = (known.community(name) for name in ("Falls", "Frailty", "Bees"))
    ada, bea = known.convener(falls, "Ada"), known.convener(frailty, "Bea")
    known.convener(bees, "Cleo")
    body = {"from": falls, "to": frailty, "purpose": "learn together", "message": SECRET, "by": ada}
    link = known.operator.post("/links", body, Idempotency_Key="one").json["id"]
    accepting = known.operator.post(f"/links/{link}/acceptance", {"by": bea}, Idempotency_Key="two")
    assert accepting.status_code == 200, accepting.text
    others = {"from": frailty, "to": bees, "purpose": "learn together", "by": bea}
    known.operator.post("/links", others, Idempotency_Key="three")
    assert len(kept(known.service)) == 3
    known.hears("registry.person.erased", ada)
    (left,) = kept(known.service)
    assert bees in left


def test_an_answer_of_the_first_release_is_found_by_what_it_says(registry: Registry):
    body = {"name": "Jane Doe", "email": "jane@people.example"}
    person = registry.operator.post("/people", body, Idempotency_Key="k").json["id"]
    with registry.service.database.write() as connection:
        connection.exec_driver_sql("UPDATE idempotency_keys SET people = ''")
    assert registry.operator.ask("DELETE", f"/people/{person}").status_code == 202
    assert kept(registry.service) == []
