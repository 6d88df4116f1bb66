"""JSON in and out: strict, fast, and no deeper than anything of ours is."""

import re
import sys
from typing import Any

import flask_smorest
import msgspec
from flask import Flask, Request, current_app, request
from flask.json.provider import JSONProvider
from marshmallow import Schema, missing
from webargs.flaskparser import FlaskParser
from werkzeug.datastructures import ImmutableMultiDict
from werkzeug.exceptions import RequestEntityTooLarge

from shared.web.errors import Problem

MAX_BODY = 1024 * 1024  # bytes; an import is read as a stream and has no such limit
_MAX_DEPTH = 16


_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


class FormRequest(Request):
    """A request whose forms hold no characters that nobody types and databases refuse."""

    def _load_form_data(self) -> None:
        super()._load_form_data()
        cleaned = [(n, _UNPRINTABLE.sub(" ", v)) for n, v in self.form.items(multi=True)]
        self.__dict__["form"] = ImmutableMultiDict(cleaned)


class StrictJSON(JSONProvider):
    def dumps(self, obj: Any, **_kwargs: Any) -> str:
        return msgspec.json.encode(obj).decode()

    def loads(self, s: str | bytes, **_kwargs: Any) -> Any:
        """Raises Problem 400 where `s` is no JSON, and 422 where it is nested too deeply."""
        try:
            value = msgspec.json.decode(s)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise Problem(400, f"The body is not JSON: {error}.") from error
        except RecursionError as error:
            raise _too_deep() from error
        _check_depth(value, _MAX_DEPTH)
        return value


class _Parser(FlaskParser):
    """Has bodies read by StrictJSON, where its own reader takes NaN and any depth."""

    def load_json(self, req: Request, schema: Schema) -> Any:  # noqa: ARG002
        """The body; missing where it is empty. Raises Problem."""
        body = req.get_data()
        if len(body) == MAX_BODY and req.content_length is None:
            raise RequestEntityTooLarge  # one of unknown length is cut off there instead
        if not body:
            return missing
        if req.content_encoding:
            raise Problem(415, "Send the body as it is, without Content-Encoding.")
        if not req.is_json:
            raise Problem(415, "Send JSON, with the header `Content-Type: application/json`.")
        return current_app.json.loads(body)


class Blueprint(flask_smorest.Blueprint):  # type: ignore[misc]
    """A blueprint whose `arguments` are read strictly."""

    ARGUMENTS_PARSER = _Parser()


def configure(app: Flask) -> None:
    app.request_class = FormRequest
    app.json = StrictJSON(app)
    app.config["MAX_CONTENT_LENGTH"] = MAX_BODY


def allow_stream() -> None:
    """Lift the limit on the body's size for this request, which reads it piece by piece."""
    request.max_content_length = sys.maxsize  # None would mean the app's own limit


def _check_depth(value: Any, left: int) -> None:
    if left == 0:
        raise _too_deep()
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    for item in inner:
        if isinstance(item, dict | list):
            _check_depth(item, left - 1)


def _too_deep() -> Problem:
    return Problem(422, f"The body is nested more than {_MAX_DEPTH} levels deep.")
