"""From a registration's 201 to its being visible in discovery, at ten registrations a second."""

import http.client
import json
import statistics
import threading
import time
import uuid
from collections.abc import Iterator
from urllib.parse import urlsplit

from tests.bench import table
from tests.bench.ground import Ground
from tests.bench.stores import WORDS
from tests.platform import OPERATOR, Platform

_A_SECOND, _SECONDS = 10, 15
_LOOK_SECONDS = 0.004
_GIVE_UP_SECONDS = 20
_MOST = 250  # ms, at the 99th percentile


def visibility(way: str, ground: Ground) -> Iterator[table.Line]:
    """Over feeds and SQLite, or over Kafka and PostgreSQL; seen when /related answers 200."""
    over_kafka = way == "kafka"
    databases = (
        {service: ground.database("postgresql") for service in ("registry", "discovery")}
        if over_kafka
        else {}
    )
    kafka = ground.kafka if over_kafka else None
    with Platform(ground.room(), databases=databases, kafka=kafka) as platform:
        _register_and_see(platform)  # what comes first is slower: connections, first plans
        waits = _waits(platform)
    middle, late = statistics.median(waits), statistics.quantiles(waits, n=100)[98]
    yield table.at_most(
        f"201 to visible, {'Kafka, PostgreSQL' if over_kafka else 'feeds, SQLite'}, p99",
        late * 1000,
        _MOST,
        unit="ms",
        also=f" (p50 {middle * 1000:,.0f})",
        bound="looks at 20 ms and 25 ms"
        + (", the broker, two transactions" if over_kafka else ", two transactions"),
    )


def _waits(platform: Platform) -> list[float]:
    """Seconds from each answer to its being seen."""
    waits: list[float] = []

    def one() -> None:
        waits.append(_register_and_see(platform))

    threads = [threading.Thread(target=one) for _ in range(_A_SECOND * _SECONDS)]
    begin = time.monotonic()
    for number, thread in enumerate(threads):
        time.sleep(max(0.0, begin + number / _A_SECOND - time.monotonic()))
        thread.start()
    for thread in threads:
        thread.join()
    if len(waits) < len(threads):
        raise RuntimeError(f"{len(threads) - len(waits)} registrations were never seen")
    return waits


def _register_and_see(platform: Platform) -> float:
    registry, discovery = (_connect(platform.urls[name]) for name in ("registry", "discovery"))
    body = json.dumps({"name": f"Falls {uuid.uuid4().hex}", "domain": WORDS})
    headers = {"Authorization": f"Bearer {OPERATOR}", "Content-Type": "application/json"}
    registry.request("POST", "/communities", body, headers)
    made = registry.getresponse()
    told = time.monotonic()
    made.read()
    address = f"{made.headers['Location']}/related?limit=1"
    while time.monotonic() < told + _GIVE_UP_SECONDS:
        discovery.request("GET", address)
        answer = discovery.getresponse()
        answer.read()
        if answer.status == 200:
            registry.close()
            discovery.close()
            return time.monotonic() - told
        time.sleep(_LOOK_SECONDS)
    raise RuntimeError(f"{address} was not there after {_GIVE_UP_SECONDS} s")


def _connect(url: str) -> http.client.HTTPConnection:
    return http.client.HTTPConnection(str(urlsplit(url).netloc), timeout=30)
