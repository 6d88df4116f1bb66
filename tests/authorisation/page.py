"""docs/authorisation.md: what each route's policy says, as a table for each service."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

from flask import Flask

from shared.http.policies import Policy, any_team, policy_of
from tests.integration.services import SERVICES, app_of

PAGE = Path(__file__).parents[2] / "docs/authorisation.md"
_HEAD = """\
# Who may do what

Made from the policies in the code by `python -m tests.authorisation`; a test compares. Every route
has a policy, declared beside it, and the tests call every route as every kind of caller.

A person's access token says who they are, never what they may do: roles are looked up at each
request, in the service that owns the thing, so that one that ends has ended at once. *operator* is
the operator's token and people who were [granted](grants.md) it; *service* is the token of the
services among themselves. *Fresh*: people must have signed in within the last 30 minutes.
"""
_HOW = {"query": " (by the query's `{}`)", "body": " (by the body's `{}`)", "": ""}


def page() -> str:
    parts = [_HEAD]
    with tempfile.TemporaryDirectory() as folder:
        for service in SERVICES:
            parts.append(
                f"\n## {service.capitalize()}\n\n| call | who | fresh |\n| --- | --- | --- |\n"
            )
            parts.extend(_rows(app_of(service, Path(folder))))
    return "".join(parts)


def _rows(app: Flask) -> Iterator[str]:
    for path, method, declared in sorted(declared_of(app), key=lambda row: row[:2]):
        if declared is not None:
            fresh = "yes" if declared.fresh else ""
            yield f"| `{method} {path}` | {_who(declared)} | {fresh} |\n"


def declared_of(app: Flask) -> Iterator[tuple[str, str, Policy | None]]:
    """Each route's path, method and policy."""
    for rule in app.url_map.iter_rules():
        for method in sorted((rule.methods or set()) - {"OPTIONS", "HEAD"}):
            yield rule.rule, method, policy_of(app.view_functions[rule.endpoint])


def _who(declared: Policy) -> str:
    words = []
    for rule in declared.rules:
        place, _, name = rule.named.rpartition(":")
        kind = "programme team" if rule == any_team else rule.kind
        words.append(f"{kind}{_HOW[place].format(name)}")
    return ", ".join(words)
