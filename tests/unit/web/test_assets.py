"""What the front serves to every page is what was looked at, and loads nothing from elsewhere."""

import hashlib
import re
from importlib.resources import files

import pytest

ASSETS = files("services.web.assets")
VENDORED = {
    "nhsuk-frontend.css": "4bf5d5a1f1c10519200e17b8c124b9ecaba9eb24a20e614ed0bf8e8141c9c646",
    "nhsuk-frontend.js": "ac4d3c251bdf86aa0d84a7fc057a9eb141bf3be884692c8e57318c59226c021c",
}


@pytest.mark.parametrize("name", VENDORED)
def test_the_design_system_is_the_version_that_was_taken(name: str):
    assert hashlib.sha256((ASSETS / name).read_bytes()).hexdigest() == VENDORED[name]


@pytest.mark.parametrize("name", ["nhsuk-frontend.css", "hedgerow.css"])
def test_styles_load_nothing_and_leave_the_nhs_font_and_blue_to_the_nhs(name: str):
    text = (ASSETS / name).read_text(encoding="utf-8")
    assert "@font-face" not in text
    assert "Frutiger" not in text
    assert "005eb8" not in text.lower()
    assert all(found.startswith("/assets/") for found in re.findall(r"url\(([^)]+)", text))
