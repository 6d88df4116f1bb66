"""What the registry's calls have in common: running a decider, and answering with the document."""

from collections.abc import Sequence
from typing import Any

import msgspec
from flask import Response

from services.registry import queries
from services.registry.communities.visibility import Reader, visible_roles
from services.registry.domain.refusal import Refused
from services.registry.domain.roles import MEMBER
from shared.connection import Connection
from shared.eventstore.streams import Decider, Loaded
from shared.http.reads import record
from shared.web.answers import json_response
from shared.web.callers import caller, is_trusted
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
    text = msgspec.Raw(found.json.encode())
    body = with_roles(connection, [text])[0] if stem == "communities" else text
    return Answer(body, status, found.version, location)


def read(stem: str, stream: str) -> Response:
    """The document, or 304 where the caller has it already."""
    with service().database.read() as connection:
        found = queries.document(connection, stem, stream)
        if found is None:
            raise not_found(f"There is no {_WORDS[stem]} {stream}.")
        text = msgspec.Raw(found.json.encode())
        body = with_roles(connection, [text])[0] if stem == "communities" else text
    is_private = stem == "communities" and not reader().is_anyone
    if is_private:
        record_members([body])
    return json_response(body, version=found.version, private=is_private)


def reader() -> Reader:
    """Who reads, as far as it matters for who is shown."""
    return Reader(caller().person, is_trusted())


def with_roles(connection: Connection, texts: Sequence[msgspec.Raw]) -> list[Any]:
    """Documents of communities with the roles that the reader may see.

    Those without any stay the texts that they are, and what else is in the others is not taken
    apart: a page of communities is read by whoever has signed in.
    """
    who = reader()
    if who.is_anyone:
        return list(texts)
    ids = [_identified.decode(text).id for text in texts]
    roles = visible_roles(connection, ids, who, service().clock.now().date())
    return [
        _fields.decode(text) | {"id": named, "roles": roles[named]} if named in roles else text
        for named, text in zip(ids, texts, strict=True)
    ]


class _Identified(msgspec.Struct):
    id: str


_identified = msgspec.json.Decoder(_Identified)
_fields = msgspec.json.Decoder(dict[str, msgspec.Raw])


def record_members(documents: Sequence[Any]) -> None:
    """Record that an operator reads who are members of communities, which anybody else sees of the
    communities that they convene alone. Call it outside of a transaction."""
    who = reader()
    if who.is_anyone:
        return
    members = [
        (document["id"], role["person"])
        for document in documents
        if isinstance(document, dict)  # it has roles
        for role in document["roles"]
        if role["role"] == MEMBER and role["person"] != who.person
    ]
    if not members:
        return
    with service().database.read() as connection:
        convened = queries.convened_by(connection, who.person, service().clock.now().date())
    record([p for community, p in members if community not in convened], "a community's members")


_WORDS = {
    "communities": "community",
    "networks": "network",
    "organisations": "organisation",
    "people": "person",
}
