"""What the registry's calls have in common: running a decider, and answering with the document."""

from typing import Any

import msgspec
from flask import Response

from services.registry import queries
from services.registry.domain.refusal import Refused
from shared.connection import Connection
from shared.eventstore.streams import Decider, Loaded
from shared.web.answers import json_response
from shared.web.commands import Answer, cause, expected_version
from shared.web.context import service
from shared.web.errors import not_found, refused


def handle(
    connection: Connection, decider: Decider[Any, Any, Any], stream: str, command: object
) -> Loaded[Any]:
    """Carry out one command on one stream, at the version that If-Match names if it does.

    Raises Problem for a refusal: 409 where the present state does not allow it, else 422.
    """
    try:
        return service().streams.handle(
            connection,
            decider,
            stream,
            command,
            cause=cause(),
            now=service().clock.now(),
            expected=expected_version(),
        )
    except Refused as refusal:
        raise refused(refusal) from refusal


def shown(connection: Connection, stem: str, stream: str, *, status: int = 200) -> Answer:
    """The document as it is within this transaction."""
    found = queries.document(connection, stem, stream)
    if found is None:
        raise not_found(f"There is no {_WORDS[stem]} {stream}.")
    location = f"/{stem}/{stream}" if status == 201 else None
    return Answer(msgspec.Raw(found.json.encode()), status, found.version, location)


def read(stem: str, stream: str) -> Response:
    """The document, or 304 where the caller has it already."""
    with service().database.read() as connection:
        found = queries.document(connection, stem, stream)
    if found is None:
        raise not_found(f"There is no {_WORDS[stem]} {stream}.")
    return json_response(msgspec.Raw(found.json.encode()), version=found.version)


_WORDS = {
    "communities": "community",
    "networks": "network",
    "organisations": "organisation",
    "people": "person",
}
