"""`hedgerow calibrate` and `evaluation`: what scores mean, and how well the ranking does."""

from collections.abc import Mapping
from typing import Any

import click

from hedgerow.platform import operators_services

_LEVELS = {"close": "closely related", "related": "related", "nearest": "no match"}


def calibrate() -> None:
    """Fit the levels of relatedness to the present sentence model, and say what came of it."""
    discovery = operators_services(["discovery"], timeout=300.0)["discovery"]
    found = discovery.post("/calibration")
    click.echo(
        f"Fitted to {found['judged_pairs']} judged pairs of communities (the two judgements agree"
        f" by a kappa of {found['agreement']}) and {found['judged_searches']} judged searches:"
    )
    for kind, named in (("pairs", "pairs"), ("searches", "searches")):
        for fit in found[kind]:
            before = found["before"][kind][fit["level"]]
            click.echo(
                f"  {named}, {_LEVELS[fit['level']]}: from {fit['least']:.3f} (was {before:.3f});"
                f" {fit['right']:.0%} of {fit['shown']} shown are right, {fit['found']:.0%} of"
                f" those that are right are shown; {fit['held_out']:.0%} right where it was not"
                " fitted to"
            )
    click.echo(f"Scores mean this from now on, while the model is {found['model']}.")


def evaluate() -> None:
    """Say how today's ranking does by what use has judged."""
    found = operators_services(["discovery"], timeout=300.0)["discovery"].get("/evaluation")
    if not found["labels"]:
        click.echo("Nothing has been judged yet: no link was agreed, and no feedback given.")
        return
    click.echo(f"{found['labels']:,} labels, of communities that are still here.")
    if found["ndcg"]["of"]:
        click.echo(f"nDCG@10: {_told(found['ndcg'], 'communities that judged')}")
    for level, share in found["right"].items():
        if share["of"]:
            click.echo(f"shown as {_LEVELS[level]}, and right: {_told(share, 'judged pairs')}")


def _told(share: Mapping[str, Any], what: str) -> str:
    return (
        f"{share['value']:.2f} (in 19 of 20 cases between {share['low']:.2f} and"
        f" {share['high']:.2f}), {share['of']} {what}"
    )
