"""The front before a registry, as processes of their own, and readers with a browser."""

import itertools
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Browser, BrowserContext, Page, Route

from services.registry.identity.sign_ins.handlers import PURPOSE, code
from shared.settings import Secret
from shared.web import signer
from tests.browser.browsers import axe
from tests.platform import Platform
from tests.servers import await_that

SECRET = "secret-of-the-tests"
COOKIE = "__Host-hedgerow"
_SCRIPT = re.compile(r"<script.*?</script>", re.DOTALL)
_READERS = itertools.count(1)
_RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


class Front:
    """The front at `url`; `platform` is what it asks."""

    def __init__(self, platform: Platform, url: str, browser: Browser) -> None:
        self.platform, self.url, self.browser = platform, url, browser

    def reader(self, *, script: bool = True, width: int = 1280) -> "Reader":
        return Reader(self, script=script, width=width)


class Reader:
    """Somebody with a browser and a network address of their own."""

    def __init__(self, front: Front, *, script: bool = True, width: int = 1280) -> None:
        self.front = front
        self.address = "10.1.{}.{}".format(*divmod(next(_READERS), 250))
        self.context: BrowserContext = front.browser.new_context(
            base_url=front.url,
            java_script_enabled=script,
            viewport={"width": width, "height": 800},
            extra_http_headers={"X-Forwarded-For": self.address},
        )
        self.said: list[str] = []
        self.hosts: set[str] = set()
        self.page = self.tab()

    def without_scripts(self) -> "Reader":
        """From now on pages come without their scripts, so that what is left can be looked at."""

        def strip(route: Route) -> None:
            if route.request.method == "GET" and route.request.resource_type == "document":
                answer = route.fetch()
                route.fulfill(response=answer, body=_SCRIPT.sub("", answer.text()))
            else:
                route.continue_()

        self.context.route("**/*", strip)
        return self

    def tab(self) -> Page:
        page = self.context.new_page()
        page.on("console", lambda message: self.said.append(message.text))
        page.on("pageerror", lambda error: self.said.append(str(error)))
        page.on("request", lambda request: self.hosts.add(urlsplit(request.url).netloc))
        return page

    def open(self, path: str, page: Page | None = None) -> Page:
        page = page or self.page
        page.goto(path)
        return page

    def press(self, name: str, page: Page | None = None) -> None:
        (page or self.page).locator("main").get_by_role("button", name=name).first.click()

    def path(self, page: Page | None = None) -> str:
        return urlsplit((page or self.page).url).path

    def heading(self, page: Page | None = None) -> str:
        return (page or self.page).locator("h1").inner_text()

    def ask(self, address: str, page: Page | None = None) -> str:
        """Ask to sign in; the sign-in's id."""
        page = self.open("/sign-in", page)
        page.get_by_label("Email address").fill(address)
        self.press("Continue", page)
        assert self.heading(page) == "Check your email"
        return self.path(page).rpartition("/")[2]

    def type_code(self, digits: str, page: Page | None = None) -> None:
        (page or self.page).get_by_label("Code").fill(digits)
        self.press("Sign in", page)

    def sign_in(self, address: str, name: str | None = None) -> None:
        """By the code; `name` is for somebody new."""
        self.type_code(code(SECRET, self.ask(address)))
        if name is not None:
            self.page.get_by_label("Full name").fill(name)
            self.press("Continue")
        assert self.path() == "/account", self.page.content()

    def cookie(self) -> dict[str, Any] | None:
        found = [dict(c) for c in self.context.cookies() if c["name"] == COOKIE]
        assert len(self.context.cookies()) == len(found) <= 1
        return found[0] if found else None

    def faults(self, page: Page | None = None) -> list[str]:
        """What axe finds wrong with the page; it needs a browser that runs scripts."""
        page = page or self.page
        page.evaluate(axe())
        found = page.evaluate(
            "rules => axe.run(document, {runOnly: {type: 'tag', values: rules}})", _RULES
        )
        return [
            f"{fault['id']}: {node['html'][:120]}"
            for fault in found["violations"]
            for node in fault["nodes"]
        ]

    def overflow(self, page: Page | None = None) -> int:
        """Pixels by which the page is wider than the window."""
        width = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        return int((page or self.page).evaluate(width))


def signed(sign_in: str, *, minutes: int = 15) -> str:
    """The signed part of a sign-in's link."""
    expires = datetime.now(UTC) + timedelta(minutes=minutes)
    return signer.sign(Secret("HEDGEROW_SECRET", value=SECRET), PURPOSE, sign_in, 0, expires)


@contextmanager
def running(
    folder: Path, browser: Browser, *, emails: bool = False, **settings: str
) -> Iterator[Front]:
    """The front before a registry; with `emails` they are sent, by notifications.

    Without, tests compute the codes and links themselves.
    """
    services = ["registry", "notifications"] if emails else ["registry"]
    told = {"HEDGEROW_TRUSTED_PROXIES": "127.0.0.1/32", **settings}
    platform = Platform(folder, services=services, settings=told)
    senders = ["notifications web", "notifications worker"]
    platform.roles = ["registry web", *(senders if emails else [])]
    with platform:
        platform.begin("web web")
        await_that(lambda: platform.ready("web"), 60)
        yield Front(platform, platform.urls["web"], browser)
