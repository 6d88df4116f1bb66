"""`hedgerow dead-letters`: events that a service could not apply, set aside for a person."""

from collections.abc import Mapping
from typing import Any

import click

from hedgerow.failures import CannotDo, WronglyCalled
from hedgerow.platform import operators_services
from hedgerow.service import Service
from shared.settings import SERVICES

GONE_ON = {
    "retry": "is applied, and so are the events of its stream that waited behind it",
    "discard": "is discarded, and the events of its stream that waited behind it are applied",
}
STUCK = "failed"
"""Why the first event of a stream waits; those behind it give other reasons."""


def show(service: str | None) -> None:
    """List the dead letters of one service, or of all, and what waits behind them."""
    services = operators_services([service] if service else SERVICES)
    found = [(name, letter) for name, asked in services.items() for letter in _waiting(asked)]
    for name, letter in found:
        click.echo("\n".join(_lines(name, letter)))
    dead = sum(letter["reason"] == STUCK for _, letter in found)
    if found:
        click.echo(f"{dead:,} dead letter{'s' * (dead != 1)}, {len(found) - dead:,} more waiting.")
    else:
        click.echo("No dead letters.")


def settle(action: str, number: int, service: str | None) -> None:
    """Retry or discard one; the service need not be named where only one has that number.

    Raises CannotDo where the stream it belongs to is still stuck.
    """
    services = operators_services([service] if service else SERVICES)
    name = service or _whose(number, services)
    left = services[name].post(f"/dead-letters/{number}/{action}")["waiting"]
    for letter in left:
        if letter["reason"] == STUCK:
            raise CannotDo(
                f"{name} could still not apply {letter['type']} {letter['version']} of "
                f"{letter['stream']}, which is dead letter {letter['id']} now: {letter['error']}"
            )
    click.echo(f"Dead letter {number} of {name} {GONE_ON[action]}.")


def _whose(number: int, services: Mapping[str, Service]) -> str:
    having = [n for n, s in services.items() if any(d["id"] == number for d in _waiting(s))]
    if not having:
        raise CannotDo(f"No service has a dead letter {number}.")
    if len(having) > 1:
        raise WronglyCalled(
            f"{' and '.join(having)} each have a dead letter {number}: say which with --service."
        )
    return having[0]


def _waiting(service: Service) -> list[dict[str, Any]]:
    letters: list[dict[str, Any]] = service.get("/dead-letters")["items"]
    return letters


def _lines(name: str, letter: Mapping[str, Any]) -> list[str]:
    lines = [
        f"{name}  {letter['id']}  {letter['reason']}  {letter['since']}",
        f"    {letter['type']}, version {letter['version']} of {letter['stream']}",
    ]
    return [*lines, f"    {letter['error']}"] if letter["error"] else lines
