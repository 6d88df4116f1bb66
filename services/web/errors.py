"""What is shown where something does not go as asked: always a page, with where to go on."""

from urllib.parse import urlsplit

import structlog
from flask import Flask, Response, g, request
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException

from services.web.calls import NoAnswer, SignedOut, SignInAgain
from services.web.cookies import visit
from services.web.pages import go, message, own_page, signed_in
from shared.foundation.hosts import is_loopback
from shared.foundation.masking import mask_path

log = structlog.get_logger()
_FIRST = ("/", "Go to the first page")
_WORDS = {
    400: ("This request cannot be used", "Go back and try again."),
    404: (
        "Page not found",
        "If you typed the address, check it is correct. If you pasted it, check you copied all of"
        " it.",
    ),
    405: ("This page cannot be used like that", "Go back and use the buttons on the page."),
    413: ("That is too much at once", "Go back and send less."),
}


def register(app: Flask) -> None:
    app.register_error_handler(CSRFError, _form)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(SignedOut, _signed_out)
    app.register_error_handler(SignInAgain, _sign_in_again)
    app.register_error_handler(NoAnswer, _no_answer)
    app.register_error_handler(Exception, _unexpected)


def _form(_error: CSRFError) -> Response:
    """A form without its cookie, or one that was loaded before this browser signed in or out."""
    if not visit().given:
        return _no_cookie()
    if signed_in():
        return message(
            "This page was out of date",
            "You have signed in since it was opened, perhaps in another tab. Nothing was changed.",
            status=400,
            link=("/account", "Go to your account"),
        )
    return message(
        "This page was out of date",
        "It was opened too long ago, or you have signed out since. Nothing was changed.",
        status=400,
        link=(own_page(request.path) or "/sign-in", "Load it again"),
    )


def _no_cookie() -> Response:
    scheme = request.headers.get("X-Forwarded-Proto", request.scheme)
    unsafe = scheme == "http" and not is_loopback(urlsplit(request.host_url).hostname or "")
    why = (
        "The address of this page begins with http://, and browsers keep the cookie on https://"
        " only. Tell the people who run this platform."
        if unsafe
        else "Allow cookies for this site in your browser's settings, then try again. We use one"
        " cookie, to keep you signed in, and none to follow what you do."
    )
    return message(
        "Your browser did not keep our cookie",
        "Signing in does not work without it. Nothing was changed.",
        why,
        status=400,
        link=("/sign-in", "Try again"),
    )


def _http(error: HTTPException) -> Response:
    status = error.code or 500
    if status < 400:  # a redirect, which is no error
        return Response(error.get_body(), status, error.get_headers())
    heading, text = _WORDS.get(status, _WORDS[400])
    response = message(heading, text, status=status, link=_FIRST)
    for name, value in error.get_headers():
        if name == "Allow":
            response.headers[name] = value
    return response


def _signed_out(_error: SignedOut) -> Response:
    """To sign in, and from there back to where one wanted to go."""
    if signed_in():
        visit().sign_out()
    here = own_page(request.path)
    return go(f"/sign-in?next={here}" if here else "/sign-in")


def _sign_in_again(_error: SignInAgain) -> Response:
    here = own_page(request.path)
    return go(f"/sign-in?again=1&next={here}" if here else "/sign-in?again=1")


def _no_answer(_error: NoAnswer) -> Response:
    response = message(
        "Sorry, this does not work just now",
        "A part of the platform does not answer. Nothing is lost: try again in a minute.",
        status=503,
        link=(own_page(request.path) or "/", "Try again"),
    )
    response.headers["Retry-After"] = "10"
    return response


def _unexpected(_error: Exception) -> Response:
    log.exception("a request failed", path=mask_path(request.path), request=g.get("request_id"))
    return message(
        "Sorry, there is a problem",
        "Try again later. If it happens again, tell the people who run this platform this number:"
        f" {g.get('request_id')}.",
        status=500,
        link=_FIRST,
    )
