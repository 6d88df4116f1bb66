"""A Chromium for the tests: HEDGEROW_TEST_BROWSER, else one on the PATH, else Playwright's own."""

import os
import shutil
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Error, Playwright

_NAMES = ("chromium", "chromium-browser", "google-chrome")
_ADVICE = (
    "install one (Debian and Ubuntu: apt-get install chromium fonts-dejavu-core), name one in"
    " HEDGEROW_TEST_BROWSER, or run `.venv/bin/playwright install chromium`"
)


def start(playwright: Playwright) -> Browser:
    """Fails where there is none: what only a browser shows is not to go unnoticed."""
    asked = os.environ.get("HEDGEROW_TEST_BROWSER")
    path = asked or next(filter(None, map(shutil.which, _NAMES)), None)
    try:
        return playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
    except Error as error:
        reason = f"no browser could be started: {_ADVICE} ({str(error).splitlines()[0]})"
        pytest.fail(reason, pytrace=False)


def axe() -> str:
    """The source of axe-core, which finds what keeps people from using a page."""
    return (Path(__file__).parent / "axe.min.js").read_text(encoding="utf-8")
