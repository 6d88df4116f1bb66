"""From an event to the ledger: who is told, who is not and why, and never twice."""

import json
from datetime import timedelta

import pytest

from services.notifications import bouncing, preferences
from services.notifications.domain.preferences import DAILY, NONE, WEEKLY, Preferences
from services.notifications.domain.rules import SCHEDULING
from shared.contracts import schemas
from shared.projection import rebuild
from tests.notifications import ADA, BEA, CLEO, DAN, FALLS, FRAILTY, NOW, WESSEX, Notifications

CLOSED = "registry.community.closed"


@pytest.fixture
def heard(notifications: Notifications) -> Notifications:
    notifications.landscape()
    return notifications


def put(heard: Notifications, who: str, wanted: Preferences) -> None:
    with heard.service.database.write() as connection:
        preferences.put(connection, who, wanted, NOW)


def test_conveners_and_members_hear_that_their_community_closed(heard: Notifications):
    heard.tell(CLOSED, ending="faded", into=[])
    assert heard.ledger() == [
        (ADA, "community-closed", "queued", ""),
        (BEA, "community-closed", "queued", ""),
    ]


def test_an_event_that_comes_twice_is_told_once(heard: Notifications):
    event = heard.event(CLOSED, ending="faded", into=[])
    heard.hear(event)
    heard.react()
    heard.hear(event)
    heard.react()
    assert len(heard.ledger()) == 2


def test_who_wants_none_is_in_the_ledger_with_the_reason(heard: Notifications):
    put(heard, BEA, Preferences(NONE))
    heard.tell(CLOSED, ending="faded", into=[])
    assert heard.ledger()[1] == (BEA, "community-closed", "suppressed", "preference: none")


def test_a_digest_is_due_later(heard: Notifications):
    put(heard, ADA, Preferences(DAILY))
    heard.tell(CLOSED, ending="faded", into=[])
    assert heard.ledger("due, digest")[0] == ("2026-03-03T07:00:00.000000Z", 1)


def test_a_community_that_needs_a_convener_is_told_to_members_network_and_operators(
    heard: Notifications,
):
    with heard.service.database.write() as connection:
        preferences.put_contacts(connection, "net_wessex", [CLEO])
        preferences.put_contacts(connection, "operators", [DAN, CLEO])
    heard.tell("registry.community.convener-needed")
    assert [row[0] for row in heard.ledger()] == [ADA, BEA, CLEO, DAN]


def test_a_new_community_is_told_to_conveners_nearby(heard: Notifications):
    heard.community("com_new", "Newcomers", networks=[], region="wessex ")
    heard.react()
    assert heard.ledger() == [
        (ADA, "community-nearby", "queued", ""),
        (CLEO, "community-nearby", "queued", ""),
    ]


@pytest.mark.parametrize(
    "event",
    [
        {"origin": "example", "name": "X", "domain": "Y"},
        {"source": "lists", "run": "run_1", "name": "X", "domain": "Y"},
    ],
)
def test_an_import_and_the_example_tell_nobody(heard: Notifications, event: dict):
    more = {"networks": ["net_wessex"]}
    heard.tell("registry.community.registered", stream="com_new", **(event | more))
    assert heard.ledger() == []


def test_no_correlation_id_keeps_people_from_being_told(heard: Notifications):
    more = {"networks": ["net_wessex"], "name": "X", "domain": "Y"}
    kind = "registry.community.registered"
    heard.tell(kind, stream="com_new", correlation="example-landscape", **more)
    assert heard.ledger()


def test_what_is_old_when_it_is_heard_of_is_missed(heard: Notifications):
    heard.tell(CLOSED, at=NOW - timedelta(hours=49), ending="faded", into=[])
    assert {row[2:] for row in heard.ledger()} == {("missed", "history")}


def test_a_role_that_has_ended_is_no_audience(heard: Notifications):
    heard.hear(heard.event("registry.membership.ended", role_id=f"{BEA}-member", ends="2026-03-02"))
    heard.tell(CLOSED, ending="faded", into=[])
    assert [row[0] for row in heard.ledger()] == [ADA]


def test_a_rebuild_queues_nothing_and_keeps_the_ledger(heard: Notifications):
    heard.tell(CLOSED, ending="merged", into=[FRAILTY])
    before, service = heard.ledger("*"), heard.service
    rebuild.rebuild_own(service.database, service.store, service.own)
    assert heard.ledger("*") == before
    assert heard.react() == 0


def test_the_announcement_keeps_what_was_so_then(heard: Notifications):
    heard.tell(CLOSED, ending="merged", into=[FRAILTY])
    heard.hear(heard.event("registry.community.described", stream=FRAILTY, name="Renamed"))
    ((content,),) = heard.rows("SELECT content FROM announcements_1")
    assert '"name":"Falls in care homes"' in content
    assert '"name":"Frailty"' in content
    assert FALLS in content


def test_a_copy_has_what_was_sent_and_what_became_of_it(heard: Notifications):
    heard.tell(CLOSED, ending="merged", into=[FRAILTY])
    with heard.service.database.write() as connection:
        preferences.put_contacts(connection, WESSEX, [ADA, BEA])
        bouncing.note(connection, ADA, 1, bouncing.SOFT, NOW)
        connection.exec_driver_sql(
            "INSERT INTO letters (id, person, kind, items, state, at, attempts, place, uncertain,"
            f" words, address_version) VALUES ('let_1', '{ADA}', 'message', '[]', 'sent',"
            " '2026-03-02', 1, 0, 0, '250 OK', 1)"
        )
    held = heard.operator.get(f"/people/{ADA}/holdings").json["holds"]
    (told,) = held["deliveries"]
    assert (told["rule"], told["about"], told["status"]) == ("community-closed", FALLS, "queued")
    assert [(letter["id"], letter["state"]) for letter in held["letters"]] == [("let_1", "sent")]
    assert [(bounce["soft"], bounce["hard"]) for bounce in held["bounces"]] == [(1, 0)]
    assert held["contact_lists"] == [WESSEX]
    assert BEA not in str(held)


def test_an_erased_persons_preferences_are_forgotten(heard: Notifications):
    put(heard, ADA, Preferences(DAILY))
    heard.tell("registry.person.erased", stream=ADA)
    assert heard.rows("SELECT * FROM preferences") == []
    answer = heard.operator.get(f"/people/{ADA}/holdings")
    assert answer.json["holds"]["preferences"]["channels"] == {"email": "at-once"}


@pytest.mark.parametrize(("kind", "message"), [(r.event, r.message) for r in SCHEDULING])
def test_every_event_of_scheduling_is_told_as_its_rule_says(
    heard: Notifications, kind: str, message: str
):
    """With the golden sample of each event, whose people are those whom it is about."""
    data = schemas.sample(kind, 1)
    assert data is not None
    text = json.dumps(data).replace("com_5f7g9h1j3k4m6n8p0q2r", FALLS)
    sampled = json.loads(text) | {
        "decision-offer": {"decision": "offer"},
        "decision-waiting-list": {"decision": "waiting-list"},
        "decision-not-offered": {"decision": "not-offered"},
        "community-quiet": {"standing": "quiet"},
    }.get(message, {})
    streams = {"session": "ses_1", "application": "app_1", "attendance": "att_1"}
    stream = streams.get(kind.split(".")[1], FALLS)
    told = heard.event(kind, stream, **sampled)._replace(version=1)
    heard.hear(told, source="scheduling")
    heard.react()
    assert message in {row[1] for row in heard.ledger()}
    assert heard.rows("SELECT count(*) FROM reactions WHERE state = 'pending'") == [(0,)]


PAST = {"date": "2026-02-20", "start": "10:00", "end": "11:30", "zone": "Europe/London"}
AHEAD = PAST | {"date": "2026-03-20"}


@pytest.mark.parametrize(
    ("change", "more", "heard_of"),
    [
        ("rescheduled", {"date": "2026-02-21", "before": PAST}, False),
        ("changed", {"date": "2026-02-20", "changed": ["title"]}, False),
        ("scheduled", {"date": "2026-02-20"}, False),
        ("rescheduled", {"date": "2026-03-20", "before": PAST}, True),
        ("rescheduled", {"date": "2026-02-20", "before": AHEAD}, True),
    ],
    ids=["moved in the past", "changed", "planned", "moved ahead", "moved into the past"],
)
def test_a_session_that_is_over_is_no_news(
    heard: Notifications, change: str, more: dict, heard_of: bool
):
    heard.session(change, **more)
    heard.react()
    outcome = ("queued", "") if heard_of else ("missed", "the session is over")
    assert heard.ledger("status, reason") == [outcome] * 2


@pytest.mark.parametrize(
    ("change", "more"),
    [
        ("scheduled", {"date": "2026-03-06"}),
        ("rescheduled", {"date": "2026-03-06", "before": AHEAD}),
        ("rescheduled", {"date": "2026-03-20", "before": AHEAD | {"date": "2026-03-06"}}),
    ],
    ids=["planned", "moved to before the digest", "moved from before the digest"],
)
def test_news_of_a_session_does_not_wait_for_a_digest_after_it(
    heard: Notifications, change: str, more: dict
):
    put(heard, ADA, Preferences(WEEKLY))  # on Mondays: the next is on 9 March
    heard.session(change, **more)
    heard.react()
    assert heard.ledger("due, digest")[0] == ("2026-03-02T09:30:00.000000Z", 0)


def test_news_of_a_session_waits_for_a_digest_before_it(heard: Notifications):
    put(heard, ADA, Preferences(WEEKLY))
    heard.session()
    heard.react()
    assert heard.ledger("due, digest")[0] == ("2026-03-09T07:00:00.000000Z", 1)
