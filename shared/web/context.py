"""The service that the present request belongs to."""

from typing import cast

from flask import current_app

from shared.service import Service


def service() -> Service:
    return cast(Service, current_app.extensions["hedgerow"])
