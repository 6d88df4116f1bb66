"""`hedgerow import`: a file of communities, streamed to the registry as it is read."""

import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO

import click

from hedgerow.failures import CannotDo
from hedgerow.platform import operators_services
from hedgerow.service import NotThere, Service, Unreachable
from shared.foundation.http_client import url_path

PIECE = 65536  # bytes
_LOOKED_AT = 1000  # bytes at the beginning, to tell JSON from a table
TOLD_EVERY = 10.0  # seconds, where there is no terminal to draw a bar on


def run(path: Path, source: str, *, dry_run: bool) -> None:
    """Import the file and say what came of it; refused lines are no failure."""
    registry = operators_services(["registry"])["registry"]
    query = {"source": source} | ({"dry_run": "true"} if dry_run else {})
    try:
        with path.open("rb") as file:
            kind = _kind(path.suffix.lower(), file.peek(_LOOKED_AT))
            size = path.stat().st_size
            answer = _send(registry, with_progress(file, size), kind, query)
    except OSError as error:
        raise CannotDo(f"{path} cannot be read: {error.strerror}.") from None
    click.echo("\n".join(summary(answer, dry_run=dry_run)))


def undo(run: str) -> None:
    """Take a run back and say what came of it. Raises CannotDo where there is no such run."""
    registry = operators_services(["registry"])["registry"]
    answer = registry.post(url_path("communities", "import", run, "undoing"))
    click.echo(
        f"Took back {run}: {answer['taken_back']:,} communities that it registered are closed, "
        f"{answer['restored']:,} are as they were, {answer['kept']:,} were left as they are "
        f"(run {answer['run']})."
    )


def _kind(suffix: str, beginning: bytes) -> str:
    """What is in a file: a table by its name, as Excel's "Unicode text" where it is no JSON."""
    table = suffix in (".csv", ".tsv", ".tab")
    if suffix == ".txt":
        table = not beginning.lstrip(b"\xef\xbb\xbf\xff\xfe\0 \t\r\n").startswith(b"{")
    return "text/csv" if table else "application/x-ndjson"


def _send(
    registry: Service, content: Iterator[bytes], kind: str, query: dict[str, str]
) -> dict[str, Any]:
    try:
        return registry.send("/communities/import", content, kind, query)
    except NotThere:
        raise
    except Unreachable as failure:
        # A refusal can be lost when it arrives while we are still sending: ask for the reason.
        with suppress(Unreachable):
            registry.get("/status")
        raise CannotDo(
            f"{failure.message} What it had read until then is imported; the same command again "
            "goes on from there."
        ) from None


def with_progress(file: BinaryIO, size: int) -> Iterator[bytes]:
    """The file's bytes in pieces, while standard error tells how many of `size` are read."""
    pieces = iter(lambda: file.read(PIECE), b"")
    stderr = sys.stderr
    if not stderr.isatty():
        yield from _with_lines(pieces, size)
        return
    with click.progressbar(length=size, label="Importing", file=stderr) as bar:
        for piece in pieces:
            yield piece
            bar.update(len(piece))


def _with_lines(pieces: Iterator[bytes], size: int) -> Iterator[bytes]:
    sent, told = 0, time.monotonic()
    for piece in pieces:
        yield piece
        sent += len(piece)
        if time.monotonic() - told > TOLD_EVERY:
            told = time.monotonic()
            click.echo(f"{100 * sent // max(size, 1)} % sent", err=True)


def summary(answer: dict[str, Any], *, dry_run: bool) -> list[str]:
    """What the registry answered to an import, in lines for people; the counts last."""
    lines = [_refusal(refusal) for refusal in answer["refusals"]]
    if (unlisted := answer["refused"] - len(lines)) > 0:
        lines.append(f"... and {unlisted:,} more lines refused")
    if made := answer["networks_made"]:
        would = "Would make" if dry_run else "Made"
        lines.append(
            f"{would} {len(made):,} new network{'s' * (len(made) != 1)}: {', '.join(made)}"
        )
    counts = [f"{answer[what]:,} {what}" for what in ("new", "changed", "unchanged")]
    if answer.get("kept"):
        counts.append(f"{answer['kept']:,} kept as a person has changed them")
    counts.append(f"{answer['refused']:,} refused")
    run = "dry run, nothing was changed" if dry_run else f"run {answer['run']}"
    return [*lines, f"{', '.join(counts)} ({run})"]


def _refusal(refusal: dict[str, Any]) -> str:
    parts = (f"line {refusal['line']}", refusal.get("field"), refusal["reason"])
    return ": ".join(part for part in parts if part)
