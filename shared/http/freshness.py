"""Reading what one has just written, in another service.

A write answers `Hedgerow-Position: <service>=<stream>@<version>`. A request that brings this as
`Hedgerow-After` waits until this service has applied that version; for two seconds at most, and
only while there is room among those who wait. Then it is answered with what there is.
"""

import re
import time
from typing import NamedTuple

from flask import Response, request

from shared.eventstore.written import last_written
from shared.http.places import places
from shared.projection.generations import FOLLOWED, active
from shared.projection.inbox import Inbox
from shared.service import Service
from shared.settings import SERVICES
from shared.web.errors import Problem

POSITION, AFTER = "Hedgerow-Position", "Hedgerow-After"
MOST_SECONDS = 2.0
_FIRST_PAUSE, _LONGEST_PAUSE = 0.005, 0.1  # seconds between two looks
_MOST_POSITIONS = 8  # of several writes, in one header
_FORM = re.compile(r"([a-z]{1,40})=([A-Za-z0-9_-]{1,100})@([1-9][0-9]{0,8})")


class Position(NamedTuple):
    """A version of a stream of a service."""

    service: str
    stream: str
    version: int


def tell_position(service: Service, response: Response) -> None:
    """Have a write's answer say how far the writing came; that of one which was undone does not."""
    position = position_of_last(service)
    if position is not None and response.status_code < 400 and POSITION not in response.headers:
        response.headers[POSITION] = position


def position_of_last(service: Service) -> str | None:
    """What the present request has written last, as others are told of it; None for nothing."""
    written = last_written()
    return None if written is None else f"{service.name}={written.stream}@{written.version}"


def asked_after() -> list[Position]:
    """What the present request is to come after. Raises Problem 422 for what is no position."""
    said = request.headers.get(AFTER)
    if said is None:
        return []
    parts = said.split(",")
    if len(parts) > _MOST_POSITIONS:
        raise Problem(422, f"{AFTER}: at most {_MOST_POSITIONS} positions can be waited for.")
    return [_position(part.strip()) for part in parts]


def _position(text: str) -> Position:
    found = _FORM.fullmatch(text)
    if found is None:
        raise Problem(
            422,
            f"{AFTER}: {text[:60]!r} is no position. Send what an answer's {POSITION} held, such as"
            " registry=com_7wz2@3.",
        )
    if found[1] not in SERVICES:
        raise Problem(422, f"{AFTER}: {found[1]!r} is no service. They are {', '.join(SERVICES)}.")
    return Position(found[1], found[2], int(found[3]))


def await_applied(service: Service, positions: list[Position], kind: str) -> None:
    """Wait until this service has applied these. Its own writes it has as they are answered, and
    those of services that it does not follow never come: neither is waited for.
    """
    awaited = [position for position in positions if position.service in service.follows]
    if not awaited or _applied(service, awaited):
        return
    with places().take(kind) as had:
        if not had:
            return
        deadline, pause = time.monotonic() + MOST_SECONDS, _FIRST_PAUSE
        while (left := deadline - time.monotonic()) > 0:
            time.sleep(min(pause, left))
            if _applied(service, awaited):
                return
            pause = min(pause * 2, _LONGEST_PAUSE)


def _applied(service: Service, awaited: list[Position]) -> bool:
    with service.database.read() as connection:
        generation = active(connection, FOLLOWED)
        return all(
            Inbox(connection, generation, source).last_version(stream) >= version
            and service.web_has(connection, stream)
            for source, stream, version in awaited
        )
