"""Whose body is read at all: decided by the head alone, before any of it is awaited."""

from urllib.parse import unquote, urlsplit

from flask import Flask
from werkzeug.exceptions import HTTPException

from shared.settings import Settings
from shared.web.bodies import MAX_BODY
from shared.web.callers import ANYONE, kind_of, needs_a_token
from shared.web.channel import Body


class Admission:
    """As the server asks it; see shared/web/channel.py."""

    def __init__(self, app: Flask, settings: Settings) -> None:
        self._settings = settings
        self._views = app.view_functions
        self._map = app.url_map.bind("")

    def __call__(self, method: str, target: str, header: str | None, length: int | None) -> Body:
        """REFUSE where the app will refuse by the head alone: it does not look at the body then."""
        try:
            endpoint, _ = self._map.match(unquote(urlsplit(target).path), method)
        except (HTTPException, ValueError):
            return Body.REFUSE
        kind = ANYONE if header is None else kind_of(header, self._settings)
        if kind is None or (kind == ANYONE and needs_a_token(self._views[endpoint])):
            return Body.REFUSE
        if length is not None and length <= MAX_BODY:
            return Body.WAIT
        # Only imports take more; they and what is too long are told apart by the app.
        return Body.REFUSE if length is not None and kind == ANYONE else Body.STREAM
