"""What participants and conveners read: every date, their calendar, and where to read more."""

from typing import Any

import pytest

from services.notifications.links import CALENDAR, Links
from services.notifications.outbox import Outbox
from services.notifications.rendering import Renderer
from shared.web.signer import verify
from tests.notifications import ADA, BEA, CLEO, FALLS, NOW, Joins, Notifications
from tests.unit.notifications.test_sending import PEOPLE, Contacts, send_all, sender_of

COHORT = "coh_1"
ABOUT = {"cohort": COHORT, "cohort_name": "Cohort of 2026", "person": CLEO}


def cohort(notifications: Notifications) -> None:
    """Sessions of a cohort, told in no order; one of them is cancelled, one another's."""
    notifications.landscape()
    sessions = [
        ("ses_2", {"kind": "webinar", "number": 1, "date": "2026-05-02", "modality": "online"}),
        ("ses_1", {"kind": "module", "number": 1, "date": "2026-04-10", "title": "Launching"}),
        ("ses_3", {"kind": "celebration", "date": "2026-06-01", "end": "00:00", "title": "Party"}),
        ("ses_4", {"kind": "module", "number": 2, "date": "2026-05-20", "title": "Off"}),
    ]
    for stream, fields in sessions:
        notifications.session(stream=stream, cohort=COHORT, communities=[], **fields)
    notifications.session("cancelled", "ses_4", cohort=COHORT, communities=[], title="Off")
    notifications.session(stream="ses_5", cohort="coh_10", communities=[], title="Another's")
    notifications.forget_reactions()


def messages(notifications: Notifications) -> list[dict[str, Any]]:
    """All in the outbox, as they would be sent."""
    service = notifications.service
    renderer = Renderer(Links(service.settings), service.settings.mail_from)
    outbox = Outbox(Contacts(PEOPLE), Joins(), renderer, renderer)
    notifications.app.extensions["hedgerow_outbox"] = outbox
    send_all(sender_of(notifications))
    items = notifications.anyone.get("/outbox").json["items"]
    return [notifications.anyone.get(f"/outbox/{item['id']}").json for item in items]


def shown(notifications: Notifications) -> dict[str, Any]:
    [message] = messages(notifications)
    return message


def tell(notifications: Notifications, change: str, **data: Any) -> dict[str, Any]:
    now = notifications.service.clock.now()
    kind = f"scheduling.application.{change}"
    event = notifications.event(kind, "app_1", at=now, about=ABOUT, **data)
    notifications.hear(event, source="scheduling")
    notifications.react(now)
    return shown(notifications)


@pytest.mark.parametrize(
    ("change", "data"),
    [
        ("accepted", {"calendar": 3}),
        ("accepted", {}),
        ("decision-released", {"decision": "offer", "reply_by": "2026-03-20"}),
        ("place-offered", {"reply_by": "2026-03-20"}),
    ],
)
def test_who_may_come_reads_every_date(
    notifications: Notifications, change: str, data: dict[str, Any]
):
    cohort(notifications)
    message = tell(notifications, change, **data)
    for text in (message["text"], message["html"]):
        assert "Module 1: Launching" in text
        assert "Friday 10 April 2026, 10:00 to 11:30" in text
        assert "10:00 to midnight" in text
        assert "Off" not in text
        assert "Another" not in text
        assert text.index("10 April") < text.index("2 May") < text.index("1 June")
        assert f"/cohorts/{COHORT}" in text


def test_a_participant_reads_the_address_of_their_own_calendar(notifications: Notifications):
    cohort(notifications)
    message = tell(notifications, "accepted", calendar=3)
    _, _, rest = message["text"].partition("/calendars/")
    signed = rest.split(".ics")[0]
    link = verify(notifications.service.settings.secret, CALENDAR, signed, NOW)
    assert (link.subject, link.generation) == (CLEO, 3)
    assert f"/calendars/{signed}.ics" in message["html"]


@pytest.mark.parametrize("role", ["convener", "co-convener"])
def test_who_convenes_is_told_who_convenes_beside_them_and_who_no_longer_does(
    notifications: Notifications, role: str
):
    notifications.landscape()
    notifications.role(CLEO, role)
    notifications.react()
    told = [(row[0], row[1]) for row in notifications.ledger()]
    assert (ADA, "convener-joined") in told
    assert (CLEO, "role-given") in told
    assert (CLEO, "convener-joined") not in told
    assert BEA not in [person for person, _ in told]
    ended = notifications.event(
        "registry.membership.ended", FALLS, role_id=f"{CLEO}-{role}", ends="2026-01-05"
    )
    notifications.hear(ended)
    notifications.react()
    told = [(row[0], row[1]) for row in notifications.ledger()]
    assert (ADA, "convener-left") in told
    assert (CLEO, "convener-left") not in told
    assert set(notifications.ledger("about")) == {(FALLS,)}


def test_the_end_of_a_membership_tells_no_convener(notifications: Notifications):
    notifications.landscape()
    ended = notifications.event(
        "registry.membership.ended", FALLS, role_id=f"{BEA}-member", ends="2026-01-05"
    )
    notifications.hear(ended)
    notifications.react()
    assert notifications.ledger() == []


def test_a_message_links_to_what_it_mentions(notifications: Notifications):
    notifications.landscape()
    now = notifications.service.clock.now()
    notifications.session(date="2099-03-20", at=now)
    notifications.react(now)
    found = messages(notifications)
    assert found
    for message in found:
        for text in (message["text"], message["html"]):
            assert f"/communities/{FALLS}" in text
            assert "/sessions/ses_" in text


@pytest.mark.parametrize(
    "data",
    [
        {"decision": "offer", "reply_by": "2026-03-20"},
        {"decision": "waiting-list", "position": 3},
        {"decision": "not-offered"},
    ],
)
def test_a_forecast_shows_the_message_that_is_sent_then(
    notifications: Notifications, data: dict[str, Any]
):
    cohort(notifications)
    event = {
        "type": "scheduling.application.decision-released",
        "subject": "app_1",
        "data": {"about": ABOUT, **data},
    }
    body = {"events": [event], "texts": True}
    (sample,) = notifications.other_service.post("/forecasts", body).json["messages"]
    sent = tell(notifications, "decision-released", **data)
    assert sample["subject"] == sent["subject"]
    for said, shown_then in zip(
        sample["text"].splitlines(), sent["text"].splitlines(), strict=True
    ):
        if "a link of the reader" not in said and not said.startswith("Hello"):
            assert said == shown_then
