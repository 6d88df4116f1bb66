"""Styles, scripts and pictures, addressed by their content: browsers keep them for a year."""

import gzip
import hashlib
from importlib.resources import files
from typing import NamedTuple

from flask import Blueprint, Response, abort, request

_KINDS = {
    "hedgerow.css": "text/css; charset=utf-8",
    "nhsuk-frontend.css": "text/css; charset=utf-8",
    "nhsuk-frontend.js": "text/javascript; charset=utf-8",
    "favicon.svg": "image/svg+xml",
}


class _Asset(NamedTuple):
    content: bytes
    compressed: bytes
    digest: str


def _load(name: str) -> _Asset:
    content = (files(__name__) / name).read_bytes()
    digest = hashlib.sha256(content).hexdigest()[:16]
    return _Asset(content, gzip.compress(content, 9, mtime=0), digest)


_ASSETS = {name: _load(name) for name in _KINDS}
blp = Blueprint("assets", __name__)


def asset(name: str) -> str:
    """The address of one, for templates."""
    return f"/assets/{_ASSETS[name].digest}/{name}"


@blp.get("/assets/<digest>/<name>")
def serve(digest: str, name: str) -> Response:
    found = _ASSETS.get(name)
    if found is None or digest != found.digest:
        abort(404)
    squeezed = request.accept_encodings.quality("gzip") > 0
    response = Response(found.compressed if squeezed else found.content, content_type=_KINDS[name])
    response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    response.headers["Vary"] = "Accept-Encoding"
    if squeezed:
        response.headers["Content-Encoding"] = "gzip"
    return response
