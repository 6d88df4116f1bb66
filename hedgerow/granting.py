"""`hedgerow grant`: who operates, who is of a programme's team, who leads a network."""

from typing import Any

import click

from hedgerow.failures import CannotDo
from hedgerow.platform import operators_services
from hedgerow.service import Refused, Service

OPERATOR, TEAM, LEAD = "operator", "programme-team", "network-lead"
KINDS = (OPERATOR, TEAM, LEAD)
_WORDS = {
    OPERATOR: "operates the platform",
    TEAM: "is of the programme team",
    LEAD: "leads the network",
}


def give(whom: str, kind: str, scope: str | None, name: str | None) -> None:
    """Grant it, to a person by id or by address; what somebody was granted is not granted twice."""
    services = operators_services(["registry", "scheduling"] if kind == TEAM else ["registry"])
    if kind == TEAM and scope is not None:
        scope = _programme(services["scheduling"], scope)
    asked: dict[str, Any] = {"email" if "@" in whom else "person": whom, "grant": kind}
    asked |= {"scope": scope} if scope is not None else {}
    asked |= {"name": name} if name is not None else {}
    click.echo(f"Granted: {_sentence(services['registry'].post('/grants', asked))}")


def show() -> None:
    """Every grant that holds."""
    found = operators_services(["registry"])["registry"].get("/grants")["items"]
    for grant in found:
        click.echo(_sentence(grant))
    if not found:
        click.echo("Nobody was granted anything: only the operator's token operates.")


def end(grant: str) -> None:
    """End a grant, from now on."""
    ended = operators_services(["registry"])["registry"].ask("DELETE", f"/grants/{grant}")
    click.echo(f"Ended: {_sentence(ended)}")


def _sentence(grant: dict[str, Any]) -> str:
    of = f" {grant['scope']}" if grant["scope"] else ""
    of = " of all programmes" if grant["grant"] == TEAM and not of else of
    until = f" to {grant['ended_at'][:10]}" if grant["ended_at"] else ""
    dates = f"from {grant['created_at'][:10]}{until}"
    who = f"{grant['name']} ({grant['person']})"
    return f"{who} {_WORDS[grant['grant']]}{of}, {dates}. Its id is {grant['id']}."


def _programme(scheduling: Service, named: str) -> str:
    """A programme's id, by its id or its name."""
    try:
        return str(scheduling.get(f"/programmes/{named}")["id"])
    except Refused as refused:
        if refused.status != 404:
            raise
    programmes = scheduling.get("/programmes", limit=200)["items"]
    found = [p["id"] for p in programmes if p["name"].casefold() == named.casefold()]
    if len(found) != 1:
        known = ", ".join(f"{p['name']} ({p['id']})" for p in programmes) or "none yet"
        raise CannotDo(f"{named!r} is not one programme. There are: {known}.")
    return str(found[0])
