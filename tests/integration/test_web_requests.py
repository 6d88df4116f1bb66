"""What holds for every request: headers, ids, problems without traces, metrics."""

import re
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import create_engine

from services.discovery.bootstrap import build as build_discovery
from shared.eventstore.streams import Streams
from shared.migrations.migrate import migrate
from shared.settings import load_settings
from shared.web.app import create_app
from tests.registry import Caller, Registry, settings_of

ANSWERS = [
    ("GET", "/communities", 200),
    ("POST", "/communities", 422),
    ("GET", "/communities/com_x", 404),
    ("GET", "/nowhere", 404),
    ("DELETE", "/communities", 405),
    ("GET", "/docs", 200),
    ("GET", "/pages/style.css", 200),
    ("GET", "/openapi.json", 200),
    ("GET", "/events", 200),
    ("GET", "/events?limit=x", 422),
    ("GET", "/health/live", 200),
    ("GET", "/health/ready", 200),
    ("GET", "/metrics", 200),
    ("GET", "/status", 200),
]

ENVELOPE = """{"specversion": "1.0", "id": "e1", "source": "/registry", "audience": "public",
 "type": "registry.community.reopened", "subject": "com_a", "time": "2026-03-01T00:00:00Z",
 "dataschema": "urn:hedgerow:event:registry.community.reopened:1", "sequence": "0000000001",
 "correlationid": "c1", "data": {}}"""


@pytest.mark.parametrize(("method", "path", "status"), ANSWERS)
def test_every_answer_has_the_security_headers_and_its_ids(
    registry: Registry, method: str, path: str, status: int
):
    answer = registry.operator.ask(method, path)
    assert answer.status_code == status
    headers = answer.headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Referrer-Policy"] == "no-referrer"
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert re.fullmatch(r"[0-9a-f]{32}", headers["X-Request-ID"])
    assert headers["X-Correlation-ID"]
    assert "Access-Control-Allow-Origin" not in headers
    assert "Set-Cookie" not in headers


def test_a_correlation_id_travels_into_the_events_and_the_history(registry: Registry):
    body = {"name": "Falls", "domain": "Feet"}
    answer = registry.operator.post("/communities", body, X_Correlation_ID="walk-1.2_3")
    assert answer.headers["X-Correlation-ID"] == "walk-1.2_3"
    assert registry.anyone.events()[0]["correlationid"] == "walk-1.2_3"
    history = registry.anyone.get(f"{answer.headers['Location']}/history").json
    assert history["items"][0]["correlation"] == "walk-1.2_3"


@pytest.mark.parametrize("given", ["", "a b", "a\tb", "x" * 101, "<script>", "é", "a;b"])
def test_a_correlation_id_that_could_do_harm_is_replaced(registry: Registry, given: str):
    answer = registry.anyone.get("/communities", X_Correlation_ID=given)
    assert answer.headers["X-Correlation-ID"] == answer.headers["X-Request-ID"]


def test_without_one_all_events_of_a_request_share_the_requests_own_id(registry: Registry):
    one, two = registry.operator.community(), registry.operator.community()
    answer = registry.operator.post(
        f"/communities/{one}/closure", {"ending": "merged", "into": [two]}
    )
    told = {event["correlationid"] for event in registry.anyone.events()[2:]}
    assert told == {answer.headers["X-Request-ID"]}


def test_request_ids_differ(registry: Registry):
    ids = {registry.anyone.get("/communities").headers["X-Request-ID"] for _ in range(5)}
    assert len(ids) == 5


@pytest.mark.parametrize(("path", "status"), [("/nowhere", 404), ("/communities?limit=x", 422)])
def test_a_problem_is_one_of_rfc_9457(registry: Registry, path: str, status: int):
    answer = registry.anyone.get(path)
    assert answer.content_type == "application/problem+json"
    found = answer.json
    assert (found["type"], found["status"]) == ("about:blank", status)
    assert found["title"]
    assert found["detail"]
    assert found["instance"] == path.split("?")[0]
    assert found["request_id"] == answer.headers["X-Request-ID"]


def test_a_defect_of_ours_is_500_without_a_trace_of_it(
    registry: Registry, monkeypatch: pytest.MonkeyPatch
):
    def broken(*_: Any, **__: Any) -> None:
        raise RuntimeError("a secret of the inside")

    monkeypatch.setattr(Streams, "handle", broken)
    answer = registry.operator.post("/communities", {"name": "a", "domain": "d"})
    assert (answer.status_code, answer.content_type) == (500, "application/problem+json")
    assert "secret of the inside" not in answer.text
    assert "Traceback" not in answer.text
    assert "Nothing was changed" in answer.json["detail"] or "nothing was changed" in answer.text
    assert registry.operator.events() == []


def test_a_number_that_no_database_holds_is_404(each_registry: Registry):
    for number in (2**31, 2**63, 10**30):
        answer = each_registry.operator.post(f"/dead-letters/{number}/retry")
        assert answer.status_code == 404
    assert each_registry.operator.post("/dead-letters/7/retry").status_code == 404


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("after=x", "after"),
        ("after=1-2", "after"),
        ("after=1-2-3-4", "after"),
        ("after=-1-2-3", "after"),
        ("after=99999999999-0-0", "after"),
        ("after=1-99999999999999999999-0", "after"),
        ("after=%D9%A1-0-0", "after"),
        ("after=scheduling-1-0-0", "after"),
        ("after=registry-1-0", "after"),
        ("after=registry-", "after"),
        ("after=registry", "after"),
        ("after=Registry-1-0-0", "after"),
        ("until=x", "until"),
        ("until=discovery-1-0-0", "until"),
        ("types=registry.community.registred", "types"),
        ("types=registry.comunity.*", "types"),
        ("types=registry.community.registered,x", "types"),
        ("types=scheduling.session.*", "types"),
        ("types=registry.community*", "types"),
        ("types=*.registered", "types"),
        ("types=,", "types"),
        ("types=none", "types"),
        ("limit=0", "limit"),
        ("limit=-1", "limit"),
        ("limit=x", "limit"),
        ("limit=1.5", "limit"),
        ("wait=-1", "wait"),
        ("wait=soon", "wait"),
        ("wait=0.5", "wait"),
        ("from=yesterday", "from"),
        ("from=2026-03-01", "from"),
        ("from=0001-01-01T00:00:00%2B14:00", "from"),
        ("since=2026-03-01T00:00:00Z", "since"),
        ("cursor=1-0-0", "cursor"),
    ],
)
def test_a_wrong_parameter_of_the_feed_is_422_by_name(registry: Registry, query: str, field: str):
    answer = registry.anyone.get(f"/events?{query}")
    assert (answer.status_code, list(answer.json["errors"])) == (422, [field])


def test_the_feeds_bounds_are_capped_and_its_lists_forgiving(each_registry: Registry):
    each_registry.operator.community()
    end = each_registry.anyone.get("/events").json["next"]
    fine = (
        *("limit=5000", "after=", "types=", "types=registry.community.registered, registry.*"),
        *("types=*", "types=registry.*", "types=registry.community.*", "utm_source=x"),
        *("from=2026-01-01T00:00:00Z", "from=2026-01-01T00:00:00+00:00", f"until={end}"),
        *("from=2026-01-01T00:00:00%2B01:00", "from=2026-01-01T00:00:00-11:30"),
    )
    for query in fine:
        assert len(each_registry.anyone.events(query)) == 1, query
    beyond = "2147483647-9223372036854775807-9223372036854775807"
    nothing = (f"after={beyond}", f"after=registry-{beyond}", "types=registry.network.*")
    for query in nothing:
        answer = each_registry.anyone.get(f"/events?{query}")
        assert (answer.status_code, answer.json["events"]) == (200, [])
        assert answer.json["next"]


def test_a_cursor_names_its_service_and_one_of_the_first_release_goes_on(registry: Registry):
    registry.operator.community()
    end = registry.anyone.get("/events").json["next"]
    assert end.startswith("registry-")
    assert quote(end, safe="") == end
    bare = end.removeprefix("registry-")
    for given in (end, bare):
        page = registry.anyone.get(f"/events?after={given}").json
        assert (page["events"], page["next"]) == ([], given)
    registry.operator.community("Frailty")
    for given in (end, bare):
        page = registry.anyone.get(f"/events?after={given}").json
        assert [event["data"]["name"] for event in page["events"]] == ["Frailty"]


def test_a_cursor_of_another_service_is_refused_by_name(registry: Registry):
    answer = registry.anyone.get("/events?after=scheduling-1-0-5")
    assert answer.status_code == 422
    assert "scheduling's feed" in answer.json["errors"]["after"][0]


@pytest.mark.parametrize(
    "name", ["utm_source", "UTM_Campaign", "fbclid", "gclid", "msclkid", "mc_eid", "_ga"]
)
def test_what_trackers_add_to_an_address_is_passed_over(registry: Registry, name: str):
    community = registry.operator.community()
    for path in ("/communities", f"/communities/{community}", "/events", "/docs", "/networks"):
        assert registry.anyone.get(f"{path}?{name}=abc").status_code == 200
    page = registry.anyone.get(f"/communities?{name}=abc&limit=1&state=active")
    registry.operator.community("Frailty")
    page = registry.anyone.get(f"/communities?{name}=abc&limit=1&state=active")
    assert name not in page.headers["Link"]
    assert "state=active" in page.headers["Link"]
    changing = registry.operator.post(f"/communities?{name}=abc", {"name": "a", "domain": "d"})
    assert changing.status_code == 422


@pytest.mark.parametrize("path", ["/health/live", "/health/ready", "/metrics", "/docs"])
def test_what_probes_add_to_an_address_is_passed_over(registry: Registry, path: str):
    assert registry.anyone.get(f"{path}?_=1700000000&probe=edge").status_code == 200


def metrics_of(anyone: Caller) -> dict[str, dict[str, float]]:
    """Every sample's value, by its name and its labels as text."""
    answer = anyone.get("/metrics")
    assert answer.mimetype == "text/plain"
    found: dict[str, dict[str, float]] = {}
    for family in text_string_to_metric_families(answer.text):
        assert family.documentation
        found.setdefault(family.name, {})
        for sample in family.samples:
            labels = " ".join(f"{k}={v}" for k, v in sorted(sample.labels.items()))
            found.setdefault(sample.name, {})[labels] = sample.value
    return found


def test_metrics_tell_of_requests_events_lag_dead_letters_and_what_is_pending(
    each_registry: Registry,
):
    each_registry.operator.community()
    each_registry.anyone.get("/communities/com_x")
    found = metrics_of(each_registry.anyone)
    requests = found["hedgerow_requests_total"]
    assert requests["method=POST route=/communities status=201"] == 1
    assert requests["method=GET route=/communities/<community> status=404"] == 1
    assert found["hedgerow_request_seconds_count"]["method=POST route=/communities"] == 1
    assert found["hedgerow_database_up"] == {"": 1}
    assert found["hedgerow_events"] == {"": 1}
    assert found["hedgerow_dead_letters"] == {"": 0}
    assert found["hedgerow_divergences"] == {"": 0}
    assert found["hedgerow_events_held_back"] == {"": 0}
    assert "what=reactions" in found["hedgerow_pending"]
    assert found["hedgerow_consumer_lag"] == {}


def test_metrics_tell_a_consumers_lag_and_its_dead_letters(tmp_path: Path):
    url = f"sqlite:///{tmp_path / 'discovery.db'}"
    settings = load_settings(settings_of(tmp_path, DISCOVERY_DATABASE_URL=url))
    service = build_discovery(settings)
    migrate(url, url, service.migrations)
    with service.database.write() as connection:
        connection.exec_driver_sql(
            "INSERT INTO consumer_reports (source, transport, lag, looked_at) VALUES (?, ?, ?, ?)",
            ("registry", "feed", 7, "2026-03-01T00:00:00Z"),
        )
        connection.exec_driver_sql(
            "INSERT INTO parked (generation, source, stream_id, version, event_id, reason,"
            " envelope, since) VALUES (1, 'registry', 'com_a', 1, 'e1', 'failed', ?, '')",
            (ENVELOPE,),
        )
    found = metrics_of(Caller(create_app(service), None))
    service.database.close()
    assert found["hedgerow_consumer_lag"] == {"source=registry": 7}
    assert found["hedgerow_dead_letters"] == {"": 1}


def test_metrics_have_few_labels_whatever_is_asked(registry: Registry):
    for number in range(5):
        registry.anyone.get(f"/nowhere/{number}")
        registry.anyone.get(f"/communities/com_{number}")
        registry.anyone.ask(f"ODD{number}", "/communities")
        registry.anyone.ask(f"ODD{number}", f"/{number}")
    labels = set(metrics_of(registry.anyone)["hedgerow_requests_total"])
    assert len(labels) <= 4
    assert not [text for text in labels if "ODD" in text]


def test_metrics_and_liveness_answer_when_the_database_does_not(
    registry: Registry, monkeypatch: pytest.MonkeyPatch
):
    registry.service.database.close()
    monkeypatch.setattr(
        registry.service.database, "engine", create_engine("sqlite:////nowhere/at/all/registry.db")
    )
    assert registry.anyone.get("/health/live").status_code == 200
    ready = registry.anyone.get("/health/ready")
    assert (ready.status_code, "does not answer" in ready.json["why"]) == (503, True)
    assert metrics_of(registry.anyone)["hedgerow_database_up"] == {"": 0}
    answer = registry.operator.post("/communities", {"name": "a", "domain": "d"})
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "2")
    assert "nothing was changed" in answer.json["detail"]
