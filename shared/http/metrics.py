"""Metrics of this process's requests, in Prometheus' format."""

from collections.abc import Iterable

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.registry import Collector
from werkzeug.routing import Rule

_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10)


class RequestMetrics:
    """`collectors` give what is measured besides."""

    def __init__(self, collectors: Iterable[Collector] = ()) -> None:
        self._registry = CollectorRegistry()
        self._requests = Counter(
            "hedgerow_requests",
            "Requests answered",
            ["method", "route", "status"],
            registry=self._registry,
        )
        self._seconds = Histogram(
            "hedgerow_request_seconds",
            "Time to answer",
            ["method", "route"],
            buckets=_BUCKETS,
            registry=self._registry,
        )
        self._of: dict[tuple[str, str, int], tuple[Counter, Histogram]] = {}
        for collector in collectors:
            self._registry.register(collector)

    def observe(self, method: str, rule: Rule | None, status: int, seconds: float) -> None:
        """The route is the pattern, not the address: few values, and no ids."""
        key = (method, rule.rule, status) if rule is not None else ("none", "none", status)
        if key not in self._of:  # looking them up by their labels takes longer than counting
            self._of[key] = self._requests.labels(*key), self._seconds.labels(*key[:2])
        requests, took = self._of[key]
        requests.inc()
        took.observe(seconds)

    def exposition(self) -> bytes:
        return generate_latest(self._registry)
