"""`hedgerow bounces`: whose messages came back, and lifting the block of an address."""

from typing import Any
from urllib.parse import quote

import click

from hedgerow.failures import CannotDo
from hedgerow.platform import operators_services
from hedgerow.service import Refused, Service


def show() -> None:
    """A line for each person to whose address nothing goes any more."""
    service = operators_services(["notifications"])["notifications"]
    found = _blocked(service)
    for each in found:
        click.echo(f"{each['person']}  {each['status'] or 'unknown'}  last at {each['at']}")
    if not found:
        click.echo("No address is blocked.")


def lift(people: tuple[str, ...]) -> None:
    """Raises CannotDo for one who is not blocked; those before are lifted."""
    service = operators_services(["notifications"])["notifications"]
    for person in people:
        try:
            service.ask("DELETE", f"/bounces/{quote(person, safe='')}")
        except Refused as refused:
            if refused.status != 404:
                raise
            raise CannotDo(f"Nothing came back from {person}: there is no block to lift.") from None
        click.echo(f"{person}: the block is lifted.")


def _blocked(service: Service) -> list[dict[str, Any]]:
    page = service.get("/bounces", blocked="true", limit=200)
    found = list(page["items"])
    while page["next"]:
        page = service.get("/bounces", blocked="true", limit=200, cursor=page["next"])
        found += page["items"]
    return found
