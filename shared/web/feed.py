"""`GET /events`: the service's events in order, for other programmes and for the services.

A caller may wait for news. Waiting requests hold a thread each, so they are capped well below the
number of threads, with some places kept for the services; beyond the cap the answer comes at once,
with Retry-After. One thread looks at the store for all who wait.
"""

import threading
import time
from collections.abc import Mapping
from typing import NamedTuple

from flask import Response, request
from flask_smorest import Blueprint
from sqlalchemy.exc import DBAPIError

from shared.contracts import schemas
from shared.eventstore import epochs
from shared.eventstore.events import PUBLIC, START, Cursor, feed_cursor, parse_feed_cursor
from shared.eventstore.store import Filter
from shared.http.places import places
from shared.http.policies import anyone, policy
from shared.service import Service
from shared.stream.envelope import page
from shared.web.callers import caller, is_trusted
from shared.web.errors import invalid
from shared.web.parameters import Described, moment, takes, whole, whole_number

_MAX_LIMIT, _MAX_WAIT = 1000, 20
_MOST_BYTES = 1_000_000  # in a page: what a reader makes this process hold at once
_LOOK_SECONDS = 0.02


def blueprint(service: Service) -> Blueprint:
    blp = Blueprint("events", "events", description="What happened, from the beginning")
    watch = HeadWatch(service)

    @blp.get("/events")
    @blp.doc(summary="Events after a cursor")
    @takes(_PARAMETERS)
    @policy(anyone)
    def events() -> Response:
        """CloudEvents 1.0 in order; `next` is the cursor to go on from, and never null.

        A page ends at `limit` events or at about 1 MB, whichever comes first; an event that is
        larger comes alone. A page without events is the end for now.

        `epoch` is the epoch that the service writes in. Where `after` is of an earlier one and
        followers must know why, `epoch_raised` (and the header Hedgerow-Epoch-Raised) says so until
        they have met the event that tells it; the page itself goes on as ever, and loses nothing.
        """
        after, limit, wait, wanted = _arguments(service)
        found = _read(service, after, limit, wanted)
        if found.events or not wait:
            return _json(found.body, found.headers)
        with places().take(caller().kind) as had:
            if not had:
                return _json(found.body, found.headers | {"Retry-After": "5"})
            deadline = time.monotonic() + wait
            while not found.events and (left := deadline - time.monotonic()) > 0:
                if not watch.wait_for_news(found.head, left):
                    break
                found = _read(service, after, limit, wanted)
        return _json(found.body, found.headers)

    return blp


class HeadWatch:
    """Looks at the store's head on behalf of all who wait, and only while someone does."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._news = threading.Condition()
        self._waiting = 0
        self._head = START
        self._thread: threading.Thread | None = None
        self.stopped = False
        _WATCHES.append(self)

    def wait_for_news(self, seen: Cursor, seconds: float) -> bool:
        """Wait until the store has more than `seen`; False after `seconds`, or when stopping."""
        with self._news:
            self._waiting += 1
            if self._thread is None:  # started here: a thread does not live through a fork
                self._thread = threading.Thread(target=self._look, name="head", daemon=True)
                self._thread.start()
            self._news.wait_for(lambda: self.stopped or self._head > seen, seconds)
            self._waiting -= 1
            return not self.stopped and self._head > seen

    def stop(self) -> None:
        self.stopped = True
        with self._news:
            self._news.notify_all()

    def _look(self) -> None:
        while not self.stopped:
            time.sleep(_LOOK_SECONDS)
            if not self._waiting:
                continue
            try:
                with self._service.database.read() as connection:
                    head = self._service.store.head(connection)
            except DBAPIError:
                continue  # the log has it from those who read
            if head != self._head:
                with self._news:
                    self._head = head
                    self._news.notify_all()


_WATCHES: list[HeadWatch] = []


def stop_waiting() -> None:
    """Send all who wait away with what there is: this process is stopping."""
    for watch in _WATCHES:
        watch.stop()


class _Page(NamedTuple):
    events: int
    head: Cursor  # of the store, when it was read
    body: bytes
    headers: dict[str, str]


def _read(service: Service, after: Cursor, limit: int, wanted: Filter) -> _Page:
    with service.database.read() as connection:
        head = service.store.head(connection)
        events = service.store.read_page(connection, after, limit, wanted, most_bytes=_MOST_BYTES)
        epoch = epochs.present_epoch(connection)
        # Who begins at the beginning has nothing that could have changed.
        raised = epochs.raised_since(connection, after) if after > START else []
    if events:
        following = events[-1].cursor
    else:  # all up to here was looked at, and filtered out
        end = head if wanted.until is None else min(head, wanted.until)
        # A cursor beyond the head is of events that were lost when a backup was put back.
        following = max(after, end) if after <= head else head
    present = [service.types.present(event) for event in events]
    # Whoever came with a cursor in the form of release 0.1.0 goes on with it.
    bare = request.args.get("after", "")[:1].isdecimal()
    named = str(following) if bare else feed_cursor(service.name, following)
    headers = {"Hedgerow-Epoch": str(epoch)}
    if raised:
        headers["Hedgerow-Epoch-Raised"] = ", ".join(each.reason for each in raised)
    body = page(present, service.name, named, epoch, raised)
    return _Page(len(events), head, body, headers)


def _json(body: bytes, headers: dict[str, str]) -> Response:
    return Response(body, content_type="application/json", headers=headers)


def _arguments(service: Service) -> tuple[Cursor, int, float, Filter]:
    """Raises Problem 422 for one that is wrong or unknown."""
    wanted = Filter(
        audience=None if is_trusted() and not caller().actor else PUBLIC,
        types=_types(service),
        since=moment("from"),
        until=_cursor(service, "until"),
    )
    return (
        _cursor(service, "after") or START,
        whole_number("limit", 100, 1, _MAX_LIMIT, capped=True),
        whole_number("wait", 0, 0, _MAX_WAIT, capped=True),
        wanted,
    )


def _types(service: Service) -> tuple[str, ...] | None:
    """The event types that are asked for, by name or by a pattern; None for all."""
    asked = request.args.get("types")
    if not asked:
        return None
    known = {name for name, _ in schemas.known() if name.startswith(f"{service.name}.")}
    known |= set(service.types.by_name)
    wanted: set[str] = set()
    for pattern in asked.split(","):
        found = {name for name in known if _matches(name, pattern.strip())}
        if not found:
            raise invalid(
                "types",
                f"there is no event type {pattern.strip()[:100]!r} here; take names of"
                f" /asyncapi.json, or a pattern such as {service.name}.community.*",
            )
        wanted |= found
    return tuple(sorted(wanted))


def _matches(name: str, pattern: str) -> bool:
    """`*` stands for one or more of a name's last parts."""
    return pattern in ("*", name) or (pattern.endswith(".*") and name.startswith(pattern[:-1]))


def _cursor(service: Service, name: str) -> Cursor | None:
    text = request.args.get(name)
    if not text:
        return None
    try:
        return parse_feed_cursor(text, service.name)
    except ValueError as error:
        raise invalid(name, str(error)) from error


_PARAMETERS: Mapping[str, Described] = {
    "after": "Where to go on from: `next` of the page before",
    "limit": whole(f"Events in a page, up to {_MAX_LIMIT}; fewer where they are large"),
    "wait": whole(f"Seconds to wait, up to {_MAX_WAIT}"),
    "types": "Only these event types, comma between: names, or patterns (registry.community.*)",
    "from": {
        "schema": {"type": "string", "format": "date-time"},
        "description": "Only events at this time or later",
    },
    "until": "Only events up to this cursor",
}
