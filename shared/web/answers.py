"""JSON answers to what was asked for reading."""

from typing import Any

import msgspec
from flask import Response, request

from shared.web.commands import etag


def json_response(
    body: Any, status: int = 200, *, version: int | None = None, private: bool = False
) -> Response:
    """The document, or 304 where the caller has this `version` already.

    `body` may be msgspec.Raw. What is `private` is kept out of every cache, and answered whole: it
    may have been erased without a new version.
    """
    response = Response(msgspec.json.encode(body), status, content_type="application/json")
    if version is not None:
        response.headers["ETag"] = etag(version)
        if request.if_none_match and not private:
            response.make_conditional(request)
    if private:
        response.headers["Cache-Control"] = "no-store"
    return response
