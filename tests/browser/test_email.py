"""Signing in by the email itself: from the outbox page on a laptop, and over a real SMTP server."""

import re
import uuid
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser

from tests.browser.front import Front, running
from tests.mail_servers import Mailbox, mail_server
from tests.servers import await_that

LINK = re.compile(r"https?://\S+/sign-in/[\w.-]+")
CODE = re.compile(r"\b\d{6}\b")


@pytest.fixture(scope="module")
def mailbox() -> Mailbox:
    return Mailbox()


@pytest.fixture(scope="module")
def with_mail(
    tmp_path_factory: pytest.TempPathFactory, browser: Browser, mailbox: Mailbox
) -> Iterator[Front]:
    with (
        mail_server(mailbox) as server,
        running(
            tmp_path_factory.mktemp("mail"), browser, emails=True, HEDGEROW_SMTP_URL=server.url
        ) as found,
    ):
        yield found


@pytest.fixture(scope="module")
def laptop(tmp_path_factory: pytest.TempPathFactory, browser: Browser) -> Iterator[Front]:
    with running(tmp_path_factory.mktemp("laptop"), browser, emails=True) as found:
        yield found


def someone() -> str:
    return f"{uuid.uuid4().hex[:12]}@people.example"


def test_on_a_laptop_the_outbox_has_the_email_whose_link_and_code_sign_in(laptop: Front) -> None:
    reader, address = laptop.reader(), someone()
    reader.ask(address)
    outbox = laptop.browser.new_page()  # on the machine itself: by no proxy

    def has_come() -> bool:
        outbox.goto(f"{laptop.platform.urls['notifications']}/outbox")
        return outbox.get_by_text(address).count() > 0

    await_that(has_come, 60)
    outbox.get_by_text("Sign in to Hedgerow").first.click()
    text = outbox.locator("body").inner_text()
    (digits,) = set(CODE.findall(text))
    (link,) = set(LINK.findall(text))
    assert link.startswith(f"{laptop.url}/sign-in/"), "the email leads to the front"
    outbox.close()
    reader.open(link)
    reader.press("Sign in")
    reader.page.get_by_label("Full name").fill("Amara Okafor")
    reader.press("Continue")
    assert reader.path() == "/account"
    other = laptop.reader()
    other.ask(address)
    other.type_code(digits)  # of the first email, which was used, and of another sign-in
    assert "newest email" in other.page.locator(".nhsuk-error-summary").inner_text()
    for each in (reader, other):
        each.context.close()


def test_over_smtp_the_email_has_the_same_link_and_the_code_works_on_another_device(
    with_mail: Front, mailbox: Mailbox
) -> None:
    reader, address = with_mail.reader(), someone()
    reader.ask(address)
    await_that(lambda: mailbox.to(address), 60)
    text = mailbox.to(address)[0].get_body(("plain",)).get_content()
    (digits,) = CODE.findall(text)
    (link,) = LINK.findall(text)
    assert link.startswith(f"{with_mail.url}/sign-in/")
    reader.type_code(digits)
    reader.page.get_by_label("Full name").fill("Amara Okafor")
    reader.press("Continue")
    assert reader.path() == "/account"
    telephone = with_mail.reader(width=320)
    telephone.open(urlsplit(link).path)
    telephone.press("Sign in")
    assert telephone.heading() == "This link or code no longer works"
    for each in (reader, telephone):
        each.context.close()
