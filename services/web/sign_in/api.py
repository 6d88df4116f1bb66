"""Signing in, by an emailed link or code, and out.

Opening a link changes nothing, since mail scanners open links; only the page's button does.
"""

from collections.abc import Callable

from flask import Blueprint, Response, request
from werkzeug.exceptions import NotFound

from services.web.calls import Answer, NoAnswer, SignedOut
from services.web.context import calls
from services.web.cookies import visit
from services.web.pages import go, message, own_page, page, signed_in
from shared.foundation.http_client import url_path

blp = Blueprint("sign_in", __name__)
_AFTER = "/account"
_AGAIN = ("/sign-in", "Ask for a new email")
_ENDS = {
    404: ("This link does not work", "Copy the whole of it from the email, or ask for a new one."),
    410: ("This link or code no longer works", ""),
    429: ("The code was wrong too many times", ""),
}


@blp.get("/sign-in")
def ask() -> Response:
    again = bool(request.args.get("again")) and signed_in()
    if not again and signed_in() and _is_still_signed_in():
        return go(own_page(request.args.get("next")) or _AFTER)
    return page("sign-in", next=own_page(request.args.get("next")), again=again)


@blp.post("/sign-in")
def send() -> Response:
    address = request.form.get("email", "").strip()
    onward = own_page(request.form.get("next"))

    def shown(error: str, status: int = 422) -> Response:
        return page("sign-in", status, email=address, next=onward, error=error)

    if not address:
        return shown("Enter your email address")
    answer = calls().ask("registry", "POST", "/sign-ins", {"email": address})
    return asked_for(answer, onward, shown)


def asked_for(
    answer: Answer, onward: str | None, shown: Callable[[str, int], Response]
) -> Response:
    """On to the page for the code, or the form once more by `shown`."""
    if answer.status == 429:
        why = "Too many people have asked to sign in from your network"
        return shown(f"{why}. Try again {answer.again}", 429)
    if answer.status != 202:
        return shown("Enter an email address in the right form, like name@example.com", 422)
    address = url_path("sign-in", "code", str(answer.body["sign_in"]))
    return go(f"{address}?next={onward}" if onward else address)


@blp.get("/sign-in/code/<sign_in>")
def check_email(sign_in: str) -> Response:  # noqa: ARG001
    return page("check-email", next=own_page(request.args.get("next")))


@blp.post("/sign-in/code/<sign_in>")
def sign_in_by_code(sign_in: str) -> Response:
    code = "".join(request.form.get("code", "").split())
    onward = own_page(request.form.get("next"))

    def shown(template: str, error: str | None, name: str | None = None) -> Response:
        return page(template, 422, code=code, next=onward, name=name, error=error)

    if not code:
        return shown("check-email", "Enter the code from the email")
    path = url_path("sign-ins", sign_in, "completion")
    answer = calls().ask("registry", "POST", path, {"code": code, **_said()})
    if "code" in answer.errors:
        return shown("check-email", "Enter the six digits of the newest email")
    if "name" in answer.errors:
        return shown("your-name", _name_error(answer), request.form.get("name"))
    return completed(answer, onward)


@blp.get("/sign-in/<signed>")
def open_link(signed: str) -> Response:  # noqa: ARG001
    return page("sign-in-link")


@blp.post("/sign-in/<signed>")
def sign_in_by_link(signed: str) -> Response:
    answer = calls().ask("registry", "POST", "/sign-ins/completion", {"signed": signed, **_said()})
    if "name" in answer.errors:
        return page("your-name", 422, name=request.form.get("name"), error=_name_error(answer))
    return completed(answer, None)


@blp.get("/sign-out")
def ask_sign_out() -> Response:
    return page("sign-out") if signed_in() else go("/signed-out")


@blp.post("/sign-out")
def sign_out() -> Response:
    """The session ends at the registry, so that a copy of the cookie is of no use either."""
    _end_session()
    visit().sign_out()
    return go("/signed-out")


@blp.get("/signed-out")
def signed_out() -> Response:
    return page("signed-out")


def _said() -> dict[str, str]:
    """Which browser this is, and the name, where the form has asked for one."""
    name = request.form.get("name")
    return {"browser": visit().bound()} | ({} if name is None else {"name": name.strip()})


def _name_error(answer: Answer) -> str | None:
    """What is wrong with a name that was given."""
    name = request.form.get("name")
    if name is None:
        return None
    return f"Your name {answer.errors['name'][0]}" if name.strip() else "Enter your name"


def completed(answer: Answer, onward: str | None) -> Response:
    """Signed in, or a page that says why not."""
    if answer.status == 200:
        if signed_in():  # whoever it was, here or before: nobody can get back to that session
            _end_session()
        visit().sign_in(str(answer.body["session"]))
        return go(onward or _AFTER)
    if answer.status not in _ENDS:
        raise NotFound
    heading, text = _ENDS[answer.status]
    return message(heading, text or str(answer.body["detail"]), status=answer.status, link=_AGAIN)


def _is_still_signed_in() -> bool:
    try:
        return calls().ask_as_person("registry", "GET", "/me").status == 200
    except (SignedOut, NoAnswer):
        return False


def _end_session() -> None:
    """Raises NoAnswer, for somebody who believes to have signed out ought to have."""
    secret = visit().secret
    if secret is None:
        return
    try:
        me = calls().ask_as_person("registry", "GET", "/me")
        session = me.body.get("session")
        if session:
            path = url_path("me", "sessions", str(session))
            calls().ask_as_person("registry", "DELETE", path)
    except SignedOut:
        pass
    calls().forget(secret)
