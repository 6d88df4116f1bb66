"""One's own account: who one is here, where one is signed in, one's data."""

from datetime import datetime
from typing import Any
from urllib.parse import urlencode

import msgspec
from flask import Blueprint, Response, request
from werkzeug.exceptions import NotFound

from services.web.calls import NoAnswer
from services.web.context import calls
from services.web.cookies import visit
from services.web.pages import go, page
from shared.foundation.http_client import url_path

blp = Blueprint("account", __name__)
_ROLES = {"convener": "Convener", "co-convener": "Co-convener", "member": "Member"}
_GRANTS = {
    "operator": "Operator of this platform",
    "programme-team": "Programme team",
    "network-lead": "Lead of a network",
}

_DONE = {
    "name": "Your name was changed",
    "email": "Your email address was changed",
    "session": "That browser is signed out",
    "sessions": "All other browsers are signed out",
}


@blp.get("/account")
def account() -> Response:
    me = calls().me()
    return page(
        "account",
        me=me.body,
        roles=[_role(role) for role in me.body["roles"]],
        grants=[_grant(grant) for grant in me.body["grants"]],
        sessions=_sessions_if_they_can_be_had(),
        done=_DONE.get(request.args.get("done", "")),
    )


@blp.get("/account/name")
def ask_name() -> Response:
    me = calls().me()
    return page("change-name", name=me.body["name"], version=me.etag)


@blp.post("/account/name")
def change_name() -> Response:
    name = request.form.get("name", "").strip()
    answer = calls().ask_as_person(
        "registry",
        "PATCH",
        url_path("people", calls().me().body["id"]),
        {"name": name},
        {"If-Match": request.form.get("version", "")},
    )
    if answer.status == 200:
        return go("/account?done=name")
    if answer.status == 412:
        error = "Your name was changed in the meantime: look at it below, and save it again"
    else:
        why = answer.errors.get("name", ["cannot be used"])[0]
        error = f"Your name {why}" if name else "Enter your name"
    return page("change-name", 422, name=name, version=calls().me().etag, error=error)


@blp.post("/account/sessions/<session>/end")
def end_session(session: str) -> Response:
    me = calls().me()
    calls().ask_as_person("registry", "DELETE", url_path("me", "sessions", session))
    if session == me.body["session"]:
        calls().forget(visit().secret or "")
        visit().sign_out()
        return go("/signed-out")
    return go("/account?done=session")


@blp.post("/account/other-sessions/end")
def end_other_sessions() -> Response:
    current = calls().me().body["session"]
    for session in _sessions():
        if session["id"] != current:
            calls().ask_as_person("registry", "DELETE", url_path("me", "sessions", session["id"]))
    return go("/account?done=sessions")


@blp.get("/account/reads")
def reads() -> Response:
    """Who read the person's data by their task, and when; older ones by the link below."""
    path = url_path("people", calls().me().body["id"], "reads")
    cursor = request.args.get("cursor", "")
    older = f"?{urlencode({'cursor': cursor})}" if cursor else ""
    found = calls().ask_as_person("registry", "GET", path + older)
    if found.status != 200:
        raise NotFound
    return page(
        "reads",
        reads=found.body["items"],
        next=found.body["next"],
        first=not cursor,
        incomplete=bool(found.body["unavailable"]),
    )


@blp.get("/account/data")
def data() -> Response:
    """Everything that is held about the person, as a file."""
    answer = calls().ask_as_person(
        "registry", "GET", url_path("people", calls().me().body["id"], "export")
    )
    if answer.status != 200:
        raise NoAnswer
    response = Response(
        msgspec.json.format(msgspec.json.encode(answer.body)), content_type="application/json"
    )
    response.headers["Content-Disposition"] = 'attachment; filename="my-hedgerow-data.json"'
    response.headers["Cache-Control"] = "no-store"
    return response


@blp.get("/account/erase")
def ask_erase() -> Response:
    return page("erase", me=calls().me().body)


@blp.post("/account/erase")
def erase() -> Response:
    me = calls().me().body
    if request.form.get("sure") != "yes":
        error = "Tick the box if you want to erase your account"
        return page("erase", 422, me=me, error=error)
    answer = calls().ask_as_person("registry", "DELETE", url_path("people", me["id"]))
    if answer.status != 202:
        return page("erase", 422, me=me, error=str(answer.body.get("detail", "It was not erased")))
    calls().forget(visit().secret or "")
    visit().sign_out()
    return go("/erased")


@blp.get("/erased")
def erased() -> Response:
    return page("erased")


def _role(role: dict[str, Any]) -> dict[str, str]:
    begins = datetime.fromisoformat(role["from"])
    return {
        "role": _ROLES.get(role["role"], role["role"]),
        "community": role.get("name") or role["community"],
        "since": f"{begins.day} {begins:%B %Y}",
    }


def _grant(grant: dict[str, Any]) -> str:
    of = grant.get("name") or grant["scope"]
    if not of and grant["grant"] == "programme-team":
        of = "all programmes"
    words = _GRANTS.get(grant["grant"], grant["grant"])
    return f"{words}: {of}" if of else words


def _sessions_if_they_can_be_had() -> list[dict[str, Any]] | None:
    try:
        return _sessions()
    except NoAnswer:
        return None


def _sessions() -> list[dict[str, Any]]:
    """This browser's first, then the newest. Raises NoAnswer."""
    found = calls().ask_as_person("registry", "GET", "/me/sessions")
    items: list[dict[str, Any]] = found.body.get("items", [])
    newest_first = sorted(items, key=lambda item: item["created_at"], reverse=True)
    return sorted(newest_first, key=lambda item: not item["current"])
