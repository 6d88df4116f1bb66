"""The front leads to the identity provider and back, in one browser, and says what went wrong."""

from collections.abc import Iterator

import pytest

from services.registry.identity.sign_ins.handlers import code
from tests.front import Browser, Front
from tests.identity_provider import Issuer, running_issuer, settings_for
from tests.registry import Registry, open_registry

AMARA = "amara@people.example"


@pytest.fixture(scope="module")
def issuer() -> Iterator[Issuer]:
    with running_issuer() as found:
        yield found


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory, issuer: Issuer) -> Iterator[Registry]:
    folder = tmp_path_factory.mktemp("registry")
    database = f"sqlite:///{folder}/registry.db"
    with open_registry(database, folder, **settings_for(issuer)) as found:
        found.operator.person("Amara Okafor", email=AMARA)
        yield found


@pytest.fixture
def front(registry: Registry) -> Front:
    with registry.service.write() as connection:
        connection.exec_driver_sql("DELETE FROM sign_ins")
    return Front(registry, OIDC_LABEL="Example <Trust>")


def led_back(browser: Browser, issuer: Issuer, subject: str, onward: str = "") -> str:
    """The address at which the provider's answer arrives."""
    browser.get("/sign-in")
    away = browser.get(f"/sign-in/with{onward}")
    assert away.status_code == 303
    given = issuer.signs_in(away.headers["Location"], subject)
    return f"/sign-in/with/return?code={given['code']}&state={given['state']}"


def confirmed(browser: Browser, registry: Registry, issuer: Issuer, subject: str) -> None:
    back = browser.get(led_back(browser, issuer, subject)).headers["Location"]
    asked = browser.send(back, email=AMARA).headers["Location"]
    sign_in = asked.removeprefix("/sign-in/code/")
    digits = code(registry.service.settings.secret.value, sign_in)
    assert browser.send(asked, code=digits).headers["Location"] == "/account"


def test_the_button_is_there_only_where_a_provider_is_set(front: Front, registry: Registry):
    assert "Sign in with Example &lt;Trust&gt;" in front.browser().get("/sign-in").text
    assert "/sign-in/with" not in Front(registry).browser().get("/sign-in").text


def test_an_account_is_confirmed_once_and_then_enough(
    front: Front, registry: Registry, issuer: Issuer
):
    confirmed(front.browser(), registry, issuer, "amara-there")
    again = front.browser()
    answer = again.get(led_back(again, issuer, "amara-there"))
    assert (answer.status_code, answer.headers["Location"]) == (303, "/account")
    assert "Amara Okafor" in again.get("/account").text


def test_whoever_wanted_to_go_somewhere_is_led_there(
    front: Front, registry: Registry, issuer: Issuer
):
    confirmed(front.browser(), registry, issuer, "amara-onward")
    browser = front.browser()
    arriving = led_back(browser, issuer, "amara-onward", "?next=/account/reads")
    assert browser.get(arriving).headers["Location"] == "/account/reads"


def test_an_answer_that_somebody_else_is_sent_signs_them_in_to_nothing(
    front: Front, registry: Registry, issuer: Issuer
):
    confirmed(front.browser(), registry, issuer, "attacker")
    arriving = led_back(front.browser(), issuer, "attacker")
    other = front.browser()
    other.get("/sign-in")
    answer = other.get(arriving)
    assert (answer.status_code, "began in another browser" in answer.text) == (410, True)
    assert other.get("/account").status_code == 303


@pytest.mark.parametrize("query", ["?error=access_denied&state=x", "", "?code=x", "?state=x"])
def test_who_cancels_there_reads_that_they_are_not_signed_in(front: Front, query: str):
    answer = front.browser().get(f"/sign-in/with/return{query}")
    assert (answer.status_code, "you have cancelled it there" in answer.text) == (400, True)


def test_an_answer_that_does_not_hold_is_said_in_words(front: Front, issuer: Issuer):
    issuer.spoil = lambda claims: claims | {"nonce": "another"}
    browser = front.browser()
    answer = browser.get(led_back(browser, issuer, "amara-there"))
    issuer.spoil = lambda claims: claims
    assert (answer.status_code, "cannot be trusted" in answer.text) == (422, True)


def test_a_provider_that_is_away_is_said_in_words(front: Front, issuer: Issuer):
    browser = front.browser()
    arriving = led_back(browser, issuer, "amara-there")
    issuer.away = True
    answer = browser.get(arriving)
    issuer.away = False
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "60")
    assert "Sign in by email" in answer.text


def test_no_address_and_a_wrong_one_are_asked_for_again(front: Front, issuer: Issuer):
    browser = front.browser()
    page = browser.get(led_back(browser, issuer, "nobodys")).headers["Location"]
    assert "Enter your email address" in browser.send(page).text
    assert "in the right form" in browser.send(page, email="no address").text
