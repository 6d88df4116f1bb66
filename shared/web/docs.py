"""`/docs`: the service's calls as a plain page made from its OpenAPI document.

No script and nothing from another host, so it works in a browser behind a strict firewall and for
people who use a screen reader.
"""

from typing import Any

from flask import Response, render_template_string
from flask_smorest import Api, Blueprint

from shared.service import Service

SECURITY = {
    "components": {
        "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        "schemas": {},
    },
    "security": [{}, {"token": []}],
}
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
    def docs() -> str:
        return render_template_string(_PAGE, service=service, groups=_groups(api.spec.to_dict()))

    @blp.get("/docs/style.css")
    @blp.doc(summary="The page's style")
    def style() -> Response:
        return Response(_STYLE, content_type="text/css; charset=utf-8")

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
                    "token": call.get("security") is not None,
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


_STYLE = """
:root { color-scheme: light dark; }
body { font: 1.05rem/1.55 system-ui, sans-serif; max-width: 52rem;
  margin: 2rem auto; padding: 0 1rem; }
code { font-size: .95em; }
details { border-top: 1px solid; padding: .6rem 0; }
summary { cursor: pointer; }
table { border-collapse: collapse; margin: .6rem 0; }
th, td { text-align: left; vertical-align: top; padding: .2rem .9rem .2rem 0; }
"""

_PAGE = """<!doctype html>
<html lang="en-GB">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Hedgerow {{ service.name }}: calls</title>
<link rel="stylesheet" href="/docs/style.css">
</head>
<body>
<main>
<h1>Hedgerow {{ service.name }}</h1>
<p>{{ service.title }}</p>
<p>The same for programs: <a href="/openapi.json">/openapi.json</a> (OpenAPI 3.1). What happened
here, in order: <a href="/events">/events</a>. Errors are problem details (RFC 9457); the field
<code>errors</code> says what is wrong with each field.</p>
{% for group, calls in groups.items() %}
<h2>{{ group }}</h2>
{% for call in calls %}
<details>
<summary><strong>{{ call.method }}</strong> <code>{{ call.path }}</code>
{{ call.summary }}{% if call.token %} <em>(needs a token)</em>{% endif %}</summary>
{% if call.description %}<p>{{ call.description }}</p>{% endif %}
{% if call.fields %}
<table>
<thead><tr><th scope="col">Name</th><th scope="col">In</th><th scope="col">Is</th></tr></thead>
<tbody>
{% for field in call.fields %}
<tr><td><code>{{ field.name }}</code></td><td>{{ field.where }}</td>
<td>{{ "required. " if field.required }}{{ field.text }}</td></tr>
{% endfor %}
</tbody>
</table>
{% endif %}
</details>
{% endfor %}
{% endfor %}
</main>
</body>
</html>
"""
