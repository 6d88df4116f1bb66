"""The walk that a newcomer takes, from the first start to the next one, with the real commands."""

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.e2e.platform import Platform, deployment, write_list
from tests.servers import await_that

pytestmark = pytest.mark.timeout(240)


@pytest.fixture(scope="module", params=["embedded", "deployed"])
def platform(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Platform]:
    """On SQLite and feeds; and the same over PostgreSQL and Kafka."""
    settings = {}
    if request.param == "deployed":
        servers = map(request.getfixturevalue, ("kafka", "postgres"))
        settings = deployment(*servers)
    found = Platform(tmp_path_factory.mktemp(request.param) / "var", **settings)
    yield found
    found.end()


def test_the_first_start_loads_an_example_landscape_and_says_how_to_begin(
    platform: Platform,
) -> None:
    platform.start()
    assert "Try in another terminal" in platform.said()
    assert "Loaded an example landscape" in platform.said()
    platform.caught_up()
    found = platform.get("discovery", "/search", q="falls in care homes")
    assert found["items"][0]["reasons"]


def test_the_examples_year_has_applications_calendars_and_participants(platform: Platform) -> None:
    cohorts = platform.get("scheduling", "/cohorts")["items"]
    opened = next(cohort for cohort in cohorts if cohort["state"] == "open")
    url = platform.url("scheduling", f"/cohorts/{opened['id']}")
    token = (platform.data / "operator_token").read_text().strip()
    client = httpx.Client(headers={"Authorization": f"Bearer {token}"})
    applications = client.get(f"{url}/applications").json()["items"]
    assert len({(a["state"], a["decision"]) for a in applications}) == 10
    feed = httpx.get(f"{url}/calendar.ics")
    assert feed.text.count("BEGIN:VEVENT") == len(opened["sessions"]) == 11
    etag = {"If-None-Match": feed.headers["ETag"]}
    assert httpx.get(f"{url}/calendar.ics", headers=etag).status_code == 304
    session = platform.url("scheduling", f"/sessions/{opened['sessions'][0]['id']}")
    body = {"date": opened["sessions"][1]["date"], "reason": "The room is not free"}
    moved = client.patch(session, json=body, headers={"If-Match": "*"})
    assert moved.json()["sequence"] == 1
    assert {w["code"] for w in moved.json()["warnings"]} <= {"clash"}
    again = httpx.get(f"{url}/calendar.ics", headers=etag)
    assert again.status_code == 200
    assert "SEQUENCE:1" in again.text
    last = next(cohort for cohort in cohorts if cohort["id"] != opened["id"])
    table = client.get(platform.url("scheduling", f"/cohorts/{last['id']}/participants.csv"))
    assert len(table.text.splitlines()) == 7


def test_a_registered_community_is_found_and_related_to_others_with_reasons(
    platform: Platform,
) -> None:
    answer = platform.post(
        "/communities",
        {
            "name": "Steady in Wessex",
            "domain": "We share what works in falls prevention in care homes.",
            "topics": ["frailty", "medication"],
            "region": "Wessex",
            "networks": ["Wessex AHSN"],
        },
    )
    assert answer.status_code == 201, answer.text
    assert answer.headers["ETag"] == '"1"'
    community = answer.headers["Location"].removeprefix("/communities/")
    related = platform.url("discovery", f"/communities/{community}/related")
    await_that(lambda: httpx.get(related).status_code == 200, 5)
    items = httpx.get(related, params={"scope": "other-networks"}).json()["items"]
    assert "Yorkshire" in items[0]["name"]
    assert "Shared topics: frailty, medication" in items[0]["reasons"]
    assert items[0]["region"] == "Yorkshire"
    assert items[0]["level"] == "close"
    found = platform.get("discovery", "/search", q="Steady in Wessex")["items"]
    assert found[0]["id"] == community


def test_a_link_is_accepted_from_the_letter_that_proposes_it(platform: Platform) -> None:
    person = {"name": "Ada Lovelace", "email": "ada.lovelace@people.example"}
    ada = platform.post("/people", person).json()["id"]
    one, other = (
        platform.post("/communities", {"name": name, "domain": "Hedges"}).json()["id"]
        for name in ("Hazel", "Hawthorn")
    )
    role = {"person": ada, "role": "convener", "from": "2020-01-01"}
    assert platform.post(f"/communities/{other}/roles", role).status_code == 201
    platform.caught_up()
    at, body = platform.url("discovery", "/links"), {"from": one, "to": other, "purpose": "Meet"}
    made = httpx.post(at, json=body, headers=platform.token)
    assert made.status_code == 201, made.text

    def letters() -> list[str]:
        items = platform.get("notifications", "/outbox")["items"]
        return [item["id"] for item in items if "Hazel would like" in item["subject"]]

    await_that(lambda: len(letters()) == 1, 20)
    text = platform.get("notifications", f"/outbox/{letters()[0]}")["text"]
    page = next(word for word in text.split() if "/link/" in word)
    assert "Will you link Hawthorn with Hazel?" in httpx.get(page).text
    assert httpx.get(f"{at}?community={one}").json()["items"] == []
    assert "are linked" in httpx.post(page, data={"answer": "accept"}).text
    (link,) = httpx.get(f"{at}?community={one}").json()["items"]
    assert (link["id"], link["state"]) == (made.json()["id"], "accepted")


def test_an_import_reports_and_a_repeated_one_changes_nothing(
    platform: Platform, tmp_path: Path
) -> None:
    good, broken = write_list(tmp_path / "good.jsonl", 300), tmp_path / "broken.jsonl"
    write_list(broken, 300, broken=17)
    first = platform.run("import", str(good))
    assert first.returncode == 0, first.stderr
    assert "300 new" in first.stdout
    head = platform.get("registry", "/status")["head"]
    assert "300 unchanged" in platform.run("import", str(good)).stdout
    assert platform.get("registry", "/status")["head"] == head
    last = platform.run("import", str(broken))
    assert last.returncode == 0
    assert "299 unchanged, 1 refused" in last.stdout
    assert "line 17: domain: is required" in last.stdout + last.stderr
    platform.caught_up()


def test_status_says_that_all_is_well_and_how_far_each_service_is(platform: Platform) -> None:
    done = platform.run("status")
    assert done.returncode == 0, done.stdout
    assert "All is well." in done.stdout
    assert "discovery follows registry" in done.stdout


def test_a_rebuild_gives_the_same_answers(platform: Platform) -> None:
    before = platform.get("registry", "/communities", limit=200, sort="name")
    found = platform.get("discovery", "/search", q="frailty", limit=100)
    links = platform.get("discovery", "/links")
    assert [link["state"] for link in links["items"]].count("accepted") == 4
    for service in ("registry", "discovery"):
        done = platform.run("rebuild", service)
        assert done.returncode == 0, done.stdout + done.stderr
    platform.caught_up()
    assert platform.get("registry", "/communities", limit=200, sort="name") == before
    assert platform.get("discovery", "/links") == links
    again = platform.get("discovery", "/search", q="frailty", limit=100)
    assert [i["id"] for i in again["items"]] == [i["id"] for i in found["items"]]


@pytest.mark.parametrize(
    ("service", "role"), [("registry", "web"), ("discovery", "worker"), ("discovery", "web")]
)
def test_a_process_that_dies_is_started_again_and_said_so(
    platform: Platform, service: str, role: str
) -> None:
    os.kill(platform.pid(service, role), signal.SIGKILL)
    await_that(lambda: f"{service} {role} ended (by signal SIGKILL)" in platform.said(), 10)
    answer = None

    def registered() -> bool:
        nonlocal answer
        try:
            answer = platform.post("/communities", {"name": f"After {role}", "domain": "Return"})
        except httpx.HTTPError:
            return False
        return answer.status_code == 201

    await_that(registered, 20)
    platform.caught_up()
    found = platform.get("discovery", "/search", q=f"After {role}")
    assert answer is not None
    assert answer.json()["id"] in {item["id"] for item in found["items"]}


def test_a_second_start_on_the_same_data_is_refused_in_plain_words(platform: Platform) -> None:
    second = platform.run("up")
    assert second.returncode == 1
    assert "in use by another `hedgerow up`" in second.stderr
    assert "Traceback" not in second.stderr


def test_ctrl_c_stops_everything_and_the_next_start_has_all_the_data(platform: Platform) -> None:
    before = platform.get("registry", "/status")["events"]
    follower = httpx.Client(timeout=30)
    assert platform.stop() < 10, platform.said()
    follower.close()
    assert "Stopped everything" in platform.said()
    for service in platform.ports:
        with pytest.raises(httpx.HTTPError):
            httpx.get(platform.url(service, "/health/live"), timeout=1)
    platform.start()
    assert "Loaded an example" not in platform.said()
    assert platform.get("registry", "/status")["events"] == before
    platform.caught_up()
    assert platform.stop(signal.SIGTERM) < 10


def test_wrong_settings_are_all_listed_and_nothing_starts(tmp_path: Path) -> None:
    wrong = Platform(tmp_path / "var", HEDGEROW_WEB_THREADS="many", HEDGEROW_CLOCK_OFFSET="soon")
    began = time.monotonic()
    refused = wrong.run("up")
    assert refused.returncode == 2
    assert "HEDGEROW_WEB_THREADS" in refused.stderr
    assert "HEDGEROW_CLOCK_OFFSET" in refused.stderr
    assert time.monotonic() - began < 10
