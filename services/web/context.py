"""The calls that the present request makes."""

from typing import cast

from flask import current_app

from services.web.calls import Calls


def calls() -> Calls:
    return cast(Calls, current_app.extensions["hedgerow_calls"])
