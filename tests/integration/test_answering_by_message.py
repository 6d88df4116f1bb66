"""What messages lead to: scheduling takes the links of notifications, and says where to join."""

import threading
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from werkzeug.serving import make_server

from services.notifications.answering import answer_link
from services.notifications.joining import Joining, SchedulingJoins
from services.notifications.links import Links
from shared.settings import load_settings
from tests.registry import settings_of
from tests.scheduling import Scheduling
from tests.servers import free_port

ADDRESS = "https://meet.example/1"


def opens(scheduling: Scheduling, rule: str, person: str, **facts: object) -> str:
    """The path of the page that a message of this rule leads its reader to."""
    content = {"rule": rule, "at": "2026-11-23T09:00:00.000000Z", "facts": facts}
    found = answer_link(Links(scheduling.service.settings), content, person)
    assert found is not None
    return urlsplit(found).path


def test_a_session_is_replied_to_by_the_link_in_its_message(scheduling: Scheduling):
    ada = scheduling.person()
    meeting = scheduling.meeting(scheduling.community(), date="2099-03-11")
    session, ends = {"id": meeting["id"]}, "2099-03-11T12:00:00.000000Z"
    page = opens(scheduling, "session-reminder", ada, session=session, ends=ends)
    assert "You have not said yet." in scheduling.anyone.get(page).text
    answer = scheduling.anyone.ask("POST", page, data={"reply": "yes"})
    assert (answer.status_code, "You said yes." in answer.text) == (200, True)
    replies = scheduling.operator.get(f"/sessions/{meeting['id']}/replies").json["items"]
    assert [(each["person"], each["reply"]) for each in replies] == [(ada, "yes")]


@pytest.mark.parametrize("rule", ["decision-offer", "decision-waiting-list", "place-offered"])
def test_a_decision_leads_to_the_applicants_page(scheduling: Scheduling, rule: str):
    page = opens(scheduling, rule, "per_1", application="app_1", reply_by="2099-01-01")
    answer = scheduling.anyone.get(page)
    assert "There is no such application" in answer.text  # its link is taken, and names none


def test_scheduling_says_where_those_who_come_join(scheduling: Scheduling, tmp_path: Path):
    ada, bo = scheduling.person(), scheduling.person("Bo")
    meeting = scheduling.meeting(
        scheduling.community(), date="2099-03-11", modality="online", join_address=ADDRESS
    )["id"]
    reply = {"reply": "yes"}
    scheduling.operator.ask("PUT", f"/sessions/{meeting}/replies/{ada}", json=reply)
    asked = [Joining(meeting, ada), Joining(meeting, bo)]
    port = free_port()
    server = make_server("127.0.0.1", port, scheduling.app, threaded=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    settings = load_settings(settings_of(tmp_path, SCHEDULING_URL=f"http://127.0.0.1:{port}"))
    joins = SchedulingJoins(settings)
    assert joins.look_up(asked) == {asked[0]: ADDRESS}
    assert joins.look_up([]) == {}
    server.shutdown()
    server.server_close()
    assert SchedulingJoins(settings, patience=0.5).look_up(asked) == {}
