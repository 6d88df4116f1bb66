"""`/docs`: the service's calls as a plain page made from its OpenAPI document.

No script and nothing from another host, so it works in a browser behind a strict firewall and for
people who use a screen reader.
"""

from typing import Any

from flask import Response
from flask_smorest import Api, Blueprint

from shared.http.policies import anyone, policy
from shared.service import Service
from shared.web.pages import Pages

SECURITY = {
    "components": {
        "securitySchemes": {
            "person": {
                "type": "http",
                "scheme": "bearer",
                "bearerFormat": "JWT",
                "description": "A person's access token, from `POST /oauth/token` at the registry",
            },
            "token": {
                "type": "http",
                "scheme": "bearer",
                "description": "The operator's token, or that of the services among themselves",
            },
        },
        "schemas": {},
    },
    "security": [{}, {"token": []}],
}
_pages = Pages()
_METHODS = ("get", "post", "put", "patch", "delete")


def describe_problems(api: Api) -> None:
    """One description of errors for all calls: RFC 9457."""
    api.spec.components.schema(
        "Problem",
        {
            "type": "object",
            "required": ["title", "status", "detail"],
            "properties": {
                "type": {"type": "string"},
                "title": {"type": "string"},
                "status": {"type": "integer"},
                "detail": {"type": "string", "description": "What is wrong, and the mend"},
                "instance": {"type": "string"},
                "request_id": {"type": "string"},
                "errors": {
                    "type": "object",
                    "description": "What is wrong with each field",
                    "additionalProperties": {"type": "array", "items": {"type": "string"}},
                },
            },
        },
    )


def blueprint(service: Service, api: Api) -> Blueprint:
    blp = Blueprint("docs", "docs", description="This description")

    @blp.get("/docs")
    @blp.doc(summary="The calls of this service, as a page")
    @policy(anyone)
    def docs() -> Response:
        return _pages("docs", service=service, groups=_groups(api.spec.to_dict()))

    return blp


def _groups(document: dict[str, Any]) -> dict[str, list[dict[str, Any]]]:
    """Calls by tag, with what the page shows of each."""
    groups: dict[str, list[dict[str, Any]]] = {}
    for path, item in document["paths"].items():
        for method in _METHODS:
            if (call := item.get(method)) is None:
                continue
            fields = _fields(call, document) + _parameters(call) + _parameters(item)
            groups.setdefault((call.get("tags") or ["other"])[0], []).append(
                {
                    "method": method.upper(),
                    "path": path,
                    "summary": call.get("summary", ""),
                    "description": call.get("description", ""),
                    "fields": fields,
                    "token": {} not in call.get("security", [{}]),
                }
            )
    return groups


def _parameters(holder: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        {
            "name": parameter["name"],
            "where": parameter["in"],
            "required": parameter.get("required", False),
            "text": parameter.get("description")
            or parameter.get("schema", {}).get("description", ""),
        }
        for parameter in holder.get("parameters", ())
        if "name" in parameter
    ]


def _fields(call: dict[str, Any], document: dict[str, Any]) -> list[dict[str, Any]]:
    content = call.get("requestBody", {}).get("content", {}).get("application/json", {})
    reference = content.get("schema", {}).get("$ref", "").rpartition("/")[2]
    schema = document.get("components", {}).get("schemas", {}).get(reference, {})
    return [
        {
            "name": name,
            "where": "body",
            "required": name in schema.get("required", ()),
            "text": field.get("description", ""),
        }
        for name, field in schema.get("properties", {}).items()
    ]
