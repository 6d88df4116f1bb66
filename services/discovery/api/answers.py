"""What discovery's calls that change something have in common: refusals, and links."""

from collections.abc import Callable
from typing import Any

from services.discovery.domain.refusal import Refused
from services.discovery.linking import Linking
from shared.connection import Connection
from shared.web.changing import append
from shared.web.context import service
from shared.web.errors import refused


def decided(work: Callable[..., Any], *args: Any, **named: Any) -> Any:
    """What `work(*args, **named)` gives.

    Raises Problem: 409 for a refusal by the present state, else 422.
    """
    try:
        return work(*args, **named)
    except Refused as refusal:
        raise refused(refusal) from refusal


def linking(connection: Connection) -> Linking:
    return Linking(service(), connection, append)
