"""A sender in a process of its own, for tests that kill it: `python -m tests.fault.sender_process`.

Takes an SQLite file, a mail server's URL and a number of people, whose addresses it makes up.
"""

import sys
import time
from collections.abc import Iterable
from pathlib import Path

from services.notifications.bootstrap import build
from services.notifications.contact_book import Contact
from services.notifications.joining import Joining, Joins
from services.notifications.links import Links
from services.notifications.rendering import Renderer
from services.notifications.sender import Sender
from shared.settings import load_settings
from tests.registry import settings_of


class MadeUp:
    """Everybody has an address made of their id."""

    def look_up(self, people: Iterable[str]) -> dict[str, Contact]:
        return {p: Contact(f"P {p[-4:]}", f"{p}@people.example", 1) for p in people}


class Nowhere:
    """Nobody joins anything online."""

    def look_up(self, _wanted: Iterable[Joining]) -> Joins:
        return {}


def main() -> None:
    file, url = sys.argv[1:]
    environ = settings_of(
        Path(file).parent,
        NOTIFICATIONS_DATABASE_URL=f"sqlite:///{file}",
        SMTP_URL=url,
        MAIL_PER_MINUTE="1000000",
    )
    service = build(load_settings(environ))
    settings = service.settings
    sender = Sender(service, MadeUp(), Nowhere(), Renderer(Links(settings), settings.mail_from))
    print("working", flush=True)
    while True:
        if not sender.step():
            time.sleep(0.05)


if __name__ == "__main__":
    main()
