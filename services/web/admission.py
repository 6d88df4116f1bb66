"""Whose body is read at all: decided by the head alone, before any of it is awaited."""

from urllib.parse import unquote, urlsplit

from flask import Flask
from werkzeug.exceptions import HTTPException

from shared.http.channel import Body, Ready

LARGEST = 64 * 1024  # bytes of a form


class Admission:
    """As the server asks it, see shared/http/channel.py, of anyone alike."""

    def __init__(self, app: Flask) -> None:
        self._map = app.url_map.bind("")

    def __call__(self, method: str, target: str, _header: str | None, length: int | None) -> Ready:
        """REFUSE where the app will refuse by the head alone: it does not look at the body then."""
        try:
            self._map.match(unquote(urlsplit(target).path), method)
        except (HTTPException, ValueError):
            return Ready(Body.REFUSE, authorised=False)
        fits = length is not None and length <= LARGEST
        return Ready(Body.WAIT if fits else Body.REFUSE, authorised=False)
