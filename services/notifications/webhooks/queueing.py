"""Which events an endpoint is to get: as they are consumed, and read again for a replay."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import httpx
import structlog

from services.notifications.webhooks import store
from shared.clock import parse_rfc3339
from shared.connection import Connection
from shared.database import mark, marks
from shared.eventstore.epochs import is_epoch_raised
from shared.eventstore.events import Cause, Event
from shared.foundation.http_client import bearer, http_client
from shared.restoring import moments
from shared.service import Service
from shared.stream.envelope import MalformedEnvelope, from_page

log = structlog.get_logger()
_PAGE = 200
_MOST_WAITING = 1000  # replayed events that wait for one endpoint, before more are read
READING, CLOSING = "reading", "closing"


def source_of(event: Event) -> str:
    """The service whose event it is."""
    return event.type.split(".")[0]


def wanted(connection: Connection, events: Sequence[Event]) -> Sequence[Event]:
    """Those of a batch that any endpoint wants."""
    webhooks = store.all_of(connection, "WHERE state = 'active'")
    return [e for e in events if any(_is_new_to(w, e) for w in webhooks)] if webhooks else ()


def fan_out(connection: Connection, event: Event, _cause: Cause, now: datetime) -> None:
    """Queue an event for each endpoint that wants it, but for those to whom it is replayed."""
    source = source_of(event)
    rows = connection.exec_driver_sql(
        f"SELECT webhook FROM webhook_replays WHERE service = {mark(connection)}"
        f" AND until = '{READING}'",
        (source,),
    )
    replaying = {row[0] for row in rows}
    # That a service was put back was told to nobody before.
    restored = moments.told_before(connection, event.time) and not is_epoch_raised(event.type)
    for webhook in store.all_of(connection, "WHERE state = 'active'"):
        if webhook.id not in replaying and _is_new_to(webhook, event):
            if restored:
                store.miss(connection, webhook.id, event, now)
            else:
                store.enqueue(connection, webhook.id, source, [event], now)


def _is_new_to(webhook: store.Webhook, event: Event) -> bool:
    """What happened before an endpoint was there it gets by a replay alone."""
    return event.time >= parse_rfc3339(webhook.created_at) and webhook.wants(event)


def begin_replay(connection: Connection, webhook: str, service: str, after: str) -> None:
    """From a cursor of a service's feed on, in order; what waits of that service goes with it."""
    connection.exec_driver_sql(
        f"INSERT INTO webhook_replays (webhook, service, after, until)"
        f" VALUES ({marks(connection, 4)}) ON CONFLICT (webhook, service) DO UPDATE SET"
        " after = excluded.after, until = excluded.until",
        (webhook, service, after, READING),
    )
    p = mark(connection)
    connection.exec_driver_sql(
        f"DELETE FROM webhook_queue WHERE webhook = {p} AND type LIKE {p}",
        (webhook, f"{service}.%"),
    )


class Replays:
    """`step` reads on for each replay, a page at a time."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._client = http_client()

    def step(self) -> bool:
        with self._service.database.read() as connection:
            replays = connection.exec_driver_sql(
                "SELECT webhook, service, after, until FROM webhook_replays"
            ).all()
        read = [self._read_on(*replay) for replay in replays]
        return any(read)

    def _read_on(self, webhook_id: str, source: str, after: str, until: str) -> bool:
        with self._service.database.read() as connection:
            sql = f"SELECT count(*) FROM webhook_queue WHERE webhook = {mark(connection)}"
            waiting = connection.exec_driver_sql(sql, (webhook_id,)).scalar_one()
        if waiting > _MOST_WAITING:
            return False
        events, following = self._page(source, after)
        with self._service.database.write() as connection:
            webhook = store.by_id(connection, webhook_id)
            if webhook is not None:
                chosen = [event for event in events if webhook.wants(event)]
                now = self._service.clock.now()
                store.enqueue(connection, webhook_id, source, chosen, now)
            self._advance(connection, (webhook_id, source), (after, following), until, events)
        return True

    def _advance(
        self,
        connection: Connection,
        key: tuple[str, str],
        places: tuple[str, str],
        until: str,
        events: Sequence[Event],
    ) -> None:
        """At the feed's end live events are let in first, and the end is looked at once more."""
        p = mark(connection)
        where = f"WHERE webhook = {p} AND service = {p} AND after = {p}"
        if events or until == READING:
            state = until if events else CLOSING
            connection.exec_driver_sql(
                f"UPDATE webhook_replays SET after = {p}, until = {p} {where}",
                (places[1], state, *key, places[0]),
            )
        else:
            connection.exec_driver_sql(f"DELETE FROM webhook_replays {where}", (*key, places[0]))

    def _page(self, source: str, after: str) -> tuple[list[Event], str]:
        settings = self._service.settings
        parameters: dict[str, Any] = {"limit": _PAGE} | ({"after": after} if after else {})
        try:
            answer = self._client.get(
                f"{settings.urls[source]}/events",
                params=parameters,
                headers=bearer(settings.service_token),
            )
            answer.raise_for_status()
            return from_page(answer.content)
        except (httpx.HTTPError, MalformedEnvelope) as error:
            raise RuntimeError(f"{source}'s feed does not answer: {error}") from error
