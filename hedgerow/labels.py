"""`hedgerow labels`: what use has judged of the ranking, in the format of the labelled sets."""

import sys
from pathlib import Path

import click

from hedgerow.failures import CannotDo
from hedgerow.platform import operators_services


def export(file: Path | None) -> None:
    """Write lines of two communities and a relevance, to a file or to standard output.

    Nothing learns from them by itself: they are for measuring the ranking.
    """
    lines = operators_services(["discovery"])["discovery"].text("/labels")
    if file is None:
        sys.stdout.write(lines)
        return
    try:
        file.write_text(lines, encoding="utf-8")
    except OSError as error:
        raise CannotDo(f"{file} cannot be written: {error.strerror}.") from error
    click.echo(f"Wrote {len(lines.splitlines()):,} labels to {file}.")
