"""Every page, with script and without, on a wide screen and a narrow one: can everyone use it?"""

from collections.abc import Iterator
from typing import NamedTuple
from urllib.parse import urlsplit

import pytest

from tests.browser.front import Front, Reader, signed

AMARA = "amara.okafor@a-long-name-of-a-trust-in-wessex.people.example"
NOWHERE = "/sign-in/code/sin_0123456789abcdefghijklmnop"
ANYONE = [
    *("/", "/privacy", "/cookies", "/sign-in", "/signed-out", "/erased", "/nowhere", NOWHERE),
    "LINK",
]
SIGNED_IN = [
    *(
        "/",
        "/account",
        "/account?done=name",
        "/account/name",
        "/account/email",
        "/account/email/x",
        "/account/reads",
        "/account/erase",
    ),
    *("/sign-out", "/sign-in?again=1&next=/account/erase"),
]
WITH_ERRORS = {
    "/sign-in": "Continue",
    NOWHERE: "Sign in",
    "/account/name": "Save",
    "/account/email": "Continue",
    "/account/email/x": "Change my address",
    "/account/erase": "Erase my account",
}


class Screen(NamedTuple):
    script: bool
    width: int


SCREENS = [Screen(script, width) for script in (True, False) for width in (1280, 320)]


def named(screen: Screen) -> str:
    return f"{'script' if screen.script else 'no script'} {screen.width}"


@pytest.fixture(scope="module", params=SCREENS, ids=named)
def anyone(request: pytest.FixtureRequest, front: Front) -> Iterator[Reader]:
    found = front.reader(width=request.param.width)
    yield found if request.param.script else found.without_scripts()
    found.context.close()


@pytest.fixture(scope="module", params=SCREENS, ids=named)
def amara(request: pytest.FixtureRequest, front: Front) -> Iterator[Reader]:
    """Signed in, in two browsers."""
    other, found = front.reader(), front.reader(width=request.param.width)
    name = f"Amara Okafor the {SCREENS.index(request.param) + 1}th"
    other.sign_in(address := f"{SCREENS.index(request.param)}.{AMARA}", name)
    found.sign_in(address)
    yield found if request.param.script else found.without_scripts()
    for each in (other, found):
        each.context.close()


def look(reader: Reader, *, said: int = 0) -> None:
    """AssertionError where something keeps people from using the page that is shown.

    `said` is how many messages the browser itself writes to its console.
    """
    assert reader.faults() == []
    assert reader.overflow() == 0
    assert len(reader.said) == said, reader.said
    assert reader.hosts == {urlsplit(reader.front.url).netloc}
    page = reader.page
    assert page.locator("html").get_attribute("lang") == "en-GB"
    assert page.locator("h1").count() == 1
    assert page.title().endswith("– Hedgerow")


def forget(reader: Reader) -> None:
    reader.said.clear()
    reader.hosts.clear()


@pytest.mark.parametrize("path", ANYONE)
def test_a_page_for_anyone(anyone: Reader, path: str) -> None:
    forget(anyone)
    anyone.open(path if path != "LINK" else f"/sign-in/{signed('sin_0123456789abcdefghijklmnop')}")
    look(anyone, said=path == "/nowhere")


@pytest.mark.parametrize("path", SIGNED_IN)
def test_a_page_for_those_who_have_signed_in(amara: Reader, path: str) -> None:
    forget(amara)
    amara.open(path)
    look(amara)


@pytest.mark.parametrize("path", WITH_ERRORS)
def test_a_form_that_is_not_filled_in_says_what_is_missing(amara: Reader, path: str) -> None:
    forget(amara)
    amara.open(path if path != "/sign-in" else "/sign-in?again=1")
    for field in amara.page.locator("main input:not([type=hidden], [type=checkbox])").all():
        field.fill("")
    amara.press(WITH_ERRORS[path])
    summary = amara.page.locator(".nhsuk-error-summary")
    assert "There is a problem" in summary.inner_text()
    assert amara.page.title().startswith("Error: ")
    look(amara, said=1)  # of the answer's status
    summary.get_by_role("link").click()
    assert amara.page.locator("main input:not([type=hidden])").first.evaluate(
        "field => field === document.activeElement || field.matches(':target')"
    )


@pytest.mark.parametrize("path", ["/", "/sign-in"])
def test_everything_can_be_reached_by_the_keyboard_and_the_first_is_the_skip_link(
    front: Front, path: str
) -> None:
    reader = front.reader()
    page = reader.open(path)
    reached = []
    for _ in range(40):
        page.keyboard.press("Tab")
        text = page.evaluate("document.activeElement.innerText || document.activeElement.id")
        if page.evaluate("document.activeElement === document.body"):
            break
        outline = page.evaluate(
            "(s => s.boxShadow + s.outlineStyle)(getComputedStyle(document.activeElement))"
        )
        assert outline != "nonenone", f"where one is, is seen: {text}"
        reached.append(text)
    assert reached[0] == "Skip to main content"
    expected = page.locator("a[href]:visible, button:visible, input:visible").count()
    assert len(reached) == expected
    reader.context.close()


def test_words_twice_as_large_still_fit(front: Front) -> None:
    reader = front.reader(width=640)
    reader.open("/sign-in")
    reader.page.evaluate("document.documentElement.style.fontSize = '200%'")
    assert reader.overflow() == 0
    reader.context.close()


def test_a_page_is_small_and_what_does_not_change_is_kept_for_a_year(front: Front) -> None:
    reader = front.reader()
    page = reader.open("/sign-in")
    sizes = []
    for address in page.evaluate(
        "[...document.querySelectorAll('link[rel=stylesheet], link[rel=icon]')].map(l => l.href)"
    ):
        answer = reader.context.request.get(address)
        assert "immutable" in answer.headers["cache-control"]
        assert "max-age=31536000" in answer.headers["cache-control"]
        sizes.append(int(answer.headers["content-length"]))
    assert sum(sizes) < 60_000
    reader.context.close()
