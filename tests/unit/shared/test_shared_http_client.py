"""Asking other services: past every proxy, in time, and with the correlation id of the request."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.foundation.http_client import correlate, http_client, shared_client, url_path


@contextmanager
def answering(status: int = 200, pause: float = 0.0, **headers: str) -> Iterator[Any]:
    """A server on this machine that notes who asked for what."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            server.asked.append((self.path, dict(self.headers)))  # type: ignore[attr-defined]
            time.sleep(pause)
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None: ...

    server: Any = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.asked, server.daemon_threads = [], True
    server.url = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()


@pytest.mark.parametrize("name", ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"])
def test_no_proxy_of_the_environment_learns_what_is_asked(
    name: str, monkeypatch: pytest.MonkeyPatch
):
    shared_client.cache_clear()
    with answering() as proxy, answering() as service:
        monkeypatch.setenv(name, proxy.url)
        monkeypatch.delenv("NO_PROXY", raising=False)
        monkeypatch.delenv("no_proxy", raising=False)
        shared_client().get(f"{service.url}/people")
        with http_client(service.url) as own:
            own.get("/people")
    assert [path for path, _ in service.asked] == ["/people", "/people"]
    assert proxy.asked == []


def test_no_login_of_the_environment_is_sent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    file = tmp_path / "netrc"
    file.write_text("machine 127.0.0.1 login ada password secret\n")
    file.chmod(0o600)
    monkeypatch.setenv("NETRC", str(file))
    with answering() as service, http_client(service.url) as own:
        own.get("/people")
    assert "Authorization" not in service.asked[0][1]


def test_a_redirect_is_not_followed():
    with answering() as elsewhere, answering(302, Location=elsewhere.url) as service:
        assert shared_client().get(service.url).status_code == 302
    assert elsewhere.asked == []


def test_one_who_does_not_answer_in_time_is_given_up():
    with (
        answering(pause=5) as service,
        http_client(service.url, timeout=0.1) as own,
        pytest.raises(httpx.TimeoutException),
    ):
        own.get("/")


def test_the_correlation_id_of_what_is_asked_for_goes_along():
    try:
        with answering() as service:
            correlate("an-import")
            shared_client().get(service.url)
            shared_client().get(service.url, headers={"X-Correlation-ID": "of-its-own"})
            correlate(None)
            shared_client().get(service.url)
        said = [headers.get("X-Correlation-ID") for _, headers in service.asked]
        assert said == ["an-import", "of-its-own", None]
    finally:
        correlate(None)


def test_an_authority_that_the_operator_names_is_looked_for(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("SSL_CERT_FILE", "/nowhere.pem")
    with pytest.raises(OSError, match="No such file"):
        http_client()


@pytest.mark.parametrize(
    ("segments", "path"),
    [
        (("communities", "com_1", "related"), "/communities/com_1/related"),
        (("people", "a/../b?c#d", "holdings"), "/people/a%2F..%2Fb%3Fc%23d/holdings"),
        (("people", "..", "holdings"), "/people/%2E%2E/holdings"),
        (("people", "\n", "é"), "/people/%0A/%C3%A9"),
    ],
)
def test_a_segment_leads_nowhere_else(segments: tuple[str, ...], path: str):
    assert url_path(*segments) == path


@given(st.text(st.characters(codec="utf-8"), min_size=1))
def test_whatever_a_segment_holds_an_address_can_be_made_of_it(segment: str):
    url = httpx.URL("http://127.0.0.1:1" + url_path("people", segment, "holdings"))
    assert url.host == "127.0.0.1"
    assert not url.query
    assert not url.fragment
    assert url.raw_path.count(b"/") == 3
