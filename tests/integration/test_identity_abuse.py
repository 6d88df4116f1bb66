"""What might be tried at signing in: guessing, replaying, finding out who is here, wrong clocks,
keys that change meanwhile."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from services.registry.identity.sign_ins import handlers, queries
from services.registry.identity.tokens.api import SESSION_GRANT
from shared.clock import Clock
from shared.connection import Connection
from shared.http.token_keys import RegistryKeys
from shared.link_renewals import PURPOSES
from shared.web.app import create_app
from tests.registry import Caller, Registry, at_once, open_registry, session_of
from tests.scheduling import Scheduling, open_scheduling

ADA = "ada@people.example"
PRIVACY = Path(__file__).parents[2] / "docs/privacy.md"


@pytest.fixture
def registry(database_url: str, tmp_path: Path) -> Iterator[Registry]:
    with open_registry(database_url, tmp_path) as found:
        yield found


def ask(registry: Registry, email: str = ADA) -> str:
    answer = registry.anyone.post("/sign-ins", {"email": email})
    assert answer.status_code == 202, answer.text
    return str(answer.json["sign_in"])


def code_of(registry: Registry, sign_in: str) -> str:
    return handlers.code(registry.service.settings.secret.value, sign_in)


def wrong_code(registry: Registry, sign_in: str) -> str:
    return "000000" if code_of(registry, sign_in) != "000000" else "000001"


def link_of(registry: Registry, sign_in: str) -> str:
    with registry.service.database.read() as connection:
        pending = queries.by_id(connection, sign_in)
    assert pending is not None
    return handlers.link(registry.service.settings.secret, pending)


def typed(registry: Registry, sign_in: str, code: str, name: str = "Ada") -> Any:
    body = {"code": code, "name": name}
    return registry.anyone.post(f"/sign-ins/{sign_in}/completion", body)


def opened(registry: Registry, signed: str) -> Any:
    return registry.anyone.post("/sign-ins/completion", {"signed": signed, "name": "Ada"})


def token_of(registry: Registry, session: str) -> str:
    form = {"grant_type": SESSION_GRANT, "session": session}
    answer = registry.anyone.ask("POST", "/oauth/token", data=form)
    assert answer.status_code == 200, answer.text
    return str(answer.json["access_token"])


# --- finding out who is here ---


def test_the_same_is_asked_of_the_database_whoever_has_the_address(
    registry: Registry, monkeypatch: pytest.MonkeyPatch
):
    """Times are noisy; what takes them is counted."""
    registry.operator.person("Ada", email=ADA)
    asked: list[str] = []
    execute = Connection.exec_driver_sql

    def counted(self: Connection, sql: str, *parameters: Any) -> Any:
        asked.append(sql)
        return execute(self, sql, *parameters)

    ask(registry, "first@people.example")
    monkeypatch.setattr(Connection, "exec_driver_sql", counted)
    statements = []
    for email in (ADA, "nobody@people.example"):
        asked.clear()
        ask(registry, email)
        statements.append(list(asked))
    assert statements[0] == statements[1]
    assert len(statements[0]) > 3


def test_wrong_codes_are_answered_alike_whoever_has_the_address(registry: Registry):
    registry.operator.person("Ada", email=ADA)
    answers = []
    for email in (ADA, "nobody@people.example"):
        sign_in = ask(registry, email)
        answer = typed(registry, sign_in, wrong_code(registry, sign_in))
        answers.append((answer.status_code, answer.json["detail"], answer.json["errors"]))
    assert answers[0] == answers[1]


# --- guessing ---


def test_codes_guessed_all_at_once_count_one_by_one(registry: Registry):
    sign_in = ask(registry)
    guess = wrong_code(registry, sign_in)
    answers = at_once(*[lambda: typed(registry, sign_in, guess).status_code for _ in range(12)])
    assert (answers.count(422), answers.count(429)) == (5, 7)
    assert typed(registry, sign_in, code_of(registry, sign_in)).status_code == 429


def test_what_was_sent_to_nobody_cannot_be_guessed(registry: Registry):
    """Asking again and again gives no more guesses than emails: fifteen an hour."""
    for _ in range(3):
        ask(registry)
    unsent = ask(registry)
    assert typed(registry, unsent, code_of(registry, unsent)).status_code == 422
    with registry.service.database.read() as connection:
        pending = queries.by_id(connection, unsent)
    assert pending is not None
    assert pending.address is None


def test_the_link_works_though_the_code_was_guessed_at(registry: Registry):
    """Else anybody could keep anybody from signing in, who knows the sign-in's id."""
    sign_in = ask(registry)
    for _ in range(4):
        typed(registry, sign_in, wrong_code(registry, sign_in))
    assert opened(registry, link_of(registry, sign_in)).status_code == 200


def test_the_code_of_one_sign_in_is_not_that_of_another(registry: Registry):
    one, other = ask(registry), ask(registry)
    if code_of(registry, one) != code_of(registry, other):
        assert typed(registry, one, code_of(registry, other)).status_code == 422


@pytest.mark.parametrize("changed", ["first", "last", "purpose"])
def test_a_link_that_was_changed_signs_nobody_in(registry: Registry, changed: str):
    signed = link_of(registry, ask(registry))
    other = {
        "first": ("A" if signed[0] != "A" else "B") + signed[1:],
        "last": signed[:-2] + ("AA" if signed[-2:] != "AA" else "BB"),
        "purpose": signed.replace(".", "..", 1),
    }[changed]
    assert opened(registry, other).status_code == 404


# --- replaying ---


def test_link_and_code_of_a_sign_in_work_once_between_them(registry: Registry):
    sign_in = ask(registry)
    signed = link_of(registry, sign_in)
    assert opened(registry, signed).status_code == 200
    assert opened(registry, signed).status_code == 410
    assert typed(registry, sign_in, code_of(registry, sign_in)).status_code == 410


def test_two_tabs_at_once_begin_one_session(registry: Registry):
    signed = link_of(registry, ask(registry))
    answers = at_once(*[lambda: opened(registry, signed).status_code for _ in range(4)])
    assert sorted(answers) == [200, 410, 410, 410]
    assert len(registry.operator.get("/people").json["items"]) == 1


def test_a_scanner_that_opens_the_link_changes_nothing(registry: Registry):
    signed = link_of(registry, ask(registry))
    for method in ("GET", "HEAD"):
        for path in ("/sign-ins/completion", f"/sign-ins/{signed}", "/sign-ins"):
            assert registry.anyone.ask(method, path).status_code in (404, 405)
    assert opened(registry, signed).status_code == 200


def test_who_has_lost_the_message_stops_its_link(registry: Registry):
    person = registry.operator.person("Ada", email=ADA)
    signed = link_of(registry, ask(registry))
    body = {"purposes": ["sign-in"]}
    assert registry.operator.post(f"/people/{person}/links/renewal", body).status_code == 200
    assert opened(registry, signed).status_code == 410
    assert opened(registry, link_of(registry, ask(registry))).status_code == 200


def test_every_kind_of_signed_link_is_documented_with_its_owner_and_its_end():
    page = PRIVACY.read_text(encoding="utf-8").partition("## Signed links")[2].partition("## ")[0]
    rows = [line.split("|") for line in page.splitlines() if line.startswith("| `")]
    told = {word.strip("` ") for row in rows for word in row[1].split(",")}
    assert told == {*PURPOSES, handlers.PURPOSE}
    assert all(row[2].strip() and row[3].strip() for row in rows)


# --- clocks, and keys that change ---


@contextmanager
def beside(registry: Registry, folder: Path, **environ: str) -> Iterator[Scheduling]:
    """Scheduling, which verifies tokens by the keys that this registry publishes."""
    url = f"sqlite:///{folder / 'scheduling.db'}"
    with open_scheduling(url, folder, **environ) as found:
        keys = RegistryKeys("http://registry.example")
        transport = httpx.WSGITransport(app=registry.app)
        keys._client = httpx.Client(transport=transport)
        object.__setattr__(found.service, "token_keys", lambda _: keys)
        found.app = create_app(found.service)
        yield found


def test_a_clock_that_is_set_for_the_whole_platform_changes_nothing(tmp_path: Path):
    url = f"sqlite:///{tmp_path / 'registry.db'}"
    with (
        open_registry(url, tmp_path, CLOCK_OFFSET="P30D") as registry,
        beside(registry, tmp_path, CLOCK_OFFSET="P30D") as scheduling,
    ):
        token = token_of(registry, session_of(registry.app, ADA, "Ada"))
        me = Caller(registry.app, token).get("/me")
        assert me.status_code == 200
        path = f"/people/{me.json['id']}/reads"
        assert Caller(scheduling.app, token).get(path).status_code == 200


@pytest.mark.parametrize(("offset", "why"), [("PT10M", "expired"), ("-PT10M", "not known")])
def test_a_service_whose_clock_is_wrong_refuses_tokens_rather_than_take_old_ones(
    tmp_path: Path, offset: str, why: str
):
    url = f"sqlite:///{tmp_path / 'registry.db'}"
    with (
        open_registry(url, tmp_path) as registry,
        beside(registry, tmp_path, CLOCK_OFFSET=offset) as scheduling,
    ):
        token = token_of(registry, session_of(registry.app, ADA, "Ada"))
        answer = Caller(scheduling.app, token).get("/me")
        assert (answer.status_code, why in answer.json["detail"]) == (401, True)


def test_keys_rotate_while_two_services_verify(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    url = f"sqlite:///{tmp_path / 'registry.db'}"
    with open_registry(url, tmp_path) as registry, beside(registry, tmp_path) as scheduling:
        session = session_of(registry.app, ADA, "Ada")
        person = Caller(registry.app, token_of(registry, session)).get("/me").json["id"]
        keys: Any = scheduling.service.token_keys(scheduling.service)  # type: ignore[misc]
        used = set()
        for minutes in range(0, 64, 4):
            clock = Clock(timedelta(minutes=minutes))
            for service in (registry.service, scheduling.service):
                monkeypatch.setitem(
                    vars(service), "settings", replace(service.settings, clock=clock)
                )
            if minutes % 20 == 8:
                assert registry.operator.post("/signing-keys/rotation").status_code == 200
            if minutes % 8 == 0:
                keys._looked_at = None  # as if five minutes had passed on its own clock, too
            token = token_of(registry, session)
            used.add(token.partition(".")[0])
            for app, path in ((registry.app, "/me"), (scheduling.app, f"/people/{person}/reads")):
                assert Caller(app, token).get(path).status_code == 200, (minutes, path)
        assert len(used) == 4  # each key named in the tokens' heads


def test_a_key_that_is_no_longer_published_signs_nobody_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    url = f"sqlite:///{tmp_path / 'registry.db'}"
    with open_registry(url, tmp_path) as registry, beside(registry, tmp_path) as scheduling:
        token = token_of(registry, session_of(registry.app, ADA, "Ada"))
        with registry.service.write() as connection:
            connection.exec_driver_sql("DELETE FROM signing_keys")
        assert Caller(registry.app, token).get("/me").status_code == 401
        assert Caller(scheduling.app, token).get("/sessions").status_code == 401
