"""A saved search's match: told to its person in the digest, named, and never at once."""

import pytest

from services.notifications import preferences
from services.notifications.domain.preferences import AT_ONCE, NONE, WEEKLY, Preferences
from tests.notifications import ADA, FALLS, NOW, Notifications

MATCHED = "discovery.saved-search.matched"


@pytest.fixture
def heard(notifications: Notifications) -> Notifications:
    notifications.landscape()
    return notifications


def match(heard: Notifications, wanted: Preferences) -> None:
    with heard.service.database.write() as connection:
        preferences.put(connection, ADA, wanted, NOW)
    event = heard.event(MATCHED, "sav_1", person=ADA, community=FALLS)
    heard.hear(event, source="discovery")
    heard.react()


@pytest.mark.parametrize(
    ("choice", "due"),
    [(AT_ONCE, "2026-03-03T07:00:00.000000Z"), (WEEKLY, "2026-03-09T07:00:00.000000Z")],
)
def test_a_match_waits_for_the_next_digest_even_of_who_hears_at_once(
    heard: Notifications, choice: str, due: str
):
    match(heard, Preferences(choice))
    told = heard.ledger("person, rule, community, due, digest")
    assert told == [(ADA, "saved-search-matched", FALLS, due, 1)]


def test_who_wants_nothing_is_told_of_no_match(heard: Notifications):
    match(heard, Preferences(NONE))
    (line,) = heard.ledger()
    assert line == (ADA, "saved-search-matched", "suppressed", "preference: none")


def test_the_message_names_the_community(heard: Notifications):
    match(heard, Preferences())
    (row,) = heard.rows("SELECT content FROM announcements_1")
    assert '"name":"Falls in care homes"' in row[0]
