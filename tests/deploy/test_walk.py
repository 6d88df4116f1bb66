"""The operator's walk: configure, up, and what a laptop does, over PostgreSQL, Kafka and SMTP."""

import datetime
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx

from shared.settings import SERVICES
from tests.deploy.deployment import JOBS, Deployment
from tests.e2e.platform import write_list
from tests.mail_servers import Mailbox
from tests.servers import await_that

FOLLOWED = "follow-this-one"
HEDGEROW = str(Path(sys.executable).parent / "hedgerow")


def test_it_comes_up_healthy_within_ninety_seconds(deployment: Deployment) -> None:
    assert deployment.seconds_up < 90
    roles = {
        c["Config"]["Labels"]["com.docker.compose.service"]: c for c in deployment.containers()
    }
    for job in JOBS:
        assert roles.pop(job)["State"]["ExitCode"] == 0
    assert {f"{service}-{role}" for service in SERVICES for role in ("web", "worker")} < set(roles)
    assert {c["State"]["Health"]["Status"] for c in roles.values()} == {"healthy"}


def test_an_import_is_found_and_related_in_the_deployment(
    deployment: Deployment, tmp_path: Path
) -> None:
    write_list(tmp_path / "list.jsonl", 60)
    done = deployment.hedgerow("import", "list.jsonl", "--source", "walk", cwd=tmp_path)
    assert "60 new" in done.stdout, done.stdout + done.stderr
    deployment.await_well()
    found = deployment.get("discovery", "/search", q="stroke")["items"]
    related = deployment.get("discovery", f"/communities/{found[0]['id']}/related")["items"]
    assert related[0]["reasons"]


def test_a_cohort_is_planned_by_the_template(deployment: Deployment) -> None:
    scheduling = deployment.client("scheduling")
    made = scheduling.post("/programmes", json={"template": "cop-leadership"})
    assert made.status_code == 201, made.text
    plan = scheduling.post(
        f"{made.headers['Location']}/plan", json={"first_module": "2027-01-18"}
    ).json()
    assert len(plan["sessions"]) == 11


def test_who_is_asked_to_a_meeting_hears_by_mail_that_it_has_moved(
    deployment: Deployment, mailbox: Mailbox
) -> None:
    community = community_with_convener(deployment, "ada@example.org")
    session = meeting(deployment, community, days=30)
    deployment.await_well()  # notifications has heard who the convener is, and of the meeting
    mailbox.arrived.clear()
    moved = deployment.client("scheduling").patch(
        f"/sessions/{session}",
        json={"date": day(31), "reason": "The room is not free"},
        headers={"If-Match": "*"},
    )
    assert moved.status_code == 200, moved.text
    await_that(lambda: mailbox.to("ada@example.org"), 30)
    message = mailbox.to("ada@example.org")[0]
    assert str(message["From"]).endswith("<hedgerow@wessex.example>")
    assert "https://hedgerow.example/notifications/" in message["List-Unsubscribe"]


def test_status_says_the_same_inside_and_outside(deployment: Deployment) -> None:
    ports = {f"HEDGEROW_{s.upper()}_PORT": str(port) for s, port in deployment.ports.items()}
    environ = {"PATH": os.environ["PATH"], "HEDGEROW_OPERATOR_TOKEN": deployment.token} | ports
    outside = subprocess.run(
        [HEDGEROW, "status"], env=environ, capture_output=True, text=True, check=False
    )
    inside = deployment.hedgerow("status")
    for said in (outside, inside):
        assert said.returncode == 0, said.stdout + said.stderr
        assert "All is well." in said.stdout


def test_one_command_is_followed_by_its_correlation_id_from_request_to_mail(
    deployment: Deployment, mailbox: Mailbox
) -> None:
    community = community_with_convener(deployment, "bea@example.org")
    session = meeting(deployment, community, days=40)
    deployment.await_well()
    mailbox.arrived.clear()
    deployment.client("scheduling").post(
        f"/sessions/{session}/cancellation",
        json={"reason": "The room is not free"},
        headers={"X-Correlation-ID": FOLLOWED},
    ).raise_for_status()
    await_that(lambda: mailbox.to("bea@example.org"), 30)
    await_that(lambda: _logged(deployment, FOLLOWED) == {"edge", "scheduling", "notifications"})
    queued = f"SELECT stream_id FROM events WHERE correlation_id = '{FOLLOWED}'"
    sql = f"SELECT DISTINCT type FROM events WHERE stream_id IN ({queued})"
    assert ["notifications.delivery.sent"] in deployment.rows("notifications", sql)


def test_every_job_may_run_twice_and_at_once(deployment: Deployment) -> None:
    def run(job: str) -> subprocess.CompletedProcess[str]:
        return deployment.compose("run", "--rm", "--no-deps", "-T", job)

    with ThreadPoolExecutor(6) as pool:
        for done in pool.map(run, ["databases", "migrate", "topics"] * 2):
            assert done.returncode == 0, done.stdout + done.stderr


def test_read_models_are_rebuilt_by_a_role_with_the_least_rights(deployment: Deployment) -> None:
    for service in ("registry", "discovery"):
        done = deployment.hedgerow("rebuild", service)
        assert done.returncode == 0, done.stdout + done.stderr


def test_the_operators_token_is_changed_without_a_stop(deployment: Deployment) -> None:
    old = deployment.token
    started = {c["Id"]: c["State"]["StartedAt"] for c in deployment.containers("registry-web")}
    assert deployment.configure("--new-operator-token").returncode == 0
    new = deployment.token
    assert new != old
    for token in (old, new):
        assert _status(deployment, token) == 200
    assert deployment.configure("--forget-old-operator-token").returncode == 0
    await_that(lambda: (_status(deployment, old), _status(deployment, new)) == (401, 200), 5)
    now = {c["Id"]: c["State"]["StartedAt"] for c in deployment.containers("registry-web")}
    assert now == started
    deployment.forget_clients()


def _status(deployment: Deployment, token: str) -> int:
    url = f"http://127.0.0.1:{deployment.ports['registry']}/status"
    return httpx.get(url, headers={"Authorization": f"Bearer {token}"}).status_code


def community_with_convener(deployment: Deployment, email: str) -> str:
    registry = deployment.client("registry")
    person = made(registry.post("/people", json={"name": "Ada", "email": email}))
    body: dict[str, Any] = {
        "name": f"Circle of {email.partition('@')[0]}",
        "domain": "Falls in care homes",
    }
    community = made(registry.post("/communities", json=body))
    body = {"person": person, "role": "convener", "from": "2026-01-01"}
    registry.post(f"/communities/{community}/roles", json=body).raise_for_status()
    return community


def meeting(deployment: Deployment, community: str, days: int) -> str:
    deployment.await_well()  # scheduling has heard of the community
    body = {
        "kind": "community-meeting",
        "communities": [community],
        "title": "Spring meeting",
        "date": day(days),
        "start": "10:00",
        "end": "12:00",
        "zone": "Europe/London",
        "modality": "in-person",
        "place": "The library",
    }
    return made(deployment.client("scheduling").post("/sessions", json=body))


def made(answer: httpx.Response) -> str:
    assert answer.status_code == 201, answer.text
    made: str = answer.json()["id"]
    return made


def day(ahead: int) -> str:
    return (datetime.datetime.now(datetime.UTC).date() + datetime.timedelta(ahead)).isoformat()


def _logged(deployment: Deployment, correlation: str) -> set[str]:
    """The services whose logs tell of it."""
    lines = deployment.compose("logs", "--no-color", "--no-log-prefix").stdout.splitlines()
    return {
        service
        for service in ("edge", *SERVICES)
        for line in lines
        if correlation in line and f'"service":"{service}"' in line.replace('": "', '":"')
    }
