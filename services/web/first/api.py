"""The first page, and what is the same for everyone."""

from flask import Blueprint, Response

from services.web.pages import page

blp = Blueprint("first", __name__)


@blp.get("/")
def first() -> Response:
    return page("first")


@blp.get("/privacy")
def privacy() -> Response:
    return page("privacy")


@blp.get("/cookies")
def cookies() -> Response:
    return page("cookies")
