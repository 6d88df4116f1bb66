"""Pictures of the front's pages: `python -m tests.browser.pictures` makes those of the guides,
`… FOLDER` all of them, wide and narrow, to be looked at.
"""

import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from playwright.sync_api import sync_playwright

from services.registry.identity.sign_ins.handlers import code
from tests.browser import browsers
from tests.browser.front import SECRET, Front, Reader, running, signed

FOLDER = Path(__file__).parents[2] / "docs" / "pictures"
IN_GUIDES = {"sign-in", "sign-in-code", "sign-in-link", "sign-in-name", "account"}
AMARA = "amara.okafor@wessex.example"


def main() -> None:
    everything = len(sys.argv) > 1
    folder = Path(sys.argv[1]) if everything else FOLDER
    folder.mkdir(exist_ok=True)
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as data:
        browser = browsers.start(playwright)
        with running(Path(data), browser) as front:
            for width, ending in ((1000, ""), (320, "-narrow"))[: 2 if everything else 1]:
                reader = front.reader(width=width)
                for name in shown(front, reader):
                    if everything or name in IN_GUIDES:
                        reader.page.screenshot(path=folder / f"{name}{ending}.png", full_page=True)
        browser.close()


def shown(front: Front, reader: Reader) -> Iterator[str]:
    """One page after another, as somebody comes to them."""
    reader.open("/")
    yield "first"
    reader.open("/sign-in")
    yield "sign-in"
    reader.press("Continue")
    yield "sign-in-error"
    sign_in = reader.ask(AMARA)
    yield "sign-in-code"
    reader.open(f"/sign-in/{signed(sign_in)}")
    yield "sign-in-link"
    reader.press("Sign in")
    if reader.path() != "/account":
        yield "sign-in-name"
        reader.page.get_by_label("Full name").fill("Amara Okafor")
        reader.press("Continue")
    elsewhere = front.reader()
    elsewhere.type_code(code(SECRET, elsewhere.ask(AMARA)))
    elsewhere.context.close()
    reader.open("/account")
    yield "account"
    for page in ("name", "reads", "erase"):
        reader.open(f"/account/{page}")
        yield f"account-{page}"
    reader.open("/nowhere")
    yield "not-found"
    reader.open("/account")
    reader.page.locator("header").get_by_role("button", name="Sign out").click()
    yield "signed-out"


if __name__ == "__main__":
    main()
