"""Signing in and out, as people do it, with script and without."""

import uuid

import pytest

from services.registry.identity.sign_ins.handlers import code
from services.registry.rules import CODE_TRIES, SIGN_INS_PER_NETWORK
from tests.browser.front import SECRET, Front, Reader, signed


def someone() -> str:
    return f"{uuid.uuid4().hex[:12]}@people.example"


def wrong(digits: str) -> str:
    return f"{(int(digits) + 1) % 10**6:06d}"


def test_somebody_new_signs_in_by_the_code_and_is_asked_for_a_name(reader: Reader) -> None:
    address = someone()
    sign_in = reader.ask(address)
    reader.type_code(code(SECRET, sign_in))
    assert reader.heading() == "What is your name?"
    reader.press("Continue")
    assert "Enter your name" in reader.page.locator(".nhsuk-error-summary").inner_text()
    reader.page.get_by_label("Full name").fill("Amara Okafor")
    reader.press("Continue")
    assert reader.path() == "/account"
    shown = reader.page.locator("main").inner_text()
    assert "Amara Okafor" in shown
    assert address in shown
    assert "This browser" in shown


def test_the_code_is_taken_as_people_type_it(reader: Reader) -> None:
    reader.sign_in(address := someone(), "Bea Lam")
    again = reader.front.reader()
    digits = code(SECRET, again.ask(address))
    again.type_code(f" {digits[:3]} {digits[3:]} ")
    assert again.path() == "/account"
    again.context.close()


def test_opening_the_link_changes_nothing_and_its_button_signs_in_once(reader: Reader) -> None:
    reader.sign_in(address := someone(), "Cai Rees")
    reader.press("Sign out")
    link = f"/sign-in/{signed(reader.ask(address))}"
    scanner = reader.front.reader()
    for _ in range(3):
        scanner.open(link)
    scanner.context.close()
    reader.open(link)
    assert reader.page.get_by_role("button").count() == 1
    reader.press("Sign in")
    assert reader.path() == "/account"
    thief = reader.front.reader()
    thief.open(link)
    thief.press("Sign in")
    assert thief.heading() == "This link or code no longer works"
    assert "was used already" in thief.page.locator("main").inner_text()
    thief.context.close()


def test_the_cookie_is_new_at_each_sign_in_and_readable_by_no_script(reader: Reader) -> None:
    reader.open("/")
    assert reader.cookie() is None, "no form, no cookie"
    address = someone()
    reader.open("/sign-in")
    before = reader.cookie()
    assert before is not None
    reader.sign_in(address, "Dee Shaw")
    after = reader.cookie()
    assert after is not None
    assert after["value"] != before["value"]
    assert (after["httpOnly"], after["secure"], after["sameSite"]) == (True, True, "Lax")
    assert (after["path"], after["expires"]) == ("/", -1)


def test_a_value_put_into_the_cookie_before_is_not_signed_in_after(front: Front) -> None:
    attacker, victim = front.reader(), front.reader()
    attacker.open("/sign-in")
    fixed = attacker.cookie()
    assert fixed is not None
    victim.context.add_cookies(
        [{k: fixed[k] for k in ("name", "value", "domain", "path", "secure")}]
    )
    victim.sign_in(someone(), "Eve Adams")
    attacker.open("/account")
    assert attacker.path() == "/sign-in"
    for each in (attacker, victim):
        each.context.close()


@pytest.mark.parametrize("script", [True, False])
def test_after_signing_out_neither_the_back_button_nor_a_copied_cookie_shows_anything(
    front: Front, script: bool
) -> None:
    reader = front.reader(script=script)
    reader.sign_in(address := someone(), "Fay Moss")
    stolen = reader.cookie()
    assert stolen is not None
    reader.open("/account/name")
    reader.open("/account")
    reader.page.locator("header").get_by_role("button", name="Sign out").click()
    assert reader.heading() == "You have signed out"
    assert reader.cookie() is None
    reader.page.go_back()
    assert address not in reader.page.content()
    assert reader.path() == "/sign-in"
    thief = front.reader()
    thief.context.add_cookies(
        [{k: stolen[k] for k in ("name", "value", "domain", "path", "secure")}]
    )
    thief.open("/account")
    assert thief.path() == "/sign-in"
    for each in (reader, thief):
        each.context.close()


def test_a_wrong_code_says_so_and_too_many_end_it(reader: Reader) -> None:
    digits = code(SECRET, reader.ask(someone()))
    for _ in range(CODE_TRIES):
        reader.type_code(wrong(digits))
        assert "six digits" in reader.page.locator(".nhsuk-error-summary").inner_text()
        assert reader.page.title().startswith("Error: ")
    reader.type_code(digits)
    assert reader.heading() == "The code was wrong too many times"
    reader.page.get_by_role("link", name="Ask for a new email").click()
    assert reader.path() == "/sign-in"
    assert reader.cookie() is not None


def test_an_expired_link_and_a_mangled_one_say_what_is_wrong(reader: Reader) -> None:
    sign_in = reader.ask(someone())
    reader.open(f"/sign-in/{signed(sign_in, minutes=-1)}")
    reader.press("Sign in")
    assert "has expired" in reader.page.locator("main").inner_text()
    reader.open(f"/sign-in/{signed(sign_in)[:-3]}")
    reader.press("Sign in")
    assert reader.heading() == "This link does not work"
    reader.open("/sign-in/code/sin_0123456789abcdefghijklmnop")
    reader.type_code("123456")
    assert reader.heading() == "This link does not work"


@pytest.mark.parametrize("typed", ["", "  ", "amara", "amara@", "@people.example", "a b@c.example"])
def test_what_is_no_address_is_said_beside_the_field(front: Front, typed: str) -> None:
    reader = front.reader()
    reader.open("/sign-in")
    reader.page.get_by_label("Email address").fill(typed)
    reader.press("Continue")
    assert reader.path() == "/sign-in"
    summary = reader.page.locator(".nhsuk-error-summary")
    assert "email address" in summary.inner_text()
    assert summary.evaluate("node => node === document.activeElement")
    summary.get_by_role("link").click()
    assert reader.page.evaluate("document.activeElement.id") == "email"
    reader.context.close()


def test_two_tabs_of_one_browser(reader: Reader) -> None:
    address = someone()
    first, second = reader.page, reader.tab()
    digits = code(SECRET, reader.ask(address, first))
    later = code(SECRET, reader.ask(address, second))
    reader.type_code(digits, first)
    first.get_by_label("Full name").fill("Gil Hart")
    reader.press("Continue", first)
    assert reader.path(first) == "/account"
    reader.type_code(later, second)  # a form of before this browser signed in
    assert reader.heading(second) == "This page was out of date"
    second.get_by_role("link", name="Go to your account").click()
    assert reader.path(second) == "/account"
    reader.open("/sign-in", second)
    assert reader.path(second) == "/account", "who has signed in need not do it again"


def test_without_cookies_it_says_so(front: Front) -> None:
    reader = front.reader()
    reader.page.route(
        "**/*", lambda route: route.continue_(headers=_without(route.request.headers))
    )
    reader.open("/sign-in")
    reader.page.get_by_label("Email address").fill(someone())
    reader.context.clear_cookies()
    reader.press("Continue")
    assert reader.heading() == "Your browser did not keep our cookie"
    reader.context.close()


def _without(headers: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in headers.items() if name != "cookie"}


@pytest.mark.parametrize(
    "elsewhere",
    [
        "https://evil.example/",
        "//evil.example/account",
        "/\\evil.example",
        "/%5Cevil.example",
        "///evil.example",
        "/account@evil.example",
        "/account?x=//evil.example",
        "javascript:alert(1)",
        "/sign-out",
        "/health/live",
    ],
)
def test_signing_in_leads_nowhere_else(front: Front, elsewhere: str) -> None:
    reader = front.reader()
    reader.page.goto(f"/sign-in?next={elsewhere}")
    reader.page.get_by_label("Email address").fill(someone())
    reader.press("Continue")
    reader.page.locator("form").evaluate(
        "(form, to) => { const field = document.createElement('input'); field.name = 'next';"
        " field.value = to; form.append(field) }",
        elsewhere,
    )
    reader.type_code(code(SECRET, reader.path().rpartition("/")[2]))
    reader.page.get_by_label("Full name").fill("Hal Ives")
    reader.press("Continue")
    assert reader.page.url == f"{front.url}/account"
    reader.context.close()


def test_signing_in_leads_back_to_where_one_wanted_to_go(reader: Reader) -> None:
    reader.sign_in(address := someone(), "Ida Jory")
    reader.context.clear_cookies()
    reader.open("/account/name")
    assert reader.path() == "/sign-in"
    reader.page.get_by_label("Email address").fill(address)
    reader.press("Continue")
    reader.type_code(code(SECRET, reader.path().rpartition("/")[2]))
    assert reader.path() == "/account/name"


def test_a_form_of_another_site_signs_nobody_in(front: Front) -> None:
    reader = front.reader()
    link = f"/sign-in/{signed(reader.ask(someone()))}"
    for form in ({}, {"csrf_token": "x"}, {"csrf_token": ""}):
        answer = reader.context.request.post(link, form=form)
        assert answer.status == 400
        assert "out of date" in answer.text()
    reader.open("/account")
    assert reader.path() == "/sign-in"
    reader.context.close()


def test_readers_are_counted_one_by_one(front: Front) -> None:
    """The front tells the registry whose request it is: an office does not use up all others'."""
    reader, other = front.reader(), front.reader()
    for _ in range(SIGN_INS_PER_NETWORK):
        reader.ask(someone())
    reader.open("/sign-in")
    reader.page.get_by_label("Email address").fill(someone())
    reader.press("Continue")
    said = reader.page.locator(".nhsuk-error-summary").inner_text()
    assert "Try again in 60 minutes" in said
    other.ask(someone())
    for each in (reader, other):
        each.context.close()
