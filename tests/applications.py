"""Applications in tests: a registry at hand, and applications at each step to a place."""

from dataclasses import dataclass, field
from typing import Any

import pytest
from werkzeug.test import TestResponse

from services.scheduling import registry_client
from shared.identifiers import derived_id
from tests.scheduling import Scheduling

SPONSOR = {"name": "Lin", "email": "lin@trust.example"}
COMPLETE = {
    "eligibility": {"q_member": True, "text": "I joined Q in 2016"},
    "priority": {"spans_organisations": True},
    "sponsor": SPONSOR,
}


@dataclass
class People:
    """A registry that gives everybody with an address an id; `asked` is whom it was handed."""

    asked: list[dict[str, Any]] = field(default_factory=list)

    def add(self, _settings: Any, person: dict[str, Any], _purpose: str, _until: Any) -> str:
        self.asked.append(person)
        return derived_id("per", person["email"])

    def has(self, _settings: Any, person: str, email: str) -> bool:
        return person == derived_id("per", email)

    @property
    def addresses(self) -> list[str]:
        return [person["email"] for person in self.asked]


def registry_at_hand(monkeypatch: pytest.MonkeyPatch) -> People:
    found = People()
    monkeypatch.setattr(registry_client, "add_person", found.add)
    monkeypatch.setattr(registry_client, "has_address", found.has)
    monkeypatch.setattr(registry_client, "names", lambda *_: {})
    return found


def open_cohort(scheduling: Scheduling, **fields: Any) -> str:
    cohort = str(scheduling.cohort(**fields)["id"])
    scheduling.operator.done(f"/cohorts/{cohort}/opening")
    return cohort


def draft(scheduling: Scheduling, cohort: str, name: str = "Ada", **fields: Any) -> Any:
    person, community = scheduling.person(name), scheduling.community("Falls")
    body = {"person": person, "community": community, **COMPLETE} | fields
    return scheduling.operator.made(f"/cohorts/{cohort}/applications", **body)


def submitted(scheduling: Scheduling, cohort: str, name: str = "Ada") -> str:
    made = str(draft(scheduling, cohort, name)["id"])
    scheduling.operator.done(f"/applications/{made}/submission")
    return made


def decide(scheduling: Scheduling, application: str, decision: str, reason: str = "x") -> Any:
    body = {"decision": decision, "reason": reason}
    path = f"/applications/{application}/decision"
    answer = scheduling.operator.ask("PUT", path, json=body)
    assert answer.status_code == 200, answer.text
    return answer.json


def seen_by_team(scheduling: Scheduling, application: str) -> Any:
    return scheduling.operator.get(f"/applications/{application}").json


def own_link(scheduling: Scheduling, application: str) -> str:
    return local(scheduling.operator.made(f"/applications/{application}/link")["url"])


def sponsor_link(scheduling: Scheduling, application: str) -> str:
    return local(scheduling.operator.get(f"/applications/{application}/sponsor-link").json["url"])


def form(scheduling: Scheduling, path: str, **fields: str) -> TestResponse:
    return scheduling.anyone.ask("POST", path, data=fields)


def local(url: str) -> str:
    return url.removeprefix("http://localhost")
