"""One request to one endpoint: to an address that was checked, and to that very address.

The name is resolved once for each attempt, every address that it has is checked, and the connection
goes to one of these: a name that resolves otherwise the next moment changes nothing. No redirects
are followed, the whole takes a limited time, and only the answer's beginning is read.
"""

import socket
import ssl
import time
from collections.abc import Iterable
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import Any

import httpcore

from services.notifications.domain.targets import Refused, check_address, check_url
from services.notifications.webhooks.address import encode_address
from services.notifications.webhooks.store import Attempt
from shared.clock import Clock

TOTAL_SECONDS = 10.0
_CONNECT_SECONDS = 5.0
_LONGEST_ANSWER = 1024  # bytes
_LATER = b"retry-after"
DELIVERED, FAILED, GONE = "delivered", "failed", "gone"


def resolve(host: str, port: int) -> list[str]:
    """Every address of a host. Raises Refused."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise Refused(f"{host} is no name that leads anywhere") from error
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def checked_addresses(url: str, *, allow_loopback: bool) -> list[str]:
    """The addresses to which a webhook may connect. Raises Refused where any of them is bad."""
    host, port = check_url(url, allow_loopback=allow_loopback)
    addresses = resolve(host, port)
    for address in addresses:
        plain = url.startswith("http:")
        check_address(address, plain=plain, allow_loopback=allow_loopback)
    return addresses


def post(url: str, headers: dict[str, str], body: bytes, *, allow_loopback: bool) -> Attempt:
    """One attempt; never raises for what the other side does."""
    started = time.monotonic()

    def took() -> int:
        return round((time.monotonic() - started) * 1000)

    try:
        url = encode_address(url)  # as an earlier release took it, it may be encoded nowhere
        addresses = checked_addresses(url, allow_loopback=allow_loopback)
        status, answer, retry_after = _exchange(url, addresses, headers, body)
    except Refused as refused:
        return Attempt(None, took(), f"the address {refused}", FAILED)
    except (httpcore.NetworkError, httpcore.TimeoutException, httpcore.ProtocolError) as error:
        return Attempt(None, took(), str(error) or type(error).__name__, FAILED)
    except (OSError, ssl.SSLError, httpcore.UnsupportedProtocol) as error:
        return Attempt(None, took(), str(error)[:200], FAILED)
    outcome = DELIVERED if 200 <= status < 300 else GONE if status == 410 else FAILED
    return Attempt(status, took(), answer, outcome, retry_after)


def _exchange(
    url: str, addresses: list[str], headers: dict[str, str], body: bytes
) -> tuple[int, str, float | None]:
    """The status, the answer's beginning, and for how long it asks to be left alone."""
    deadline = time.monotonic() + TOTAL_SECONDS
    seconds = {"connect": _CONNECT_SECONDS, "read": TOTAL_SECONDS, "write": TOTAL_SECONDS}
    backend = _CheckedBackend(addresses, deadline)
    with (
        httpcore.ConnectionPool(network_backend=backend, max_connections=1) as pool,
        pool.stream(
            "POST",
            url,
            headers=list(headers.items()),
            content=body,
            extensions={"timeout": seconds},
        ) as response,
    ):
        read = b""
        for chunk in response.iter_stream():
            read += chunk
            if len(read) >= _LONGEST_ANSWER:
                break
        text = read[:_LONGEST_ANSWER].decode(errors="replace").replace("\0", "")
        return int(response.status), text, _retry_after(response.headers)


def _retry_after(headers: Iterable[tuple[bytes, bytes]]) -> float | None:
    """The seconds that the header Retry-After asks for, from now on: it holds these, or a date."""
    said = next(
        (value.decode("latin-1").strip() for n, value in headers if n.lower() == _LATER), ""
    )
    if said.isascii() and said.isdecimal():
        return float(said[:9])
    try:
        until = parsedate_to_datetime(said)
    except (ValueError, TypeError, OverflowError):
        return None
    until = until if until.tzinfo is not None else until.replace(tzinfo=UTC)
    return max(0.0, (until - Clock().now()).total_seconds())


class _CheckedBackend(httpcore.NetworkBackend):
    """Connects to the checked addresses, whatever the host's name resolves to by then."""

    def __init__(self, addresses: Iterable[str], deadline: float) -> None:
        self._addresses, self._deadline = list(addresses), deadline
        self._backend = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,  # noqa: ARG002
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Any = None,
    ) -> httpcore.NetworkStream:
        for place, address in enumerate(self._addresses, 1):
            try:
                stream = self._backend.connect_tcp(
                    address, port, timeout, local_address, socket_options
                )
                return _LimitedStream(stream, self._deadline)
            except httpcore.ConnectError:
                if place == len(self._addresses):
                    raise
        raise httpcore.ConnectError("the name has no address")


class _LimitedStream(httpcore.NetworkStream):
    """A stream that ends with the whole attempt's time, however slowly the other side drips."""

    def __init__(self, stream: httpcore.NetworkStream, deadline: float) -> None:
        self._stream, self._deadline = stream, deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ARG002
        return self._stream.read(max_bytes, self._left())

    def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ARG002
        self._stream.write(buffer, self._left())

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ARG002
    ) -> httpcore.NetworkStream:
        secured = self._stream.start_tls(ssl_context, server_hostname, self._left())
        return _LimitedStream(secured, self._deadline)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)

    def _left(self) -> float:
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise httpcore.ReadTimeout(f"no whole answer within {TOTAL_SECONDS:g} s")
        return left
