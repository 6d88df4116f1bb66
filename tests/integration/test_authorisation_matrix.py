"""Every route as every kind of caller, beside the hand-written tables in tests/authorisation."""

from collections.abc import Collection, Iterator
from pathlib import Path

import pytest
from flask import Flask

from tests.authorisation import registry as of_registry
from tests.authorisation.kinds import Callers, Who, expected, outcome
from tests.authorisation.page import PAGE, page
from tests.registry import open_registry

Table = dict[tuple[str, str], Collection[Who]]
# What every service has alike.
SHARED = {
    ("GET", "/health/live"): frozenset(Who),
    ("GET", "/health/ready"): frozenset(Who),
    ("GET", "/metrics"): frozenset(Who),
    ("GET", "/events"): frozenset(Who),
    ("GET", "/docs"): frozenset(Who),
    ("GET", "/openapi.json"): frozenset(Who),
    ("GET", "/pages/style.css"): frozenset(Who),
    ("GET", "/schemas/<event_type>/<int:version>"): frozenset(Who),
}
PLATFORM = {Who.OPERATOR, Who.OPERATOR_FOR, Who.GRANTED_OPERATOR, Who.SERVICE}
SHARED |= {
    ("GET", "/status"): PLATFORM,
    ("GET", "/rebuild"): PLATFORM,
    ("POST", "/rebuild"): PLATFORM,
    ("GET", "/dead-letters"): PLATFORM,
    ("POST", "/dead-letters/<int(max=2147483647):number>/<any(retry, discard):action>"): PLATFORM,
    ("GET", "/people/<person>/holdings"): PLATFORM,
    ("GET", "/people/<person>/reads"): PLATFORM | {Who.SELF},
}
NAMES = {"event_type": "registry.network.registered", "version": 1, "number": 1, "action": "retry"}
# A token that says nothing any more is refused even where no token is needed.
LAPSED = {Who.EXPIRED, Who.REVOKED, Who.SUSPENDED, Who.ERASED}


def routes(app: Flask) -> Iterator[tuple[str, str]]:
    for rule in app.url_map.iter_rules():
        for method in sorted((rule.methods or set()) - {"OPTIONS", "HEAD"}):
            yield method, rule.rule


def address(app: Flask, path: str, names: dict[str, str]) -> str:
    rule = next(rule for rule in app.url_map.iter_rules() if rule.rule == path)
    built = rule.build({n: (names | NAMES)[n] for n in rule.arguments})
    assert built is not None
    return str(built[1])


def differences(
    app: Flask, table: Table, names: dict[str, str], callers: Callers
) -> tuple[int, list[str]]:
    """How many calls were made, and each that came out otherwise than the table has it."""
    made, found = 0, []
    for (method, path), allowed in sorted(table.items(), key=_last_deletes):
        for who in sorted(callers, key=lambda who: who is not Who.SELF):
            answer = callers[who].ask(method, address(app, path, names))
            wanted = "401" if who in LAPSED else expected(who, allowed)
            came = outcome(answer.status_code)
            made += 1
            if came != wanted:
                found.append(f"{method} {path} as {who}: {came}, not {wanted}")
    return made, found


def _last_deletes(row: tuple[tuple[str, str], Collection[Who]]) -> tuple[bool, int, str, str]:
    """What takes somebody away comes after what asks who they are, and what takes something of
    theirs before that."""
    (method, path), _ = row
    deletes = method == "DELETE"
    return deletes, -path.count("/") if deletes else 0, path, method


@pytest.fixture
def registry_world(tmp_path: Path):
    with open_registry(f"sqlite:///{tmp_path / 'registry.db'}", tmp_path) as registry:
        yield registry.app, *of_registry.world(registry)


def test_every_route_of_the_registry_is_in_the_table(registry_world):
    app, _, _ = registry_world
    assert set(routes(app)) == set(of_registry.TABLE | SHARED)


def test_every_route_of_the_registry_lets_in_whom_the_table_says(registry_world):
    app, names, callers = registry_world
    made, wrong = differences(app, of_registry.TABLE | SHARED, names, callers)
    assert not wrong, "\n".join(wrong)
    assert made == len(callers) * len(of_registry.TABLE | SHARED)


def test_the_documents_have_the_policies_as_they_are():
    assert PAGE.read_text(encoding="utf-8") == page(), "run `python -m tests.authorisation`"
