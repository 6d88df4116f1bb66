"""The example's year and its links, told to the services as `make run` does."""

from collections import Counter
from datetime import UTC, datetime
from typing import Any

import pytest

from hedgerow.example_links import LinksBetween
from hedgerow.example_year import OPEN, Year
from hedgerow.landscape import KINDS, example
from hedgerow.service import Refused
from services.scheduling import registry_client
from services.scheduling.passing_time import move_cohorts_on, review_standings
from shared.identifiers import derived_id
from tests.discovery import Discovery
from tests.scheduling import Scheduling


class Direct:
    """The command line's view of a service, without a network between."""

    def __init__(self, service: Scheduling | Discovery) -> None:
        self._caller = service.operator
        self._anyone = service.anyone

    def ask(self, method: str, path: str, **asked: Any) -> Any:
        answer = self._caller.ask(method, path, **asked)
        if answer.status_code >= 400:
            raise Refused(f"{answer.text}", answer.status_code)
        return answer.json

    def press(self, path: str, fields: dict[str, str]) -> None:
        assert self._anyone.ask("POST", path, data=fields).status_code == 200


def test_the_year_has_cohorts_applications_and_meetings_of_every_kind(
    scheduling: Scheduling, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(
        registry_client, "add_person", lambda _s, person, *_: derived_id("per", person["email"])
    )
    monkeypatch.setattr(registry_client, "names", lambda *_: {})
    ids = {}
    landscape = example()
    for kind, tell in (("people", scheduling.person), ("communities", scheduling.community)):
        assert kind in KINDS
        for item in landscape[kind]:
            ids[kind, item["key"]] = tell(item["key"])
    today = datetime.now(UTC).date()
    year = Year(Direct(scheduling), ids, today, lambda _: None)  # type: ignore[arg-type]
    done = list(year.run())
    assert done[-1][0] == done[-1][1]
    count = len(scheduling.operator.events())
    list(year.run())
    assert len(scheduling.operator.events()) == count

    now = scheduling.service.clock.now()
    move_cohorts_on(scheduling.service, now)
    review_standings(scheduling.service, now)
    cohorts = scheduling.anyone.get("/cohorts").json["items"]
    assert sorted(c["state"] for c in cohorts) == ["finished", "open"]
    opened = next(c["id"] for c in cohorts if c["state"] == "open")
    found = scheduling.operator.get(f"/cohorts/{opened}/applications").json["items"]
    states = {(a["state"], a["decision"]) for a in found}
    assert len(states) == len(OPEN)
    sessions = scheduling.anyone.get("/sessions?kind=community-meeting&limit=200").json["items"]
    assert {s["state"] for s in sessions} == {"planned", "postponed", "cancelled"}
    assert any(s["joint"] for s in sessions)
    finished = next(c["id"] for c in cohorts if c["state"] == "finished")
    participants = scheduling.operator.get(f"/cohorts/{finished}/participants").json["items"]
    assert len(participants) == 6
    assert any(p["modules"]["done"] == 5 for p in participants)
    standings = scheduling.anyone.get("/rhythm").json["items"]
    assert {s["standing"] for s in standings} == {"as-usual"}


def test_the_links_are_agreed_proposed_and_ended_and_told_once(discoverer: Discovery):
    communities = example()["communities"]
    ids = {("communities", c["key"]): discoverer.community(c["key"]) for c in communities}
    links = LinksBetween(Direct(discoverer), ids, lambda _: None)  # type: ignore[arg-type]
    done = list(links.run())
    assert done[-1][0] == done[-1][1]
    assert Counter(link["state"] for link in discoverer.links()) == {
        "accepted": 3,
        "proposed": 1,
        "ended": 1,
    }
    count = len(discoverer.told())
    list(links.run())
    assert len(discoverer.told()) == count
