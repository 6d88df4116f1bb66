"""The command line: what each command is called and takes. The work is in the module it names."""

import sys
from pathlib import Path

import click

from hedgerow import bounces, granting, importing, judging, labels, post, reminding, status, up
from hedgerow import dead_letters as letters
from hedgerow import rebuild as rebuilding
from shared.settings import SERVICES

SERVICE = click.Choice(SERVICES)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def hedgerow() -> None:
    """A community of communities: runs the platform, and looks after it.

    Settings come from the environment (HEDGEROW_...). A command ends with 0 when it did what it
    says, 1 when it could not, 2 when it was called wrongly.
    """


@hedgerow.command("up")
@click.option("--no-example", is_flag=True, help="Begin empty, without the example landscape.")
def up_command(no_example: bool) -> None:
    """Start the whole platform here, until Ctrl-C."""
    up.run(with_example=not no_example)


@hedgerow.command("import")
@click.argument(
    "file", required=False, type=click.Path(exists=True, dir_okay=False, path_type=Path)
)
@click.option("--source", default="import", show_default=True, help="Whose ids the file has.")
@click.option("--dry-run", is_flag=True, help="Say what would happen, and change nothing.")
@click.option("--undo", metavar="RUN", help="Take one run back, instead of importing.")
def import_command(file: Path | None, source: str, dry_run: bool, undo: str | None) -> None:
    """Import communities from FILE: one JSON object a line, or a table (.csv, .tsv)."""
    if (file is None) == (undo is None):
        raise click.UsageError("Give either a FILE to import, or --undo with a run to take back.")
    if file is not None:
        importing.run(file, source, dry_run=dry_run)
    elif undo is not None:
        importing.undo(undo)


@hedgerow.command("status")
@click.option("--wait", is_flag=True, help="First wait until everything has caught up.")
@click.option(
    "--timeout",
    type=click.FloatRange(min=0),
    default=600.0,
    show_default=True,
    metavar="SECONDS",
    help="How long to wait at most.",
)
@click.option("--json", "as_json", is_flag=True, help="Print all of it as JSON.")
def status_command(wait: bool, timeout: float, as_json: bool) -> None:
    """Show where each service stands; exit 0 only when all is well."""
    if not status.show(wait=wait, timeout=timeout, as_json=as_json):
        sys.exit(1)


@hedgerow.command("rebuild")
@click.argument("service", type=SERVICE)
def rebuild_command(service: str) -> None:
    """Make SERVICE's read models anew from events, while it serves."""
    rebuilding.run(service)


@hedgerow.command("remind")
@click.option("--at", metavar="TIME", help="As of this time, such as 2026-03-01T09:30:00Z.")
@click.option("--yes", is_flag=True, help="Do not ask, even where this sends what is not due yet.")
def remind_command(at: str | None, yes: bool) -> None:
    """Queue the reminders and digests that are due, and mark those that were missed."""
    reminding.run(at, yes=yes)


@hedgerow.command("post")
def post_command() -> None:
    """Show what was sent, what waits, and why."""
    post.show()


@hedgerow.command("bounces")
@click.option("--lift", metavar="PERSON", multiple=True, help="Lift the block of PERSON's address.")
def bounces_command(lift: tuple[str, ...]) -> None:
    """List the people whose address is blocked since messages came back, or lift blocks."""
    if lift:
        bounces.lift(lift)
    else:
        bounces.show()


@hedgerow.command("labels")
@click.argument("file", required=False, type=click.Path(dir_okay=False, path_type=Path))
def labels_command(file: Path | None) -> None:
    """Write what use has judged of the ranking to FILE, as query, document and relevance."""
    labels.export(file)


@hedgerow.command("grant")
@click.argument("person", required=False)
@click.argument("what", required=False, type=click.Choice(granting.KINDS))
@click.argument("scope", required=False)
@click.option("--name", help="Their name, where nobody here has the address yet.")
@click.option("--list", "listed", is_flag=True, help="List the grants that hold.")
@click.option("--end", "ended", metavar="ID", help="End a grant, from now on.")
def grant_command(
    person: str | None,
    what: str | None,
    scope: str | None,
    name: str | None,
    ended: str | None,
    *,
    listed: bool,
) -> None:
    """Grant PERSON, an email address or an id, what an operator, a programme's team (of SCOPE, a
    programme, or of all) or a network's lead (of SCOPE, a network) may do."""
    if (listed, ended is not None, person is not None).count(True) != 1:
        raise click.UsageError("Give a PERSON and what to grant, or --list, or --end with an id.")
    if listed:
        granting.show()
    elif ended is not None:
        granting.end(ended)
    elif person is None or what is None:
        raise click.UsageError(f"Say what to grant: {', '.join(granting.KINDS)}.")
    elif what == granting.LEAD and scope is None:
        raise click.UsageError("Say which network: its id, name or alias.")
    else:
        granting.give(person, what, scope, name)


@hedgerow.command("evaluation")
def evaluation_command() -> None:
    """Say how the ranking does by what use has judged, with 95 % intervals."""
    judging.evaluate()


@hedgerow.command("calibrate")
def calibrate_command() -> None:
    """Fit what scores mean to the present sentence model: closely related, related, no match."""
    judging.calibrate()


@hedgerow.group("dead-letters")
def dead_letters() -> None:
    """Events that could not be applied: list, retry, discard."""


@dead_letters.command("list")
@click.option("--service", type=SERVICE, help="Of this service only.")
def list_command(service: str | None) -> None:
    """List them, with what went wrong."""
    letters.show(service)


@dead_letters.command("retry")
@click.argument("number", metavar="ID", type=int)
@click.option("--service", type=SERVICE, help="Whose it is, where more than one has that ID.")
def retry_command(number: int, service: str | None) -> None:
    """Try ID again, as when its cause is mended."""
    letters.settle("retry", number, service)


@dead_letters.command("discard")
@click.argument("number", metavar="ID", type=int)
@click.option("--service", type=SERVICE, help="Whose it is, where more than one has that ID.")
def discard_command(number: int, service: str | None) -> None:
    """Give ID up: the event is never applied there."""
    letters.settle("discard", number, service)


def main() -> None:
    """Run the command; whatever goes wrong ends as a sentence on standard error."""
    try:
        hedgerow(prog_name="hedgerow")
    except Exception as error:  # noqa: BLE001 - the last line of defence: a sentence, no traceback
        click.echo(f"hedgerow could not go on: {type(error).__name__}: {error}", err=True)
        sys.exit(1)


if __name__ == "__main__":
    main()
