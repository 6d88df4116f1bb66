"""Every service's app within this process, with no database behind it."""

from importlib import import_module
from pathlib import Path

from flask import Flask

from shared.settings import SERVICES, load_settings
from shared.web.app import create_app
from tests.registry import settings_of


def app_of(service: str, folder: Path) -> Flask:
    settings = load_settings(settings_of(folder))
    return create_app(import_module(f"services.{service}.bootstrap").build(settings))


__all__ = ["SERVICES", "app_of"]
