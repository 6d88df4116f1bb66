"""The front before a registry: who is shown what, by which token, and what nobody is shown."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from werkzeug.test import TestResponse

from services.registry.identity.sign_ins.handlers import code
from services.web import calls as calls_module
from tests.authorisation.web import TABLE
from tests.front import Browser, Front
from tests.registry import Registry, open_registry, session_of

AMARA = "amara@people.example"
HIDDEN = "/account"


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Registry]:
    folder = tmp_path_factory.mktemp("registry")
    with open_registry(f"sqlite:///{folder}/registry.db", folder) as found:
        found.operator.person("Amara Okafor", email=AMARA)
        yield found


@pytest.fixture
def front(registry: Registry) -> Front:
    with registry.service.write() as connection:  # their limits are the registry's to test
        connection.exec_driver_sql("DELETE FROM sign_ins")
    return Front(registry)


def routes(front: Front) -> set[str]:
    return {
        f"{method} {rule.rule}"
        for rule in front.app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }


def outcome(answer: TestResponse) -> str:
    if answer.status_code == 303:
        return f"-> {answer.headers['Location'].partition('?')[0]}"
    return "page" if answer.status_code == 200 else str(answer.status_code)


def ended(front: Front) -> Browser:
    browser = front.signed_in(AMARA)
    other = Browser(front)
    other.cookie = browser.cookie
    assert other.send("/sign-out").status_code == 303
    assert other.cookie is None
    return browser


def ask(browser: Browser, route: str) -> TestResponse:
    method, rule = route.split()
    path = re.sub(r"<\w+>", "some-thing", rule)
    return browser.get(path) if method == "GET" else browser.send(path)


def test_every_route_is_in_the_table(front: Front):
    assert set(TABLE) == routes(front)


@pytest.mark.parametrize("route", TABLE)
def test_each_route_answers_anyone_those_signed_in_and_those_no_longer_as_the_table_says(
    front: Front, route: str
):
    found = (
        outcome(ask(front.browser(), route)),
        outcome(ask(front.signed_in(AMARA), route)),
        outcome(ask(ended(front), route)),
    )
    assert found == TABLE[route]


@pytest.mark.parametrize("route", [r for r in TABLE if r.startswith("POST")])
def test_no_form_is_taken_that_was_not_shown_to_this_browser(front: Front, route: str):
    path = re.sub(r"<\w+>", "some-thing", route.split()[1])
    theirs = front.signed_in(AMARA)
    token = re.search(r'name="csrf_token" value="([^"]+)"', theirs.get("/account").text)
    assert token is not None
    for browser in (front.browser(), front.signed_in(AMARA)):
        asked = len(front.asked)
        assert browser.post(path).status_code == 400
        assert browser.post(path, csrf_token="x").status_code == 400
        assert browser.post(path, csrf_token=token[1]).status_code == 400
        assert len(front.asked) == asked, "nothing was asked of a service"


@pytest.mark.parametrize("route", [r for r in TABLE if r.startswith("GET")])
def test_no_page_is_kept_by_a_cache(front: Front, route: str):
    for browser in (front.browser(), front.signed_in(AMARA)):
        answer = ask(browser, route)
        if answer.mimetype == "text/html" or "/account" in route:
            assert answer.headers["Cache-Control"] == "no-store"


def test_pages_may_load_nothing_from_elsewhere_and_run_no_script_but_their_own(front: Front):
    answer = front.browser().get("/sign-in")
    policy = answer.headers["Content-Security-Policy"]
    (nonce,) = re.findall(r"script-src 'nonce-([^']+)'", policy)
    assert policy.startswith("default-src 'none'; style-src 'self'; img-src 'self';")
    assert policy.endswith("form-action 'self'; base-uri 'none'; frame-ancestors 'none'")
    assert answer.text.count(f'nonce="{nonce}"') == answer.text.count("<script")
    assert nonce not in front.browser().get("/sign-in").text
    assert answer.headers["Referrer-Policy"] == "no-referrer"


def test_one_token_serves_many_pages_and_nothing_of_the_platforms_own_is_sent(front: Front):
    browser = front.signed_in(AMARA)
    for _ in range(3):
        assert AMARA in browser.get("/account").text
    exchanged = [r for r in front.asked if r.url.path == "/oauth/token"]
    assert len(exchanged) == 1
    for request in front.asked:
        sent = request.headers.get("Authorization", "")
        assert sent.count(".") == (0 if request.url.path == "/oauth/token" else 2)


def test_tokens_are_kept_within_a_bound(front: Front, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(calls_module, "_TOKENS", 2)
    secrets = [session_of(front.registry.app, AMARA) for _ in range(3)]
    for secret in secrets:
        browser = front.browser()
        browser.cookie = secret
        assert browser.get("/account").status_code == 200
    assert len(front.calls._tokens) == 2
    assert not any(secret in str(front.calls._tokens) for secret in secrets)


def test_a_token_that_is_no_longer_known_is_asked_for_again(front: Front):
    """As when keys were rotated, or a clock jumped."""
    browser = front.signed_in(AMARA)
    assert browser.get("/account").status_code == 200
    ((key, (token, until)),) = front.calls._tokens.items()
    front.calls._tokens[key] = token[:-4] + "AAAA", until
    assert browser.get("/account").status_code == 200
    assert [r.url.path for r in front.asked].count("/oauth/token") == 2


def test_it_makes_no_difference_what_the_services_clock_says(tmp_path: Path):
    for offset in ("P3D", "-P3D"):
        url = f"sqlite:///{tmp_path}/{offset}.db"
        with open_registry(url, tmp_path, CLOCK_OFFSET=offset) as registry:
            browser = Front(registry).signed_in(AMARA, "Amara Okafor")
            assert "Amara Okafor" in browser.get("/account").text


def test_who_is_signed_out_elsewhere_is_led_to_sign_in_and_back(front: Front):
    browser = ended(front)
    answer = browser.get("/account/name")
    assert answer.headers["Location"] == "/sign-in?next=/account/name"
    assert browser.cookie is None


def test_all_other_browsers_are_signed_out_at_once(front: Front):
    here, there = front.signed_in(AMARA), front.signed_in(AMARA)
    assert "Sign out everywhere else" in here.get("/account").text
    assert here.send("/account/other-sessions/end").status_code == 303
    shown = here.get("/account?done=sessions").text
    assert "All other browsers are signed out" in shown
    assert "Another browser" not in shown
    assert "Sign out everywhere else" not in shown
    assert there.get("/account").status_code == 303
    assert here.get("/account").status_code == 200


def test_nobody_ends_a_session_of_somebody_else(front: Front):
    theirs = front.signed_in("ben@people.example", "Ben Lim")
    (session,) = set(re.findall(r"/account/sessions/(\w+)/end", theirs.get("/account").text))
    front.signed_in(AMARA).send(f"/account/sessions/{session}/end")
    assert theirs.get("/account").status_code == 200


def test_who_read_the_data_is_shown_with_their_reason(front: Front):
    person = front.registry.operator.person("Cem Aydin", email="cem@people.example")
    front.registry.operator.get(f"/people/{person}", Hedgerow_Reason="asked on the telephone")
    shown = front.signed_in("cem@people.example").get("/account/reads").text
    assert "the operator" in shown
    assert "asked on the telephone" in shown
    assert "some may be missing" in shown, "the other services are away"
    assert front.signed_in("cem@people.example").get("/account/reads?cursor=x").status_code == 404


def test_the_reader_is_named_to_the_services_with_the_requests_id(front: Front):
    browser = front.signed_in(AMARA)
    answer = browser.get("/account", headers={"X-Correlation-ID": "from-the-edge"})
    assert answer.headers["X-Correlation-ID"] == "from-the-edge"
    assert front.asked
    for request in front.asked:
        assert request.headers["X-Correlation-ID"] == "from-the-edge"
        assert request.headers["X-Forwarded-For"] == "127.0.0.1"


def test_a_name_is_changed_and_one_that_was_changed_meanwhile_is_not_overwritten(front: Front):
    browser = front.signed_in("dina@people.example", "Dina Ray")
    version = re.search(r'name="version" value="([^"]+)"', browser.get("/account/name").text)
    assert version is not None
    etag = version[1].replace("&#34;", '"')
    assert browser.send("/account/name", name="Dina Rae", version=etag).status_code == 303
    late = browser.send("/account/name", name="Dina Roe", version=etag)
    assert late.status_code == 422
    assert "changed in the meantime" in late.text
    empty = browser.send("/account/name", name=" ", version=etag)
    assert "Enter your name" in empty.text
    assert "Dina Rae" in browser.get("/account").text


def test_an_address_is_changed_by_a_code_that_is_sent_to_the_new_one(front: Front):
    browser = front.signed_in("flo@people.example", "Flo West")
    for address, why in (("", "Enter your new"), ("flo@", "in the right form")):
        assert why in browser.send("/account/email", email=address).text
    sent = browser.send("/account/email", email="flo.west@people.example")
    place = sent.headers["Location"]
    digits = code("secret-of-the-tests", place.rpartition("/")[2])
    wrong = f"{(int(digits) + 1) % 10**6:06d}"
    assert "six digits of the newest" in browser.send(place, code=wrong).text
    assert "flo@people.example" in browser.get("/account").text
    assert browser.send(place, code=f" {digits} ").headers["Location"] == "/account?done=email"
    shown = browser.get("/account?done=email").text
    assert "Your email address was changed" in shown
    assert "flo.west@people.example" in shown
    assert "no longer works" in browser.send(place, code=digits).text
    for _ in range(3):
        last = browser.send("/account/email", email="flo@people.example")
    assert last.status_code == 429
    assert "Try again in" in last.text
    assert 60 < int(last.headers["Retry-After"]) <= 24 * 3600


def test_everything_that_is_held_can_be_downloaded(front: Front):
    answer = front.signed_in(AMARA).get("/account/data")
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert AMARA in json.dumps(answer.json)


def test_an_account_says_by_name_what_one_has_a_part_in(front: Front):
    operator = front.registry.operator
    flo = operator.person("Flo Reed", email="flo@people.example")
    community = operator.community("Falls at home")
    role = {"person": flo, "role": "member", "from": "2026-01-05"}
    operator.made(f"/communities/{community}/roles", **role)
    network = operator.made("/networks", name="Thames Valley")["id"]
    operator.made("/grants", person=flo, grant="network-lead", scope=network)
    operator.made("/grants", person=flo, grant="programme-team")
    shown = front.signed_in("flo@people.example").get("/account").text
    assert "Falls at home" in shown
    assert community not in shown
    assert "Lead of a network: Thames Valley" in shown
    assert "Programme team: all programmes" in shown


def test_an_account_is_erased_only_after_a_tick_and_by_a_fresh_sign_in(front: Front):
    browser = front.signed_in("eli@people.example", "Eli Noor")
    assert "Tick the box" in browser.send("/account/erase").text
    answer = browser.send("/account/erase", sure="yes")
    assert answer.headers["Location"] == "/erased"
    assert browser.cookie is None
    assert browser.get("/account").status_code == 303


def test_where_the_registry_is_away_a_page_says_so_and_nobody_is_signed_out(front: Front):
    browser = front.signed_in(AMARA)
    assert browser.get("/account").status_code == 200
    front.calls._settings.urls["registry"] = "http://away.example"
    for path in ("/account", "/account/name"):
        answer = browser.get(path)
        assert answer.status_code == 503
        assert "does not answer" in answer.text
        assert answer.headers["Retry-After"]
    assert browser.send("/sign-out").status_code == 503
    assert browser.cookie is not None, "who is not signed out is not told so"
    assert front.browser().get("/").status_code == 200


def test_too_much_at_once_and_pages_that_are_not_there_are_pages_too(front: Front):
    browser = front.browser()
    assert browser.send("/sign-in", email="x" * 70_000).status_code == 413
    for path in ("/nowhere", "/account/", "/sign-in/a/b", "/%00"):
        answer = browser.get(path)
        assert answer.status_code in (400, 404)
        assert "<h1" in answer.text
    assert browser.post("/account").status_code == 405
