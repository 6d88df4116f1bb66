"""Names of people beside their ids, for readers who may see them."""

from collections.abc import Mapping, Sequence
from typing import Any

from services.scheduling import registry_client
from shared.http import reads
from shared.web.context import service


def add_names(items: Sequence[dict[str, Any]], fields: Mapping[str, str]) -> None:
    """`fields` says of each field with a person's id which one is to hold the name.

    All are asked for at once. A name is null where there is none, and for everybody while the
    registry does not answer. Call it outside of a transaction.
    """
    people = {item[field] for item in items for field in fields if item[field]}
    names = registry_client.names(service().settings, sorted(people))
    for item in items:
        for field, name in fields.items():
            item[name] = names.get(item[field] or "")


def name_and_note(items: Sequence[dict[str, Any]], what: str, *, noted: bool = True) -> None:
    """The name of each `person`; and it is `noted` that the caller read `what` of them."""
    add_names(items, {"person": "name"})
    if noted:
        reads.record([item["person"] for item in items], what)
