from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.browser import browsers
from tests.browser.front import Front, Reader, running


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        found = browsers.start(playwright)
        try:
            yield found
        finally:
            found.close()


@pytest.fixture(scope="session")
def front(tmp_path_factory: pytest.TempPathFactory, browser: Browser) -> Iterator[Front]:
    with running(tmp_path_factory.mktemp("front"), browser) as found:
        yield found


@pytest.fixture(params=[True, False], ids=["script", "no script"])
def reader(request: pytest.FixtureRequest, front: Front) -> Iterator[Reader]:
    """Somebody with a browser, once with script and once without."""
    found = front.reader(script=request.param)
    yield found
    found.context.close()
