from collections.abc import Iterator

import pytest
from playwright.sync_api import sync_playwright

from tests.browser import browsers
from tests.browser.front import Front, Reader, running


@pytest.fixture(scope="session")
def front(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Front]:
    with sync_playwright() as playwright:
        browser = browsers.start(playwright)
        try:
            with running(tmp_path_factory.mktemp("front"), browser) as found:
                yield found
        finally:
            browser.close()


@pytest.fixture(params=[True, False], ids=["script", "no script"])
def reader(request: pytest.FixtureRequest, front: Front) -> Iterator[Reader]:
    """Somebody with a browser, once with script and once without."""
    found = front.reader(script=request.param)
    yield found
    found.context.close()
