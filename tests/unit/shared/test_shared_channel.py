"""A client's connection: what a thread waits for, and for how long."""

import socket
import threading
import time
from collections.abc import Iterator

import pytest

from shared.http import channel
from shared.http.channel import Body, Channel, Ready


@pytest.fixture
def pair() -> Iterator[tuple[Channel, socket.socket]]:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.settimeout(5)
        yield Channel(ours), theirs


def wait(_method: str, _target: str, _token: str | None, _length: int | None) -> Ready:
    return Ready(Body.WAIT, authorised=False)


def stream(_method: str, _target: str, _token: str | None, _length: int | None) -> Ready:
    return Ready(Body.STREAM, authorised=False)


def test_a_request_is_complete_with_the_last_byte_of_its_body(
    pair: tuple[Channel, socket.socket],
):
    ours, theirs = pair
    request = b"POST / HTTP/1.1\r\ncontent-LENGTH : 3\r\n\r\nabc"
    for size in range(1, len(request)):
        theirs.send(request[size - 1 : size])
        assert ours.receive()
        assert ours.ready(wait) is None, request[:size]
    theirs.send(request[-1:])
    assert ours.receive()
    assert ours.ready(wait) == Ready(Body.WAIT, authorised=False)
    assert ours.take() == request


def test_what_decides_is_asked_once_with_what_the_head_says(pair: tuple[Channel, socket.socket]):
    ours, theirs = pair
    asked: list[tuple[str, str, str | None, int | None]] = []

    def admit(*said: object) -> Ready:
        asked.append(said)  # type: ignore[arg-type]
        return Ready(Body.WAIT, authorised=False)

    theirs.send(b"PUT /a?b=c HTTP/1.1\r\nAuthorization:  Bearer x \r\nContent-Length: 4\r\n\r\n")
    for _ in range(3):
        assert ours.receive()
        assert ours.ready(admit) is None
        theirs.send(b".")
    assert asked == [("PUT", "/a?b=c", "Bearer x", 4)]


def test_a_length_within_the_body_or_the_next_request_is_none_of_the_head(
    pair: tuple[Channel, socket.socket],
):
    ours, theirs = pair
    theirs.send(b"GET / HTTP/1.1\r\nHost: a\r\n\r\nPOST / HTTP/1.1\r\nContent-Length: 99\r\n\r\n")
    assert ours.receive()
    assert ours.ready(wait) == Ready(Body.WAIT, authorised=False)


def test_nothing_is_waited_for_but_a_streams_body(pair: tuple[Channel, socket.socket]):
    ours, theirs = pair
    assert ours.recv(10) == b""
    theirs.send(b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n")
    assert ours.receive()
    assert ours.ready(stream) == Ready(Body.STREAM, authorised=False)
    ours.allow_stream(authorised=False)
    threading.Timer(0.05, theirs.send, [b"late"]).start()
    assert ours.recv(10) == b"late"
    ours.end_stream()
    assert ours.recv(10) == b""


@pytest.mark.parametrize("authorised", [True, False])
def test_a_stream_that_trickles_is_not_waited_for_without_end(
    pair: tuple[Channel, socket.socket], authorised: bool, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(channel, "BODY_SECONDS", 0.3)
    monkeypatch.setattr(channel, "STREAM_SECONDS", 0.6)
    ours, theirs = pair
    done = threading.Event()

    def trickle() -> None:
        while not done.wait(0.02):
            theirs.send(b".")

    thread = threading.Thread(target=trickle)
    thread.start()
    ours.allow_stream(authorised=authorised)
    started = time.monotonic()
    try:
        with pytest.raises(TimeoutError):
            while ours.recv(10):
                pass
    finally:
        done.set()
        thread.join()
    assert time.monotonic() - started >= (0.6 if authorised else 0.3)


def test_a_pause_ends_a_stream(
    pair: tuple[Channel, socket.socket], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(channel, "PAUSE_SECONDS", 0.05)
    ours, _ = pair
    ours.allow_stream(authorised=True)
    with pytest.raises(TimeoutError):
        ours.recv(10)


def test_an_answer_that_is_not_taken_is_left_to_the_loop(pair: tuple[Channel, socket.socket]):
    ours, theirs = pair
    answer = bytes(range(256)) * 8000
    ours.sendall(answer)
    assert 0 < ours.left_bytes < len(answer)
    said = bytearray()
    while len(said) < len(answer):
        said += theirs.recv(65536)
        ours.flush()
    assert bytes(said) == answer
    assert not ours.left
    assert ours.left_bytes == 0


def test_an_endless_answer_is_not_kept(
    pair: tuple[Channel, socket.socket], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(channel, "_MOST_LEFT", 100_000)
    monkeypatch.setattr(channel, "PAUSE_SECONDS", 0.05)
    ours, _ = pair
    with pytest.raises(BrokenPipeError):
        for _ in range(100):
            ours.sendall(b"." * 50_000)
    assert ours.left_bytes <= 150_000
