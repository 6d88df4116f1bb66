"""A registry within this process: its app over a database of its own, and callers of it."""

import json
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from flask import Flask
from werkzeug.test import TestResponse

from services.registry.bootstrap import build
from services.registry.events import membership_stream
from services.registry.identity.sign_ins import handlers as sign_ins
from services.registry.identity.tokens.api import SESSION_GRANT
from shared.migrations.migrate import migrate
from shared.service import Service
from shared.settings import load_settings
from shared.web.app import create_app

OPERATOR, OPERATOR_TO_COME = "operator-token-of-the-tests", "operator-token-that-comes-next"
SERVICE = "service-token-of-the-tests"
PERSON = "per_00000000000000000001"  # somebody to act for; nobody asks whether there is one
T = TypeVar("T")


def settings_of(folder: Path, **environ: str) -> dict[str, str]:
    """The environment of a service in tests, with two operator's tokens."""
    return {
        "HEDGEROW_DATA_DIR": str(folder),
        "HEDGEROW_OPERATOR_TOKEN": f"{OPERATOR},{OPERATOR_TO_COME}",
        "HEDGEROW_SERVICE_TOKEN": SERVICE,
        "HEDGEROW_SECRET": "secret-of-the-tests",
        **{f"HEDGEROW_{name}": value for name, value in environ.items()},
    }


class Caller:
    """One who asks: with a token or without, for a person or for nobody."""

    def __init__(self, app: Flask, token: str | None = OPERATOR, actor: str | None = None) -> None:
        self.app, self._client = app, app.test_client()
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}
        self._headers |= {"Hedgerow-Actor": actor} if actor else {}

    def ask(self, method: str, path: str, **asked: Any) -> TestResponse:
        headers = self._headers | asked.pop("headers", {})
        return self._client.open(path, method=method, headers=headers, **asked)

    def get(self, path: str, **headers: str) -> TestResponse:
        return self.ask("GET", path, headers=_named(headers))

    def post(self, path: str, body: Any = None, **headers: str) -> TestResponse:
        return self.ask("POST", path, json=body, headers=_named(headers))

    def patch(self, path: str, body: Any, etag: str | None = None) -> TestResponse:
        return self.ask("PATCH", path, json=body, headers={"If-Match": etag} if etag else {})

    def send(self, path: str, data: bytes, kind: str = "application/json") -> TestResponse:
        return self.ask("POST", path, data=data, content_type=kind)

    def import_list(self, *records: Any, query: str = "") -> Any:
        """Import records, each an object or a line as it stands; the report."""
        lines = [r if isinstance(r, str) else json.dumps(r) for r in records]
        answer = self.send(
            f"/communities/import{query}", "\n".join(lines).encode(), "application/x-ndjson"
        )
        assert answer.status_code == 200, answer.text
        return answer.json

    def made(self, path: str, **fields: Any) -> Any:
        """What a POST made, as it was answered."""
        answer = self.post(path, fields)
        assert answer.status_code == 201, answer.text
        return answer.json

    def done(self, path: str, **fields: Any) -> Any:
        """What a POST that makes nothing new answered."""
        answer = self.post(path, fields or None)
        assert answer.status_code == 200, answer.text
        return answer.json

    def changed(self, path: str, **fields: Any) -> Any:
        """What a PATCH of the present version answered."""
        answer = self.patch(path, fields, "*")
        assert answer.status_code == 200, answer.text
        return answer.json

    def community(self, name: str = "Falls", **fields: Any) -> str:
        """The id of a new community."""
        return str(self.made("/communities", **{"name": name, "domain": "Feet"} | fields)["id"])

    def person(self, name: str = "Ada", **fields: Any) -> str:
        return str(self.made("/people", **{"name": name} | fields)["id"])

    def events(self, query: str = "limit=1000") -> list[Any]:
        answer = self.get(f"/events?{query}")
        assert answer.status_code == 200, answer.text
        return list(answer.json["events"])


def _named(headers: dict[str, str]) -> dict[str, str]:
    return {name.replace("_", "-"): value for name, value in headers.items()}


def where_told(kind: str, stream: str, data: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """Stream and data of an event: who belongs to a community has a stream beside it."""
    if not kind.startswith("registry.membership."):
        return stream, data
    return membership_stream(stream), {"community": stream} | data


@dataclass(frozen=True)
class Registry:
    """`operator` asks with the operator's token, `anyone` with none."""

    service: Service
    app: Flask

    @property
    def operator(self) -> Caller:
        return Caller(self.app)

    @property
    def anyone(self) -> Caller:
        return Caller(self.app, None)


@contextmanager
def open_registry(
    database_url: str, folder: Path, *, migrated: bool = False, **environ: str
) -> Iterator[Registry]:
    """A registry over an empty database, which is migrated first unless it is already."""
    settings = load_settings(settings_of(folder, REGISTRY_DATABASE_URL=database_url, **environ))
    service = build(settings)
    if not migrated:
        migrate(database_url, database_url, service.migrations)
    try:
        yield Registry(service, create_app(service))
    finally:
        service.database.close()


def at_once(*calls: Callable[[], T]) -> list[T]:
    """Make all calls from threads that start together; their answers in the calls' order."""
    gate = threading.Barrier(len(calls))

    def when_all_are_there(call: Callable[[], T]) -> T:
        gate.wait(10)
        return call()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(when_all_are_there, calls))


def secret_of(app: Flask) -> str:
    """By which links and codes are signed."""
    return str(app.extensions["hedgerow"].settings.secret.value)


def session_of(app: Flask, email: str, name: str | None = None) -> str:
    """The secret of a new session of whoever has the address; `name` makes the person."""
    anyone = Caller(app, None)
    sign_in = anyone.post("/sign-ins", {"email": email}).json["sign_in"]
    body = {"code": sign_ins.code(secret_of(app), sign_in)} | ({"name": name} if name else {})
    answer = anyone.post(f"/sign-ins/{sign_in}/completion", body)
    assert answer.status_code == 200, answer.text
    return str(answer.json["session"])


def signed_in(app: Flask, email: str, name: str | None = None) -> Caller:
    """Whoever has the address, signed in."""
    form = {"grant_type": SESSION_GRANT, "session": session_of(app, email, name)}
    answer = Caller(app, None).ask("POST", "/oauth/token", data=form)
    assert answer.status_code == 200, answer.text
    return Caller(app, answer.json["access_token"])


def every_command(operator: Caller) -> dict[str, str]:
    """Ask for everything that the registry can do; the ids of what came of it."""
    wessex = operator.made(
        "/networks",
        name="Health Innovation Wessex",
        kind="health-innovation-network",
        aliases=["HI Wessex"],
        names=[{"name": "Wessex AHSN", "from": "2013-05-01", "to": "2023-09-30"}],
    )["id"]
    kent = operator.made("/networks", name="Kent")["id"]
    operator.changed(f"/networks/{kent}", aliases=["KSS"], names=[{"name": "Kent AHSN"}])
    trust = operator.made("/organisations", name="Solent Trust", kind="nhs-trust", ods_code="r9x")
    operator.changed(f"/organisations/{trust['id']}", ods_code=None)
    ada = operator.person("Ada Lovelace", email="ada@people.example")
    falls = operator.community(
        topics=["falls"], networks=[wessex], organisation=trust["id"], url="https://falls.example"
    )
    at = f"/communities/{falls}"
    operator.changed(at, name="Falls everywhere", organisation=None, networks=["KSS"])
    operator.done(f"{at}/stage", stage="maturing")
    operator.done(f"{at}/state", state="dormant")
    role = operator.made(f"{at}/roles", person=ada, role="convener", **{"from": "2025-01-01"})["id"]
    operator.changed(f"{at}/roles/{role}", to="2025-06-01")
    successor = operator.community("Frailty")
    operator.done(f"{at}/closure", ending="merged", into=[successor])
    operator.done(f"{at}/reopening")
    listed = {"id": "7", "name": "", "domain": "Breathing well", "network": "Breathe Easy"}
    operator.import_list(listed, query="?source=lists")
    operator.import_list(listed | {"topics": ["asthma"], "network": "Kent"}, query="?source=lists")
    found = operator.get("/communities?external_id=7").json["items"][0]["id"]
    mistaken = operator.import_list({"id": "8", "domain": "Nothing"}, query="?source=lists")
    operator.done(f"/communities/import/{mistaken['run']}/undoing")
    operator.import_list({"id": "8", "domain": "Something"}, query="?source=lists")
    operator.done(f"/people/{ada}/links/renewal", purposes=["reply"])
    grant = operator.made("/grants", person=ada, grant="network-lead", scope=wessex)["id"]
    assert operator.ask("DELETE", f"/grants/{grant}").status_code == 200
    gone = operator.person("Grace Hopper")
    me = signed_in(operator.app, "ada@people.example")
    mine = me.get("/me").json["session"]
    changes = f"/people/{ada}/address-changes"
    change = me.post(changes, {"email": "ada@home.example"}).json["address_change"]
    confirmed = {"code": sign_ins.code(secret_of(operator.app), change)}
    assert me.post(f"{changes}/{change}/completion", confirmed).status_code == 200
    operator.done(f"/people/{gone}/suspension", reason="a test")
    assert operator.ask("DELETE", f"/people/{gone}/suspension").status_code == 200
    assert me.ask("DELETE", f"/me/sessions/{mine}").status_code == 200
    assert operator.ask("DELETE", f"/people/{gone}").status_code == 202
    return {
        "wessex": wessex,
        "kent": kent,
        "trust": trust["id"],
        "ada": ada,
        "falls": falls,
        "role": role,
        "successor": successor,
        "listed": found,
    }
