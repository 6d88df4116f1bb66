"""From started to open: wait until every service is ready, load the example, say how to begin."""

import os
import threading
import time
from collections.abc import Mapping
from itertools import chain
from pathlib import Path

import httpx

from hedgerow.console import Console
from hedgerow.example_links import LinksBetween
from hedgerow.example_year import Year
from hedgerow.failures import CannotDo
from hedgerow.landscape import FirstStart, Load, example
from hedgerow.service import Service
from shared.eventstore.events import EXAMPLE
from shared.foundation.http_client import Client, http_client
from shared.settings import FRONT, SERVICES, Settings

KEEPS = {
    "registry": "communities, people, organisations, networks",
    "scheduling": "programmes, cohorts, sessions, calendars",
    "notifications": "who hears of what",
    "discovery": "related communities, search and links",
}
_MAIL = {
    True: "Sign in there: your mail server sends the email with the link.",
    False: "Sign in there: no mail server is set, so the email is at {notifications}/outbox",
}
STILL_WAITING_AFTER = 15.0  # seconds


def local_addresses(bind: str, ports: Mapping[str, int]) -> dict[str, str]:
    """Where the front and each service answer on this machine."""
    any_address = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104
    host = any_address.get(bind, bind)
    host = f"[{host}]" if ":" in host else host
    return {name: f"http://{host}:{ports[name]}" for name in (FRONT, *SERVICES)}


class Opening(threading.Thread):
    """What happens once beside the supervision, which goes on meanwhile."""

    def __init__(
        self,
        settings: Settings,
        console: Console,
        *,
        with_example: bool,
        began: float,
    ) -> None:
        super().__init__(name="opening", daemon=True)
        self._settings, self._console = settings, console
        self._with_example, self._began = with_example, began
        self._addresses = local_addresses(settings.bind, settings.ports)
        self._stopped = threading.Event()

    def give_up(self) -> None:
        """End at the next occasion, the platform is being stopped."""
        self._stopped.set()

    def run(self) -> None:
        if not self._all_ready():
            return
        if self._with_example:
            try:
                self._load_example()
            except CannotDo as failure:
                self._console.say(
                    f"The example could not be loaded whole: {failure.message}\n"
                    "The platform runs; the next start tries again."
                )
        if not self._stopped.is_set():
            self._console.say(self._greeting(time.monotonic() - self._began))

    def _all_ready(self) -> bool:
        """True once each service has said that it is ready, False when told to give up."""
        waiting, told = {FRONT, *SERVICES}, time.monotonic()
        with http_client(timeout=5) as http:
            while not self._stopped.is_set():
                waiting = {n for n in waiting if not _ready(http, self._addresses[n])}
                if not waiting:
                    return True
                if time.monotonic() - told > STILL_WAITING_AFTER:
                    told = time.monotonic()
                    self._console.log(f"still waiting for {', '.join(sorted(waiting))}")
                self._stopped.wait(0.1)
        return False

    def _load_example(self) -> None:
        registry = self._as_the_example("registry")
        first_start = FirstStart(self._settings.data_dir)
        if not first_start.due(registry):
            return
        landscape = example()
        today = first_start.begun()
        load = Load(registry, self._stopped.wait)
        year = Year(self._as_the_example("scheduling"), load.ids, today, self._stopped.wait)
        links = LinksBetween(self._as_the_example("discovery"), load.ids, self._stopped.wait)
        try:
            with self._console.calm():
                for done, total in chain(load.run(landscape), year.run(), links.run()):
                    self._console.progress(done, total, "Loading the example landscape")
                    if self._stopped.is_set():
                        return
        finally:
            self._console.progress_ended()
        first_start.loaded()
        self._console.say(
            f"Loaded an example landscape: {len(landscape['communities'])} fictional communities "
            f"in {len(landscape['networks'])} networks."
        )

    def _as_the_example(self, name: str) -> Service:
        """With the services' token: what comes of the example is told to nobody."""
        return Service(
            name,
            self._addresses[name],
            self._settings.service_token.value,
            timeout=30,
            correlation="example-landscape",
            origin=EXAMPLE,
        )

    def _greeting(self, took: float) -> str:
        token = self._settings.operator_token.path
        shown = f"$(cat {_short(token)})" if token else "$HEDGEROW_OPERATOR_TOKEN"
        rows = [f"  {name:<14} {self._addresses[name]}/docs   {KEEPS[name]}" for name in SERVICES]
        return "\n".join(
            [
                "",
                f"Ready in {took:.1f} s.",
                "",
                f"  {self._addresses[FRONT]}",
                "",
                _MAIL[bool(self._settings.smtp_url)].format(**self._addresses),
                "",
                *rows,
                "",
                f"The data is in {_short(self._settings.data_dir)}. Ctrl-C stops everything.",
                "",
                "Try in another terminal: who works on falls in care homes?",
                f"  curl '{self._addresses['discovery']}/search?q=falls+in+care+homes&limit=3'",
                "Or register a community of your own:",
                f"  curl -i {self._addresses['registry']}/communities \\",
                f'    -H "Authorization: Bearer {shown}" \\',
                "    -H 'Content-Type: application/json' \\",
                '    -d \'{"name": "Steady on", "domain": "Preventing falls in care homes"}\'',
                "",
            ]
        )


def _ready(http: Client, address: str) -> bool:
    try:
        return http.get(f"{address}/health/ready").status_code == 200
    except httpx.HTTPError:
        return False


def _short(path: Path) -> str:
    """The path as one would type it here."""
    near = os.path.relpath(path)
    return str(path) if near.startswith("..") else near
