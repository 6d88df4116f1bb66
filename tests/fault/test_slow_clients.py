"""Clients that are slow, say half of something, or do not close: everybody else is answered."""

import re
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from urllib.parse import urlsplit

import pytest

from tests.platform import OPERATOR, Platform

MANY = 60  # connections: more than a web process has threads
SOON = 2.0  # seconds for everybody else's answer, on a busy machine
HEALTH = b"GET /health/live HTTP/1.1\r\nHost: a\r\n"
TOKEN = f"Authorization: Bearer {OPERATOR}\r\n".encode()


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    found = Platform(tmp_path_factory.mktemp("slow") / "data", services=["registry"])
    found.roles = ["registry web"]  # nobody follows here
    with found:
        yield found


@contextmanager
def clients(platform: Platform, count: int, said: bytes = b"") -> Iterator[list[socket.socket]]:
    """Connections to the registry that have said this and no more."""
    with ExitStack() as stack:
        found = [stack.enter_context(connect(platform)) for _ in range(count)]
        for client in found:
            client.sendall(said)
        yield found


def connect(platform: Platform) -> socket.socket:
    client = socket.create_connection(("127.0.0.1", port(platform)), timeout=20)
    client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return client


def port(platform: Platform) -> int:
    found = urlsplit(platform.urls["registry"]).port
    assert found
    return found


def slowest(platform: Platform, times: int = 8) -> float:
    """The longest that a new client's answer takes, in seconds."""
    longest = 0.0
    for _ in range(times):
        started = time.monotonic()
        with connect(platform) as client:
            client.sendall(HEALTH + b"\r\n")
            assert b" 200 " in client.recv(4096)
        longest = max(longest, time.monotonic() - started)
    return longest


def ended(client: socket.socket) -> bytes:
    """All that the server still says before it closes."""
    said = b""
    try:
        while more := client.recv(65536):
            said += more
    except ConnectionResetError:
        pass
    return said


HALVES = {
    "nothing": b"",
    "half a request line": b"GET /hea",
    "half a head": HEALTH + b"X-Half: ",
    "a head without its end": HEALTH,
    "half a body": b"POST /communities HTTP/1.1\r\nHost: a\r\nContent-Length: 900\r\n"
    + TOKEN
    + b"Content-Type: application/json\r\n\r\n{",
    "half a chunk": b"POST /communities HTTP/1.1\r\nHost: a\r\n"
    + TOKEN
    + b"Transfer-Encoding: chunked\r\nContent-Type: application/json\r\n\r\n500\r\n{",
    "half an import": b"POST /communities/import HTTP/1.1\r\nHost: a\r\n"
    + TOKEN
    + b"Content-Length: 90000000\r\nContent-Type: application/x-ndjson\r\n\r\n{",
    "an import without a token": b"POST /communities/import HTTP/1.1\r\nHost: a\r\n"
    b"Content-Length: 90000000\r\nContent-Type: application/x-ndjson\r\n\r\n{",
    "an import in chunks without a token": b"POST /communities/import HTTP/1.1\r\nHost: a\r\n"
    b"Transfer-Encoding: chunked\r\nContent-Type: text/csv\r\n\r\n5\r\n{",
    "a request after which it does not close": HEALTH + b"Connection: close\r\n\r\n",
    "what is not HTTP": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
    "the head of HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
}


@pytest.mark.parametrize("half", HALVES)
def test_those_who_say_half_keep_nobody_waiting(platform: Platform, half: str):
    with clients(platform, MANY, HALVES[half]):
        assert slowest(platform) < SOON


def test_those_who_come_again_and_again_and_do_not_close_keep_nobody_waiting(platform: Platform):
    with ExitStack() as stack:
        for _ in range(10):
            for said in ("a request after which it does not close", "an import without a token"):
                stack.enter_context(clients(platform, 4, HALVES[said]))
            assert slowest(platform, 1) < SOON


def test_those_who_do_not_read_their_answers_keep_nobody_waiting(platform: Platform):
    with ExitStack() as stack:
        for _ in range(MANY):
            client = stack.enter_context(socket.socket())
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            client.connect(("127.0.0.1", port(platform)))
            client.setblocking(False)
            client.send(b"GET /openapi.json HTTP/1.1\r\nHost: a\r\n\r\n" * 200)
        time.sleep(1)  # until their buffers are full
        assert slowest(platform) < SOON


def test_more_connections_than_there_is_room_for_keep_nobody_out(platform: Platform):
    with clients(platform, 400, HALVES["half a head"]), clients(platform, 700):
        assert slowest(platform) < SOON


@pytest.mark.parametrize("half", ["half a head", "half a body"])
def test_what_does_not_come_in_time_is_ended(platform: Platform, half: str):
    with clients(platform, 1, HALVES[half]) as [client]:
        started = time.monotonic()
        said = trickle(client)
        assert time.monotonic() - started < 20
        assert not said or said.startswith(b"HTTP/1.1 408 ")
    assert "Traceback" not in platform.log("registry web")


def trickle(client: socket.socket) -> bytes:
    """Send a byte again and again until the other side has ended; what it said."""
    client.settimeout(0.25)
    while True:
        try:
            client.sendall(b" ")
            said = client.recv(4096)
        except TimeoutError:
            continue
        except ConnectionError:
            return b""
        else:
            return said


@pytest.mark.parametrize(
    "half", ["an import without a token", "an import in chunks without a token"]
)
def test_no_body_is_awaited_of_those_who_may_not_send_it(platform: Platform, half: str):
    with clients(platform, 1, HALVES[half]) as [client]:
        started = time.monotonic()
        said = ended(client)
        assert time.monotonic() - started < SOON
        assert said.startswith(b"HTTP/1.1 401 ")
        assert b"onnection: close" in said


def test_a_body_of_those_who_may_not_send_it_is_refused_while_it_is_sent(platform: Platform):
    with connect(platform) as client:
        client.sendall(HALVES["an import without a token"])
        client.sendall(b"x" * 300_000)
        assert client.recv(4096).startswith(b"HTTP/1.1 401 ")


def test_one_who_has_asked_and_then_closes_that_side_is_answered(platform: Platform):
    with clients(platform, 1, HEALTH + b"\r\n") as [client]:
        client.shutdown(socket.SHUT_WR)
        assert ended(client).startswith(b"HTTP/1.1 200 ")


def pieces(said: bytes, size: int) -> list[bytes]:
    return [said[start : start + size] for start in range(0, len(said), size)]


BODY = b'{"name": "Slow but steady", "domain": "falls"}'
REGISTER = b"POST /communities HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n" + TOKEN
WHOLE: dict[str, bytes] = {
    "with its length": REGISTER + b"Content-Length: %d\r\n\r\n" % len(BODY) + BODY,
    "in chunks": REGISTER
    + b"Transfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n" % (len(BODY), BODY),
}


@pytest.mark.parametrize("form", WHOLE)
@pytest.mark.parametrize("size", [1, 7, 100_000])
def test_a_request_in_pieces_is_answered(platform: Platform, form: str, size: int):
    with connect(platform) as client:
        for piece in pieces(WHOLE[form], size):
            client.sendall(piece)
            time.sleep(0.001)
        assert client.recv(4096).startswith(b"HTTP/1.1 201 ")


def test_requests_sent_at_once_are_answered_in_turn(platform: Platform):
    last = HEALTH + b"Connection: close\r\n\r\n"
    with clients(platform, 1, (HEALTH + b"\r\n" + WHOLE["with its length"]) * 3 + last) as [client]:
        said = ended(client)
    assert re.findall(rb"HTTP/1\.1 (\d+) ", said) == [b"200", b"201"] * 3 + [b"200"]


def test_those_who_ask_whether_to_send_a_body_are_told_so(platform: Platform):
    head = REGISTER + b"Expect: 100-continue\r\nContent-Length: %d\r\n\r\n" % len(BODY)
    with clients(platform, 1, head) as [client]:
        assert client.recv(4096).startswith(b"HTTP/1.1 100 ")
        client.sendall(BODY)
        assert b"HTTP/1.1 201 " in client.recv(4096)
    with clients(platform, 1, head.replace(OPERATOR.encode(), b"guessed")) as [client]:
        assert ended(client).startswith(b"HTTP/1.1 401 ")


REFUSED: dict[str, tuple[bytes, bytes]] = {
    "an address too long": (b"GET /" + b"a" * 6000, b"414"),
    "a head too long": (HEALTH + b"X-A: a\r\n" * 20_000 + b"\r\n", b"431"),
    "two lengths": (REGISTER + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\nabcde", b"400"),
    "a length that is none": (REGISTER + b"Content-Length: five\r\n\r\n", b"400"),
    "chunks that are none": (REGISTER + b"Transfer-Encoding: chunked\r\n\r\nfive\r\n", b"400"),
    "chunks without their end": (
        REGISTER + b"Transfer-Encoding: chunked\r\n\r\n1\r\n{    ",
        b"400",
    ),
    "a body too long": (REGISTER + b"Content-Length: 5000000\r\n\r\n{", b"413"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_cannot_be_taken_is_refused_at_once(platform: Platform, what: str):
    said, status = REFUSED[what]
    with connect(platform) as client:
        started = time.monotonic()
        client.sendall(said)
        assert client.recv(4096)[9:12] == status
        assert time.monotonic() - started < SOON


def test_a_long_answer_reaches_one_who_reads_slowly(platform: Platform):
    wanted = platform.client("registry").get("/openapi.json").content
    with connect(platform) as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.sendall(
            b"GET /openapi.json HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
        )
        said = b""
        while more := client.recv(3000):
            said += more
            time.sleep(0.001)
    assert said.endswith(wanted)
