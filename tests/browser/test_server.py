"""The front's server: what is too much is refused by its head, in a page, and health is told."""

import socket
from urllib.parse import urlsplit

import httpx
import pytest

from tests.browser.front import Front


def said(front: Front, head: str, *more: bytes) -> str:
    """What the front answers to what is sent, byte by byte as it stands."""
    host, _, port = urlsplit(front.url).netloc.partition(":")
    with socket.create_connection((host, int(port)), timeout=30) as connection:
        connection.sendall(head.replace("\n", "\r\n").encode() + b"\r\n\r\n" + b"".join(more))
        found = b""
        while data := connection.recv(65536):
            found += data
        return found.decode()


@pytest.mark.parametrize("path", ["/sign-in", "/account/name", "/sign-out"])
def test_a_form_that_is_too_long_is_refused_before_it_is_sent(front: Front, path: str) -> None:
    head = f"POST {path} HTTP/1.1\nHost: x\nConnection: close\nContent-Length: 99000000"
    answer = said(front, head)
    assert answer.startswith(("HTTP/1.1 400", "HTTP/1.1 413"))
    assert "<h1" in answer


def test_a_form_of_no_stated_length_is_refused(front: Front) -> None:
    head = "POST /sign-in HTTP/1.1\nHost: x\nConnection: close\nTransfer-Encoding: chunked"
    answer = said(front, head, b"5\r\nemail\r\n0\r\n\r\n")
    assert answer.startswith("HTTP/1.1 411")
    assert "<h1" in answer


def test_it_tells_that_it_is_well_and_counts_requests_by_route(front: Front) -> None:
    for path in ("/health/live", "/health/ready"):
        assert httpx.get(front.url + path).status_code == 200
    httpx.get(f"{front.url}/sign-in/some-thing")
    told = httpx.get(f"{front.url}/metrics").text
    assert 'hedgerow_requests_total{method="GET",route="/sign-in/<signed>",status="200"}' in told
    assert "some-thing" not in told


def test_no_log_repeats_a_link_or_an_address(front: Front) -> None:
    httpx.get(f"{front.url}/sign-in/{'very-secret-' * 4}")
    httpx.get(f"{front.url}/sign-in/{'very-secret-' * 4}/more")
    log = front.platform.log("web web")
    assert "GET /sign-in/<signed>" in log
    assert "very-secret" not in log
