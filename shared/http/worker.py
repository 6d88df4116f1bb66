"""gunicorn's threads behind a loop that no client can hold up.

gunicorn's own `gthread` gives a thread to whoever has sent a byte, reads bodies in it for as long
as they take, and lingers over each connection it closes in the loop that accepts the others. Here a
thread is given to complete requests; the loop reads, sends and lingers, with a time for each.
"""

import errno
import resource
import selectors
import socket
import time
from concurrent.futures import Future
from contextlib import suppress
from enum import IntEnum
from http import HTTPStatus
from typing import Any

import msgspec
from gunicorn.http import get_parser
from gunicorn.workers import gthread

from shared.http import channel
from shared.http.channel import Body, Channel, Ready

_LINGER_SECONDS, _LINGER_BYTES = 2.0, 4 * 1024 * 1024
_MOST_WAITING = 64 * 1024 * 1024  # bytes of answers and bodies that the loop keeps, of all clients
_LITTLE = 64 * 1024
_DESCRIPTORS = 4096


class State(IntEnum):
    """What the loop does with a connection; where room is needed, the first state goes first."""

    LINGERING = 0  # answered and closed by us: until the client closes too
    READING = 1  # a part of a request has come, or nothing yet
    IDLE = 2  # answered, and kept for the next request
    SENDING = 3


class Connection:
    """One client's, with what gunicorn's threads expect of theirs."""

    initialized = data_ready = True
    is_http2 = False

    def __init__(self, cfg: Any, sock: socket.socket, client: Any, server: Any) -> None:
        self.cfg, self.client, self.server = cfg, client, server
        self.sock = Channel(sock)
        self.parser = get_parser(cfg, self.sock, client)
        self.state = State.READING
        self.deadline = time.monotonic() + channel.HEAD_SECONDS
        self.request = Ready(Body.WAIT, authorised=False)
        self.keep = False
        self.drained = 0

    def init(self) -> None:
        """It is made ready at once."""

    @property
    def weight(self) -> int:
        """Bytes that are kept for it."""
        return len(self.sock.came) + self.sock.left_bytes


class Worker(gthread.ThreadWorker):  # type: ignore[misc]
    """`waiting` are the connections that the loop has; the others are with threads."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.waiting: set[Connection] = set()
        # Threads that may read a body as a stream: for those with a token, and for others.
        self.streams = dict.fromkeys((True, False), max(1, self.cfg.threads // 4))

    def init_process(self) -> None:
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        if soft < _DESCRIPTORS:
            with suppress(ValueError, OSError):
                most = _DESCRIPTORS if hard == resource.RLIM_INFINITY else min(hard, _DESCRIPTORS)
                resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
        super().init_process()

    # --- a connection comes ---

    def accept(self, listener: Any) -> None:
        try:
            sock, client = listener.accept()
        except OSError as error:
            if error.errno in (errno.EMFILE, errno.ENFILE):
                self._make_room()
            elif error.errno not in (errno.EAGAIN, errno.ECONNABORTED):
                raise
            return
        self.nr_conns += 1
        with suppress(OSError):
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._await(Connection(self.cfg, sock, client, listener.getsockname()), State.READING)
        while self.nr_conns >= self.worker_connections and self._make_room():
            pass

    def _make_room(self) -> bool:
        """End the connection that can best be spared; False where threads have them all."""
        if not self.waiting:
            return False
        self._end(min(self.waiting, key=lambda conn: (conn.state, conn.deadline)))
        return True

    # --- what the loop waits for ---

    def _await(self, conn: Connection, state: State) -> None:
        """Have the loop wait for the client, as long as `state` allows."""
        now = time.monotonic()
        seconds = {
            State.LINGERING: _LINGER_SECONDS,
            State.READING: channel.HEAD_SECONDS,
            State.IDLE: self.cfg.keepalive if self.alive else gthread.STOP_KEEPALIVE_LINGER,
            State.SENDING: channel.BODY_SECONDS + conn.sock.left_bytes / channel.SLOWEST,
        }[state]
        conn.state, conn.deadline = state, now + seconds
        event = selectors.EVENT_WRITE if state is State.SENDING else selectors.EVENT_READ
        self.waiting.add(conn)
        self.poller.register(conn.sock.socket, event, lambda _: self._go_on(conn))

    def _go_on(self, conn: Connection) -> None:
        if conn not in self.waiting:
            return  # ended in this very round
        try:
            if conn.state is State.LINGERING:
                self._linger(conn)
            elif conn.state is State.SENDING:
                conn.sock.flush()
                if not conn.sock.left:
                    self._release(conn)
                    self._answered(conn)
            elif conn.sock.receive():
                self._read(conn)
            else:
                self._end(conn)
        except OSError:
            self._end(conn)

    def _linger(self, conn: Connection) -> None:
        """Take what the client still sends: closing over it would take the answer from them."""
        more = conn.sock.discard()
        conn.drained += more
        if not more or conn.drained > _LINGER_BYTES:
            self._end(conn)

    def _read(self, conn: Connection) -> None:
        """Give the request to a thread where it is complete; conn waits in the loop."""
        if conn.state is State.IDLE and conn.sock.came:
            conn.state, conn.deadline = State.READING, time.monotonic() + channel.HEAD_SECONDS
        awaited = conn.sock.body_seconds
        ready = conn.sock.ready(self.wsgi.extensions["hedgerow_admission"])
        if ready is not None:
            self._release(conn)
            self._hand_over(conn, ready)
        elif conn.sock.body_seconds is not None:
            if awaited is None:
                conn.deadline = time.monotonic() + conn.sock.body_seconds
            self._keep_within_memory(conn)
        elif len(conn.sock.came) > channel.LONGEST_HEAD:
            self._refuse(conn, 431, "The request's headers are too long.")

    def _hand_over(self, conn: Connection, ready: Ready) -> None:
        if ready.body is Body.STREAM:
            if not self.streams[ready.authorised]:
                self._refuse(conn, 503, "Too many bodies are being read; try again in a moment.")
                return
            self.streams[ready.authorised] -= 1
            conn.sock.allow_stream(authorised=ready.authorised)
        conn.request = ready
        conn.parser.unreader.unread(conn.sock.take())
        self.enqueue_req(conn)

    def _refuse(self, conn: Connection, status: int, detail: str) -> None:
        title = HTTPStatus(status).phrase
        problem = {"type": "about:blank", "title": title, "status": status, "detail": detail}
        body = msgspec.json.encode(problem)
        conn.sock.sendall(
            b"HTTP/1.1 %d %b\r\nConnection: close\r\nRetry-After: 2\r\n"
            b"Content-Type: application/problem+json\r\nContent-Length: %d\r\n\r\n%b"
            % (status, title.encode(), len(body), body)
        )
        self._release(conn)
        conn.keep = False
        self._sent_or_sending(conn)

    # --- a thread is done with one ---

    def handle_request(self, req: Any, conn: Connection) -> Any:
        """In a thread. Where not all of a body was here, the connection closes after the answer."""
        if conn.request.body is not Body.WAIT:
            req.must_close = True
        if conn.request.body is not Body.STREAM:
            req._expected_100_continue = False  # it was said by the loop, or is not to be said
        return super().handle_request(req, conn)

    def finish_request(self, conn: Connection, fs: "Future[Any]") -> None:
        if conn.request.body is Body.STREAM:
            self.streams[conn.request.authorised] += 1
            conn.sock.end_stream()
        conn.keep = not fs.cancelled() and fs.exception() is None and bool(fs.result())
        try:
            self._sent_or_sending(conn)
        except OSError:
            self._end(conn)

    def _sent_or_sending(self, conn: Connection) -> None:
        conn.sock.flush()
        if conn.sock.left:
            self._await(conn, State.SENDING)
            self._keep_within_memory(conn)
        else:
            self._answered(conn)

    def _answered(self, conn: Connection) -> None:
        """All of the answer is sent: on to the next request, or to the end."""
        conn.request = Ready(Body.WAIT, authorised=False)
        if not conn.keep:
            conn.sock.socket.shutdown(socket.SHUT_WR)
            self._await(conn, State.LINGERING)
            return
        conn.sock.came += conn.parser.unreader.take_buffered()
        self._await(conn, State.IDLE)
        if conn.sock.came:
            self._read(conn)

    # --- connections end ---

    def _release(self, conn: Connection) -> None:
        self.waiting.discard(conn)
        with suppress(OSError, KeyError, ValueError):
            self.poller.unregister(conn.sock.socket)

    def _end(self, conn: Connection) -> None:
        self._release(conn)
        self.nr_conns -= 1
        with suppress(OSError):
            conn.sock.socket.close()

    def _keep_within_memory(self, latest: Connection) -> None:
        """End the slowest where all of them send or take more than we can keep."""
        if latest.weight < _LITTLE:
            return  # as many as there may be
        while sum(conn.weight for conn in self.waiting) > _MOST_WAITING:
            self._end(min((c for c in self.waiting if c.weight), key=lambda conn: conn.deadline))

    def murder_keepalived(self, force: bool = False) -> None:
        """End those whose time is over; gunicorn calls it in each round of its loop."""
        now = time.monotonic()
        for conn in [c for c in self.waiting if force or c.deadline <= now]:
            if conn.state is State.READING and conn.sock.came and not force:
                with suppress(OSError):
                    self._refuse(conn, 408, "The request did not come in time.")
                    continue
            self._end(conn)

    def murder_pending(self) -> None:
        """All are looked at above."""

    def _cap_keepalive(self, deadline: float) -> None:
        for conn in self.waiting:
            if conn.state in (State.IDLE, State.READING) and conn.sock.body_seconds is None:
                conn.deadline = min(conn.deadline, deadline)

    def wait_for_and_dispatch_events(self, timeout: float) -> None:
        if not self.alive and self.waiting:  # stopping: on as soon as the first one's time is over
            first = min(conn.deadline for conn in self.waiting) - time.monotonic()
            timeout = min(timeout, max(first, 0.01))
        super().wait_for_and_dispatch_events(timeout)
