"""Changing one's email address, by a code that is sent to the new one."""

from flask import Blueprint, Response, request
from werkzeug.exceptions import NotFound

from services.web.calls import Answer
from services.web.context import calls
from services.web.pages import go, message, page
from shared.foundation.http_client import url_path

blp = Blueprint("address", __name__)
_AGAIN = ("/account/email", "Ask for a new code")
_ENDS = {
    404: "This code does not work",
    410: "This code no longer works",
    429: "The code was wrong too many times",
}


@blp.get("/account/email")
def ask() -> Response:
    return page("change-email", now=calls().me().body["email"])


@blp.post("/account/email")
def send() -> Response:
    me, address = calls().me().body, request.form.get("email", "").strip()

    def shown(error: str, status: int = 422) -> Response:
        return page("change-email", status, now=me["email"], email=address, error=error)

    if not address:
        return shown("Enter your new email address")
    path = url_path("people", me["id"], "address-changes")
    answer = calls().ask_as_person("registry", "POST", path, {"email": address})
    if answer.status == 202:
        return go(url_path("account", "email", str(answer.body["address_change"])))
    if answer.status == 429:
        return shown(f"You asked for too many changes. Try again {answer.again}", 429)
    if answer.errors.get("email"):
        return shown("Enter an email address in the right form, like name@example.com")
    return shown(str(answer.body.get("detail", "Your address was not changed")))


@blp.get("/account/email/<change>")
def ask_code(change: str) -> Response:  # noqa: ARG001
    calls().me()
    return page("confirm-email")


@blp.post("/account/email/<change>")
def confirm(change: str) -> Response:
    me, code = calls().me().body, "".join(request.form.get("code", "").split())
    if not code:
        return page("confirm-email", 422, error="Enter the code from the email")
    path = url_path("people", me["id"], "address-changes", change, "completion")
    answer = calls().ask_as_person("registry", "POST", path, {"code": code})
    if answer.status == 200:
        return go("/account?done=email")
    if answer.errors.get("code"):
        error = "Enter the six digits of the newest email"
        return page("confirm-email", 422, code=code, error=error)
    return _ended(answer)


def _ended(answer: Answer) -> Response:
    if answer.status not in _ENDS:
        raise NotFound
    detail = str(answer.body["detail"]) if answer.status != 404 else "Ask for a new one."
    return message(_ENDS[answer.status], detail, status=answer.status, link=_AGAIN)
