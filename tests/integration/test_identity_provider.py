"""Signing in with an identity provider: confirmed by email once, bound to the account, and nobody
let in by an answer that does not hold."""

import base64
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from joserfc.jwk import RSAKey

from services.registry.identity.oidc.handlers import tidy
from services.registry.rules import OIDC_BEGUN_PER_NETWORK
from shared.clock import Clock
from tests.identity_provider import Issuer, running_issuer, settings_for
from tests.integration.test_identity_sign_in import code_of, signed_of
from tests.registry import Registry, open_registry, signed_in

ADA, BO = "ada@people.example", "bo@people.example"
MINE, OTHER = "a" * 64, "b" * 64  # browsers


@pytest.fixture
def issuer() -> Iterator[Issuer]:
    with running_issuer() as found:
        yield found


@pytest.fixture
def registry(database_url: str, tmp_path: Path, issuer: Issuer) -> Iterator[Registry]:
    with open_registry(database_url, tmp_path, **settings_for(issuer)) as found:
        found.operator.person("Ada", email=ADA)
        yield found


def begin(registry: Registry, browser: str = MINE, **fields: str) -> str:
    answer = registry.anyone.post("/sign-ins/with", {"browser": browser, **fields})
    assert answer.status_code == 200, answer.text
    return str(answer.json["address"])


def come_back(registry: Registry, given: dict[str, str], browser: str = MINE) -> Any:
    return registry.anyone.post("/sign-ins/with/completion", given | {"browser": browser})


def through(registry: Registry, issuer: Issuer, subject: str = "ada-there") -> Any:
    """There and back; the registry's answer."""
    return come_back(registry, issuer.signs_in(begin(registry), subject))


def ask(registry: Registry, confirmation: str, email: str = ADA, browser: str = MINE) -> Any:
    path = f"/sign-ins/with/{confirmation}/confirmation"
    return registry.anyone.post(path, {"email": email, "browser": browser})


def confirm(registry: Registry, confirmation: str, email: str = ADA, **fields: str) -> Any:
    """By the code of the email."""
    sign_in = ask(registry, confirmation, email).json["sign_in"]
    body = {"code": code_of(registry, sign_in), "browser": MINE} | fields
    return registry.anyone.post(f"/sign-ins/{sign_in}/completion", body)


def bound(registry: Registry, issuer: Issuer, subject: str = "ada-there") -> str:
    """Whose account it is now."""
    answer = confirm(registry, through(registry, issuer, subject).json["confirmation"])
    assert answer.status_code == 200, answer.text
    return str(answer.json["person"])


def events(registry: Registry, ending: str) -> list[Any]:
    return [e for e in registry.operator.events() if e["type"].endswith(ending)]


def test_an_account_is_confirmed_by_one_email_and_then_signs_in_without(
    registry: Registry, issuer: Issuer
):
    first = through(registry, issuer)
    assert (first.status_code, set(first.json)) == (202, {"confirmation", "next"})
    ada = confirm(registry, first.json["confirmation"]).json["person"]
    sent = len(events(registry, "sign-in.requested"))
    again = through(registry, issuer)
    assert (again.status_code, again.json["person"]) == (200, ada)
    assert len(again.json["session"]) >= 43
    assert len(events(registry, "sign-in.requested")) == sent


def test_the_session_of_an_account_gives_access_tokens(registry: Registry, issuer: Issuer):
    ada = bound(registry, issuer)
    form = {
        "grant_type": "urn:hedgerow:grant:session",
        "session": through(registry, issuer).json["session"],
    }
    token = registry.anyone.ask("POST", "/oauth/token", data=form).json["access_token"]
    assert registry.anyone.get("/me", Authorization=f"Bearer {token}").json["id"] == ada


def test_the_link_of_the_email_confirms_as_well(registry: Registry, issuer: Issuer):
    confirmation = through(registry, issuer).json["confirmation"]
    sign_in = ask(registry, confirmation).json["sign_in"]
    body = {"signed": signed_of(registry, sign_in), "browser": MINE}
    assert registry.anyone.post("/sign-ins/completion", body).status_code == 200
    assert through(registry, issuer).status_code == 200


def test_somebody_new_is_asked_for_a_name_and_their_account_is_bound(
    registry: Registry, issuer: Issuer
):
    confirmation = through(registry, issuer, "bo-there").json["confirmation"]
    person = confirm(registry, confirmation, BO, name="Bo Nowak").json["person"]
    assert through(registry, issuer, "bo-there").json["person"] == person


def test_another_account_with_the_same_address_is_not_let_in(registry: Registry, issuer: Issuer):
    bound(registry, issuer)
    issuer.spoil = lambda claims: claims | {"email": ADA, "email_verified": True}
    answer = through(registry, issuer, "somebody-else")
    assert (answer.status_code, "session" in answer.json) == (202, False)


def test_an_account_is_bound_only_in_the_browser_that_came_from_the_provider(
    registry: Registry, issuer: Issuer
):
    """Else whoever has an email sent to somebody else has their own account bound to them."""
    for browser in (OTHER, None):
        confirmation = through(registry, issuer, "attacker").json["confirmation"]
        sign_in = ask(registry, confirmation).json["sign_in"]
        body = {"code": code_of(registry, sign_in)} | ({"browser": browser} if browser else {})
        answer = registry.anyone.post(f"/sign-ins/{sign_in}/completion", body)
        assert answer.status_code == 200  # whoever has the mailbox signs in
        assert through(registry, issuer, "attacker").status_code == 202
    assert events(registry, "account.bound") == []


def test_another_browser_neither_comes_back_nor_asks_for_the_email(
    registry: Registry, issuer: Issuer
):
    given = issuer.signs_in(begin(registry), "ada-there")
    assert come_back(registry, given, OTHER).status_code == 410
    assert come_back(registry, given).status_code == 410  # nor does the first one then
    confirmation = through(registry, issuer).json["confirmation"]
    assert ask(registry, confirmation, browser=OTHER).status_code == 410


def test_an_answer_is_good_once(registry: Registry, issuer: Issuer):
    bound(registry, issuer)
    given = issuer.signs_in(begin(registry), "ada-there")
    assert come_back(registry, given).status_code == 200
    assert come_back(registry, given).status_code == 410
    used = given | {"state": issuer.signs_in(begin(registry), "ada-there")["state"]}
    assert come_back(registry, used).status_code == 410  # the provider refuses its code


@pytest.mark.parametrize("state", ["unknown", "x" * 200])
def test_an_unknown_state_is_refused_and_the_provider_not_asked(
    registry: Registry, issuer: Issuer, state: str
):
    given = issuer.signs_in(begin(registry), "ada-there")
    assert come_back(registry, given | {"state": state}).status_code == 410
    assert "/token" not in issuer.asked


def test_a_code_of_another_sign_in_is_refused_by_its_proof_key(registry: Registry, issuer: Issuer):
    stolen = issuer.signs_in(begin(registry, OTHER), "ada-there")
    mine = issuer.signs_in(begin(registry), "attacker")
    assert come_back(registry, mine | {"code": stolen["code"]}).status_code == 410


WRONG = {
    "nonce": {"nonce": "of-another-sign-in"},
    "no nonce": {"nonce": None},
    "issuer": {"iss": "https://other.example"},
    "audience": {"aud": "another-client"},
    "several audiences": {"aud": ["hedgerow-of-the-tests", "another-client"]},
    "party": {"azp": "another-client"},
    "expired": {"exp": 1_700_000_000},
    "no end": {"exp": None},
    "end as text": {"exp": "tomorrow"},
    "from the future": {"iat": 4_000_000_000},
    "signed in there long ago": {"auth_time": 1_700_000_000},
    "nobody": {"sub": ""},
    "no subject": {"sub": None},
    "subject too long": {"sub": "s" * 256},
}


@pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG)
def test_an_id_token_that_does_not_hold_is_refused(
    registry: Registry, issuer: Issuer, wrong: dict[str, Any]
):
    bound(registry, issuer)
    issuer.spoil = lambda claims: {
        name: value for name, value in (claims | wrong).items() if value is not None
    }
    answer = through(registry, issuer)
    assert (answer.status_code, "cannot be trusted" in answer.json["detail"]) == (422, True)


def unsigned(claims: dict[str, Any]) -> str:
    parts = (json.dumps(part).encode() for part in ({"alg": "none"}, claims))
    return ".".join([base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts] + [""])


def test_a_token_without_a_signature_is_refused(registry: Registry, issuer: Issuer):
    bound(registry, issuer)
    issuer.sign = unsigned
    assert through(registry, issuer).status_code == 422


@pytest.mark.parametrize("kid", ["one", "two"])
def test_a_token_signed_with_a_key_that_is_not_published_is_refused(
    registry: Registry, issuer: Issuer, kid: str
):
    bound(registry, issuer)
    other = RSAKey.generate_key(2048)
    issuer.sign = lambda claims: issuer.signed(claims, other, kid)
    assert through(registry, issuer).status_code == 422


def test_a_new_key_of_the_provider_is_taken_at_once(
    registry: Registry, issuer: Issuer, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("services.registry.identity.oidc.provider._PAUSE", 0.0)
    bound(registry, issuer)
    new = RSAKey.generate_key(2048, {"kid": "two", "use": "sig"})
    issuer.published = [new]
    issuer.sign = lambda claims: issuer.signed(claims, new, "two")
    assert through(registry, issuer).status_code == 200


def test_a_provider_that_is_away_is_said_in_words(registry: Registry, issuer: Issuer):
    given = issuer.signs_in(begin(registry), "ada-there")
    issuer.away = True
    answer = come_back(registry, given)
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "60")
    assert answer.json["detail"].startswith("Example Trust does not answer")


def test_a_provider_that_calls_itself_otherwise_is_not_asked_any_more(
    registry: Registry, issuer: Issuer
):
    url, issuer.url = issuer.url, "https://other.example"
    answer = registry.anyone.post("/sign-ins/with", {"browser": MINE})
    assert answer.status_code == 503
    issuer.url = url


def test_a_suspended_person_is_not_let_in_by_an_account(registry: Registry, issuer: Issuer):
    ada = bound(registry, issuer)
    registry.operator.done(f"/people/{ada}/suspension", reason="a test")
    answer = through(registry, issuer)
    assert (answer.status_code, "session" in answer.json) == (403, False)
    assert registry.operator.ask("DELETE", f"/people/{ada}/suspension").status_code == 200
    assert through(registry, issuer).status_code == 200


def test_erasure_ends_the_binding_and_leaves_nothing_of_the_account(
    registry: Registry, issuer: Issuer
):
    ada = bound(registry, issuer, "ada-there")
    pending = through(registry, issuer, "ada-elsewhere").json["confirmation"]
    ask(registry, pending)
    assert registry.operator.ask("DELETE", f"/people/{ada}").status_code == 202
    with registry.service.database.read() as connection:
        left = [
            str(row)
            for table in ("oidc_bindings", "oidc_flows")
            for row in connection.exec_driver_sql(f"SELECT * FROM {table}").all()
        ]
    assert not [row for row in left if ada in row or "ada-" in row]
    assert [e["data"] for e in events(registry, "account.unbound")] == [{"person": ada}]
    assert through(registry, issuer, "ada-there").status_code == 202


def test_an_address_changed_by_an_operator_ends_the_binding(registry: Registry, issuer: Issuer):
    """As for a lost mailbox: whoever has got in by it may have bound an account of theirs."""
    ada = bound(registry, issuer)
    registry.operator.changed(f"/people/{ada}", email="ada@home.example")
    assert through(registry, issuer).status_code == 202


def test_a_person_sees_and_unbinds_their_own_accounts_alone(registry: Registry, issuer: Issuer):
    bound(registry, issuer)
    ada, bo = signed_in(registry.app, ADA), signed_in(registry.app, BO, "Bo")
    (found,) = ada.get("/me/accounts").json["items"]
    assert found["issuer"] == issuer.url
    assert bo.get("/me/accounts").json["items"] == []
    assert bo.ask("DELETE", f"/me/accounts/{found['id']}").status_code == 404
    assert ada.ask("DELETE", f"/me/accounts/{found['id']}").status_code == 200
    assert ada.get("/me/accounts").json["items"] == []
    assert through(registry, issuer).status_code == 202


def test_a_copy_of_ones_data_holds_the_accounts(registry: Registry, issuer: Issuer):
    ada = bound(registry, issuer)
    here = registry.operator.get(f"/people/{ada}/export").json["services"]["registry"]
    (found,) = here["accounts"]
    assert (found["issuer"], found["subject"]) == (issuer.url, "ada-there")


def test_no_event_holds_the_account(registry: Registry, issuer: Issuer):
    bound(registry, issuer)
    assert "ada-there" not in str(registry.operator.events())
    assert not [e for e in registry.anyone.get("/events").json["events"] if "account" in e["type"]]


def test_one_network_address_begins_sixty_an_hour(registry: Registry, issuer: Issuer):
    for _ in range(OIDC_BEGUN_PER_NETWORK):
        begin(registry)
    answer = registry.anyone.post("/sign-ins/with", {"browser": MINE})
    assert answer.status_code == 429
    assert 0 < int(answer.headers["Retry-After"]) <= 3600


def later(registry: Registry, monkeypatch: pytest.MonkeyPatch, offset: timedelta) -> None:
    settings = replace(registry.service.settings, clock=Clock(offset))
    monkeypatch.setitem(vars(registry.service), "settings", settings)


def test_who_comes_back_after_ten_minutes_begins_again(
    registry: Registry, issuer: Issuer, monkeypatch: pytest.MonkeyPatch
):
    given = issuer.signs_in(begin(registry), "ada-there")
    later(registry, monkeypatch, timedelta(minutes=10, seconds=1))
    assert come_back(registry, given).status_code == 410


def test_an_account_that_nobody_confirms_is_forgotten(registry: Registry, issuer: Issuer):
    confirmation = through(registry, issuer).json["confirmation"]
    now = registry.service.clock.now()
    tidy(registry.service, now + timedelta(minutes=31))
    with registry.service.database.read() as connection:
        rows = connection.exec_driver_sql("SELECT subject, nonce, verifier FROM oidc_flows").all()
    assert [tuple(row) for row in rows] == [(None, "", "")]
    assert ask(registry, confirmation).status_code == 410
    tidy(registry.service, now + timedelta(hours=1, minutes=1))
    with registry.service.database.read() as connection:
        assert connection.exec_driver_sql("SELECT * FROM oidc_flows").all() == []


def test_where_no_provider_is_set_nobody_signs_in_with_one(tmp_path: Path):
    with open_registry(f"sqlite:///{tmp_path}/registry.db", tmp_path) as registry:
        answer = registry.anyone.post("/sign-ins/with", {"browser": MINE})
        assert (answer.status_code, "by email" in answer.json["detail"]) == (404, True)


def test_bodies_that_do_not_fit_are_refused_by_field(registry: Registry):
    answer = registry.anyone.post("/sign-ins/with", {"browser": "short"})
    assert (answer.status_code, set(answer.json["errors"])) == (422, {"browser"})
    answer = registry.anyone.post("/sign-ins/with/completion", {"browser": MINE})
    assert (answer.status_code, set(answer.json["errors"])) == (422, {"state", "code"})
