"""The pages of notifications, and whether a browser asks for one."""

from flask import request

from services.notifications.rendering import said_moment
from shared.web.pages import Pages

page = Pages("services.notifications", {"moment": said_moment})


def wants_page() -> bool:
    """Whether a browser asks, rather than a program."""
    best = request.accept_mimetypes.best_match(["application/json", "text/html"])
    return best == "text/html" and "text/html" in request.headers.get("Accept", "")
