"""Metrics in Prometheus' format: of this process's requests, and of the service's database."""

import math
from collections.abc import Iterator, Mapping
from typing import Any

from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from sqlalchemy.exc import DBAPIError

from shared.clock import parse_rfc3339
from shared.http.metrics import RequestMetrics
from shared.service import Service
from shared.web.status import status


class Metrics(RequestMetrics):
    """Of requests, and of the service's database."""

    def __init__(self, service: Service) -> None:
        super().__init__([_OfDatabase(service)])


class _OfDatabase(Collector):
    """What the worker does is seen in the database, so one place can tell it for both processes."""

    def __init__(self, service: Service) -> None:
        self._service = service

    def describe(self) -> list[Metric]:
        return []  # else registering would ask the database, which may not be there yet

    def collect(self) -> Iterator[Metric]:
        up = GaugeMetricFamily("hedgerow_database_up", "Whether the database answers")
        try:
            found = status(self._service)
        except DBAPIError:
            up.add_metric([], 0)
            yield up
            return
        up.add_metric([], 1)
        yield up
        for name, (text, value) in _numbers(found).items():
            yield GaugeMetricFamily(name, text, value=value)
        lag = GaugeMetricFamily("hedgerow_consumer_lag", "Events to consume", labels=["source"])
        for consumer in found["consumers"]:
            if consumer["lag"] is not None:
                lag.add_metric([consumer["source"]], consumer["lag"])
        yield lag
        yield _looked(found)
        pending = GaugeMetricFamily("hedgerow_pending", "What is still to be done", labels=["what"])
        for what, count in found["pending"].items():
            pending.add_metric([what], count)
        yield pending
        troubles = GaugeMetricFamily("hedgerow_troubles", "What is not well", labels=["what"])
        for what in sorted({trouble["what"] for trouble in found["troubles"]}):
            troubles.add_metric([what], 1)
        yield troubles
        with self._service.database.read() as connection:
            own = self._service.measures(connection, self._service.clock.now())
        for name, (text, value) in own.items():
            yield GaugeMetricFamily(name, text, value=value)


def _looked(found: Mapping[str, Any]) -> Metric:
    """A consumer of topics that is well looks at them every second; over a feed it notes changes
    alone."""
    gauge = GaugeMetricFamily(
        "hedgerow_consumer_looked_seconds",
        "How long ago the consumer last looked for events without an error",
        labels=["source"],
    )
    for consumer in found["consumers"]:
        if consumer["transport"] == "kafka":
            well = consumer["looked_at"] and not consumer["error"]
            age = (
                parse_rfc3339(found["now"]) - parse_rfc3339(consumer["looked_at"]) if well else None
            )
            gauge.add_metric([consumer["source"]], age.total_seconds() if age else math.inf)
    return gauge


def _numbers(found: Mapping[str, Any]) -> dict[str, tuple[str, float]]:
    """Each number of a status, with the words that tell it."""
    numbers = {
        "hedgerow_events": ("Events in the store", found["events"]),
        "hedgerow_events_held_back": (
            "Events that readers may not see yet, for a transaction still running",
            found["held_back"],
        ),
        "hedgerow_dead_letters": ("Events that could not be applied", found["dead_letters"]),
        "hedgerow_divergences": (
            "Events whose version was applied with another content",
            found["divergences"],
        ),
    }
    if relay := found["relay"]:
        numbers["hedgerow_relay_lag"] = ("Events to send to Kafka", relay["lag"])
        numbers["hedgerow_relay_oldest_seconds"] = (
            "How long the oldest event that is not in Kafka yet has waited",
            relay["oldest_seconds"],
        )
    return numbers
