"""`hedgerow status`: where each service stands, and whether all is well."""

import json
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import click

from hedgerow.caught_up import (
    Look,
    Status,
    applied_all,
    distance,
    late,
    pending,
    still_to_come,
    unwell,
)
from hedgerow.failures import CannotDo
from hedgerow.platform import operators_services
from hedgerow.service import Refused, Service, Unreachable

BETWEEN_LOOKS = 0.2  # seconds
KEPT = 100  # looks
PATIENCE = 3.0  # seconds in which events must have arrived while all is well
TOLD_EVERY = 5.0  # seconds between words about what is waited for
HEADINGS = ("service", "up", "events", "position", "dead letters", "pending")
RIGHT = (False, False, True, False, True, False)


def look_at(services: Mapping[str, Service]) -> Look:
    """Ask all services at once; raises CannotDo where one does not accept our token."""
    with ThreadPoolExecutor(len(services)) as asking:
        return dict(zip(services, asking.map(_status, services.values()), strict=True))


def _status(service: Service) -> Status | str:
    try:
        return service.get("/status")
    except Unreachable:
        return f"{service.name} does not answer at {service.url}"
    except Refused as refused:
        if refused.status in (401, 403):
            raise
        return f"{service.name} answers with an error (status {refused.status})"


def show(*, wait: bool, timeout: float, as_json: bool) -> bool:
    """Print where all stands, after it has caught up where `wait`; True when all is well.

    Raises CannotDo where it has not caught up within `timeout` seconds.
    """
    services = operators_services()
    if wait:
        look = earlier = wait_until_caught_up(services, timeout)
    else:
        look, earlier = _patient_look(services)
    troubles = [*unwell(look), *late(look, earlier)]
    if as_json:
        click.echo(_as_json(look, troubles))
    else:
        click.echo("\n".join([*table(look), "", *follows(look), "", verdict(troubles)]))
    return not troubles


def _patient_look(services: Mapping[str, Service]) -> tuple[Look, Look]:
    """The latest look and the first: what is on its way at the first is given time to arrive."""
    first = look = look_at(services)
    until = time.monotonic() + PATIENCE
    while late(look, first) and time.monotonic() < until:
        time.sleep(BETWEEN_LOOKS)
        look = look_at(services)
    return look, first


def wait_until_caught_up(services: Mapping[str, Service], timeout: float) -> Look:
    """Look again and again until nothing is under way; CannotDo after `timeout` seconds."""
    until = time.monotonic() + timeout
    tell_at = time.monotonic() + TOLD_EVERY
    looks = [look_at(services)]
    while waiting := still_to_come(looks):
        if time.monotonic() >= until:
            raise CannotDo(f"Not caught up within {timeout:g} s: {'; '.join(waiting)}.")
        if time.monotonic() >= tell_at:
            click.echo(f"waiting: {'; '.join(waiting)}", err=True)
            tell_at = time.monotonic() + TOLD_EVERY
        time.sleep(BETWEEN_LOOKS)
        looks = [*looks[-KEPT:], look_at(services)]
    return looks[-1]


def verdict(troubles: list[str]) -> str:
    """The last line: a sentence."""
    return f"Not all is well: {'; '.join(troubles)}." if troubles else "All is well."


def table(look: Look) -> list[str]:
    """Lines of a table, one for each service below the headings."""
    rows = [HEADINGS, *(_row(name, status) for name, status in look.items())]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEADINGS))]
    return [
        "  ".join(
            cell.rjust(width) if right else cell.ljust(width)
            for cell, width, right in zip(row, widths, RIGHT, strict=True)
        ).rstrip()
        for row in rows
    ]


def _row(name: str, status: Status | str) -> tuple[str, ...]:
    if isinstance(status, str):
        return (name, "no", "–", "–", "–", "–")
    return (
        name,
        "yes",
        f"{status['events']:,}",
        status["head"],
        f"{status['dead_letters']:,}",
        pending(status) or "nothing",
    )


def follows(look: Look) -> list[str]:
    """A line for each relay and each consumer: whom it follows and how far behind it is."""
    lines = []
    for name, status in look.items():
        if isinstance(status, str):
            continue
        if relay := status["relay"]:
            sent = "all sent" if relay["at_head"] else f"{relay['lag']:,} events still to send"
            lines.append(f"{name} sends to Kafka: {sent}, at {relay['position']}")
        if status["held_back"]:
            lines.append(f"{name} holds {status['held_back']:,} events back from readers")
        lines += [_follows(name, consumer, look) for consumer in status["consumers"]]
    return lines


def _follows(name: str, consumer: Mapping[str, Any], look: Look) -> str:
    place = "up to date" if applied_all(consumer, look) else distance(consumer)
    error = f" ({consumer['error']})" if consumer["error"] else ""
    if consumer["transport"] == "kafka":
        return f"{name} follows {consumer['source']} over Kafka: {place}{error}"
    return f"{name} follows {consumer['source']}: {place}, at {consumer['position']}{error}"


def _as_json(look: Look, troubles: list[str]) -> str:
    services = {
        name: {"up": False, "error": status} if isinstance(status, str) else {"up": True, **status}
        for name, status in look.items()
    }
    return json.dumps({"services": services, "well": not troubles, "troubles": troubles}, indent=2)
