"""Why a session was called off may be about people: in no event, and erasable."""

import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from sqlalchemy import text

from services.notifications.reasons import events_with_reasons, with_reason
from services.scheduling.bootstrap import build
from shared.database import Database
from shared.eventstore.events import Cause, NewEvent, StreamAppend
from shared.migrations.migrate import alembic_config, migrate
from shared.settings import load_settings
from shared.web.app import create_app
from shared.web.fields import PUBLIC_FOR_GOOD
from tests.integration.services import app_of
from tests.registry import SERVICE, Caller, settings_of
from tests.scheduling import Scheduling

WORDS = "Jane Doe is off sick"


def changed(known: Scheduling, caller: Caller, session: str) -> None:
    """Each kind of change once, with a reason."""
    at = f"/sessions/{session}"
    answer = caller.patch(at, {"place": "Elsewhere", "start": "09:00", "reason": WORDS}, "*")
    assert answer.status_code == 200, answer.text
    for step in ("postponement", "reinstatement", "cancellation"):
        assert caller.post(f"{at}/{step}", {"reason": WORDS}).status_code == 200


def test_reasons_are_in_no_event_but_shown_until_their_writer_is_erased(
    each_scheduling: Scheduling,
):
    known = each_scheduling
    ada, session = known.person(), known.meeting(known.community())["id"]
    changed(known, known.acting(ada), session)
    events = [e for e in known.operator.events() if e["subject"] == session]
    assert "Jane" not in json.dumps(events)
    reasoned = [e for e in events if e["data"].get("reasoned")]
    assert [e["type"].rpartition(".")[2] for e in reasoned] == [
        *("changed", "rescheduled", "postponed", "reinstated", "cancelled")
    ]
    assert all(e["dataschema"].endswith(":2") for e in reasoned)
    assert known.anyone.get(f"/sessions/{session}").json["reason"] == WORDS
    history = known.anyone.get(f"/sessions/{session}/history").json["items"]
    assert sum(WORDS in entry["sentence"] for entry in history) == 5
    asked = {"events": [e["id"] for e in events]}
    told = Caller(known.app, SERVICE).post("/sessions/reasons", asked).json["items"]
    assert {item["event"] for item in told} == {e["id"] for e in reasoned}
    assert known.operator.post("/sessions/reasons", asked).status_code == 403
    with known.service.database.read() as connection:
        copy = known.service.holds(connection, ada)["session_reasons"]
    assert [entry["text"] for entry in copy] == [WORDS] * 5
    known.hears("registry.person.erased", ada)
    assert known.anyone.get(f"/sessions/{session}").json["reason"] is None
    assert "Jane" not in known.anyone.get(f"/sessions/{session}/history").text
    assert Caller(known.app, SERVICE).post("/sessions/reasons", asked).json["items"] == []


def test_a_reason_is_that_of_the_present_state(scheduling: Scheduling):
    session = scheduling.meeting(scheduling.community())["id"]
    at = f"/sessions/{session}"
    for step, reason in (
        ("postponement", "Snow"),
        ("reinstatement", None),
        ("cancellation", "Ice"),
    ):
        shown = scheduling.operator.post(f"{at}/{step}", {"reason": reason}).json
        assert shown["reason"] == reason
    scheduling.operator.post(f"{at}/reinstatement", {"reason": "Thaw"})
    scheduling.operator.changed(at, place="Elsewhere", reason="The hall is closed")
    assert scheduling.operator.get(at).json["reason"] == "Thaw"


def test_a_series_is_called_off_for_one_reason(scheduling: Scheduling):
    rule = {"weeks": 2, "count": 3}
    made = scheduling.meeting(scheduling.community(), repeat=rule)
    series = made["sessions"][0]["series"] if "sessions" in made else made["series"]
    answer = scheduling.operator.patch(
        f"/series/{series}", {"cancelled": True, "reason": WORDS}, "*"
    )
    assert [s["reason"] for s in answer.json["sessions"]] == [WORDS] * 3
    assert "Jane" not in json.dumps(scheduling.operator.events())


def former(known: Scheduling, session: str, name: str, data: dict[str, Any]) -> None:
    """An event as the first release wrote it."""
    with known.service.database.write() as connection:
        version = len(known.service.store.load(connection, session))
        new = NewEvent(f"scheduling.session.{name}", 1, "public", json.dumps(data))
        known.service.store.append(
            connection,
            [StreamAppend(session, version, [new])],
            cause=Cause("c"),
            now=known.service.clock.now(),
        )


def test_the_feed_and_histories_show_no_words_of_past_events(scheduling: Scheduling):
    session = scheduling.meeting(scheduling.community())["id"]
    about = next(e for e in scheduling.operator.events() if e["subject"] == session)
    data = {"session": about["data"]["session"], "sequence": 1, "reason": WORDS}
    former(scheduling, session, "cancelled", data)
    told = scheduling.operator.events()[-1]
    assert (told["data"]["reasoned"], "reason" in told["data"]) == (True, False)
    assert told["dataschema"].endswith(":2")
    history = scheduling.anyone.get(f"/sessions/{session}/history")
    assert (history.status_code, "Jane" in history.text) == (200, False)


def test_an_upgrade_keeps_the_words_where_they_can_be_erased(tmp_path: Path):
    """Of a cancelled session of the first release; not those of somebody erased since."""
    file = tmp_path / "scheduling.db"
    url = f"sqlite:///{file}"
    service = build(load_settings(settings_of(tmp_path, SCHEDULING_DATABASE_URL=url)))
    database = Database(url)
    with database.migrating() as connection:
        config = alembic_config(service.migrations)
        config.attributes["connection"] = connection
        command.upgrade(config, "spine@head")
        command.upgrade(config, "scheduling_0002")
        when = {"date": "2027-03-10", "start": "10:00", "end": "12:00", "zone": "Europe/London"}
        about = {"kind": "community-meeting", "title": "We meet", "when": when}
        about |= {"communities": ["com_1"]}
        for number, actor in ((1, "per_here"), (2, "per_gone")):
            record = {"particulars": about, "state": "cancelled", "sequence": 1, "reason": WORDS}
            session = f"ses_{number}"
            connection.execute(
                text(
                    "INSERT INTO sessions_1 (id, version, began_at, changed_at, record, day, hour,"
                    " kind, state, undecided) VALUES (:id, 2, 'x', 'x', :record, '2027-03-10',"
                    " '10:00', 'community-meeting', 'cancelled', 0)"
                ),
                {"id": session, "record": json.dumps(record)},
            )
            for version, kind in ((1, "scheduled"), (2, "cancelled")):
                data = {"session": about, "sequence": version - 1}
                data |= {"reason": WORDS} if version == 2 else {}
                insert(connection, session, version, f"scheduling.session.{kind}", data, actor)
        confirmed = "scheduling.person.erasure-confirmed"
        insert(connection, "per_gone", 1, confirmed, {}, None)
    migrate(url, url, service.migrations)
    anyone = Caller(create_app(service), None)
    assert anyone.get("/sessions/ses_1").json["reason"] == WORDS
    assert anyone.get("/sessions/ses_2").json["reason"] is None
    with sqlite3.connect(file) as connection:
        records = connection.execute("SELECT record FROM sessions_1").fetchall()
    assert "Jane" not in str(records)
    database.close()
    service.database.close()


def insert(
    connection: Any, stream: str, version: int, kind: str, data: Any, actor: str | None
) -> None:
    connection.execute(
        text(
            "INSERT INTO events (epoch, stream_id, version, event_id, type, schema_version, time,"
            " audience, correlation_id, actor, data) VALUES (1, :stream, :version, :id, :kind, 1,"
            " '2026-11-01T10:00:00.000000Z', 'public', 'c', :actor, :data)"
        ),
        {
            "stream": stream,
            "version": version,
            "id": f"{stream}-{version}",
            "kind": kind,
            "actor": actor,
            "data": json.dumps(data),
        },
    )


@pytest.mark.parametrize("kept", [{"evt_2": "Ice"}, {"evt_1": "Snow"}, {}])
def test_a_message_tells_the_newest_reason_that_is_still_kept(kept: dict[str, str]):
    facts = {"session": {"id": "ses_1"}, "reasoned": True, "reason": WORDS}
    content = {"event": "evt_2", "story": ("evt_1", "evt_2"), "facts": facts}
    assert events_with_reasons(content) == ["evt_1", "evt_2"]
    assert with_reason(content, kept)["facts"]["reason"] == next(iter(kept.values()), None)
    other = {"event": "evt_3", "facts": {"webhook": "whk_1", "reason": "gone"}}
    assert events_with_reasons(other) == []
    assert with_reason(other, {}) == other


FREE_TEXT = {
    "registry": {"domain", "practice", "learning_question", "region", "topics", "sectors"},
    "scheduling": {"title", "place", "access", "description", "topics", "outcomes"},
    "discovery": {"purpose"},
}


@pytest.mark.parametrize("service", FREE_TEXT)
def test_fields_that_go_into_public_events_say_so(service: str, tmp_path: Path):
    document = app_of(service, tmp_path).test_client().get("/openapi.json").json
    seen = set()
    for name, schema in document["components"]["schemas"].items():
        for field, shown in schema.get("properties", {}).items():
            if field in FREE_TEXT[service] and PUBLIC_FOR_GOOD in shown.get("description", ""):
                seen.add(field)
            if service == "scheduling" and field == "reason" and "Session" in name:
                assert "name nobody" in shown["description"], name
    assert seen == FREE_TEXT[service]
