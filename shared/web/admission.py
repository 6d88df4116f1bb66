"""Whose body is read at all: decided by the head alone, before any of it is awaited."""

from urllib.parse import unquote, urlsplit

from flask import Flask
from werkzeug.exceptions import HTTPException

from shared.http.channel import Body, Ready
from shared.settings import Settings
from shared.web.bodies import MAX_BODY
from shared.web.callers import ANYONE, PERSON, kind_of, needs_a_token


class Admission:
    """As the server asks it; see shared/http/channel.py."""

    def __init__(self, app: Flask, settings: Settings) -> None:
        self._settings = settings
        self._views = app.view_functions
        self._map = app.url_map.bind("")

    def __call__(self, method: str, target: str, header: str | None, length: int | None) -> Ready:
        """REFUSE where the app will refuse by the head alone: it does not look at the body then.

        A person's token is not verified here, so that what shows one waits with those that show
        none.
        """
        kind = ANYONE if header is None else kind_of(header, self._settings)
        trusted = kind not in (None, ANYONE, PERSON)
        try:
            endpoint, _ = self._map.match(unquote(urlsplit(target).path), method)
        except (HTTPException, ValueError):
            return Ready(Body.REFUSE, trusted)
        if kind is None or (kind == ANYONE and needs_a_token(self._views[endpoint])):
            return Ready(Body.REFUSE, trusted)
        if length is not None and length <= MAX_BODY:
            return Ready(Body.WAIT, trusted)
        # Only imports take more; they and what is too long are told apart by the app.
        return Ready(Body.STREAM if length is None or trusted else Body.REFUSE, trusted)
