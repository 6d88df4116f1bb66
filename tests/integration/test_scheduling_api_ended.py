"""What ends: a cohort that has finished, and people who are erased while theirs goes on."""

from datetime import timedelta
from typing import Any

import pytest

from services.scheduling import registry_client
from services.scheduling.applying import lapse_offers
from services.scheduling.passing_time import move_cohorts_on
from shared.identifiers import derived_id
from tests.integration.test_scheduling_api_applications import (
    draft,
    offered,
    open_cohort,
    state,
    submitted,
)
from tests.scheduling import Scheduling


@pytest.fixture(autouse=True)
def _registry(monkeypatch: pytest.MonkeyPatch) -> None:
    def add(_settings: Any, person: dict[str, Any], *_: Any) -> str:
        return derived_id("per", person["email"])

    monkeypatch.setattr(registry_client, "add_person", add)


def finish(scheduling: Scheduling, cohort: str) -> None:
    """All sessions of the cohort are over, and time has told."""
    scheduling.operator.done(f"/cohorts/{cohort}/closing")
    move_cohorts_on(scheduling.service, scheduling.service.clock.now())
    assert scheduling.anyone.get(f"/cohorts/{cohort}").json["state"] == "finished"


OVER = [{"kind": "module", "number": 1, "date": "2026-02-28"}]


def test_a_finished_cohort_offers_and_takes_nothing_more(scheduling: Scheduling):
    cohort = open_cohort(scheduling, places=2, sessions=OVER)
    undecided, begun = submitted(scheduling, cohort, "Di"), draft(scheduling, cohort, "Ed")["id"]
    took, asked, waits = offered(scheduling, cohort, "Ada", "Bo", "Cy", places=2)
    scheduling.operator.done(f"/applications/{took}/acceptance")
    finish(scheduling, cohort)
    now = scheduling.service.clock.now()
    lapse_offers(scheduling.service, now + timedelta(days=90))
    move_cohorts_on(scheduling.service, now + timedelta(days=90))
    assert [state(scheduling, key) for key in (took, asked)] == ["accepted", "lapsed"]
    scheduling.operator.changed(f"/cohorts/{cohort}", places=9)
    scheduling.operator.done(f"/applications/{took}/withdrawal")
    assert scheduling.operator.get(f"/applications/{waits}").json["decision"] == "waiting-list"
    assert scheduling.operator.post(f"/applications/{asked}/acceptance").status_code == 409
    late = {"late_reason": "Their post was late"}
    body = late | {"person": scheduling.person("Fi")}
    decision = {"decision": "offer"}
    refused = (
        scheduling.operator.post(f"/cohorts/{cohort}/applications", body),
        scheduling.operator.post(f"/applications/{begun}/submission", late),
        scheduling.operator.ask("PUT", f"/applications/{undecided}/decision", json=decision),
    )
    for answer in refused:
        assert (answer.status_code, "finished" in answer.json["detail"]) == (409, True)
    told = [e["type"] for e in scheduling.operator.events()]
    assert told.count("scheduling.application.offer-lapsed") == 1
    assert "scheduling.application.place-offered" not in told
