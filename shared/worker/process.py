"""The worker process of a service: relay, consumers, reactions, rebuilds and timed passes."""

import re
import signal
import socket
import threading
from contextlib import suppress
from datetime import datetime
from functools import partial

import structlog
from sqlalchemy.exc import DBAPIError

from shared import logs
from shared.erasure import ERASED, confirmed_type
from shared.projection import dead_letters, rebuild
from shared.projection.consumer import Consumer
from shared.projection.generations import FOLLOWED, active
from shared.projection.positions import positions
from shared.projection.reactions import carry_out
from shared.projection.rebuild import MakeReader, Positions, Progress
from shared.service import Service, reads
from shared.stream.feed_source import FeedSource
from shared.stream.kafka import topics_of
from shared.stream.kafka_source import KafkaSource
from shared.stream.relay import Relay
from shared.stream.source import Source
from shared.web.idempotency import forget_old_keys
from shared.worker.lease import Lease
from shared.worker.loops import Loop, run_loops
from shared.worker.signs import Signs

log = structlog.get_logger()


def run_worker(service: Service) -> None:
    """Work until SIGTERM or SIGINT; what is in hand is finished."""
    settings = service.settings
    logs.configure(service.name, "worker", form=settings.log_format, level=settings.log_level)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    consumers = [
        Consumer(service.database, service.clock, source, service.followed, service.reactions)
        for source in _sources(service)
    ]
    relay = _relay(service)
    loops = [_consumer_loop(consumer) for consumer in consumers] + _housekeeping(service)
    if service.loops is not None:
        loops += service.loops(service)
    if relay is not None:
        loops.append(Loop("relay", relay.step, 0.02, Lease(service.database, "relay")))
    log.info("working", loops=[loop.name for loop in loops])
    signs = Signs(service.database, service.clock, socket.gethostname())
    with suppress(DBAPIError):  # the loops wait for the database, and say so
        signs.begin()
    run_loops(loops, stop, settings.worker_pulse, signs)
    for consumer in consumers:
        consumer.close()
    if relay is not None:
        relay.close()
    service.database.close()
    log.info("stopped")


def _consumer_loop(consumer: Consumer) -> Loop:
    return Loop("consumer", consumer.step, 0, on_error=consumer.report)


def _housekeeping(service: Service) -> list[Loop]:
    reactions = {reaction.name: reaction for reaction in service.reactions}

    def react() -> bool:
        return carry_out(service.database, reactions, service.clock.now()) > 0

    def rebuild_if_asked() -> bool:
        if rebuild.requested(service.database):
            rebuild.run_requested(service.database, service.clock, partial(_rebuild, service))
        return False

    upgraded = True  # perhaps, since the last process

    def passes() -> bool:
        nonlocal upgraded
        now = service.clock.now()
        if upgraded:
            _take_up(service, now)
            upgraded = False
        service.database.keep_statistics()
        forget_old_keys(service.database, now)
        _forget_old_reads(service, now)
        failed: Exception | None = None
        for timed_pass in service.passes:
            try:
                timed_pass(service, now)
            except Exception as error:  # noqa: BLE001 - raised below; the others are done all the same
                failed = failed or error
        if failed is not None:
            raise failed
        return False

    return [
        *([Loop("reactions", react, 0.1)] if reactions else []),
        Loop("rebuild", rebuild_if_asked, 0.5, Lease(service.database, "rebuild"), long=True),
        Loop("passes", passes, 60, Lease(service.database, "passes")),
    ]


def _forget_old_reads(service: Service, now: datetime) -> None:
    erasures = (ERASED, confirmed_type(service.name).name)
    with service.database.write() as connection:
        reads.tidy(connection, erasures, now)


def _take_up(service: Service, now: datetime) -> None:
    with service.database.write() as connection:
        taken = dead_letters.take_up(connection, service.followed, service.reactions, now)
    if taken:
        log.info("events of newer versions had waited for this one", taken_up=taken)


def _relay(service: Service) -> Relay | None:
    if service.settings.kafka is None:
        return None
    return Relay(
        service.name, service.database, service.store, service.types, service.settings.kafka
    )


def _sources(service: Service) -> list[Source]:
    def stored() -> dict[str, str]:
        with service.database.read() as connection:
            return positions(connection, active(connection, FOLLOWED))

    kafka = service.settings.kafka
    if kafka is None:
        return [_feed(service, followed, stored) for followed in service.follows]
    topics = [name for followed in service.follows for name in topics_of(followed)]
    group, member = (
        f"hedgerow.{service.name}",
        re.sub(r"[^A-Za-z0-9._-]", "-", socket.gethostname()),
    )
    return [KafkaSource(kafka, topics, stored, group=group, member=member)] if topics else []


def _feed(
    service: Service, followed: str, stored: Positions, until: Positions | None = None
) -> Source:
    settings = service.settings
    return FeedSource(followed, settings.urls[followed], settings.service_token, stored, until)


def _rebuild(service: Service, progress: Progress) -> int:
    own = rebuild.rebuild_own(
        service.database,
        service.store,
        service.own,
        progress,
        present=service.types.present_to_owner,
    )
    return own + rebuild.rebuild_followed(
        service.database,
        service.clock,
        service.followed,
        _readers(service),
        lambda done: progress(own + done),
        reacts=service.reactions,
    )


def _readers(service: Service) -> list[MakeReader]:
    kafka = service.settings.kafka
    if kafka is None:
        return [partial(_feed, service, followed) for followed in service.follows]
    topics = [name for followed in service.follows for name in topics_of(followed)]
    if not topics:
        return []

    def read_all(stored: Positions, until: Positions) -> Source:
        return KafkaSource(kafka, topics, stored, until=until)

    return [read_all]
