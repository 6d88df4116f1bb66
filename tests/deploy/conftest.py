"""One deployment for all of these tests, made as the operator's guide says."""

import os
from collections.abc import Iterator

import pytest

from tests.deploy.deployment import Deployment, engine_lacking
from tests.mail_servers import Mailbox, MailServer, mail_server


@pytest.fixture(scope="session")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    """A clone with its images, before anything was configured or started."""
    if reason := engine_lacking():
        said = f"{reason}; the deployment's tests need one, 25 or later, with compose"
        pytest.fail(said, pytrace=False) if os.environ.get("CI") == "true" else pytest.skip(said)
    found = Deployment(tmp_path_factory.mktemp("deployment"))
    yield found
    found.down()


@pytest.fixture(scope="session")
def mailbox() -> Mailbox:
    """What the deployment's mail server was given."""
    return Mailbox()


@pytest.fixture(scope="session")
def mail(mailbox: Mailbox) -> Iterator[MailServer]:
    """A mail server of this machine, as containers see it."""
    with mail_server(mailbox, hostname="0.0.0.0") as server:  # noqa: S104
        yield server


@pytest.fixture(scope="session")
def deployment(clone: Deployment, mail: MailServer) -> Deployment:
    """Configured and up, the images having been there."""
    clone.prepare(
        *("--mail-server", f"smtp://host.docker.internal:{mail.port}"),
        *("--operator", "Hedgerow in Wessex <hedgerow@wessex.example>"),
        *("--public-url", "https://hedgerow.example"),
    )
    clone.seconds_up = clone.up()
    return clone
