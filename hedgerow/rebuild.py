"""`hedgerow rebuild`: a service's read models made anew from events, while it serves."""

import sys
import time
from collections.abc import Iterator
from typing import Any

import click

from hedgerow.console import Console
from hedgerow.failures import CannotDo
from hedgerow.platform import operators_services
from hedgerow.service import Refused, Service, Unreachable

BETWEEN_LOOKS = 0.2  # seconds
GONE_FOR = 30.0  # seconds that a service may not answer meanwhile, as when it is started again


def run(name: str) -> None:
    """Ask for the rebuild and stay until it is done; raises CannotDo where it fails."""
    service = operators_services([name])[name]
    began = time.monotonic()
    service.post("/rebuild")
    done = _follow(service)
    click.echo(
        f"Rebuilt {name}'s read models from {done:,} events in {time.monotonic() - began:.1f} s."
    )


def _follow(service: Service) -> int:
    """How many events it took, once it is done."""
    console = Console(sys.stderr, [service.name])
    try:
        for rebuild in _looks(service):
            if total := rebuild["total"]:
                console.progress(min(rebuild["done"], total), total, f"Rebuilding {service.name}")
            if rebuild["state"] in ("done", "failed"):
                break
    finally:
        console.progress_ended()
    if rebuild["state"] == "failed":
        raise CannotDo(
            f"The rebuild of {service.name} failed: {rebuild['error']}. "
            "It goes on serving what it had."
        )
    return int(rebuild["done"])


def _looks(service: Service) -> Iterator[dict[str, Any]]:
    """How the rebuild goes, again and again; raises where the service is gone for too long."""
    answered = time.monotonic()
    while True:
        time.sleep(BETWEEN_LOOKS)
        try:
            rebuild = service.get("/rebuild")
        except (Unreachable, Refused):
            if time.monotonic() - answered > GONE_FOR:
                raise
            continue
        answered = time.monotonic()
        yield rebuild
