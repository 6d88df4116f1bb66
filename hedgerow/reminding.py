"""`hedgerow remind`: one pass of the reminders' ledger and the digests, as of a time."""

import sys

import click

from hedgerow.failures import CannotDo, WronglyCalled
from hedgerow.platform import operators_services
from hedgerow.service import Refused

SERVICE = "notifications"


def run(at: str | None, *, yes: bool) -> None:
    """Queue what is due and mark what was missed; raises CannotDo, WronglyCalled."""
    service = operators_services([SERVICE])[SERVICE]
    asked = {"at": at} if at else {}
    try:
        ahead = service.get("/reminders", **asked)
    except Refused as refused:
        if refused.status == 422:
            raise WronglyCalled(
                f"--at {at}: write a time with its zone, such as 2026-03-01T09:30:00Z"
            ) from None
        raise
    if ahead["future"] and ahead["mail_server"] and not yes:
        _ask(ahead["at"], ahead["due"])
    done = service.post("/reminders", asked)
    click.echo(
        f"As of {done['at']}: {_count(done['told'], 'reminder')} told"
        f" in {_count(done['queued'], 'message')}, {_count(done['missed'], 'reminder')} missed;"
        f" {_count(done['messages'], 'message')} put into letters."
    )


def _ask(at: str, due: int) -> None:
    """A time to come, and a mail server that would send it today: only if it is meant so."""
    question = f"A mail server is set: {_count(due, 'reminder')} due by {at} would be sent now."
    if not sys.stdin.isatty():
        raise CannotDo(f"{question} Give --yes if that is what you want.")
    click.confirm(f"{question} Go on?", abort=True, err=True)


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}{'s' * (number != 1)}"
