"""Requests that nobody foresaw, made from a service's own OpenAPI document.

What is drawn is mostly what a call asks for, with something wrong in it: another type, a number at
the end of its range, a day at the end of the calendar, a character that a database, an address or a
log does not take, another list's cursor, a body that is no JSON.
"""

import base64
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from werkzeug.test import TestResponse

from tests.registry import Caller

METHODS = ("get", "post", "put", "patch", "delete")
TEXTS = [
    *("", " ", "\n", "\t", "a\nb", "\x00", "a\x00b", "\x1b[31m", "\u200b", "\u202e", "\ufeff"),
    *("é", "Łódź", "ß", "😀", "\U0010ffff", "İ", "..", ".", "/", "//", "a/../b", "%", "%0a", "%00"),
    *("?x=1", "#x", "'", '"', "';--", "\\", "{}", "[]", "null", "true", "-", "--", "_", "*", ","),
    *("0", "-1", "1e309", "NaN", "Infinity", "٣", "²", "99999999999999999999", "-2147483649"),
    *("2147483648", "9223372036854775808", "1-0-0", "9-9-9", "registry-1-0-1", "x" * 300),
    *("x" * 5000, "a@b", "ada@people.example", "https://a.example/b", "https://[::1", "mailto:a"),
    *("com_00000000000000000000", "per_00000000000000000000", "com_x", "ses_", "true,false"),
]
TIMES = [
    *("0001-01-01", "9999-12-31", "2026-02-29", "2024-02-29", "0000-00-00", "2026-13-01"),
    *("0001-01-01T00:00:00Z", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"),
    *("9999-12-31T23:59:59.999999Z", "2026-03-01T09:30:00", "2026-03-01T09:30:00+01:00"),
    *("2026-03-01T09:30:00 01:00", "2026-03-29T01:30", "2026-W01-1", "20260301", "2026-060"),
    *("00:00", "24:00", "23:59", "25:00", "09:30", "9:5", "P30D", "Europe/London", "Etc/GMT+12"),
    *("Mars/X", "../../etc/passwd", "FREQ=WEEKLY;COUNT=3", "FREQ=YEARLY;BYMONTHDAY=30"),
]
NUMBERS = [
    0,
    1,
    -1,
    2,
    200,
    201,
    2**31 - 1,
    2**31,
    -(2**31),
    2**53,
    2**63,
    10**30,
    0.5,
    -0.5,
    1e308,
]
JUNK: list[Any] = [
    *(None, True, False, [], {}, [1], [None], [[]], [{}], {"a": 1}, {"": None}, {"a": {"b": []}}),
    *(["x"] * 3, [1, "a", None], {"from": None}, {"from": "2026-01-01", "to": "0001-01-01"}),
    *([], [["[" * 5]], {"$ref": "#"}, {"__proto__": 1}),
]
BODIES = [
    *(b"", b"[1]", b"[]", b"{}", b"null", b"0", b'"x"', b"true", b"{", b"\xff\xfe", b"\x00"),
    *(b"NaN", b"[" * 5000, b'{"a":' * 50, b'{"a":1}{"b":2}', b'{"a":"\\ud800"}', b'{"\\u0000":1}'),
    *(b"a=1&b=2", b"answer=\x00", b"id,name\n1,\x00\n", b'{"id":"1"}\n[1]\n', b"\xef\xbb\xbf{}"),
]
KINDS = [
    *("application/json", "application/x-www-form-urlencoded", "text/csv", "application/x-ndjson"),
    *("multipart/form-data; boundary=x", "message/delivery-status", "text/plain", "", "x"),
    *("application/json; charset=utf-16", "multipart/report; boundary=x", "multipart/form-data"),
]
HEADERS = {
    "If-Match": ["*", '"1"', 'W/"1"', '"999999999"', '"x"', "1", '"1", "2"', ""],
    "If-None-Match": ["*", '"1"', 'W/"1"', "x", '"'],
    "Idempotency-Key": ["a", "é", "x" * 300, "", "a b"],
    "Accept": ["text/html", "text/csv", "*/*", "image/svg+xml", "", ";", "application/json;q=x"],
    "X-Correlation-ID": ["a", "é", "x" * 300, "\t"],
    "Hedgerow-Actor": ["per_00000000000000000001", "x", "é", ""],
    "Content-Encoding": ["gzip", "x"],
    "Accept-Encoding": ["gzip", "gzip;q=x"],
    "Host": ["", "[::1", "a b", "é.example"],
    "X-Forwarded-For": ["127.0.0.1", ",", "é", "1.2.3.4, x"],
}


@dataclass(frozen=True)
class Operation:
    method: str
    path: str
    query: tuple[str, ...]
    choices: Mapping[str, Sequence[str]]  # what a query parameter may be, where it is one of few
    body: Mapping[str, Any] | None

    @property
    def name(self) -> str:
        return f"{self.method.upper()} {self.path}"


@dataclass(frozen=True)
class Asked:
    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes
    token: bool


@dataclass
class Fuzzed:
    """A service to ask. `pool` are values that mean something to it; more are found as it answers.

    `forms` are the fields of its pages.
    """

    operator: Caller
    anyone: Caller
    pool: list[str]
    signed: list[str]
    forms: list[str] = field(default_factory=list)
    cursors: list[str] = field(default_factory=list)
    asked: int = 0
    statuses: dict[int, int] = field(default_factory=dict)

    def operations(self) -> list[Operation]:
        return operations(self.anyone.get("/openapi.json").json)

    def send(self, asked: Asked) -> TestResponse:
        """Raises AssertionError for an answer that no request may bring about."""
        caller = self.operator if asked.token else self.anyone
        path = asked.path + (f"?{asked.query}" if asked.query else "")
        answer = caller.ask(asked.method, path, data=asked.body, headers=dict(asked.headers))
        self.asked += 1
        self.statuses[answer.status_code] = self.statuses.get(answer.status_code, 0) + 1
        later = answer.status_code == 503 and (
            "Retry-After" in answer.headers or asked.path == "/health/ready"
        )
        assert answer.status_code < 500 or later, f"{answer.status_code} {answer.text[:300]}"
        assert "Traceback" not in answer.text
        self._learn(answer)
        return answer

    def _learn(self, answer: TestResponse) -> None:
        found = answer.get_json(silent=True) if answer.status_code < 400 else None
        if not isinstance(found, dict):
            return
        if isinstance(found.get("id"), str) and len(self.pool) < 200:
            self.pool.append(found["id"])
        if isinstance(found.get("next"), str) and found["next"] not in self.cursors[-50:]:
            self.cursors.append(found["next"])


def operations(spec: Mapping[str, Any]) -> list[Operation]:
    found = []
    for path, item in spec["paths"].items():
        for method in METHODS:
            if method in item:
                asked = item[method]
                query = [p for p in asked.get("parameters", []) if p.get("in") == "query"]
                content = asked.get("requestBody", {}).get("content", {})
                schema = content.get("application/json", {}).get("schema")
                choices = {p["name"]: p["schema"]["enum"] for p in query if "enum" in p["schema"]}
                names = tuple(p["name"] for p in query)
                body = _resolved(schema, spec) if schema else None
                found.append(Operation(method, path, names, choices, body))
    return found


def _resolved(schema: Any, spec: Mapping[str, Any]) -> Any:
    """The schema with what it refers to in place."""
    if isinstance(schema, list):
        return [_resolved(each, spec) for each in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        return _resolved(spec["components"]["schemas"][schema["$ref"].rpartition("/")[2]], spec)
    return {name: _resolved(each, spec) for name, each in schema.items()}


def fuzz(target: Fuzzed, examples: int, *, repeatable: bool = True) -> list[str]:
    """Ask every operation so many times; each failure in words."""
    return [
        failure
        for operation in target.operations()
        if (failure := _fuzz_one(target, operation, examples, repeatable=repeatable))
    ]


def _fuzz_one(target: Fuzzed, operation: Operation, examples: int, *, repeatable: bool) -> str:
    """What went wrong; empty where nothing did."""
    # What is drawn from stays as it is while examples of one operation are made.
    known = replace(target, pool=[*target.pool], cursors=target.cursors[-50:])
    last: list[Asked] = []

    @settings(
        max_examples=examples,
        derandomize=repeatable,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(requests(operation, known))
    def ask(asked: Asked) -> None:
        last[:] = [asked]
        target.send(asked)

    try:
        ask()
    except Exception as error:  # noqa: BLE001 - it is what is looked for
        return f"{operation.name}: {last}\n  {type(error).__name__}: {str(error)[:400]}"
    return ""


@st.composite
def requests(draw: st.DrawFn, operation: Operation, target: Fuzzed) -> Asked:
    path = re.sub(
        r"\{(\w+)\}", lambda m: quote(draw(_segment(m[1], target)), safe=""), operation.path
    )
    query = [
        (name, draw(_parameter(name, operation, target)))
        for name in operation.query
        if draw(st.booleans())
    ]
    headers = {
        name: draw(st.sampled_from(values))
        for name, values in HEADERS.items()
        if draw(st.integers(0, 9)) == 0
    }
    if operation.method == "patch" and draw(st.integers(0, 4)):
        headers["If-Match"] = "*"
    body, kind = (b"", "") if operation.method == "get" else draw(_body(operation, target))
    headers |= {"Content-Type": kind} if kind else {}
    sent = {name: text.encode().decode("latin-1") for name, text in headers.items()}
    token = draw(st.integers(0, 4)) > 0
    return Asked(operation.method.upper(), path, urlencode(query), sent, body, token)


def _segment(name: str, target: Fuzzed) -> st.SearchStrategy[str]:
    if name == "signed":
        return _often(target.signed, TEXTS)
    if name in ("number", "version"):
        return _often(["1", "2"], ["0", "-1", "2147483647", "2147483648", "x"])
    return _often(_pool(target), TEXTS + TIMES).map(lambda text: text or "x")


def _parameter(name: str, operation: Operation, target: Fuzzed) -> st.SearchStrategy[str]:
    if name in operation.choices:
        return _often(list(operation.choices[name]), TEXTS)
    if name in ("cursor", "after", "until"):
        return st.one_of(_cursors(target), st.sampled_from(TEXTS))
    if name in ("limit", "wait", "minutes", "weeks"):
        return _often(["1", "2", "0"], TEXTS) if name != "wait" else st.just("0")
    return st.one_of(st.sampled_from(TIMES), _often(_pool(target), TEXTS))


@st.composite
def _cursors(draw: st.DrawFn, target: Fuzzed) -> str:
    """One that a list gave, as it is or with something else in it."""
    text = draw(st.sampled_from(target.cursors or ["x"]))
    try:
        order, *key = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except ValueError:
        return text
    changed = [order, *(draw(_often([part], TEXTS + TIMES)) for part in key)]
    return base64.urlsafe_b64encode(json.dumps(changed).encode()).decode().rstrip("=")


def _body(operation: Operation, target: Fuzzed) -> st.SearchStrategy[tuple[bytes, str]]:
    raw = st.tuples(st.sampled_from(BODIES), st.sampled_from(KINDS))
    form = st.dictionaries(
        st.sampled_from(target.forms or ["answer"]), _often(["yes", "no", "save"], TEXTS + TIMES)
    ).map(lambda fields: (urlencode(fields).encode(), "application/x-www-form-urlencoded"))
    if operation.body is None:
        return st.one_of(raw, form) if "{signed}" in operation.path else raw
    whole = _valued(operation.body, target, 4).map(_as_json)
    return _mostly(whole, raw)


def _as_json(value: Any) -> tuple[bytes, str]:
    return json.dumps(value).encode(), "application/json"


def _valued(schema: Mapping[str, Any], target: Fuzzed, wrong: int) -> st.SearchStrategy[Any]:
    """What a schema describes; one in `wrong` of the innermost values is something else."""
    kinds = schema.get("type")
    kinds = kinds if isinstance(kinds, list) else [kinds]
    made: list[st.SearchStrategy[Any]] = []
    if "enum" in schema:
        made.append(st.sampled_from(schema["enum"]))
    elif "object" in kinds:
        made.append(_objects(schema, target, wrong))
    elif "array" in kinds:
        inner = _valued(schema.get("items", {}), target, wrong)
        made.append(st.lists(inner, max_size=3))
    elif "integer" in kinds or "number" in kinds:
        made.append(st.integers(int(schema.get("minimum", 0)), int(schema.get("maximum", 12))))
    elif "boolean" in kinds:
        made.append(st.booleans())
    else:
        made.append(_texts(schema, target))
    strange = st.one_of(
        st.sampled_from(JUNK), st.sampled_from(TEXTS + TIMES), st.sampled_from(NUMBERS)
    )
    return _mostly(made[0], strange, wrong)


@st.composite
def _objects(
    draw: st.DrawFn, schema: Mapping[str, Any], target: Fuzzed, wrong: int
) -> dict[str, Any]:
    required = set(schema.get("required", ()))
    made = {
        name: draw(_valued(inner, target, wrong * 3))
        for name, inner in schema.get("properties", {}).items()
        if name in required or draw(st.booleans())
    }
    inner = schema.get("additionalProperties")
    if isinstance(inner, dict):
        made |= draw(
            st.dictionaries(_often(_pool(target), TEXTS), _valued(inner, target, wrong), max_size=2)
        )
    return made


def _texts(schema: Mapping[str, Any], target: Fuzzed) -> st.SearchStrategy[str]:
    if schema.get("format") in ("date", "date-time", "time"):
        return _often(["2027-03-10", "2027-03-10T09:30:00Z"], TIMES)
    days = ["2027-03-10", "10:00", "12:00", "Europe/London"]
    return st.one_of(
        st.sampled_from(["Falls", "a@b.example", "https://a.example", *days]),
        _often(_pool(target), TEXTS),
    )


def _pool(target: Fuzzed) -> list[str]:
    return target.pool or ["x"]


def _often(usual: Sequence[str], strange: Sequence[str]) -> st.SearchStrategy[str]:
    return _mostly(st.sampled_from(list(usual) or ["x"]), st.sampled_from(list(strange)), 3)


def _mostly(
    usual: st.SearchStrategy[Any], strange: st.SearchStrategy[Any], one_in: int = 5
) -> st.SearchStrategy[Any]:
    choose: Callable[[int], st.SearchStrategy[Any]] = lambda n: usual if n else strange  # noqa: E731
    return st.integers(0, one_in - 1).flatmap(choose)


def form_fields(service: str) -> list[str]:
    """The names of the fields on a service's pages."""
    pages = Path(__file__).parents[1] / "services" / service / "pages"
    html = "".join(page.read_text(encoding="utf-8") for page in pages.glob("*.html"))
    return sorted(set(re.findall(r'name="([a-z_:-]+)"', html)))
