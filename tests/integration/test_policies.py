"""Every route says who may call it; one that does not is for nobody."""

from pathlib import Path

import pytest
from flask import Response
from flask_smorest import Blueprint

from shared.http.policies import operator, policy
from shared.service import Service
from shared.web.app import create_app
from tests.authorisation.page import declared_of
from tests.integration.services import SERVICES, app_of
from tests.registry import OPERATOR, SERVICE, Caller, Registry, signed_in


@pytest.mark.parametrize("service", SERVICES)
def test_every_route_has_a_policy(service: str, tmp_path: Path):
    without = [
        f"{method} {path}"
        for path, method, declared in declared_of(app_of(service, tmp_path))
        if declared is None
    ]
    assert without == []


def _with_routes(service: Service) -> Service:
    """The same service, with a route that says nothing, and one beside it that does."""
    blp = Blueprint("more", "more")

    @blp.get("/forgotten")
    def forgotten() -> Response:
        return Response("told")

    @blp.get("/remembered")
    @policy(operator)
    def remembered() -> Response:
        return Response("told")

    object.__setattr__(service, "blueprints", [*service.blueprints, blp])
    return service


def test_a_route_without_a_policy_is_for_nobody(registry: Registry):
    person = signed_in(registry.app, "ada@people.example", "Ada")
    token = person._headers["Authorization"].removeprefix("Bearer ")
    app = create_app(_with_routes(registry.service))
    statuses = {who: Caller(app, who).get("/forgotten").status_code for who in (None, token)}
    statuses |= {who: Caller(app, who).get("/forgotten").status_code for who in (OPERATOR, SERVICE)}
    assert statuses == {None: 401, token: 403, OPERATOR: 403, SERVICE: 403}
    assert Caller(app, OPERATOR).get("/remembered").status_code == 200
    assert Caller(app, token).get("/nowhere").status_code == 404
