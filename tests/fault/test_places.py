"""kill -9 amid releases and acceptances: no place is lost or given twice, no release is half."""

import random
import threading
import time
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from tests.platform import Platform
from tests.servers import PostgresServer

SEED, ROUNDS, PEOPLE, PLACES = 1, 3, 12, 5
_PATIENCE = 60  # seconds


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def platform(request: pytest.FixtureRequest, tmp_path: Any) -> Iterator[Platform]:
    """The registry and scheduling alone."""
    names, databases = [], {}
    if request.param == "postgres":
        server: PostgresServer = request.getfixturevalue("postgres")
        for service in ("registry", "scheduling"):
            names.append(f"hedgerow_{service}_{uuid.uuid4().hex}")
            databases[service] = server.create_database(names[-1])
    with Platform(
        tmp_path / "data", services=["registry", "scheduling"], databases=databases
    ) as found:
        yield found
    for name in names:
        server.drop_database(name)


class Team:
    """The programme team and its applicants, who ask again until they are answered."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self.scheduling = platform.client("scheduling")
        self.registry = platform.client("registry")
        self._community = self.ask(
            "POST", "/communities", self.registry, json={"name": "F", "domain": "Falls"}
        )["id"]
        self._people = [
            self.ask("POST", "/people", self.registry, json={"name": f"P{n}"})["id"]
            for n in range(PEOPLE)
        ]
        programme = {"template": "cop-leadership"}
        self._programme = self.ask("POST", "/programmes", json=programme)["id"]
        platform.await_caught_up()

    def ask(
        self, method: str, path: str, client: httpx.Client | None = None, **asked: Any
    ) -> dict[str, Any]:
        """The answer, once there is one; the same Idempotency-Key each time."""
        headers = {"Idempotency-Key": uuid.uuid4().hex} if method == "POST" else {}
        deadline = time.monotonic() + _PATIENCE
        while True:
            try:
                answer = (client or self.scheduling).request(method, path, headers=headers, **asked)
                if answer.status_code < 500 and "still being worked on" not in answer.text:
                    return dict(answer.json()) | {"status": answer.status_code}
            except httpx.TransportError:
                pass
            assert time.monotonic() < deadline, f"{method} {path} was never answered"
            time.sleep(0.05)

    def cohort(self) -> tuple[str, list[str]]:
        """A cohort with everybody's application decided: an offer for each."""
        body = {"programme": self._programme, "name": "W", "places": PLACES}
        cohort = self.ask("POST", "/cohorts", json=body)["id"]
        self.ask("POST", f"/cohorts/{cohort}/opening")
        found = []
        for person in self._people:
            application = {
                "person": person,
                "community": self._community,
                "eligibility": "q-member",
                "sponsor": {"name": "S", "email": "sponsor@s.example"},
            }
            made = self.ask("POST", f"/cohorts/{cohort}/applications", json=application)["id"]
            self.ask("POST", f"/applications/{made}/submission")
            self.ask("PUT", f"/applications/{made}/decision", json={"decision": "offer"})
            found.append(made)
        return cohort, found

    def states(self, cohort: str) -> list[str]:
        items = self.ask("GET", f"/cohorts/{cohort}/applications?limit=200")["items"]
        return [item["state"] for item in items]


class Killing:
    """Kills scheduling's web or worker after a moment, and starts it again."""

    def __init__(self, platform: Platform, chance: random.Random) -> None:
        self._platform, self._chance = platform, chance
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._thread.join()

    def _run(self) -> None:
        for _ in range(2):
            time.sleep(self._chance.uniform(0.005, 0.12))
            role = self._chance.choice(("scheduling web", "scheduling web", "scheduling worker"))
            self._platform.kill(role)
            self._platform.start(role)


@pytest.mark.timeout(240)
def test_kills_amid_releases_and_acceptances_lose_and_double_nothing(platform: Platform):
    team, chance = Team(platform), random.Random(SEED)
    for _ in range(ROUNDS):
        cohort, applications = team.cohort()
        with Killing(platform, chance):
            released = team.ask("POST", f"/cohorts/{cohort}/release")
        assert released["released"] == PEOPLE
        assert set(team.states(cohort)) == {"released"}
        with Killing(platform, chance), ThreadPoolExecutor(PEOPLE) as pool:
            answers = list(
                pool.map(
                    lambda key: team.ask("POST", f"/applications/{key}/acceptance")["status"],
                    applications,
                )
            )
        assert answers.count(200) == PLACES
        assert answers.count(409) == PEOPLE - PLACES
        assert team.states(cohort).count("accepted") == PLACES
    platform.await_caught_up()
    told = _events(team, "scheduling.application.decision-released")
    by_release: dict[str, int] = {}
    for event in told:
        by_release[event["correlationid"]] = by_release.get(event["correlationid"], 0) + 1
    assert list(by_release.values()) == [PEOPLE] * ROUNDS
    assert len(_events(team, "scheduling.application.accepted")) == PLACES * ROUNDS
    platform.await_well()


def _events(team: Team, kind: str) -> list[dict[str, Any]]:
    return list(team.ask("GET", f"/events?types={kind}&limit=1000")["events"])
