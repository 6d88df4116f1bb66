"""Notifications, put together."""

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from pathlib import Path

import structlog
from flask import Flask

from services.notifications import letters, preferences, reminding, stuck, telling
from services.notifications.api import bounces, deliveries, forecasts, reminders
from services.notifications.api import outbox as outbox_api
from services.notifications.api import preferences as preferences_api
from services.notifications.api import webhooks as webhooks_api
from services.notifications.authority import FINDERS
from services.notifications.contact_book import RegistryContacts
from services.notifications.domain.rules import RULES
from services.notifications.events import EVENT_TYPES
from services.notifications.holdings import held
from services.notifications.joining import SchedulingJoins
from services.notifications.links import Links, MaskedLinks
from services.notifications.messages import api as messages
from services.notifications.outbox import Outbox
from services.notifications.projections.deliveries import ANNOUNCEMENTS, DELIVERIES
from services.notifications.projections.registry import COMMUNITIES, NETWORKS
from services.notifications.projections.scheduling import APPLICATIONS, ATTENDANCE, SESSIONS
from services.notifications.reasons import SchedulingReasons
from services.notifications.rendering import Renderer
from services.notifications.sender import Sender
from services.notifications.waiting import waiting_for
from services.notifications.webhooks import queueing, store
from services.notifications.webhooks.delivering import Deliverer
from services.notifications.webhooks.queueing import Replays
from shared.connection import Connection
from shared.erasure import confirms_erasure
from shared.eventstore.events import Cause, Event
from shared.eventstore.streams import Streams
from shared.http import inbox, reads
from shared.link_renewals import follows_renewals
from shared.projection.reactions import Reaction
from shared.service import Service, authority, no_troubles
from shared.settings import Settings, mail_server
from shared.worker.lease import Lease
from shared.worker.loops import Loop

log = structlog.get_logger()

_FORECAST_PATIENCE = 1.0  # seconds: who asks for a forecast waits for two
_CALLS = (
    reads.blueprint(),
    outbox_api.blp,
    deliveries.blp,
    preferences_api.blp,
    forecasts.blp,
    webhooks_api.blp,
    bounces.blp,
    messages.blp,
    reminders.blp,
    inbox.blueprint(waiting_for),
)


def build(settings: Settings) -> Service:
    def streams() -> Streams:
        return service.streams

    def tell(connection: Connection, event: Event, cause: Cause, now: datetime) -> None:
        telling.tell(streams(), connection, event, cause, now)

    service = Service(
        name="notifications",
        title="Preferences, reminders, digests, email, webhooks: who hears of it.",
        settings=settings,
        types=EVENT_TYPES,
        migrations=Path(__file__).parent / "migrations",
        blueprints=_CALLS,
        own=[DELIVERIES, ANNOUNCEMENTS],
        followed=[
            COMMUNITIES,
            NETWORKS,
            SESSIONS,
            ATTENDANCE,
            APPLICATIONS,
            *authority.PROJECTIONS,
        ],
        authority=authority.FollowedAuthority(FINDERS),
        follows=["registry", "scheduling", "discovery"],
        reactions=[
            confirms_erasure(streams, preferences.forget),
            follows_renewals(),
            Reaction("tell", frozenset(r.event for r in RULES), tell, _wanted),
            Reaction("plan reminders", frozenset(SESSIONS.types), reminding.plan),
            Reaction("webhooks", None, queueing.fan_out, queueing.wanted),
        ],
        passes=[reminding.remind_in_time, letters.tidy, store.miss_restored, store.tidy],
        holds=held,
        pending={
            "messages to send": _due_messages(settings),
            "webhook deliveries": store.pending,
        },
        measures=partial(stuck.measures, sends=bool(settings.smtp_url)),
        troubles=stuck.troubles if settings.smtp_url else no_troubles,
        start_web=_start_web,
        loops=_loops,
    )
    return service


def _wanted(_connection: Connection, events: Sequence[Event]) -> Sequence[Event]:
    return [event for event in events if telling.asked_for(event)]


def _start_web(service: Service, app: Flask) -> None:
    settings = service.settings
    renderer = Renderer(Links(settings), settings.mail_from)
    app.extensions["hedgerow_contacts"] = RegistryContacts(settings, _FORECAST_PATIENCE)
    app.extensions["hedgerow_outbox"] = Outbox(
        *(RegistryContacts(settings), SchedulingJoins(settings), renderer),
        Renderer(MaskedLinks(settings), settings.mail_from),
        SchedulingReasons(settings),
    )


def _loops(service: Service) -> Sequence[Loop]:
    settings = service.settings
    if settings.smtp_url and mail_server(settings.smtp_url.value).shows_password:
        log.warning(
            "the mail server's password is sent without TLS, for anyone on the way to read: write"
            " HEDGEROW_SMTP_URL with smtps://, or add ?starttls=1"
        )
    renderer = Renderer(Links(settings), settings.mail_from)
    sender = Sender(
        *(service, RegistryContacts(settings), SchedulingJoins(settings), renderer),
        SchedulingReasons(settings),
    )
    replays, deliverer = Replays(service), Deliverer(service)

    def deliver() -> bool:
        read = replays.step()
        return deliverer.step() or read

    return [
        Loop("sender", sender.step, 0.3, Lease(service.database, "sender")),
        Loop("webhooks", deliver, 0.2, Lease(service.database, "webhooks")),
    ]


def _due_messages(settings: Settings) -> Callable[[Connection], int]:
    """What ought to have gone by now; where no mail server is set, letters have arrived."""

    def count(connection: Connection) -> int:
        now = settings.clock.now()
        return stuck.unformed(connection, now) + (
            stuck.due_letters(connection, now) if settings.smtp_url else 0
        )

    return count
