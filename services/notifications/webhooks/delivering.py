"""Delivering to endpoints: each by itself, in each stream's order, until it answers or is gone.

An endpoint that fails is paused, longer each time, and delays nobody else. What it has not taken
within a day is given up; after five days of failing it is disabled, and the operators are told.
"""

import random
import threading
from datetime import datetime, timedelta

import structlog
from standardwebhooks.webhooks import Webhook as Signer

from services.notifications import preferences
from services.notifications.domain import rules
from services.notifications.domain.backoff import pause
from services.notifications.telling import Occasion, queue, routed
from services.notifications.webhooks import store, transport
from services.notifications.webhooks.store import Attempt, Queued, Webhook
from shared.clock import parse_rfc3339, rfc3339
from shared.connection import Connection
from shared.database import mark
from shared.eventstore.events import Cause
from shared.identifiers import derived_id
from shared.service import Service

log = structlog.get_logger()
MOST_AT_WORK = 32  # endpoints at once
GIVE_UP = timedelta(days=1)  # for one event
DISABLE = timedelta(days=5)  # of failing without one success
_AT_ONCE = 50
_FIRST_PAUSE, _LONGEST_PAUSE = timedelta(seconds=5), timedelta(hours=3)
_LONGEST_ASKED = timedelta(days=1)  # that an endpoint may ask to be left alone


class Deliverer:
    """`step` is called by one thread of one process; each endpoint is served by a thread."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._at_work: set[str] = set()
        self._resting: dict[str, tuple[int, datetime]] = {}  # failures of our own, and until when
        self._lock = threading.Lock()
        self._free = threading.BoundedSemaphore(MOST_AT_WORK)

    def step(self) -> bool:
        """Begin to serve the endpoints that are to get something; whether there were any."""
        now = self._service.clock.now()
        with self._service.database.read() as connection:
            due = store.with_something_due(connection, now)
        began = False
        for webhook in due:
            with self._lock:
                if webhook in self._at_work or self._rests(webhook, now):
                    continue
                if not self._free.acquire(blocking=False):
                    continue
                self._at_work.add(webhook)
            name = f"webhook {webhook}"
            threading.Thread(target=self._serve, args=(webhook,), name=name, daemon=True).start()
            began = True
        return began

    def idle(self) -> bool:
        with self._lock:
            return not self._at_work

    def _serve(self, webhook_id: str) -> None:
        try:
            while self._serve_some(webhook_id):
                pass
            with self._lock:
                self._resting.pop(webhook_id, None)
        except Exception:
            # What an attempt meets is recorded as one that failed; here, not even that could be.
            until = self._rest(webhook_id)
            log.exception("an endpoint could not be served", webhook=webhook_id, until=until)
        finally:
            with self._lock:
                self._at_work.discard(webhook_id)
            self._free.release()

    def _rests(self, webhook_id: str, now: datetime) -> bool:
        return webhook_id in self._resting and now < self._resting[webhook_id][1]

    def _rest(self, webhook_id: str) -> str:
        """Leave an endpoint alone for the usual pause; until when."""
        with self._lock:
            failures = self._resting.get(webhook_id, (0, None))[0] + 1
            until = self._service.clock.now() + _usual_pause(failures)
            self._resting[webhook_id] = failures, until
        return rfc3339(until)

    def _serve_some(self, webhook_id: str) -> bool:
        """One round: the first due event of each stream. Whether to go on at once."""
        now = self._service.clock.now()
        with self._service.database.read() as connection:
            webhook = store.by_id(connection, webhook_id)
            due = store.next_of(connection, webhook_id, now, _AT_ONCE)
        if webhook is None or webhook.state != store.ACTIVE:
            return False
        for queued in due:
            now = self._service.clock.now()
            attempt = deliver(self._service, webhook, queued, now)
            self._record(webhook_id, queued, attempt, now)
            if attempt.outcome != transport.DELIVERED:
                return False
        return bool(due)

    def _record(self, webhook_id: str, queued: Queued, attempt: Attempt, now: datetime) -> None:
        """One transaction: the log, the queue, and how the endpoint stands."""
        with self._service.write() as connection:
            webhook = store.by_id(connection, webhook_id)
            if webhook is None:
                return
            p = mark(connection)
            after = standing(webhook, attempt, now)
            if after.state == store.DISABLED and webhook.state == store.ACTIVE:
                notify_operators(self._service, connection, after, now)
            given_up = now - parse_rfc3339(queued.queued_at) > GIVE_UP
            if attempt.outcome == transport.DELIVERED or given_up:
                sql = f"DELETE FROM webhook_queue WHERE number = {p}"
                connection.exec_driver_sql(sql, (queued.number,))
                if attempt.outcome != transport.DELIVERED:
                    attempt = attempt._replace(outcome="given up")
            else:
                connection.exec_driver_sql(
                    f"UPDATE webhook_queue SET attempts = attempts + 1, due = {p}"
                    f" WHERE number = {p}",
                    (after.pause_until or rfc3339(now), queued.number),
                )
            store.log_attempt(connection, webhook_id, queued, attempt, now)
            if after != webhook:
                store.put(connection, after)


def deliver(service: Service, webhook: Webhook, queued: Queued, now: datetime) -> Attempt:
    """One attempt. Whatever goes wrong in it is an attempt that failed."""
    try:
        return _post_signed(service, webhook, queued, now)
    except Exception as error:
        log.exception("an attempt met what was not foreseen", webhook=webhook.id)
        return Attempt(None, 0, f"it could not be sent: {type(error).__name__}", transport.FAILED)


def _post_signed(service: Service, webhook: Webhook, queued: Queued, now: datetime) -> Attempt:
    """Signed as Standard Webhooks 1.0 says."""
    body = queued.body
    signatures = [Signer(secret).sign(queued.message, now, body) for secret in webhook.secrets(now)]
    headers = {
        "Content-Type": "application/cloudevents+json; charset=utf-8",
        "User-Agent": "Hedgerow",
        "webhook-id": queued.message,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": " ".join(signatures),
    }
    allow = service.settings.webhooks_allow_loopback
    return transport.post(webhook.url, headers, body.encode(), allow_loopback=allow)


def standing(webhook: Webhook, attempt: Attempt, now: datetime) -> Webhook:
    """How the endpoint stands after an attempt: well, paused, or disabled."""
    if attempt.outcome == transport.DELIVERED:
        return webhook._replace(failing_since=None, pause_until=None, failures=0)
    failures = webhook.failures + 1
    since = webhook.failing_since or rfc3339(now)
    rest = max(_usual_pause(failures), _asked_pause(attempt))
    failed = webhook._replace(
        failing_since=since, pause_until=rfc3339(now + rest), failures=failures
    )
    if attempt.outcome == transport.GONE:
        return failed._replace(state=store.DISABLED, reason="the endpoint answered 410 Gone")
    if now - parse_rfc3339(since) > DISABLE:
        return failed._replace(state=store.DISABLED, reason="it failed for five days")
    return failed


def _usual_pause(failures: int) -> timedelta:
    chance = random.random()  # noqa: S311 - only to spread
    return pause(failures, chance, first=_FIRST_PAUSE, longest=_LONGEST_PAUSE)


def _asked_pause(attempt: Attempt) -> timedelta:
    """For how long the endpoint asked to be left alone, a day at most."""
    return min(timedelta(seconds=attempt.retry_after or 0), _LONGEST_ASKED)


def notify_operators(
    service: Service, connection: Connection, webhook: Webhook, now: datetime
) -> None:
    """A message to the operators, in the caller's transaction."""
    told = {"webhook": webhook.id, "description": webhook.description, "reason": webhook.reason}
    people = preferences.contacts(connection, ["operators"])
    planned = routed(connection, rules.WEBHOOK_DISABLED, [], told, people, now)
    occasion = Occasion(derived_id("dis", webhook.id, rfc3339(now)), webhook.id, now)
    changes = queue(planned, occasion, now) if people else []
    cause = Cause(correlation=f"webhook-{webhook.id}")
    service.streams.append(connection, changes, cause=cause, now=now)
