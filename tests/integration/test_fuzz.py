"""No request, however odd, is answered by a 5xx: every operation of every service is tried."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from services.scheduling import registry_client
from shared.clock import Clock
from shared.settings import SERVICES
from shared.web.signer import sign
from tests.discovery import open_discovery
from tests.fuzzing import Fuzzed, form_fields, fuzz
from tests.notifications import ADA, FALLS, open_notifications
from tests.registry import Caller, every_command, open_registry
from tests.scheduling import open_scheduling

# Examples of each operation. More, and others each time: HEDGEROW_FUZZ=300; over PostgreSQL with
# HEDGEROW_FUZZ_DATABASE=postgres.
EXAMPLES = int(os.environ.get("HEDGEROW_FUZZ", "0"))
_BOUNDED = 8
Open = Callable[[str, Path], "contextmanager[Fuzzed]"]


def _signed(caller: Caller, *links: tuple[str, str]) -> list[str]:
    service = caller.app.extensions["hedgerow"]
    expires = Clock().now() + timedelta(days=1)
    return [sign(service.settings.secret, what, subject, 1, expires) for what, subject in links]


@contextmanager
def _registry(url: str, folder: Path) -> Iterator[Fuzzed]:
    others = {f"{name}_URL": "http://127.0.0.1:1" for name in ("SCHEDULING", "NOTIFICATIONS")}
    with open_registry(url, folder, **others, DISCOVERY_URL="http://127.0.0.1:1") as found:
        yield Fuzzed(found.operator, found.anyone, list(every_command(found.operator).values()), [])


@contextmanager
def _scheduling(url: str, folder: Path) -> Iterator[Fuzzed]:
    with open_scheduling(url, folder, REGISTRY_URL="http://127.0.0.1:1") as found:
        community, person = found.community(), found.person()
        found.role(community, person)
        meeting = found.meeting(community)["id"]
        series = found.meeting(community, repeat="FREQ=WEEKLY;COUNT=3")
        cohort = found.cohort()
        found.operator.done(f"/cohorts/{cohort['id']}/opening")
        application = found.operator.made(
            f"/cohorts/{cohort['id']}/applications", person=person, community=community
        )["id"]
        signed = _signed(
            found.operator,
            *(("application", application), ("sponsor", application), ("calendar", person)),
            *(("reply", f"{meeting} {person}"), ("guest", f"{meeting} {person}")),
        )
        pool = [community, person, meeting, cohort["id"], cohort["programme"], application]
        yield Fuzzed(found.operator, found.anyone, [*pool, str(series.get("series"))], signed)


@contextmanager
def _notifications(url: str, folder: Path) -> Iterator[Fuzzed]:
    with open_notifications(url, folder, REGISTRY_URL="http://127.0.0.1:1") as found:
        found.landscape()
        found.session()
        found.tell("registry.community.closed", ending="faded", into=[])
        signed = _signed(
            found.operator,
            *(("preferences", ADA), ("unsubscribe", f"{ADA} community {FALLS}")),
            ("unsubscribe", f"{ADA} everything "),
        )
        pool = [ADA, FALLS, "net_" + "1" * 20, "com_" + "1" * 20, "registry.community.*"]
        yield Fuzzed(found.operator, found.anyone, pool, signed)


@contextmanager
def _discovery(url: str, folder: Path) -> Iterator[Fuzzed]:
    with open_discovery(url, folder) as found:
        falls, frailty = found.community(), found.community("Frailty")
        person = found.convener(falls)
        link = found.proposal(falls, frailty)
        found.follower.catch_up(found.service.database)
        signed = _signed(found.operator, ("link", f"{link} {person}"))
        yield Fuzzed(found.operator, found.anyone, [falls, frailty, person, link, "falls"], signed)


OPENED: dict[str, Open] = {
    "registry": _registry,
    "scheduling": _scheduling,
    "notifications": _notifications,
    "discovery": _discovery,
}


@pytest.mark.parametrize("service", SERVICES)
def test_no_request_is_answered_by_a_5xx(
    service: str, fuzzed_database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(registry_client, "names", lambda *_: {})
    with OPENED[service](fuzzed_database, tmp_path) as target:
        target.forms = form_fields(service)
        failures = fuzz(target, EXAMPLES or _BOUNDED, repeatable=not EXAMPLES)
        assert not failures, "\n".join(failures)
        assert target.asked > 200
        assert target.statuses.get(200, 0) > 20  # not everything is refused at the door


@pytest.fixture
def fuzzed_database(tmp_path: Path, request: pytest.FixtureRequest) -> str:
    if os.environ.get("HEDGEROW_FUZZ_DATABASE") == "postgres":
        return str(request.getfixturevalue("postgres_url"))
    return f"sqlite:///{tmp_path}/fuzzed.db"
