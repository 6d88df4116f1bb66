"""Signing in with the identity provider that the operator has chosen, where there is one.

The registry does it; the front leads there and back, and says by its cookie that it is the same
browser: nobody is signed in to somebody else's account by an address that was sent to them.
"""

from typing import cast

from flask import Blueprint, Response, current_app, request
from werkzeug.exceptions import NotFound

from services.web.calls import Answer, NoAnswer
from services.web.context import calls
from services.web.cookies import visit
from services.web.pages import go, message, own_page, page
from services.web.sign_in.api import asked_for, completed
from shared.foundation.http_client import url_path

blp = Blueprint("sign_in_with", __name__)
_BY_EMAIL = ("/sign-in", "Sign in by email")
_PATIENCE = 10.0  # seconds: the registry asks the provider up to four times meanwhile
_AGAIN = ("/sign-in", "Begin again")


@blp.before_request
def need_provider() -> None:
    if _label() is None:
        raise NotFound


@blp.get("/sign-in/with")
def begin() -> Response:
    """A link, since a form that leads to another site is stopped by our own pages' policy."""
    onward = own_page(request.args.get("next"))
    body = {"browser": visit().bound()} | ({"next": onward} if onward else {})
    answer = _ask("/sign-ins/with", body)
    if isinstance(answer, Response):
        return answer
    return go(str(answer.body["address"])) if answer.status == 200 else _refused(answer)


@blp.get("/sign-in/with/return")
def come_back() -> Response:
    given = {
        name: request.args[name] for name in ("state", "code", "iss") if request.args.get(name)
    }
    if request.args.get("error") or "code" not in given or "state" not in given:
        why = f"{_label()} did not sign you in, or you have cancelled it there."
        return message("You are not signed in", why, status=400, link=_AGAIN)
    answer = _ask("/sign-ins/with/completion", given | {"browser": visit().bound()})
    if isinstance(answer, Response):
        return answer
    onward = own_page(answer.body.get("next"))
    if answer.status == 202:
        address = url_path("sign-in", "with", str(answer.body["confirmation"]))
        return go(f"{address}?next={onward}" if onward else address)
    return completed(answer, onward) if answer.status == 200 else _refused(answer)


@blp.get("/sign-in/with/<confirmation>")
def ask_address(confirmation: str) -> Response:  # noqa: ARG001
    return page("confirm-account", label=_label(), next=own_page(request.args.get("next")))


@blp.post("/sign-in/with/<confirmation>")
def send(confirmation: str) -> Response:
    address = request.form.get("email", "").strip()
    onward = own_page(request.form.get("next"))

    def shown(error: str, status: int = 422) -> Response:
        return page(
            "confirm-account", status, label=_label(), email=address, next=onward, error=error
        )

    if not address:
        return shown("Enter your email address")
    answer = _ask(
        url_path("sign-ins", "with", confirmation, "confirmation"),
        {"email": address, "browser": visit().bound()},
    )
    if isinstance(answer, Response):
        return answer
    return _refused(answer) if answer.status == 410 else asked_for(answer, onward, shown)


def _ask(path: str, body: dict[str, str]) -> Answer | Response:
    """The registry's answer, or a page that says that it, or the provider, is away."""
    try:
        return calls().ask("registry", "POST", path, body, patience=_PATIENCE)
    except NoAnswer:
        why = f"{_label()} does not answer, or we do not. Try again in a minute."
        response = message("Sorry, this does not work just now", why, status=503, link=_BY_EMAIL)
        response.headers["Retry-After"] = "60"
        return response


def _refused(answer: Answer) -> Response:
    if answer.status not in (403, 410, 422, 429):
        raise NotFound
    words = {
        403: "You cannot sign in at present. Ask the people who run this platform.",
        410: "This sign-in was used, has expired, or began in another browser.",
        429: f"Too many people have asked to sign in from your network. Try again {answer.again}.",
    }
    why = words.get(answer.status, f"What {_label()} has answered cannot be trusted.")
    return message("You are not signed in", why, status=answer.status, link=_AGAIN)


def _label() -> str | None:
    return cast(str | None, current_app.config["IDENTITY_PROVIDER"])
