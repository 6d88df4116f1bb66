"""Webhooks: subscribed, signed, in order, through trouble; and where they may go."""

import json
import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from werkzeug.serving import make_server

from services.notifications.domain.patterns import is_pattern, matches
from services.notifications.webhooks import store, transport
from services.notifications.webhooks.delivering import Deliverer, standing
from services.notifications.webhooks.queueing import Replays
from services.notifications.webhooks.store import Attempt
from shared.clock import Clock, parse_rfc3339, rfc3339
from tests.notifications import ADA, FALLS, FRAILTY, NOW, Notifications, open_notifications
from tests.receivers import Receiver, receiving
from tests.registry import open_registry
from tests.servers import await_that, free_port


@pytest.fixture
def post(tmp_path: Path) -> Iterator[Notifications]:
    url = f"sqlite:///{tmp_path}/post.db"
    with open_notifications(url, tmp_path, WEBHOOKS_ALLOW_LOOPBACK="1") as found:
        yield found


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving(Receiver()) as found:
        yield found


def subscribed(post: Notifications, receiver: Receiver, *types: str, **more: Any) -> Any:
    body = {"url": receiver.url, "types": list(types) or ["registry.community.*"]} | more
    answer = post.operator.post("/webhooks", body)
    assert answer.status_code == 201, answer.text
    return answer.json


def happen(post: Notifications, *names: str, stream: str = FALLS) -> None:
    now = post.service.clock.now()
    kind = "registry.community.described"
    if post.versions.get(stream, 0) == 0:
        post.community(stream)
    post.hear(*(post.event(kind, stream, at=now, name=name) for name in names))
    post.react(now)


def delivered(post: Notifications) -> None:
    """Deliver what is due now, and wait until nobody is at work."""
    deliverer = Deliverer(post.service)
    deliverer.step()
    await_that(deliverer.idle, 30)


def make_due(post: Notifications) -> None:
    with post.service.database.write() as connection:
        connection.exec_driver_sql("UPDATE webhook_queue SET due = '2020-01-01'")
        connection.exec_driver_sql("UPDATE webhooks SET pause_until = NULL")


def test_an_event_arrives_signed_as_the_official_library_verifies(
    post: Notifications, receiver: Receiver
):
    made = subscribed(post, receiver)
    happen(post, "One", "Two")
    delivered(post)
    events = receiver.verified(made["secret"])
    assert [e["data"]["name"] for e in events if e["type"].endswith("described")] == ["One", "Two"]
    assert events[0]["specversion"] == "1.0"
    headers = receiver.got[0][0]
    assert headers["content-type"].startswith("application/cloudevents+json")
    assert "secret" not in post.operator.get(f"/webhooks/{made['id']}").json
    log = post.operator.get(f"/webhooks/{made['id']}/deliveries").json["items"]
    assert {(entry["status"], entry["outcome"]) for entry in log} == {(204, "delivered")}


def test_only_what_was_asked_for_and_may_be_seen_arrives(post: Notifications, receiver: Receiver):
    subscribed(post, receiver, "registry.community.closed", "registry.person.*")
    happen(post, "One")
    now = post.service.clock.now()
    known = post.event("registry.person.registered", ADA, at=now)._replace(audience="internal")
    post.hear(known, post.event("registry.community.closed", at=now, ending="faded", into=[]))
    post.react(now)
    delivered(post)
    kinds = [json.loads(body)["type"] for _, body in receiver.got]
    assert kinds == ["registry.community.closed"]


def test_a_new_epoch_is_told_to_whoever_takes_anything_of_the_service(
    post: Notifications, receiver: Receiver
):
    subscribed(post, receiver, "registry.community.*")
    other = post.operator.post(
        "/webhooks", {"url": f"{receiver.url}/other", "types": ["scheduling.session.*"]}
    )
    assert other.status_code == 201, other.text
    now = post.service.clock.now()
    raised = {"epoch": 7, "reason": "republished", "continues_after": "registry-1-0-4"}
    post.hear(post.event("registry.platform.epoch-raised", "epo_1", at=now, **raised))
    post.react(now)
    delivered(post)
    kinds = [json.loads(body)["type"] for _, body in receiver.got]
    assert kinds == ["registry.platform.epoch-raised"]
    assert receiver.paths == ["/hook"]


def test_what_fails_is_sent_again_in_order_and_other_streams_of_it_wait_too(
    post: Notifications, receiver: Receiver
):
    made = subscribed(post, receiver, "registry.community.described")
    receiver.answer = lambda n: 500 if n == 1 else 204
    receiver.body = b"out of order " * 1000
    happen(post, "One", "Two")
    delivered(post)
    assert len(receiver.got) == 1
    failing = post.operator.get(f"/webhooks/{made['id']}").json
    assert failing["failing_since"] is not None
    log = post.operator.get(f"/webhooks/{made['id']}/deliveries").json["items"]
    assert (log[0]["status"], log[0]["outcome"]) == (500, "failed")
    assert len(log[0]["answer"]) == 1024
    make_due(post)
    delivered(post)
    names = [json.loads(body)["data"]["name"] for _, body in receiver.got]
    ids = [headers["webhook-id"] for headers, _ in receiver.got]
    assert names == ["One", "One", "Two"]
    assert ids[0] == ids[1] != ids[2]
    assert post.operator.get(f"/webhooks/{made['id']}").json["failing_since"] is None


def test_an_endpoint_that_hangs_delays_only_itself(
    post: Notifications, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(transport, "TOTAL_SECONDS", 3.0)
    with receiving(Receiver(pause=20)) as hanging:
        subscribed(post, hanging)
        subscribed(post, receiver, "registry.community.described")
        happen(post, "One", "Two", "Three")
        deliverer = Deliverer(post.service)
        began = time.monotonic()
        deliverer.step()
        await_that(lambda: len(receiver.got) == 3, 10)
        assert time.monotonic() - began < 2
        await_that(deliverer.idle, 10)
        assert time.monotonic() - began < 8
    assert len(hanging.got) == 1


def test_what_was_not_foreseen_is_an_attempt_that_failed(
    post: Notifications, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
):
    made = subscribed(post, receiver)

    def fail(*_: Any, **__: Any) -> None:
        raise RuntimeError("of our own")

    monkeypatch.setattr(transport, "post", fail)
    happen(post, "One")
    deliverer = Deliverer(post.service)
    for _ in range(3):
        deliverer.step()
        await_that(deliverer.idle, 30)
    log = post.operator.get(f"/webhooks/{made['id']}/deliveries").json["items"]
    assert [(entry["status"], entry["outcome"]) for entry in log] == [(None, "failed")]
    assert "RuntimeError" in log[0]["answer"]
    found = post.operator.get(f"/webhooks/{made['id']}").json
    assert found["failing_since"] is not None
    assert found["next_attempt"] > rfc3339(post.service.clock.now())
    answer = post.operator.post(f"/webhooks/{made['id']}/test")
    assert (answer.status_code, answer.json["outcome"]) == (200, "failed")


def test_an_endpoint_whose_attempts_cannot_be_recorded_is_left_alone_for_the_usual_pause(
    post: Notifications, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
):
    subscribed(post, receiver)
    happen(post, "One")

    def fail(*_: Any, **__: Any) -> None:
        raise RuntimeError("of our own")

    deliverer = Deliverer(post.service)
    with monkeypatch.context() as broken:
        broken.setattr(store, "log_attempt", fail)
        for _ in range(3):
            deliverer.step()
            await_that(deliverer.idle, 30)
    assert len(receiver.got) == 1
    deliverer.step()
    assert len(receiver.got) == 1
    later = property(lambda _: Clock(timedelta(minutes=1)))
    monkeypatch.setattr(type(post.service), "clock", later)
    deliverer.step()
    await_that(lambda: len(receiver.got) > 1, 30)
    await_that(deliverer.idle, 30)


@pytest.mark.parametrize(
    ("said", "least", "most"),
    [
        ("600", 600, 600),
        ("99999999999999999999", 86_400, 86_400),  # no more than a day
        ("0", 0, 7.5),
        ("soon", 0, 7.5),
        ("-5", 0, 7.5),
        ("Wed, 21 Oct 2015 07:28:00 GMT", 0, 7.5),
        ("Fri, 31 Dec 9999 23:59:59 GMT", 86_400, 86_400),
    ],
)
@pytest.mark.parametrize("status", [503, 429])
def test_an_endpoint_that_asks_to_be_left_alone_is(
    post: Notifications, receiver: Receiver, status: int, said: str, least: float, most: float
):
    made = subscribed(post, receiver)
    receiver.answer, receiver.retry_after = (lambda n: status), said
    before = post.service.clock.now()
    happen(post, "One")
    delivered(post)
    after = post.service.clock.now()
    found = post.operator.get(f"/webhooks/{made['id']}").json
    pause_until = parse_rfc3339(found["next_attempt"])
    assert before + timedelta(seconds=least) <= pause_until <= after + timedelta(seconds=most)


def test_410_disables_at_once_and_the_operators_are_told(post: Notifications, receiver: Receiver):
    with post.service.database.write() as connection:
        sql = f"INSERT INTO contacts (scope, person) VALUES ('operators', '{ADA}')"
        connection.exec_driver_sql(sql)
    made = subscribed(post, receiver)
    receiver.answer = lambda n: 410
    happen(post, "One")
    delivered(post)
    found = post.operator.get(f"/webhooks/{made['id']}").json
    assert (found["state"], found["reason"]) == ("disabled", "the endpoint answered 410 Gone")
    assert (ADA, "webhook-disabled", "queued", "") in post.ledger()
    happen(post, "Two")
    delivered(post)
    assert len(receiver.got) == 1


def test_five_days_of_failing_disable(post: Notifications, receiver: Receiver):
    made = subscribed(post, receiver)
    with post.service.database.read() as connection:
        webhook = store.by_id(connection, made["id"])
    assert webhook is not None
    failed = Attempt(500, 1, "", "failed")
    for days, state in ((4.9, "active"), (5.1, "disabled")):
        since = webhook._replace(failing_since=rfc3339(NOW - timedelta(days=days)))
        assert standing(since, failed, NOW).state == state


def test_what_was_not_taken_within_a_day_is_given_up(post: Notifications, receiver: Receiver):
    made = subscribed(post, receiver, "registry.community.described")
    receiver.answer = lambda n: 500
    happen(post, "One")
    with post.service.database.write() as connection:
        day_ago = rfc3339(post.service.clock.now() - timedelta(hours=25))
        connection.exec_driver_sql(f"UPDATE webhook_queue SET queued_at = '{day_ago}'")
    delivered(post)
    log = post.operator.get(f"/webhooks/{made['id']}/deliveries").json["items"]
    assert [entry["outcome"] for entry in log] == ["given up"]
    assert post.rows("SELECT * FROM webhook_queue") == []


def test_a_rotated_secret_signs_beside_the_former_one_for_a_day(
    post: Notifications, receiver: Receiver
):
    made = subscribed(post, receiver, "registry.community.described")
    rotated = post.operator.post(f"/webhooks/{made['id']}/rotation").json
    assert rotated["secret"] != made["secret"]
    happen(post, "One")
    delivered(post)
    for secret in (made["secret"], rotated["secret"]):
        assert len(receiver.verified(secret)) == 1
    with post.service.database.read() as connection:
        webhook = store.by_id(connection, made["id"])
    assert webhook is not None
    later = post.service.clock.now() + timedelta(hours=25)
    assert webhook.secrets(later) == [rotated["secret"]]


def test_a_test_event_says_what_came_of_it(post: Notifications, receiver: Receiver):
    made = subscribed(post, receiver)
    receiver.body, receiver.answer = b"thank you", lambda n: 200
    found = post.operator.post(f"/webhooks/{made['id']}/test").json
    assert (found["status"], found["answer"], found["outcome"]) == (200, "thank you", "delivered")
    (event,) = receiver.verified(made["secret"])
    assert event["type"] == "hedgerow.webhook.test"


def test_what_was_before_it_comes_by_a_replay_from_the_services_cursor(
    tmp_path: Path, receiver: Receiver
):
    with open_registry(f"sqlite:///{tmp_path}/registry.db", tmp_path) as registry:
        community = registry.operator.community("Falls")
        for stage in ("potential", "coalescing"):
            registry.operator.done(f"/communities/{community}/stage", stage=stage)
        port = free_port()
        server = make_server("127.0.0.1", port, registry.app, threaded=True)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        settings = {
            "WEBHOOKS_ALLOW_LOOPBACK": "1",
            "REGISTRY_URL": f"http://127.0.0.1:{port}",
        }
        url = f"sqlite:///{tmp_path}/post.db"
        with open_notifications(url, tmp_path, **settings) as post:
            made = subscribed(post, receiver)
            asked = {"service": "registry", "after": ""}
            answer = post.operator.post(f"/webhooks/{made['id']}/replay", asked)
            assert answer.status_code == 202
            replays = Replays(post.service)
            while replays.step():
                pass
            delivered(post)
            assert post.rows("SELECT * FROM webhook_replays") == []
        server.shutdown()
        server.server_close()
    kinds = [event["type"] for event in receiver.verified(made["secret"])]
    assert kinds == ["registry.community.registered"] + ["registry.community.stage-changed"] * 2


def test_types_are_names_or_patterns(post: Notifications, receiver: Receiver):
    assert matches("registry.community.closed", ["registry.community.*"])
    assert matches("registry.community.closed", ["registry.*"])
    assert not matches("registry.communityx.closed", ["registry.community.*"])
    assert is_pattern("*")
    for wrong in ("registry.*.closed", "Registry", "a..b", "registry.community*", ""):
        assert not is_pattern(wrong)
    answer = post.operator.post("/webhooks", {"url": receiver.url, "types": ["a.*.b"]})
    assert answer.status_code == 422


@pytest.mark.parametrize("pattern", ["registry.comunity.*", "registry.community.close", "weather"])
def test_a_pattern_that_no_event_type_can_match_is_named(
    post: Notifications, receiver: Receiver, pattern: str
):
    types = ["registry.community.*", pattern]
    answer = post.operator.post("/webhooks", {"url": receiver.url, "types": types})
    assert answer.status_code == 422
    assert pattern in answer.text
    made = subscribed(post, receiver, "*", "scheduling.*", "registry.community.closed")
    headers = {"If-Match": f'"{made["version"]}"'}
    at = f"/webhooks/{made['id']}"
    changed = post.operator.ask("PATCH", at, json={"types": [pattern]}, headers=headers)
    assert changed.status_code == 422


def test_a_subscription_is_changed_listed_and_ended(post: Notifications, receiver: Receiver):
    made = subscribed(post, receiver, description="Q's own list")
    at = f"/webhooks/{made['id']}"
    assert post.operator.patch(at, {"description": "Q"}).status_code == 428
    assert post.operator.changed(at, description="Q", state="disabled")["state"] == "disabled"
    assert post.operator.post(f"{at}/replay", {"service": "registry"}).status_code == 409
    assert post.operator.changed(at, state="active")["reason"] is None
    assert [item["id"] for item in post.operator.get("/webhooks").json["items"]] == [made["id"]]
    assert post.operator.ask("DELETE", at).status_code == 204
    assert post.operator.get(at).status_code == 404
    assert post.anyone.get("/webhooks").status_code == 401


def test_each_stream_is_in_order_whatever_else_comes(post: Notifications, receiver: Receiver):
    subscribed(post, receiver, "registry.community.described")
    for number in range(5):
        happen(post, f"A{number}")
        happen(post, f"B{number}", stream=FRAILTY)
    delivered(post)
    names = [json.loads(body)["data"]["name"] for _, body in receiver.got]
    assert [name for name in names if name[0] == "A"] == [f"A{n}" for n in range(5)]
    assert [name for name in names if name[0] == "B"] == [f"B{n}" for n in range(5)]
