"""A front and a registry within this process, and browsers that only keep a cookie."""

import re
from collections.abc import Mapping
from typing import Any

import httpx
from flask import Flask
from werkzeug.test import TestResponse

from services.web.app import create_app
from services.web.cookies import NAME
from services.web.settings import load_settings
from tests.registry import Registry, session_of

URL = "https://hedgerow.example"
_TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')


class _Services(httpx.BaseTransport):
    """The registry answers, the others are away. `asked` is what the front has asked for."""

    def __init__(self, registry: Flask) -> None:
        self._registry = httpx.WSGITransport(app=registry)
        self.asked: list[httpx.Request] = []

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        if request.url.host != "registry.example":
            raise httpx.ConnectError("away", request=request)
        return self._registry.handle_request(request)


class Front:
    """The front's app. `asked` is what it asked the services for."""

    def __init__(self, registry: Registry, **environ: str) -> None:
        self.registry = registry
        names = ("registry", "scheduling", "notifications", "discovery")
        urls = {f"HEDGEROW_{name.upper()}_URL": f"http://{name}.example" for name in names}
        given = {f"HEDGEROW_{name}": value for name, value in environ.items()}
        self.app = create_app(load_settings({"HEDGEROW_PUBLIC_URL": URL, **urls, **given}))
        self.calls = self.app.extensions["hedgerow_calls"]
        services = _Services(registry.app)
        hooks = self.calls._http.event_hooks
        self.calls._http = httpx.Client(transport=services, event_hooks=hooks)
        self.asked = services.asked

    def browser(self) -> "Browser":
        return Browser(self)

    def signed_in(self, email: str, name: str | None = None) -> "Browser":
        browser = self.browser()
        browser.cookie = session_of(self.registry.app, email, name)
        return browser


class Browser:
    """One that has a cookie, or none, and shows what came."""

    def __init__(self, front: Front) -> None:
        self._front = front
        self.cookie: str | None = None

    def get(self, path: str, headers: Mapping[str, str] | None = None) -> TestResponse:
        return self._ask("GET", path, headers=dict(headers or {}))

    def post(self, path: str, **fields: str) -> TestResponse:
        """A form as it is, without what another page put into it."""
        return self._ask("POST", path, data=fields)

    def send(self, path: str, **fields: str) -> TestResponse:
        """A form of a page that was shown before."""
        return self.post(path, **fields, csrf_token=self.token())

    def token(self) -> str:
        """What forms that are shown to this browser carry."""
        found = _TOKEN.search(self.get("/sign-in?again=1").text)
        assert found is not None
        return found[1]

    def _ask(self, method: str, path: str, **asked: Any) -> TestResponse:
        client = self._front.app.test_client()
        if self.cookie:
            client.set_cookie(NAME, self.cookie, domain="hedgerow.example", secure=True)
        answer = client.open(path, method=method, base_url=URL, **asked)
        kept = client.get_cookie(NAME, domain="hedgerow.example")
        self.cookie = kept.value if kept else None
        return answer
