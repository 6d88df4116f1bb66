"""The one cookie, `__Host-hedgerow`: who signs in has their session's secret in it, anyone else who
is shown a form a random value. What a form carries is derived from that value, which no other site
can read, so a form of one visitor is of no use to another; and nothing that stood in the cookie
before a sign-in stands there after.
"""

import hashlib
import re
import secrets
from typing import Any

from flask import Flask, Request, Response, g, session
from flask.sessions import SessionInterface, SessionMixin

NAME = "__Host-hedgerow"
_VISIT = "visit."
_FORM = re.compile(r"(?:visit\.)?[A-Za-z0-9_-]{43}")
_FIELD = "csrf_token"


class Visit(dict[str, Any], SessionMixin):
    """What a request's cookie says, as Flask's session: nothing but what forms are bound to."""

    def __init__(self, value: str, *, given: bool) -> None:
        super().__init__()
        self.value, self.given = value, given
        self.changed = self.ended = False

    @property
    def secret(self) -> str | None:
        """Of the session of whoever has signed in; whether it has ended is for the registry."""
        return None if self.value.startswith(_VISIT) else self.value

    def bind_forms(self) -> None:
        self[_FIELD] = hashlib.sha256(f"forms {self.value}".encode()).hexdigest()

    def bound(self) -> str:
        """What this browser alone can repeat as long as it keeps its cookie, and nobody turns back
        into that."""
        self.changed = self.changed or not self.given
        return hashlib.sha256(f"browser {self.value}".encode()).hexdigest()

    def sign_in(self, secret: str) -> None:
        self.value, self.changed, self.ended = secret, True, False

    def sign_out(self) -> None:
        self.value, self.ended = _VISIT, True


class Cookie(SessionInterface):
    """Always Secure: browsers take that on https and from this machine itself, and nowhere else."""

    def open_session(self, app: Flask, request: Request) -> Visit:  # noqa: ARG002
        value = request.cookies.get(NAME, "")
        given = bool(_FORM.fullmatch(value))
        visit = Visit(value if given else _VISIT + secrets.token_urlsafe(32), given=given)
        if given or request.method in ("GET", "HEAD"):  # else the form came without its cookie
            visit.bind_forms()
        return visit

    def save_session(
        self,
        app: Flask,  # noqa: ARG002
        session: SessionMixin,
        response: Response,
    ) -> None:
        assert isinstance(session, Visit)  # noqa: S101
        if session.ended:
            response.delete_cookie(NAME, path="/", secure=True, httponly=True, samesite="Lax")
        elif session.changed or (not session.given and _FIELD in g):  # a form was shown
            # Without a time: it ends with the browser, at the latest with the session.
            response.set_cookie(
                NAME, session.value, path="/", secure=True, httponly=True, samesite="Lax"
            )


def visit() -> Visit:
    """The present request's."""
    found = session._get_current_object()  # type: ignore[attr-defined]
    assert isinstance(found, Visit)  # noqa: S101
    return found
