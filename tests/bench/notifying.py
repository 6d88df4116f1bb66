"""Notifications: intents, messages into a mail server, webhooks, and the reminders that are due."""

import smtplib
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from services.notifications import reading
from services.notifications.contact_book import Contact
from services.notifications.forming import form
from services.notifications.letters import COLUMNS, as_letter
from services.notifications.links import Links
from services.notifications.mail import Envelope, envelope
from services.notifications.reminding import due
from services.notifications.rendering import Renderer
from services.notifications.sender import Sender
from services.notifications.webhooks.delivering import Deliverer
from shared.clock import rfc3339
from tests.bench import table
from tests.bench.ground import Ground
from tests.fault.sender_process import MadeUp, Nowhere
from tests.notifications import Notifications, open_notifications, person
from tests.receivers import Receiver, receiving
from tests.servers import await_that, free_port

MESSAGES, REMINDERS, ENDPOINTS, EVENTS = 3000, 1_000_000, 100, 20


def notifying(_ground: Ground) -> Iterator[table.Line]:
    """On SQLite, as on a laptop."""
    for audience in (1, 100, 1000):
        yield _intents(audience)
    yield _messages()
    yield _webhooks()
    yield _due()


@contextmanager
def _opened(**settings: str) -> Iterator[Notifications]:
    with TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/post.db"
        with open_notifications(url, Path(folder), **settings) as post:
            yield post


def _members(post: Notifications, count: int) -> None:
    post.community()
    kind = "registry.membership.started"
    members = [
        post.event(kind, role_id=f"r{n}", person=person(n), role="member", begins="2025-01-01")
        for n in range(count)
    ]
    post.hear(*members)
    post.forget_reactions()


def _told(post: Notifications, events: int = 1) -> float:
    """The seconds from events that came to what they bring being queued."""
    now = post.service.clock.now()
    kind = "registry.community.state-changed"
    told = [post.event(kind, at=now, state="dormant") for _ in range(events)]
    started = time.perf_counter()
    post.hear(*told)
    post.react(now)
    return time.perf_counter() - started


def _intents(audience: int) -> table.Line:
    with _opened() as post:
        _members(post, audience)
        events = max(5, 300 // audience)
        rate = audience * events / _told(post, events)
    return table.Line(
        f"intents, events with an audience of {audience:,}",
        f"{rate:,.0f} intents/s",
        bound="a transaction for each event, two events for each intent",
    )


def _messages() -> table.Line:
    """The same messages by the sender and by bare smtplib, over one connection each."""
    port = free_port()
    sink = [sys.executable, "-m", "tests.bench.smtp_sink", str(port)]
    settings = {"SMTP_URL": f"smtp://127.0.0.1:{port}", "MAIL_PER_MINUTE": "1000000"}
    with subprocess.Popen(sink, stdout=subprocess.PIPE) as server, _opened(**settings) as post:
        assert server.stdout is not None
        server.stdout.readline()
        _members(post, MESSAGES)
        _told(post)
        while form(post.service, post.service.clock.now()):
            pass
        ready = _written(post)
        bare = _bare(port, ready)
        ours = _sent(post)
        server.kill()
    return table.against(
        f"{MESSAGES:,} messages into a mail server, beside bare smtplib",
        ours,
        bare,
        of="messages",
        least=0.7,
        bound="rendering, a row for each outcome, two events in the ledger",
    )


def _sent(post: Notifications) -> float:
    settings = post.service.settings
    sender = Sender(
        post.service, MadeUp(), Nowhere(), Renderer(Links(settings), settings.mail_from)
    )
    started = time.perf_counter()
    while sender.step():
        pass
    rate = MESSAGES / (time.perf_counter() - started)
    sender.close()
    assert {row[0] for row in post.ledger("status")} == {"sent"}
    return rate


def _written(post: Notifications) -> list[Envelope]:
    settings, now = post.service.settings, post.service.clock.now()
    renderer = Renderer(Links(settings), settings.mail_from)
    found = []
    with post.service.database.read() as connection:
        letters = [
            as_letter(r) for r in connection.exec_driver_sql(f"SELECT {COLUMNS} FROM letters")
        ]
        parts = reading.parts_of(connection, letters)
    for letter in letters:
        contacts = {letter.person: Contact("P", f"{letter.person}@people.example", 1)}
        known = reading.Known(parts, {letter.person: 1}, contacts, {})
        said = reading.rendered(renderer, letter, known, now)
        address = f"{letter.person}@people.example"
        found.append(envelope(settings.mail_from, "P", address, letter.id, said))
    return found


def _bare(port: int, ready: list[Envelope]) -> float:
    with smtplib.SMTP("127.0.0.1", port) as smtp:
        started = time.perf_counter()
        for sender, recipient, message in ready:
            smtp.sendmail(sender, recipient, message)
        return len(ready) / (time.perf_counter() - started)


def _webhooks() -> table.Line:
    """A hundred endpoints, of which one never answers: how soon the others have everything."""
    with _opened(WEBHOOKS_ALLOW_LOOPBACK="1") as post, ExitStack() as stack:
        receivers = [stack.enter_context(receiving(Receiver())) for _ in range(ENDPOINTS - 1)]
        hanging = stack.enter_context(receiving(Receiver(pause=60)))
        for receiver in (hanging, *receivers):
            body = {"url": receiver.url, "types": ["registry.community.*"]}
            post.operator.made("/webhooks", **body)
        post.community()
        _told(post, EVENTS)
        deliverer = Deliverer(post.service)
        started = time.perf_counter()

        def all_have_all() -> bool:
            deliverer.step()
            return all(len(receiver.got) >= EVENTS for receiver in receivers)

        await_that(all_have_all, 120)
        rate = EVENTS * len(receivers) / (time.perf_counter() - started)
        await_that(deliverer.idle, 30)
    return table.Line(
        f"webhooks, {ENDPOINTS} endpoints, one of which hangs",
        f"{rate:,.0f} deliveries/s",
        bound="receivers and sender in one process here; a transaction for each attempt",
    )


def _due() -> table.Line:
    with _opened() as post:
        now = post.service.clock.now()
        rows = [
            (f"ses_{n}", "1-week", rfc3339(now), rfc3339(now + timedelta(minutes=n + 1 - 20)))
            for n in range(REMINDERS)
        ]
        with post.service.database.write() as connection:
            connection.exec_driver_sql(
                "INSERT INTO reminders (session, rule, starts, due, state, reason)"
                " VALUES (?, ?, ?, ?, 'planned', '')",
                rows,
            )
        times = []
        for _ in range(20):
            started = time.perf_counter()
            assert len(due(post.service, now)) == 20
            times.append((time.perf_counter() - started) * 1000)
    what = f"reminders that are due, of {REMINDERS:,} rows"
    median = sorted(times)[len(times) // 2]
    return table.Line(
        what, f"{median:.2f} ms", target="≤ 10 ms", met=median <= 10, bound="an index"
    )
